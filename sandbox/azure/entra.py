"""Entra's endpoints: OpenID discovery, signing keys, and the v2.0 token endpoint's client credentials grant."""

import base64
import hmac
from datetime import UTC, datetime
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from .azure import Azure
from .database import Document
from .federation import Federation
from .responses import ApiError, entra_error
from .tokens import ARM_AUDIENCES, CONFIGURATION_AUDIENCES, GRAPH_AUDIENCES, TokenIssuer, is_one_of


class Entra:
    """One tenant's sign-in."""

    def __init__(self, azure: Azure, tokens: TokenIssuer) -> None:
        self._azure = azure
        self._tokens = tokens
        self._federation = Federation(azure)
        self.routes = [
            Route("/common/discovery/instance", self.instance_discovery),
            Route("/{tenant}/v2.0/.well-known/openid-configuration", self.openid_configuration),
            Route("/{tenant}/discovery/v2.0/keys", self.keys),
            Route("/{tenant}/oauth2/v2.0/token", self.token, methods=["POST"]),
        ]

    async def instance_discovery(self, request: Request) -> JSONResponse:
        """Which authorities exist; MSAL asks unless it is told not to."""
        url = _authority(request)
        return JSONResponse(
            {
                "tenant_discovery_endpoint": f"{url}/{self._azure.tenant_id}/v2.0/.well-known/openid-configuration",
                "api-version": "1.1",
                "metadata": [
                    {
                        "preferred_network": request.headers["host"],
                        "preferred_cache": request.headers["host"],
                        "aliases": [request.headers["host"]],
                    }
                ],
            }
        )

    async def openid_configuration(self, request: Request) -> JSONResponse:
        """The tenant's OpenID metadata."""
        self._check_tenant(request, "invalid_tenant")
        base = f"{_authority(request)}/{self._azure.tenant_id}"
        return JSONResponse(
            {
                "issuer": f"{base}/v2.0",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "device_authorization_endpoint": f"{base}/oauth2/v2.0/devicecode",
                "jwks_uri": f"{base}/discovery/v2.0/keys",
                "token_endpoint_auth_methods_supported": [
                    "client_secret_post",
                    "private_key_jwt",
                    "client_secret_basic",
                ],
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "tenant_region_scope": "EU",
            }
        )

    async def keys(self, request: Request) -> JSONResponse:
        """The signing keys."""
        self._check_tenant(request, "invalid_tenant")
        return JSONResponse(self._tokens.jwks())

    async def token(self, request: Request) -> JSONResponse:
        """Client credentials with a client secret, in the form or as HTTP Basic, or with another issuer's token."""
        self._check_tenant(request, "invalid_request")
        form = {key: str(value) for key, value in (await request.form()).items()}
        form |= _basic_credentials(request)
        for parameter in ("grant_type", "client_id", "scope"):
            if not form.get(parameter):
                raise _missing(parameter)
        if form["grant_type"] != "client_credentials":
            raise entra_error(
                400,
                "unsupported_grant_type",
                70003,
                f"The app requested an unsupported grant type '{form['grant_type']}'.",
            )
        application = self._application(form["client_id"])
        by_assertion = bool(form.get("client_assertion"))
        if not form.get("client_secret") and not by_assertion:
            raise entra_error(
                401,
                "invalid_client",
                7000218,
                "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
            )
        if by_assertion:
            credential_id = await self._federation.check(application, form)
        else:
            credential_id = self._check_secret(application, form["client_secret"])
        principal = self._principal(application)
        token = self._tokens.issue(principal, self._audience(form["scope"]), by_assertion=by_assertion)
        self._azure.sign_ins[credential_id] = self._azure.sign_ins.get(credential_id, 0) + 1
        lifetime = self._azure.settings.token_lifetime_seconds
        return JSONResponse(
            {"token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": token},
            headers={"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"},
        )

    def _check_tenant(self, request: Request, error: str) -> None:
        tenant = request.path_params["tenant"]
        if tenant.lower() not in (self._azure.tenant_id, self._azure.tenant_name):
            raise entra_error(
                400,
                error,
                90002,
                f"Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into "
                "the correct cloud. Check with your subscription administrator, this may happen if there are no active "
                "subscriptions for the tenant.",
            )

    def _application(self, client_id: str) -> Document:
        for application in self._azure.database.all("application"):
            if application["appId"].lower() == client_id.lower() and self._azure.replicated(application):
                return application
        raise entra_error(
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{client_id}' was not found in the directory '{self._azure.tenant_name}'. "
            "This can happen if the application has not been installed by the administrator of the tenant or consented "
            "to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
        )

    def _check_secret(self, application: Document, secret: str) -> str:
        """The key id of a secret of the application, or of its service principal."""
        for credential in (*application["passwordCredentials"], *self._secrets_of_principal(application)):
            if hmac.compare_digest(credential["_secret"].encode(), secret.encode()) and self._azure.replicated(
                credential
            ):
                if _moment(credential.get("startDateTime")) > datetime.now(UTC):
                    break  # not valid yet: as unknown as any other text
                if _moment(credential["endDateTime"]) > datetime.now(UTC):
                    return credential["keyId"]
                raise entra_error(
                    401,
                    "invalid_client",
                    7000222,
                    f"The provided client secret keys for app '{application['appId']}' are expired. Visit the Azure "
                    "portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using "
                    "certificate credentials for added security: https://aka.ms/certCreds.",
                )
        raise entra_error(
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, "
            f"not the client secret ID, for a secret added to app '{application['appId']}'.",
        )

    def _secrets_of_principal(self, application: Document) -> list[Document]:
        for principal in self._azure.database.all("servicePrincipal"):
            if principal["appId"] == application["appId"] and self._azure.replicated(principal):
                return principal.get("passwordCredentials", [])
        return []

    def _principal(self, application: Document) -> Document:
        for principal in self._azure.database.all("servicePrincipal"):
            if principal["appId"] == application["appId"] and self._azure.replicated(principal):
                if principal.get("accountEnabled", True):
                    return principal
                raise entra_error(
                    401, "unauthorized_client", 7000112, f"Application '{application['appId']}' is disabled."
                )
        # The application alone can't sign in: it needs a service principal in the tenant.
        raise entra_error(
            401,
            "invalid_client",
            7000229,
            f"The client application {application['appId']} is missing service principal in the tenant "
            f"{self._azure.tenant_id}.",
        )

    def _audience(self, scope: str) -> str:
        resource, default, _ = scope.rpartition("/.default")
        if not default or " " in scope:
            raise entra_error(
                400,
                "invalid_scope",
                70011,
                "The provided request must include a 'scope' input parameter. The provided value for the input "
                f"parameter 'scope' is not valid. The scope {scope} is not valid.",
            )
        known = (*ARM_AUDIENCES, *GRAPH_AUDIENCES, *CONFIGURATION_AUDIENCES, self._azure.url)
        if not is_one_of(resource, known):
            raise entra_error(
                400,
                "invalid_resource",
                500011,
                f"The resource principal named {resource} was not found in the tenant named {self._azure.tenant_name}. "
                "This can happen if the application has not been installed by the administrator of the tenant or "
                "consented to by any user in the tenant. You might have sent your authentication request to the wrong "
                "tenant.",
            )
        return resource


def _authority(request: Request) -> str:
    return f"https://{request.headers['host']}"


def _moment(text: str | None) -> datetime:
    if text is None:
        return datetime.min.replace(tzinfo=UTC)
    return datetime.fromisoformat(text)


def _missing(parameter: str) -> ApiError:
    return entra_error(
        400, "invalid_request", 900144, f"The request body must contain the following parameter: '{parameter}'."
    )


def _basic_credentials(request: Request) -> dict[str, str]:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return {}
    try:
        client_id, _, secret = base64.b64decode(value, validate=True).decode().partition(":")
    except ValueError:
        raise _missing("client_id") from None
    return {"client_id": unquote_plus(client_id), "client_secret": unquote_plus(secret)}

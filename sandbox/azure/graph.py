"""Microsoft Graph, v1.0 and beta: applications, service principals, owners and password credentials.

Only application permissions are played: `Application.Read.All` reads, `Application.ReadWrite.OwnedBy` changes what the
caller owns, `Application.ReadWrite.All` changes everything.
"""

import re
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .azure import Azure, new_client_secret
from .database import Document
from .responses import ApiError, graph_error
from .tokens import GRAPH_AUDIENCES, InvalidTokenError, TokenIssuer

READERS = {"Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
TYPE_OF = {"applications": "application", "servicePrincipals": "servicePrincipal"}

# Properties that a client may write; Graph refuses others with Request_BadRequest.
_WRITABLE = {
    "application": {
        "api", "appRoles", "description", "displayName", "groupMembershipClaims", "identifierUris", "info",
        "isDeviceOnlyAuthSupported", "isFallbackPublicClient", "keyCredentials", "notes", "oauth2RequirePostResponse",
        "optionalClaims", "parentalControlSettings", "publicClient", "requiredResourceAccess", "samlMetadataUrl",
        "serviceManagementReference", "signInAudience", "spa", "tags", "web",
    },
    "servicePrincipal": {
        "accountEnabled", "alternativeNames", "appId", "appRoleAssignmentRequired", "description", "loginUrl", "notes",
        "notificationEmailAddresses", "preferredSingleSignOnMode", "samlMetadataUrl", "samlSingleSignOnSettings",
        "tags",
    },
}  # fmt: skip


class Graph:
    """The directory's API."""

    def __init__(self, azure: Azure, tokens: TokenIssuer) -> None:
        self._azure = azure
        self._tokens = tokens
        self.routes: list[Route] = []
        for version in ("v1.0", "beta"):
            for collection in TYPE_OF:
                many = f"/{version}/{collection}"
                one = f"{many}/{{id}}"
                self.routes += [
                    Route(many, self.list, methods=["GET"]),
                    Route(many, self.create, methods=["POST"]),
                    Route(f"{one}/owners", self.owners, methods=["GET"]),
                    Route(f"{one}/owners/$ref", self.add_owner, methods=["POST"]),
                    Route(f"{one}/owners/{{owner}}/$ref", self.remove_owner, methods=["DELETE"]),
                    Route(one, self.read, methods=["GET"]),
                    Route(one, self.update, methods=["PATCH"]),
                    Route(one, self.delete, methods=["DELETE"]),
                ]
            application = f"/{version}/applications/{{id}}"
            deleted = f"/{version}/directory/deletedItems"
            self.routes += [
                Route(f"{application}/addPassword", self.add_password, methods=["POST"]),
                Route(f"{application}/removePassword", self.remove_password, methods=["POST"]),
                Route(f"{deleted}/microsoft.graph.application", self.list_deleted, methods=["GET"]),
                Route(f"{deleted}/{{id}}", self.read_deleted, methods=["GET"]),
                Route(f"{deleted}/{{id}}/restore", self.restore, methods=["POST"]),
                Route(f"{deleted}/{{id}}", self.purge, methods=["DELETE"]),
            ]

    # Objects.

    async def list(self, request: Request) -> JSONResponse:
        """GET a collection, with `$filter` on appId, displayName or id."""
        self._caller(request)
        kind = _kind(request)
        wanted = _filter(request.query_params.get("$filter"))
        found = [
            self._present(document, request)
            for document in self._azure.database.all(kind)
            if self._azure.replicated(document)
            and (wanted is None or str(document.get(wanted[0], "")).lower() == wanted[1].lower())
        ]
        return JSONResponse({"@odata.context": f"{self._azure.url}/v1.0/$metadata#{kind}s", "value": found})

    async def create(self, request: Request) -> JSONResponse:
        """POST an application or a service principal."""
        caller = self._caller(request)
        kind, body = _kind(request), await _body(request)
        if not {"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"} & set(caller["roles"]):
            raise _denied()
        owners = [bind.rsplit("/", 1)[-1] for bind in body.pop("owners@odata.bind", [])]
        for owner in owners:
            if self._principal(owner) is None:
                raise _absent(owner)
        # An app that may only change what it owns owns what it makes.
        if "Application.ReadWrite.OwnedBy" in caller["roles"]:
            owners.append(caller["oid"])
        _check_properties(kind, body)
        document = {"id": str(uuid.uuid4()), "_owners": list(dict.fromkeys(owners)), "_createdAt": time.time(), **body}
        document = self._new_application(document) if kind == "application" else self._new_principal(document, caller)
        self._azure.database.put(kind, document["id"], document)
        context = {"@odata.context": f"{self._azure.url}/v1.0/$metadata#{kind}s/$entity"}
        type_name = {"application": "Application", "servicePrincipal": "ServicePrincipal"}[kind]
        location = f"https://graph.microsoft.com/v2/{self._azure.tenant_id}/directoryObjects/{document['id']}"
        return JSONResponse(
            context | self._present(document, request),
            201,
            {"Location": f"{location}/Microsoft.DirectoryServices.{type_name}"},
        )

    async def read(self, request: Request) -> JSONResponse:
        """GET one object, by its id or as `applications(appId='...')`."""
        self._caller(request)
        document = self._find(request)
        context = {"@odata.context": f"{self._azure.url}/v1.0/$metadata#{_kind(request)}s/$entity"}
        return JSONResponse(context | self._present(document, request))

    async def update(self, request: Request) -> Response:
        """PATCH one object: what the body does not name stays."""
        document, kind = self._find_to_change(request), _kind(request)
        body = await _body(request)
        _check_properties(kind, body)
        if "appId" in body:
            raise graph_error(400, "Request_BadRequest", "Property 'appId' is read-only and cannot be set.")
        self._azure.database.put(kind, document["id"], document | body)
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """DELETE one object. An application can be restored; its service principal goes with it."""
        document, kind, database = self._find_to_change(request), _kind(request), self._azure.database
        with database.transaction():
            database.delete(kind, document["id"])
            if kind == "application":
                document["deletedDateTime"] = _stamp(datetime.now(UTC))
                database.put("deletedApplication", document["id"], document)
                for principal in database.all("servicePrincipal"):
                    if principal["appId"] == document["appId"]:
                        database.delete("servicePrincipal", principal["id"])
        return Response(status_code=204)

    # Owners.

    async def owners(self, request: Request) -> JSONResponse:
        """GET an object's owners."""
        self._caller(request)
        owners = [self._principal(id_) for id_ in self._find(request)["_owners"]]
        value = [
            {"@odata.type": "#microsoft.graph.servicePrincipal", **self._present(owner, request)}
            for owner in owners
            if owner is not None
        ]
        return JSONResponse({"@odata.context": f"{self._azure.url}/v1.0/$metadata#directoryObjects", "value": value})

    async def add_owner(self, request: Request) -> Response:
        """POST a reference to an owner."""
        document, body = self._find_to_change(request), await _body(request)
        owner = str(body.get("@odata.id", "")).rsplit("/", 1)[-1]
        if self._principal(owner) is None:
            raise _absent(owner)
        if owner in document["_owners"]:
            raise graph_error(
                400,
                "Request_BadRequest",
                "One or more added object references already exist for the following modified properties: 'owners'.",
            )
        document["_owners"].append(owner)
        self._azure.database.put(_kind(request), document["id"], document)
        return Response(status_code=204)

    async def remove_owner(self, request: Request) -> Response:
        """DELETE a reference to an owner."""
        document, owner = self._find_to_change(request), request.path_params["owner"]
        if owner not in document["_owners"]:
            raise _absent(owner)
        document["_owners"].remove(owner)
        self._azure.database.put(_kind(request), document["id"], document)
        return Response(status_code=204)

    # Passwords.

    async def add_password(self, request: Request) -> JSONResponse:
        """POST addPassword: the only answer that shows the secret."""
        application = self._find_to_change(request)
        wanted = (await _body(request)).get("passwordCredential") or {}
        start = _read_moment(wanted.get("startDateTime")) or datetime.now(UTC)
        end = _read_moment(wanted.get("endDateTime")) or start + timedelta(days=730)
        if end <= start:
            raise graph_error(400, "Request_BadRequest", "Credential end date must be later than its start date.")
        secret = new_client_secret()
        credential = {
            "customKeyIdentifier": None,
            "displayName": wanted.get("displayName"),
            "endDateTime": _stamp(end),
            "hint": secret[:3],
            "keyId": str(uuid.uuid4()),
            "startDateTime": _stamp(start),
        }
        application["passwordCredentials"].append({**credential, "_secret": secret, "_createdAt": time.time()})
        self._azure.database.put("application", application["id"], application)
        context = f"{self._azure.url}/v1.0/$metadata#microsoft.graph.passwordCredential"
        return JSONResponse({"@odata.context": context, **credential, "secretText": secret})

    async def remove_password(self, request: Request) -> Response:
        """POST removePassword."""
        application = self._find_to_change(request)
        key_id = (await _body(request)).get("keyId")
        left = [credential for credential in application["passwordCredentials"] if credential["keyId"] != key_id]
        if len(left) == len(application["passwordCredentials"]):
            raise graph_error(400, "Request_BadRequest", f"No password credential found with keyId {key_id}.")
        application["passwordCredentials"] = left
        self._azure.database.put("application", application["id"], application)
        return Response(status_code=204)

    # Deleted applications.

    async def list_deleted(self, request: Request) -> JSONResponse:
        """GET the applications that can be restored."""
        self._caller(request)
        found = [self._present(document, request) for document in self._azure.database.all("deletedApplication")]
        return JSONResponse({"value": found})

    async def read_deleted(self, request: Request) -> JSONResponse:
        """GET one of them."""
        self._caller(request)
        return JSONResponse(self._present(self._deleted(request), request))

    async def restore(self, request: Request) -> JSONResponse:
        """POST restore."""
        caller, document = self._caller(request), self._deleted(request)
        self._check_may_change(caller, document)
        document.pop("deletedDateTime")
        with self._azure.database.transaction():
            self._azure.database.delete("deletedApplication", document["id"])
            self._azure.database.put("application", document["id"], document)
        return JSONResponse(self._present(document, request))

    async def purge(self, request: Request) -> Response:
        """DELETE for good."""
        caller, document = self._caller(request), self._deleted(request)
        self._check_may_change(caller, document)
        self._azure.database.delete("deletedApplication", document["id"])
        return Response(status_code=204)

    # Rights and look-ups.

    def _caller(self, request: Request) -> dict[str, Any]:
        try:
            claims = self._tokens.check(request.headers.get("authorization"), (*GRAPH_AUDIENCES, self._azure.url))
        except InvalidTokenError as error:
            raise graph_error(401, "InvalidAuthenticationToken", f"Access token validation failure: {error}.") from None
        claims["roles"] = claims.get("roles", [])
        if not READERS & set(claims["roles"]):
            raise _denied()
        return claims

    def _find(self, request: Request) -> Document:
        id_, kind = request.path_params["id"], _kind(request)
        by_app_id = re.fullmatch(r"\(appId='([^']*)'\)", id_)
        if by_app_id:
            found = [d for d in self._azure.database.all(kind) if d["appId"].lower() == by_app_id[1].lower()]
            document = found[0] if found else None
        else:
            document = self._azure.database.get(kind, id_)
        if document is None or not self._azure.replicated(document):
            raise _absent(id_)
        return document

    def _find_to_change(self, request: Request) -> Document:
        caller, document = self._caller(request), self._find(request)
        self._check_may_change(caller, document)
        return document

    def _check_may_change(self, caller: dict[str, Any], document: Document) -> None:
        owned = "Application.ReadWrite.OwnedBy" in caller["roles"] and caller["oid"] in document["_owners"]
        if not owned and "Application.ReadWrite.All" not in caller["roles"]:
            raise _denied()

    def _deleted(self, request: Request) -> Document:
        document = self._azure.database.get("deletedApplication", request.path_params["id"])
        if document is None:
            raise _absent(request.path_params["id"])
        return document

    def _principal(self, id_: str) -> Document | None:
        return self._azure.database.get("servicePrincipal", id_)

    def _new_application(self, document: Document) -> Document:
        if not document.get("displayName"):
            raise graph_error(
                400, "Request_BadRequest", "A value is required for property 'displayName' of resource 'Application'."
            )
        return {
            "appId": str(uuid.uuid4()),
            "createdDateTime": _stamp(datetime.now(UTC)),
            "deletedDateTime": None,
            "description": None,
            "identifierUris": [],
            "notes": None,
            "publisherDomain": self._azure.tenant_name,
            "signInAudience": "AzureADMyOrg",
            "tags": [],
            "api": {
                "acceptMappedClaims": None,
                "knownClientApplications": [],
                "oauth2PermissionScopes": [],
                "preAuthorizedApplications": [],
                "requestedAccessTokenVersion": None,
            },
            "appRoles": [],
            "keyCredentials": [],
            "passwordCredentials": [],
            "requiredResourceAccess": [],
            **document,
        }

    def _new_principal(self, document: Document, caller: dict[str, Any]) -> Document:
        database, app_id = self._azure.database, document.get("appId")
        applications = [a for a in database.all("application") if a["appId"] == app_id and self._azure.replicated(a)]
        if not applications:
            if "Application.ReadWrite.All" not in caller["roles"]:
                raise graph_error(
                    403,
                    "Authorization_RequestDenied",
                    "When using this permission, the backing application of the service principal being created must "
                    "in the local tenant",
                )
            raise graph_error(
                400,
                "Request_BadRequest",
                f"The appId '{app_id}' of the service principal does not reference a valid application object.",
                [
                    {
                        "code": "NoBackingApplicationObject",
                        "target": "appId",
                        "message": "No backing application object.",
                    }
                ],
            )
        self._check_may_change(caller, applications[0])
        if any(principal["appId"] == app_id for principal in database.all("servicePrincipal")):
            raise graph_error(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"The service principal cannot be created, updated, or restored because the service principal name "
                f"{app_id} is already in use.",
            )
        return {
            "accountEnabled": True,
            "appDisplayName": applications[0]["displayName"],
            "appOwnerOrganizationId": self._azure.tenant_id,
            "appRoleAssignmentRequired": False,
            "description": None,
            "displayName": applications[0]["displayName"],
            "notes": None,
            "servicePrincipalNames": [app_id],
            "servicePrincipalType": "Application",
            "signInAudience": applications[0]["signInAudience"],
            "tags": [],
            **document,
        }

    def _present(self, document: Document, request: Request) -> Document:
        shown = {key: value for key, value in document.items() if not key.startswith("_")}
        if "passwordCredentials" in shown:
            shown["passwordCredentials"] = [
                {**{key: value for key, value in credential.items() if not key.startswith("_")}, "secretText": None}
                for credential in shown["passwordCredentials"]
                if self._azure.replicated(credential)
            ]
        if select := request.query_params.get("$select"):
            names = {"id", *select.split(",")}
            shown = {key: shown.get(key) for key in names}
        return shown


def _kind(request: Request) -> str:
    return TYPE_OF[request.url.path.split("/")[2].split("(")[0]]


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise graph_error(400, "BadRequest", "Unable to read JSON request payload. Please ensure it is valid JSON.")
    return body


def _check_properties(kind: str, body: dict[str, Any]) -> None:
    for name in body:
        if name not in _WRITABLE[kind] and not name.startswith("@odata."):
            raise graph_error(
                400,
                "Request_BadRequest",
                f"Invalid property '{name}'. The property is not defined on the type, or can't be written.",
            )


def _filter(text: str | None) -> tuple[str, str] | None:
    if text is None:
        return None
    parsed = re.fullmatch(r"(appId|displayName|id) eq '((?:[^']|'')*)'", text.strip())
    if parsed is None:
        raise graph_error(400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: {text}")
    return parsed[1], parsed[2].replace("''", "'")


def _read_moment(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise graph_error(400, "Request_BadRequest", f"Cannot convert the literal '{text}' to a date.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _absent(id_: str) -> ApiError:
    return graph_error(
        404,
        "Request_ResourceNotFound",
        f"Resource '{id_}' does not exist or one of its queried reference-property objects are not present.",
    )


def _denied() -> ApiError:
    return graph_error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

"""Access tokens: signed by the emulator's key, checked by its own APIs."""

import time
import uuid
from typing import Any

import jwt
from jwt.algorithms import RSAAlgorithm

from .app_roles import GRAPH_APP_ID, roles_of
from .azure import Azure
from .database import Document
from .signing_key import key_id, signing_key

ARM_AUDIENCES = (
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
)
GRAPH_AUDIENCES = ("https://graph.microsoft.com", GRAPH_APP_ID)
CONFIGURATION_AUDIENCES = (
    "https://azure-api.net/configuration",
    "https://azure-api.us/configuration",
    "https://azure-api.cn/configuration",
)


class InvalidTokenError(Exception):
    """Why a token is not accepted."""


class TokenIssuer:
    """Signs and checks the tenant's access tokens."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._key = signing_key(azure.state / "token-key.pem")
        self._key_id = key_id(self._key)

    @property
    def issuer(self) -> str:
        """The `iss` of its tokens, version 1: what ARM, Graph and, as far as is known, the configuration API take."""
        return f"https://sts.windows.net/{self._azure.tenant_id}/"

    def jwks(self) -> dict[str, Any]:
        """The public key, as JWKS."""
        jwk = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {"keys": [{**jwk, "kid": self._key_id, "use": "sig", "issuer": self.issuer}]}

    def issue(self, principal: Document, audience: str, *, by_assertion: bool = False) -> str:
        """A token for a service principal, which has proved itself with a client secret or an assertion."""
        now = int(time.time())
        claims = {
            "aud": audience,
            "iss": self.issuer,
            "iat": now,
            "nbf": now,
            "exp": now + self._azure.settings.token_lifetime_seconds,
            "appid": principal["appId"],
            "appidacr": "2" if by_assertion else "1",
            "idp": self.issuer,
            "idtyp": "app",
            "oid": principal["id"],
            "sub": principal["id"],
            "tid": self._azure.tenant_id,
            "uti": uuid.uuid4().hex[:22],
            "ver": "1.0",
        }
        if is_one_of(audience, (*GRAPH_AUDIENCES, self._azure.url)) and (
            roles := roles_of(principal["id"], self._azure.database)
        ):
            claims["roles"] = roles
        return jwt.encode(claims, self._key, algorithm="RS256", headers={"kid": self._key_id})

    def check(self, authorization: str | None, audiences: tuple[str, ...]) -> dict[str, Any]:
        """The claims of a bearer token: signature, issuer, tenant, life time and audience hold.

        Raises:
            InvalidTokenError: which of them does not.
        """
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise InvalidTokenError("no bearer token was sent")
        issuers = [self.issuer, f"{self._azure.url}/{self._azure.tenant_id}/v2.0"]
        required = ["exp", "nbf", "iss", "aud", "tid", "oid"]
        try:
            claims = jwt.decode(
                token,
                self._key.public_key(),
                algorithms=["RS256"],
                issuer=issuers,
                options={"require": required, "verify_aud": False},
            )
        except jwt.ExpiredSignatureError:
            raise InvalidTokenError("the access token has expired") from None
        except jwt.InvalidIssuerError:
            raise InvalidTokenError("the access token is from the wrong issuer") from None
        except jwt.PyJWTError as error:
            raise InvalidTokenError(f"the access token is not valid ({type(error).__name__})") from None
        if claims["tid"] != self._azure.tenant_id:
            raise InvalidTokenError("the access token is of another tenant")
        if not is_one_of(str(claims["aud"]), audiences):
            raise InvalidTokenError(f"the access token's audience is '{claims['aud']}', not '{audiences[0]}'")
        return claims


def is_one_of(audience: str, audiences: tuple[str, ...]) -> bool:
    """Whether an audience is among those, trailing slash apart."""
    return audience.rstrip("/") in {known.rstrip("/") for known in audiences}

"""Client assertions: another issuer's token instead of a secret, held against the federated identity credentials.

Issuer, subject and audience are compared exactly, the subject's case included. The signature is checked against the keys
that the issuer publishes by OpenID discovery; RS256 is the only algorithm. Nothing is cached, and no clock is forgiven.
"""

import ssl
import time
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt

from .azure import Azure
from .database import Document
from .github_tokens import HOST as GITHUB_HOST
from .responses import ApiError, entra_error

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_PATIENCE_SECONDS = 10
_CHECK = (
    "Check your federated identity credential Subject, Audience and Issuer against the presented assertion. "
    "https://learn.microsoft.com/entra/workload-id/workload-identity-federation"
)


class Federation:
    """Checks assertions for one tenant's applications."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    async def check(self, application: Document, form: dict[str, str]) -> str:
        """Check a token request's assertion.

        Returns:
            Id of the federated identity credential that it matches.

        Raises:
            ApiError: with Entra's number for what does not hold.
        """
        if form.get("client_assertion_type") != ASSERTION_TYPE:
            # Entra's number for another type is not established.
            raise entra_error(
                400,
                "invalid_request",
                900144,
                "The request body must contain the following parameter: 'client_assertion_type'.",
            )
        assertion = form["client_assertion"]
        try:
            header = jwt.get_unverified_header(assertion)
            claims = jwt.decode(assertion, options={"verify_signature": False})
        except jwt.PyJWTError:
            raise _refused(50027, "JWT token is invalid or malformed.") from None
        if header.get("alg") != "RS256":
            raise _refused(
                5002738,
                f"Invalid JWT token. '{header.get('alg')}' is not a supported signature algorithm. Supported signing "
                "algorithms are: 'RS256'",
            )
        credential = self._match(application, claims)
        key = await self._key(str(claims["iss"]), str(header.get("kid", "")))
        self._check_signature(assertion, key, claims)
        return credential["id"]

    def _match(self, application: Document, claims: dict[str, Any]) -> Document:
        issuer, subject, audience = (claims.get(name) for name in ("iss", "sub", "aud"))
        found = [c for c in application.get("_federatedCredentials", []) if self._azure.replicated(c)]
        found = [c for c in found if c["issuer"] == issuer]
        if not found:
            raise _unmatched(700211, f"issuer '{issuer}'")
        if not any(c["subject"] == subject for c in found):
            if any(c["subject"].lower() == str(subject).lower() for c in found):
                raise _unmatched(
                    7002138,
                    f"subject '{subject}'. The subject matches with case-insensitive comparison, but not with "
                    "case-sensitive comparison",
                )
            raise _unmatched(700213, f"subject '{subject}'")
        found = [c for c in found if c["subject"] == subject]
        # More than one audience in a token is refused: the credential names exactly one.
        for credential in found:
            if credential["audiences"] == [audience]:
                return credential
        raise _unmatched(700212, f"audience '{audience}'")

    async def _key(self, issuer: str, wanted: str) -> jwt.PyJWK:
        try:
            configuration = await self._fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if configuration["issuer"] != issuer:
                raise ValueError("the metadata is another issuer's")
            keys = (await self._fetch(configuration["jwks_uri"]))["keys"]
        except (httpx.HTTPError, OSError, KeyError, TypeError, ValueError):
            raise entra_error(400, "invalid_request", 501661, "Request to External OIDC endpoint failed.") from None
        for key in keys:
            if key.get("kid") == wanted and key.get("kty") == "RSA":
                return jwt.PyJWK(key, "RS256")
        raise _bad_signature(issuer, wanted)

    def _check_signature(self, assertion: str, key: jwt.PyJWK, claims: dict[str, Any]) -> None:
        try:
            jwt.decode(
                assertion,
                key,
                algorithms=["RS256"],
                options={
                    "require": ["exp", "iss", "sub", "aud"],
                    "verify_aud": False,
                    "verify_exp": False,
                    "verify_nbf": False,
                },
            )
        except jwt.InvalidSignatureError:
            raise _bad_signature(claims["iss"], str(key.key_id)) from None
        except jwt.PyJWTError:
            raise _refused(50027, "JWT token is invalid or malformed.") from None
        begin, end, now = float(claims.get("nbf", 0)), float(claims["exp"]), time.time()
        if not begin <= now < end:
            raise _refused(
                700024,
                f"Client assertion is not within its valid time range. Current time: {_stamp(now)}, assertion valid from "
                f"{_stamp(begin)}, expiry time of assertion {_stamp(end)}. Review the documentation at "
                "https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
            )

    async def _fetch(self, address: str) -> Any:
        """GET a JSON document over HTTPS; the issuer that this process plays is found on this machine."""
        url = httpx.URL(address)
        if url.scheme != "https":
            raise ValueError("an issuer is reached over HTTPS")
        host, extensions = url.netloc.decode(), {}
        if url.host == GITHUB_HOST:
            extensions = {"sni_hostname": url.host}
            url = url.copy_with(host="127.0.0.1", port=self._azure.port)
        trust = ssl.create_default_context()
        trust.load_verify_locations(self._azure.state / "ca.pem")
        async with httpx.AsyncClient(verify=trust, trust_env=False, timeout=_PATIENCE_SECONDS) as client:
            answer = await client.get(url, headers={"Host": host}, extensions=extensions)
        return answer.raise_for_status().json()


def _refused(number: int, text: str) -> ApiError:
    return entra_error(401, "invalid_client", number, text)


def _unmatched(number: int, what: str) -> ApiError:
    return _refused(number, f"No matching federated identity record found for presented assertion {what}. {_CHECK}")


def _bad_signature(issuer: str, key: str) -> ApiError:
    return _refused(
        7000272,
        f"The certificate with identifier {key} used to sign the federated credential could not be found in the metadata "
        f"of identity provider {issuer}. Please validate that your Identity Provider's metadata exposes the key used to "
        "sign the incoming token.",
    )


def _stamp(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")

"""What a provider proves itself with: a client secret, or another issuer's token (OIDC)."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from ..engine.provider import ProviderError

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_AUDIENCE = "api://AzureADTokenExchange"


@dataclass(frozen=True)
class Credentials:
    """Who signs in, and the method, of which there is only one: where it fails, no other is tried."""

    tenant_id: str
    client_id: str
    method: str
    """azidentity's name for it, which begins its errors."""
    proof: Callable[[], dict[str, str]]
    """The form fields that prove it, fetched for each token."""

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, method={self.method!r})"


def read_setting(inputs: dict[str, Any], name: str, *variables: str) -> str:
    """A provider's setting: its input, else the first environment variable that is set, else the empty text."""
    value = inputs.get(name)
    if value not in (None, ""):
        return str(value)
    return next((os.environ[variable] for variable in variables if os.environ.get(variable)), "")


def read_credentials(client: httpx.Client, inputs: dict[str, Any]) -> Credentials:
    """The credentials from the provider's inputs and the ARM_* environment.

    Raises:
        ProviderError: none are set. Certificates, managed identities and the Azure CLI are not part of the stand-in.
    """
    tenant_id = read_setting(inputs, "tenantId", "ARM_TENANT_ID")
    client_id = read_setting(inputs, "clientId", "ARM_CLIENT_ID")
    secret = read_setting(inputs, "clientSecret", "ARM_CLIENT_SECRET")
    oidc = read_setting(inputs, "useOidc", "ARM_USE_OIDC").lower() == "true"
    missing = [name for name, value in (("tenantId", tenant_id), ("clientId", client_id)) if not value]
    if not secret and not oidc:
        missing.append("clientSecret")
    if missing:
        raise ProviderError(
            f"no credentials: {', '.join(missing)} not set (ARM_TENANT_ID, ARM_CLIENT_ID, and ARM_CLIENT_SECRET or "
            "ARM_USE_OIDC). The stand-in signs in with a client secret or by OIDC only."
        )
    # In the released providers' order: a secret goes before OIDC.
    if secret:
        return Credentials(tenant_id, client_id, "ClientSecretCredential", lambda: {"client_secret": secret})
    token = _token_source(client, inputs)
    return Credentials(
        tenant_id,
        client_id,
        "ClientAssertionCredential",
        lambda: {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": token()},
    )


def _token_source(client: httpx.Client, inputs: dict[str, Any]) -> Callable[[], str]:
    """Where the pipeline's token comes from: given as it is, in a file, or asked for at the runner's address."""
    given = read_setting(inputs, "oidcToken", "ARM_OIDC_TOKEN")
    if path := read_setting(inputs, "oidcTokenFilePath", "ARM_OIDC_TOKEN_FILE_PATH"):
        try:
            filed = Path(path).read_text()
        except OSError as error:
            raise ProviderError(f"failed to read OIDC token from {path}: {error.strerror}") from None
        # azuread refuses two that differ; azure-native would take the first.
        if given and given != filed:
            raise ProviderError("mismatch between supplied OIDC token and supplied OIDC token file contents")
        given = filed
    if given:
        return lambda: given
    url = read_setting(inputs, "oidcRequestUrl", "ARM_OIDC_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_URL")
    token = read_setting(inputs, "oidcRequestToken", "ARM_OIDC_REQUEST_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not token:
        raise ProviderError("A OIDC token or request URL and token must be configured when authenticating with OIDC.")
    return lambda: _request_token(client, url, token)


def _request_token(client: httpx.Client, url: str, token: str) -> str:
    address = httpx.URL(url).copy_set_param("audience", _AUDIENCE)
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    try:
        response = client.get(address, headers=headers)
    except httpx.TransportError as error:
        raise ProviderError(f"GitHub OIDC: couldn't request token: {error}") from None
    if not response.is_success:
        raise ProviderError(f"GitHub OIDC: {response.status_code} with response: {response.text}")
    try:
        return response.json()["value"]
    except (ValueError, KeyError, TypeError):
        raise ProviderError("GitHub OIDC: cannot unmarshal response") from None

"""Endpoints of a cloud, and access tokens."""

import base64
import json
import threading
import time
from dataclasses import dataclass
from typing import Any

import httpx

from ..engine.provider import ProviderError
from .credentials import Credentials, read_setting

_METADATA_VERSION = "2022-09-01"
# A token is used until shortly before it expires, as azidentity does; one that does not live that long, for half its life.
_EARLY_SECONDS = 300


@dataclass(frozen=True)
class Cloud:
    """Where a cloud's APIs are, and for what audience ARM wants its tokens."""

    login: str
    resource_manager: str
    arm_audience: str
    graph: str


_CLOUDS = {
    "public": Cloud(
        "https://login.microsoftonline.com",
        "https://management.azure.com",
        "https://management.core.windows.net/",
        "https://graph.microsoft.com",
    ),
    "usgovernment": Cloud(
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
        "https://management.core.usgovcloudapi.net/",
        "https://graph.microsoft.us",
    ),
    "china": Cloud(
        "https://login.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "https://management.core.chinacloudapi.cn/",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}
_CLOUDS["global"] = _CLOUDS["public"]


def find_cloud(client: httpx.Client, inputs: dict[str, Any]) -> Cloud:
    """The cloud that the metadata host describes, or the one that is named.

    Raises:
        ProviderError: the metadata can't be read, or the name is unknown.
    """
    host = read_setting(inputs, "metadataHost", "ARM_METADATA_HOSTNAME", "ARM_METADATA_HOST")
    if not host:
        name = read_setting(inputs, "environment", "ARM_ENVIRONMENT", "AZURE_ENVIRONMENT") or "public"
        if name not in _CLOUDS:
            raise ProviderError(f"unknown environment {name!r}: expected one of {', '.join(sorted(_CLOUDS))}")
        return _CLOUDS[name]
    try:
        response = client.get(f"https://{host}/metadata/endpoints", params={"api-version": _METADATA_VERSION})
        response.raise_for_status()
        metadata = response.json()
        return Cloud(
            metadata["authentication"]["loginEndpoint"].rstrip("/"),
            metadata["resourceManager"].rstrip("/"),
            metadata["authentication"]["audiences"][0],
            metadata["microsoftGraphResourceId"].rstrip("/"),
        )
    except (httpx.HTTPError, KeyError, IndexError, ValueError) as error:
        raise ProviderError(f"retrieving the cloud's metadata from https://{host} failed: {error}") from None


class TokenSource:
    """Access tokens for one audience, renewed before they expire."""

    def __init__(self, client: httpx.Client, cloud: Cloud, credentials: Credentials, audience: str) -> None:
        self._client = client
        self._cloud = cloud
        self._credentials = credentials
        self._scope = f"{audience}/.default"
        self._token = ""
        self._renew_at = 0.0
        self._lock = threading.Lock()

    def token(self) -> str:
        """A valid token.

        Raises:
            ProviderError: Entra refuses, with its reason.
        """
        with self._lock:
            if time.monotonic() >= self._renew_at:
                self._renew()
            return self._token

    def claims(self) -> dict[str, Any]:
        """What the token says of its bearer; its signature is its audience's to check."""
        payload = self.token().split(".")[1]
        return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))

    def _renew(self) -> None:
        credentials = self._credentials
        form = {"grant_type": "client_credentials", "client_id": credentials.client_id, "scope": self._scope}
        try:
            response = self._client.post(
                f"{self._cloud.login}/{credentials.tenant_id}/oauth2/v2.0/token", data={**form, **credentials.proof()}
            )
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderError(f"{credentials.method} authentication failed: {error}") from None
        if response.status_code != 200:
            raise ProviderError(
                f"{credentials.method} authentication failed: {answer.get('error')}: {answer.get('error_description')}"
            )
        self._token = answer["access_token"]
        lifetime = float(answer["expires_in"])
        self._renew_at = time.monotonic() + lifetime - min(_EARLY_SECONDS, lifetime / 2)

"""ARM and Microsoft Graph, read with the sign-in that the stack's providers use.

The environment is the providers' own: ARM_CLIENT_ID with ARM_CLIENT_SECRET or OIDC, else the Azure CLI's sign-in;
ARM_METADATA_HOSTNAME for another cloud.
"""

import logging
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse
from azure.identity import AzureCliCredential, ClientAssertionCredential, ClientSecretCredential

from ..errors import OpsError, SignInError

_METADATA_VERSION = "2022-09-01"

# What goes wrong is told once, by who asked for it.
logging.getLogger("azure").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Cloud:
    """Where a cloud's APIs are."""

    authority: str
    resource_manager: str
    resource_manager_audience: str
    graph: str


# By the names that the azure-native provider has for them.
CLOUDS = {
    "public": Cloud(
        "https://login.microsoftonline.com",
        "https://management.azure.com",
        "https://management.azure.com",
        "https://graph.microsoft.com",
    ),
    "usgovernment": Cloud(
        "https://login.microsoftonline.us",
        "https://management.usgovcloudapi.net",
        "https://management.usgovcloudapi.net",
        "https://graph.microsoft.us",
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://management.chinacloudapi.cn",
        "https://management.chinacloudapi.cn",
        "https://microsoftgraph.chinacloudapi.cn",
    ),
}


class AzureRefusedError(OpsError):
    """ARM or Graph refuses, with its code."""

    def __init__(self, what: str, status: int, code: str, message: str) -> None:
        super().__init__(f"{what}: {status} {code}: {message}")
        self.status = status
        self.code = code


class Api:
    """One of the two APIs."""

    def __init__(self, url: str, audience: str, credential: TokenCredential) -> None:
        token = BearerTokenCredentialPolicy(credential, f"{audience}/.default")
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            url, policies=[RetryPolicy(retry_total=4), token]
        )
        self._url = url

    def get(self, path: str, **query: str) -> dict[str, Any]:
        """GET an object.

        Args:
            path: from the root of the API, or a whole address of it.
            query: parameters; `api_version` is sent as `api-version`, `filter` as `$filter`.

        Raises:
            AzureRefusedError: it is refused, or not there.
            OpsError: signing in fails, or nobody answers.
        """
        return self._send("GET", path, query).json()

    def find(self, path: str, **query: str) -> dict[str, Any] | None:
        """GET an object; None where it is not there."""
        try:
            return self.get(path, **query)
        except AzureRefusedError as error:
            if error.status == 404:
                return None
            raise

    def list(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """GET a collection, page by page."""
        page = self.get(path, **query)
        while True:
            yield from page.get("value", [])
            following = page.get("nextLink") or page.get("@odata.nextLink")
            if not following:
                return
            page = self.get(following)

    def delete(self, path: str, **query: str) -> None:
        """DELETE an object; it is none of our business where it is gone already.

        Raises:
            OpsError: it is refused, or nobody answers.
        """
        try:
            self._send("DELETE", path, query)
        except AzureRefusedError as error:
            if error.status != 404:
                raise

    def post(self, path: str, body: dict[str, Any]) -> None:
        """POST an action.

        Raises:
            OpsError: it is refused, or nobody answers.
        """
        self._send("POST", path, {}, body)

    def _send(self, method: str, path: str, query: dict[str, str], body: dict[str, Any] | None = None) -> HttpResponse:
        address = path if path.startswith("https://") else f"{self._url}{path}"
        names = {"api_version": "api-version", "filter": "$filter"}
        parameters = {names.get(name, name): value for name, value in query.items()}
        # A gateway resource is only deleted with a condition; any other object does not mind it.
        headers = {"If-Match": "*"} if method == "DELETE" else {}
        try:
            request = HttpRequest(method, address, params=parameters, headers=headers, json=body)
            response = self._client.send_request(request)
        except ClientAuthenticationError as error:
            raise OpsError(f"Signing in failed: {_first_line(error)}") from None
        except AzureError as error:
            raise OpsError(f"{self._url} does not answer: {_first_line(error)}") from None
        if response.status_code >= 400:
            raise _refusal(f"{method} {path}", response)
        return response


class Azure:
    """One tenant, signed in to."""

    def __init__(self, tenant_id: str, environment: str = "public") -> None:
        cloud = find_cloud(environment)
        credential = _credential(tenant_id, cloud)
        self.arm = Api(cloud.resource_manager, cloud.resource_manager_audience, credential)
        self.graph = Api(cloud.graph, cloud.graph, credential)


def find_cloud(environment: str) -> Cloud:
    """The cloud that the providers use: by ARM_METADATA_HOSTNAME, by ARM_ENVIRONMENT, or by its name.

    Raises:
        OpsError: there is no such cloud, or its endpoints can't be read.
    """
    host = os.environ.get("ARM_METADATA_HOSTNAME")
    if not host:
        name = os.environ.get("ARM_ENVIRONMENT") or environment
        if name not in CLOUDS:
            raise OpsError(f"Unknown Azure cloud '{name}': expected one of {', '.join(CLOUDS)}.")
        return CLOUDS[name]
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(f"https://{host}", policies=[RetryPolicy()])
    try:
        answer = client.send_request(
            HttpRequest("GET", f"https://{host}/metadata/endpoints", params={"api-version": _METADATA_VERSION})
        )
        answer.raise_for_status()
        metadata = answer.json()
        return Cloud(
            metadata["authentication"]["loginEndpoint"].rstrip("/"),
            metadata["resourceManager"].rstrip("/"),
            metadata["authentication"]["audiences"][0].rstrip("/"),
            metadata["microsoftGraphResourceId"].rstrip("/"),
        )
    except (AzureError, KeyError, IndexError, ValueError) as error:
        raise OpsError(f"The cloud's endpoints can't be read from ARM_METADATA_HOSTNAME={host}: {error}") from None


def get_token(authority: str, tenant_id: str, client_id: str, client_secret: str, audience: str) -> None:
    """Get a token as the gateway does, and forget it.

    Raises:
        SignInError: Entra refuses.
        OpsError: Entra does not answer.
    """
    try:
        ClientSecretCredential(tenant_id, client_id, client_secret, **_options(authority)).get_token(
            f"{audience}/.default"
        )
    except ClientAuthenticationError as error:
        reason = _first_line(error).removeprefix("Authentication failed: ")
        code = re.search(r"AADSTS\d+", reason)
        if code is None:
            raise OpsError(f"{authority} does not answer: {reason}") from None
        raise SignInError(reason, code[0]) from None
    except AzureError as error:
        raise OpsError(f"{authority} does not answer: {_first_line(error)}") from None


def _options(authority: str) -> dict[str, Any]:
    return {
        "authority": authority,
        "disable_instance_discovery": os.environ.get("ARM_DISABLE_INSTANCE_DISCOVERY", "").lower() == "true",
    }


def _credential(tenant_id: str, cloud: Cloud) -> TokenCredential:
    client_id, secret = os.environ.get("ARM_CLIENT_ID", ""), os.environ.get("ARM_CLIENT_SECRET", "")
    options = _options(cloud.authority)
    if client_id and secret:
        return ClientSecretCredential(tenant_id, client_id, secret, **options)
    if client_id and os.environ.get("ARM_USE_OIDC", "").lower() == "true":
        return ClientAssertionCredential(tenant_id, client_id, _oidc_token, **options)
    return AzureCliCredential(tenant_id=tenant_id)


def _oidc_token() -> str:
    """The pipeline's token that Entra exchanges, from where the providers take it."""
    if token := os.environ.get("ARM_OIDC_TOKEN"):
        return token
    if file := os.environ.get("ARM_OIDC_TOKEN_FILE_PATH"):
        return Path(file).read_text().strip()
    url = os.environ.get("ARM_OIDC_REQUEST_URL") or os.environ.get("ACTIONS_ID_TOKEN_REQUEST_URL")
    token = os.environ.get("ARM_OIDC_REQUEST_TOKEN") or os.environ.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
    if not url or not token:
        raise OpsError("ARM_USE_OIDC is set, but there is no token: set ARM_OIDC_TOKEN, or allow `id-token: write`.")
    client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(url, policies=[RetryPolicy()])
    request = HttpRequest(
        "GET", f"{url}&audience=api://AzureADTokenExchange", headers={"Authorization": f"Bearer {token}"}
    )
    answer = client.send_request(request)
    answer.raise_for_status()
    return answer.json()["value"]


def _refusal(what: str, response: HttpResponse) -> AzureRefusedError:
    try:
        error = response.json()["error"]
        code, message = str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        code, message = "", response.reason
    return AzureRefusedError(what, response.status_code, code, message)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

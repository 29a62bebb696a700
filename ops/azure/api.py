"""ARM and Microsoft Graph over HTTP."""

import logging
from collections.abc import Iterator
from typing import Any

from azure.core import PipelineClient
from azure.core.credentials import TokenCredential
from azure.core.exceptions import AzureError, ClientAuthenticationError
from azure.core.pipeline.policies import BearerTokenCredentialPolicy, RetryPolicy
from azure.core.rest import HttpRequest, HttpResponse

from ..errors import OpsError

# What goes wrong is told once, by who asked for it.
logging.getLogger("azure").addHandler(logging.NullHandler())


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
            raise OpsError(f"Signing in failed: {first_line(error)}") from None
        except AzureError as error:
            raise OpsError(f"{self._url} does not answer: {first_line(error)}") from None
        if response.status_code >= 400:
            raise _refusal(f"{method} {path}", response)
        return response


def _refusal(what: str, response: HttpResponse) -> AzureRefusedError:
    try:
        error = response.json()["error"]
        code, message = str(error["code"]), str(error["message"])
    except (ValueError, KeyError, TypeError):
        code, message = "", response.reason
    return AzureRefusedError(what, response.status_code, code, message)


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__

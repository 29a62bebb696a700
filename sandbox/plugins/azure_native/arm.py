"""Requests to ARM, with azcore's retries and the plugin's way to word a refusal."""

import json
import time
from typing import Any

import httpx

from ...waits import between_tries
from ..azure_cloud.http import RetryPolicy
from ..azure_cloud.sign_in import Cloud, TokenSource
from ..engine.provider import ProviderError

_LINE = "-" * 80
# Between two looks at what ARM has accepted, where it does not say; and until when.
_POLL_SECONDS = {"PUT": 10.0, "DELETE": 30.0}
_PATIENCE_SECONDS = 7200


class ArmError(ProviderError):
    """ARM's refusal."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(_worded(response))
        self.status = response.status_code


def _worded(response: httpx.Response) -> str:
    payload = _json(response)
    if payload is None:
        return _worded_by_azcore(response)
    error = payload.get("error")
    message = error.get("message") if isinstance(error, dict) else None
    code = _code(response)
    named = f'Code="{code}" ' if code else ""
    return f'Status={response.status_code} {named}Message="{response.text if message is None else message}"'


def _worded_by_azcore(response: httpx.Response) -> str:
    """The many lines that azcore has for an answer, which the plugin shows where there is no JSON in it."""
    request = response.request
    return (
        f"{request.method} {request.url.scheme}://{request.url.netloc.decode()}{request.url.path}\n{_LINE}\n"
        f"RESPONSE {response.status_code}: {response.status_code} {response.reason_phrase}\n"
        f"ERROR CODE{f': {code}' if (code := _code(response)) else ' UNAVAILABLE'}\n{_LINE}\n"
        f"{response.text or 'Response contained no body'}\n{_LINE}\n"
    )


def _code(response: httpx.Response) -> str:
    payload = _json(response) or {}
    error = payload.get("error", payload)
    code = error.get("code") if isinstance(error, dict) else None
    return response.headers.get("x-ms-error-code") or (code if isinstance(code, str) else "")


def _json(response: httpx.Response) -> dict[str, Any] | None:
    try:
        payload = json.loads(response.content)
    except ValueError:
        return None
    return payload if isinstance(payload, dict) else None


def _another_operation(response: httpx.Response) -> bool:
    """Whether it is the one conflict that passes by for the plugin: no other is tried again."""
    return response.status_code == 409 and _code(response) == "AnotherOperationInProgress"


_RETRIES = RetryPolicy(
    frozenset({408, 429, 500, 502, 503, 504}),
    delays=(20, 60, 120),
    at_once=False,
    longest_asked=120,
    asked_in=(("retry-after-ms", 0.001), ("x-ms-retry-after-ms", 0.001), ("Retry-After", 1)),
    also=_another_operation,
)


def _unanswered(request: httpx.Request, error: httpx.TransportError) -> ProviderError:
    """Go's words for a request that nobody answers."""
    reason = str(error)
    if isinstance(error, httpx.RemoteProtocolError):
        reason = "EOF"
    elif "refused" in reason:
        reason = f"dial tcp {request.url.host}:{request.url.port}: connect: connection refused"
    elif isinstance(error, httpx.ReadError | httpx.WriteError):
        reason = "read: connection reset by peer"
    return ProviderError(f'{request.method.capitalize()} "{request.url}": {reason}')


class Arm:
    """ARM in one subscription."""

    def __init__(self, client: httpx.Client, cloud: Cloud, tokens: TokenSource) -> None:
        self._client = client
        self._cloud = cloud
        self._tokens = tokens

    def send(self, method: str, id_: str, api_version: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """One request about the resource with this id; any status is an answer.

        Raises:
            ProviderError: signing in fails, or nobody answers.
        """
        address = httpx.URL(self._cloud.resource_manager + id_, params={"api-version": api_version})
        return self._answer(self._client.build_request(method, address, json=body))

    def finish(self, accepted: httpx.Response) -> httpx.Response:
        """Wait until ARM has done what it accepted with 202; the result's answer.

        Raises:
            ProviderError: signing in fails, nobody answers, or it takes too long.
        """
        response, deadline = accepted, time.monotonic() + _PATIENCE_SECONDS
        wait = 0.0  # the first look is at once
        while response.status_code == 202:
            address = response.headers.get("Location")
            if not address:
                raise ProviderError(f"{accepted.request.method} {accepted.request.url}: accepted, but not done")
            if time.monotonic() > deadline:
                raise ProviderError("operation timed out")
            time.sleep(between_tries(float(response.headers.get("Retry-After") or wait)))
            wait = _POLL_SECONDS[accepted.request.method]
            response = self._answer(self._client.build_request("GET", address))
        return response

    def get(self, id_: str, api_version: str) -> dict[str, Any]:
        """The resource.

        Raises:
            ArmError: any answer but 200.
        """
        response = self.send("GET", id_, api_version)
        if response.status_code != 200:
            raise ArmError(response)
        return response.json()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.headers["Authorization"] = f"Bearer {self._tokens.token()}"
        try:
            return _RETRIES.send(lambda: self._client.send(request))
        except httpx.TransportError as error:
            raise _unanswered(request, error) from None

"""Requests to ARM, with azcore's retries and the plugin's way to word a refusal."""

import time
from typing import Any

import httpx

from ...waits import between_tries
from ..azure_cloud.http import RetryPolicy
from ..azure_cloud.sign_in import Cloud, TokenSource
from ..engine.provider import ProviderError

_RETRIES = RetryPolicy(
    frozenset({408, 429, 500, 502, 503, 504}), delays=(20, 60, 120), at_once=False, longest_asked=120
)
# Between two looks at what ARM has accepted, where it does not say; and until when.
_POLL_SECONDS = {"PUT": 10.0, "DELETE": 30.0}
_PATIENCE_SECONDS = 1800


class ArmError(ProviderError):
    """ARM's refusal."""

    def __init__(self, response: httpx.Response) -> None:
        code, message = "", response.text
        try:
            error = response.json()["error"]
            code, message = error["code"], error["message"]
        except (ValueError, KeyError, TypeError):
            pass
        super().__init__(f'Status={response.status_code} Code="{code}" Message="{message}"')
        self.status = response.status_code


class Arm:
    """ARM in one subscription."""

    def __init__(self, client: httpx.Client, cloud: Cloud, tokens: TokenSource) -> None:
        self._client = client
        self._cloud = cloud
        self._tokens = tokens

    def send(
        self, method: str, id_: str, api_version: str, body: dict[str, Any] | None = None, *, if_match: str = ""
    ) -> httpx.Response:
        """One request about the resource with this id; any status is an answer.

        Raises:
            ProviderError: signing in fails, or nobody answers.
        """
        headers = {"Authorization": f"Bearer {self._tokens.token()}"}
        if if_match:
            headers["If-Match"] = if_match
        try:
            return _RETRIES.send(
                lambda: self._client.request(
                    method,
                    self._cloud.resource_manager + id_,
                    params={"api-version": api_version},
                    json=body,
                    headers=headers,
                )
            )
        except httpx.TransportError as error:
            raise ProviderError(f"{method} {self._cloud.resource_manager}{id_}: {error}") from None

    def finish(self, accepted: httpx.Response) -> httpx.Response:
        """Wait until ARM has done what it accepted with 202; the result's answer.

        Raises:
            ProviderError: signing in fails, nobody answers, or it takes too long.
        """
        response, deadline = accepted, time.monotonic() + _PATIENCE_SECONDS
        wait = 0.0  # the first look is at once
        while response.status_code == 202:
            address = response.headers.get("Location")
            if not address or time.monotonic() > deadline:
                raise ProviderError(f"{accepted.request.method} {accepted.request.url}: accepted, but not done")
            time.sleep(between_tries(float(response.headers.get("Retry-After") or wait)))
            wait = _POLL_SECONDS[accepted.request.method]
            headers = {"Authorization": f"Bearer {self._tokens.token()}"}
            try:
                response = _RETRIES.send(lambda: self._client.get(address, headers=headers))  # noqa: B023 - at once
            except httpx.TransportError as error:
                raise ProviderError(f"GET {address}: {error}") from None
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

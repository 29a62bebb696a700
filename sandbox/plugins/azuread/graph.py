"""Requests to Microsoft Graph, with the released provider's retries, waits and wording."""

import re
import time
from collections.abc import Callable
from typing import Any

import httpx

from ...waits import between_tries
from ..azure_cloud.http import RetryPolicy
from ..azure_cloud.sign_in import Cloud, TokenSource
from ..engine.provider import ProviderError

_RETRIES = RetryPolicy(frozenset({429, 500, 502, 503, 504}), retries=8, delay=1, max_delay=61)
# After a write, the provider reads until what it wrote has been seen this often in a row, so long apart.
_SEEN_IN_A_ROW = 5
_SECONDS_BETWEEN_READS = 1.0
# Not scaled, as the waits are: on a slow machine, as many tries fit in as on a fast one.
_PATIENCE_SECONDS = 300.0


class GraphError(ProviderError):
    """Graph's refusal."""

    def __init__(self, what: str, response: httpx.Response) -> None:
        try:
            error = response.json()["error"]
            self.code, self.message = str(error["code"]), str(error["message"])
        except (ValueError, KeyError, TypeError):
            self.code, self.message = "", ""
        super().__init__(
            f"{what}: unexpected status {response.status_code} ({response.reason_phrase}) with error: "
            f"{self.code}: {self.message}"
        )
        self.status = response.status_code


class Graph:
    """Microsoft Graph for one tenant."""

    def __init__(self, client: httpx.Client, cloud: Cloud, tokens: TokenSource) -> None:
        self._client = client
        self._cloud = cloud
        self._tokens = tokens

    def send(
        self, what: str, method: str, path: str, body: dict[str, Any] | None = None, **query: str
    ) -> dict[str, Any]:
        """One request; the answer's JSON.

        Args:
            what: what is being done, for the message where Graph refuses.
            method: of HTTP.
            path: with the version, e.g. `/v1.0/applications`.
            body: JSON to send.
            query: parameters without their dollar sign.

        Raises:
            GraphError: Graph refuses.
            ProviderError: signing in fails, or nobody answers.
        """
        headers = {"Authorization": f"Bearer {self._tokens.token()}"}
        try:
            response = _RETRIES.send(
                lambda: self._client.request(
                    method,
                    self._cloud.graph + path,
                    json=body,
                    headers=headers,
                    params={f"${name}": value for name, value in query.items()},
                )
            )
        except httpx.TransportError as error:
            raise ProviderError(f"{what}: {error}") from None
        if response.status_code >= 400:
            raise GraphError(what, response)
        return response.json() if response.content else {}

    def find(self, what: str, path: str, **query: str) -> dict[str, Any] | None:
        """GET; None on 404."""
        try:
            return self.send(what, "GET", path, None, **query)
        except GraphError as error:
            if error.status == 404:
                return None
            raise

    def persistently(self, statuses: set[int], message: str, request: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        """Try again while the answer is one of those statuses with that message: replication has not got there yet."""
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return request()
            except GraphError as error:
                expected = error.status in statuses and re.search(message, error.message)
                if not expected or time.monotonic() > deadline:
                    raise
            time.sleep(between_tries(_SECONDS_BETWEEN_READS))

    def wait_until_seen(self, what: str, seen: Callable[[], bool]) -> None:
        """Read until it has been seen several times in a row: Graph's replicas differ for a while.

        Raises:
            ProviderError: it has not been for too long.
        """
        self._wait(what, seen, _SEEN_IN_A_ROW)

    def wait_until_gone(self, what: str, path: str) -> None:
        """Read until it is not there any more."""
        self._wait(what, lambda: self.find(what, path) is None, 1)

    def _wait(self, what: str, holds: Callable[[], bool], times: int) -> None:
        deadline = time.monotonic() + _PATIENCE_SECONDS
        in_a_row = 0
        while in_a_row < times:
            in_a_row = in_a_row + 1 if holds() else 0
            if in_a_row < times:
                if time.monotonic() > deadline:
                    raise ProviderError(f"{what}: timed out waiting for replication")
                time.sleep(between_tries(_SECONDS_BETWEEN_READS))

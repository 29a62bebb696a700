"""Requests to Microsoft Graph, with the released provider's retries, waits and wording."""

import itertools
import re
import time
from collections.abc import Callable
from typing import Any

import httpx

from ...waits import between_tries
from ..azure_cloud.http import RetryPolicy
from ..azure_cloud.sign_in import Cloud, TokenSource
from ..engine import caller
from ..engine.provider import ProviderError
from .diagnostics import diagnostic

_DELAYS = (1, 2, 4, 8, 16, 32, 61, 61)
_RETRIES = RetryPolicy(frozenset({429, 500, 502, 503, 504}), _DELAYS, at_once=True, repeats_unanswered=False)
# After a write, the provider reads until what it wrote has been seen, or what it deleted has not, so often in a row. While
# it reads something else, its reads come ever later.
_IN_A_ROW = 5
_SECONDS_BETWEEN_READS_OF_WHAT_WAS_MADE = 1.0
_SECONDS_BETWEEN_READS_OF_WHAT_WAS_DELETED = 5.0
_LONGEST_SECONDS_BETWEEN_READS = 10.0
_NOBODY_ANSWERED = "HTTP response was nil; connection may have been reset"
# Not scaled, as the waits are: on a slow machine, as many tries fit in as on a fast one.
_PATIENCE_SECONDS = 300.0


class GraphError(ProviderError):
    """Graph's refusal."""

    def __init__(self, what: str, attribute: str, response: httpx.Response) -> None:
        try:
            error = response.json()["error"]
            self.code, self.message = str(error["code"]), str(error["message"])
        except (ValueError, KeyError, TypeError):
            self.code, self.message = "", ""
        self.status = response.status_code
        self.answer = (
            f"unexpected status {self.status} ({self.status} {response.reason_phrase}) with error: "
            f"{self.code}: {self.message}"
        )
        """What Graph answered, in the released provider's words."""
        super().__init__(diagnostic(f"{what}: {self.answer}", attribute))


class Graph:
    """Microsoft Graph for one tenant."""

    def __init__(self, client: httpx.Client, cloud: Cloud, tokens: TokenSource) -> None:
        self._client = client
        self._cloud = cloud
        self._tokens = tokens

    def send(
        self,
        what: str,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
        *,
        attribute: str = "",
        **query: str,
    ) -> dict[str, Any]:
        """One request; the answer's JSON.

        Args:
            what: what is being done, for the message where Graph refuses.
            attribute: what of the resource the message is about.
            method: of HTTP.
            path: with the version, e.g. `/v1.0/applications`.
            body: JSON to send.
            query: parameters without their dollar sign.

        Raises:
            GraphError: Graph refuses.
            ProviderError: signing in fails, or nobody answers.
        """
        headers = {"Authorization": f"Bearer {self._tokens.token()}"}

        def request() -> httpx.Response:
            # An operation ends with the engine that asked for it: what has not been sent by then never is.
            if caller.is_gone():
                raise ProviderError(diagnostic(f"{what}: context canceled", attribute))
            return self._client.request(
                method,
                self._cloud.graph + path,
                json=body,
                headers=headers,
                params={f"${name}": value for name, value in query.items()},
            )

        try:
            response = _RETRIES.send(request)
        except httpx.TransportError:
            unanswered = f'Get "{self._cloud.graph}{path}": EOF' if method == "GET" else _NOBODY_ANSWERED
            raise ProviderError(diagnostic(f"{what}: {unanswered}", attribute)) from None
        if response.status_code >= 400:
            raise GraphError(what, attribute, response)
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
        for delay in itertools.chain(_DELAYS, itertools.repeat(_DELAYS[-1])):
            try:
                return request()
            except GraphError as error:
                expected = error.status in statuses and re.search(message, error.message)
                if not expected or time.monotonic() > deadline:
                    raise
            time.sleep(between_tries(delay))
        raise AssertionError  # the delays have no end

    def wait_until_seen(self, what: str, seen: Callable[[], bool]) -> None:
        """Read until it has been seen several times in a row: Graph's replicas differ for a while.

        Raises:
            ProviderError: it has not been for too long.
        """
        _wait(what, seen, _SECONDS_BETWEEN_READS_OF_WHAT_WAS_MADE)

    def wait_until_gone(self, what: str, gone: Callable[[], bool]) -> None:
        """Read until it has not been there several times in a row; errors as of `wait_until_seen`."""
        _wait(what, gone, _SECONDS_BETWEEN_READS_OF_WHAT_WAS_DELETED)


def _wait(what: str, holds: Callable[[], bool], shortest: float) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    in_a_row, seconds = 0, 0.0
    while True:
        in_a_row = in_a_row + 1 if holds() else 0
        if in_a_row == _IN_A_ROW:
            return
        if time.monotonic() > deadline:
            raise ProviderError(diagnostic(f"{what}: timeout while waiting for state to become 'Done'"))
        if not in_a_row:
            seconds = min(seconds * 2, _LONGEST_SECONDS_BETWEEN_READS)
        seconds = max(seconds, shortest)
        time.sleep(between_tries(seconds))

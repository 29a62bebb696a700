"""HTTP with the retries of the released plugins, and none that they lack."""

import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass

import httpx
import tenacity

from ...waits import between_tries


def new_client() -> httpx.Client:
    """A client that trusts what SSL_CERT_FILE names, as Go programs do, or the system's certificates."""
    context = ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or None)
    return httpx.Client(verify=context, timeout=100, trust_env=False)


@dataclass(frozen=True)
class RetryPolicy:
    """Which answers are tried again, how often, and after how long."""

    statuses: frozenset[int]
    retries: int
    delay: float
    max_delay: float

    def send(self, request: Callable[[], httpx.Response]) -> httpx.Response:
        """Send until an answer is none of those statuses or the tries are used up; the last answer counts."""
        exponential = tenacity.wait_exponential(multiplier=self.delay, max=self.max_delay)

        def wait(state: tenacity.RetryCallState) -> float:
            answer = state.outcome.result() if state.outcome and not state.outcome.failed else None
            after = answer.headers.get("Retry-After", "") if answer is not None else ""
            return between_tries(float(after) if after.isdigit() else exponential(state))

        def last(state: tenacity.RetryCallState) -> httpx.Response:
            assert state.outcome is not None  # noqa: S101 - tenacity calls it after a try
            return state.outcome.result()

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda answer: answer.status_code in self.statuses)
            | tenacity.retry_if_exception_type(httpx.TransportError),
            stop=tenacity.stop_after_attempt(self.retries + 1),
            wait=wait,
            retry_error_callback=last,
        )
        return retrying(request)

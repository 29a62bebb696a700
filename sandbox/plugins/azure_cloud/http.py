"""HTTP with the retries of the released plugins, and none that they lack."""

import math
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

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
    delays: tuple[float, ...]
    """Seconds before each new try, where the answer's Retry-After says nothing."""
    at_once: bool
    """Whether a Retry-After of 0 means so, or says nothing."""
    longest_asked: float = math.inf
    """With a longer Retry-After, it is not tried again."""
    repeats_unanswered: bool = True
    """Whether a request that nobody answers is sent again."""
    asked_in: tuple[tuple[str, float], ...] = (("Retry-After", 1),)
    """Headers that say when to try again, the first that is there counts, and the seconds in each one's unit."""
    also: Callable[[httpx.Response], bool] = lambda _: False
    """Whether an answer of another status is tried again too."""

    def send(self, request: Callable[[], httpx.Response]) -> httpx.Response:
        """Send until an answer is none of those statuses or the tries are used up; the last answer counts."""

        def wait(state: tenacity.RetryCallState) -> float:
            answer = state.outcome.result() if state.outcome and not state.outcome.failed else None
            asked = self._asked(answer) if answer is not None else None
            # It is asked after the last try, too.
            delay = self.delays[min(state.attempt_number, len(self.delays)) - 1]
            return between_tries(delay if asked is None else asked)

        def last(state: tenacity.RetryCallState) -> httpx.Response:
            assert state.outcome is not None  # noqa: S101 - tenacity calls it after a try
            return state.outcome.result()

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(self._goes_on)
            | tenacity.retry_if_exception_type(httpx.TransportError if self.repeats_unanswered else ()),
            stop=tenacity.stop_after_attempt(len(self.delays) + 1),
            wait=wait,
            retry_error_callback=last,
        )
        return retrying(request)

    def _goes_on(self, answer: httpx.Response) -> bool:
        tried_again = answer.status_code in self.statuses or self.also(answer)
        return tried_again and (self._asked(answer) or 0) <= self.longest_asked

    def _asked(self, answer: httpx.Response) -> float | None:
        for header, unit in self.asked_in:
            after = answer.headers.get(header, "")
            if after.isdigit() and (self.at_once or int(after)):
                return int(after) * unit
            if after and not after.isdigit() and (seconds := _until(after)) > 0:
                return seconds
        return None


def _until(date: str) -> float:
    """Seconds until then; 0 where it is no date of HTTP."""
    try:
        return (parsedate_to_datetime(date) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 0

"""A stream of requests through the live-traffic Service, as clients without any patience send them."""

import ssl
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

RATE = 60
"""Requests a second, half of them on new connections, half on kept-alive ones."""
KEPT_ALIVE = 6
SECONDS_TO_ANSWER = 10
# Made once: reading all certificates for each new connection would take more time than the request.
_TRUST = ssl.create_default_context()


@dataclass
class Stream:
    """What came of the requests so far."""

    url: str
    answered: Counter[str] = field(default_factory=Counter[str])
    """Answers by kind of connection."""
    failures: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)
    _stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.answered.total() / (time.monotonic() - self.started)

    def run(self, kind: str, interval: float) -> None:
        """Send a request each interval (seconds) until stopped, late ones at once; without retries."""
        client = _client() if kind == "kept alive" else None
        due = time.monotonic()
        while not self._stopping.wait(max(0.0, due - time.monotonic())):
            due += interval
            try:
                if client is not None:
                    answer = client.get(self.url)
                else:
                    with _client() as fresh:
                        answer = fresh.get(self.url)
            except httpx.HTTPError as error:
                self.failures.append(f"{kind}: {type(error).__name__}: {error}")
                continue
            if answer.status_code == 200:
                self.answered[kind] += 1
            else:
                self.failures.append(f"{kind}: {answer.status_code} {answer.text[:200]}")

    def stop(self) -> None:
        """Send no more."""
        self._stopping.set()


@contextmanager
def stream(url: str) -> Iterator[Stream]:
    """A running stream of requests to a URL."""
    sent = Stream(url)
    connections = ["kept alive"] * KEPT_ALIVE + ["new"] * KEPT_ALIVE
    interval = len(connections) / RATE
    threads = [threading.Thread(target=sent.run, args=(kind, interval)) for kind in connections]
    for thread in threads:
        thread.start()
    try:
        yield sent
    finally:
        sent.stop()
        for thread in threads:
            thread.join()


def nobody_noticed(sent: Stream) -> None:
    """Assert that each request was answered, on either kind of connection."""
    assert sent.failures == []
    assert sent.rate >= 50
    # Both kinds of connection have been there throughout.
    assert sent.answered["new"] > 0.4 * sent.answered.total()
    assert sent.answered["kept alive"] > 0.4 * sent.answered.total()


def _client() -> httpx.Client:
    transport = httpx.HTTPTransport(retries=0, verify=_TRUST)
    return httpx.Client(trust_env=False, timeout=SECONDS_TO_ANSWER, transport=transport)

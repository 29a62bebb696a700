"""Waiting until what was written works, and looking at whether it does; waiting until what was deleted is gone."""

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Protocol

from ...waits import beside_controllers
from ..engine.provider import ProviderError, Request
from .connection import Connection, NoAnswerError, StatusError
from .deployments import Rollout
from .field_managers import annotations
from .informers import Event, Events, Informers
from .ingresses import Routing
from .kinds import Kind
from .polling import PollingError, poll_for
from .services import Exposure
from .status_lines import StatusLines

DEFAULT_TIMEOUT_SECONDS = 600.0
SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"
_LOOKS_FOR_INTERRUPTION_SECONDS = 0.2


class NotReadyError(ProviderError):
    """It is there, but not as it should be."""

    def __init__(self, message: str, reasons: list[str], live: dict[str, Any]) -> None:
        super().__init__(message)
        self.reasons = reasons
        self.live = live


class Readiness(Protocol):
    """What decides whether an object of one kind is ready, from events of it and of what depends on it."""

    live: dict[str, Any]

    def collections(self) -> tuple[str, ...]:
        """What is listed and watched, the object's own collection first."""
        ...

    def begin(self) -> None:
        """Begin to wait, and not only look."""
        ...

    def take(self, event: Event) -> None:
        """Learn of a change."""
        ...

    def pass_time(self) -> None:
        """Notice what happens without an event."""
        ...

    def assume_rest(self) -> None:
        """Take it that nothing changes any more: who only looks can't tell."""
        ...

    def is_ready(self) -> bool:
        """Whether it is, and say how far it is."""
        ...

    def is_good_enough(self) -> bool:
        """Whether it counts as ready at the end of the time."""
        ...

    def reasons(self) -> list[str]:
        """Why it is not."""
        ...


_READINESS: dict[str, Callable[..., Readiness]] = {"Deployment": Rollout, "Service": Exposure, "Ingress": Routing}


def wait_until_ready(
    connection: Connection,
    informers: Informers,
    kind: Kind,
    live: dict[str, Any],
    inputs: dict[str, Any],
    request: Request,
    *,
    is_update: bool,
) -> dict[str, Any]:
    """The object once it is ready.

    Args:
        connection: to the cluster.
        informers: the plugin's.
        kind: the object's.
        live: as it was just written.
        inputs: what was written.
        request: the engine's.
        is_update: whether it was there before.

    Raises:
        NotReadyError: it is not, at the end of the time or when the engine was interrupted.
    """
    lines = StatusLines(request)
    with _warnings_of_events(informers, live, lines):
        if annotations(inputs).get(SKIP) == "true":
            lines.say("Skipping await logic")
        elif kind.kind in _READINESS:
            live = _wait(informers, _READINESS[kind.kind](live, lines), timeout(inputs, request), request)
        elif poll := poll_for(connection, live, lines, is_update=is_update):
            path = f"{kind.path(live['metadata']['namespace'])}/{live['metadata']['name']}"
            try:
                live = poll.wait(connection, path, request)
            except PollingError as error:
                raise NotReadyError(str(error), [], live) from None
        return live


def check_ready(
    connection: Connection, kind: Kind, live: dict[str, Any], inputs: dict[str, Any], request: Request
) -> dict[str, Any]:
    """The object that a refresh reads, where it is ready. What may not be listed counts as not there.

    Raises:
        NotReadyError: it is not.
        StatusError: the object may not be read.
    """
    if kind.kind not in _READINESS or annotations(inputs).get(SKIP) == "true":
        return live
    readiness = _READINESS[kind.kind](live, StatusLines(request))
    own, *others = readiness.collections()
    readiness.take(Event(own, "ADDED", live))
    for collection in others:
        with suppress(StatusError, NoAnswerError):
            for each in connection.request("GET", collection).get("items") or []:
                readiness.take(Event(collection, "ADDED", each))
    readiness.assume_rest()
    if not readiness.is_ready():
        name = live["metadata"]["name"]
        raise NotReadyError(f"Resource '{name}' was created but failed to initialize", readiness.reasons(), live)
    return live


def wait_until_gone(
    connection: Connection,
    informers: Informers,
    kind: Kind,
    live: dict[str, Any],
    inputs: dict[str, Any],
    request: Request,
) -> None:
    """Wait for the end of a deletion.

    Raises:
        NotReadyError: the object is still there at the end of the time, or the engine was interrupted.
    """
    lines = StatusLines(request)
    if kind.skips_wait_for_end and annotations(inputs).get(SKIP) == "true":
        lines.say("Skipping await logic")
        return
    events = Events()
    path = f"{kind.path(live['metadata'].get('namespace', ''))}/{live['metadata']['name']}"
    deadline = time.monotonic() + timeout(inputs, request)
    with _warnings_of_events(informers, live, lines):
        # Even for what is gone already.
        end = informers.follow(path.rpartition("/")[0], events, request.cancelled)
        try:
            if not _is_there(connection, path, lines):
                return
            for event in _until(events, deadline, request.cancelled):
                if event is None or event.object["metadata"]["name"] != live["metadata"]["name"]:
                    continue
                if event.type == "DELETED":
                    return
                live = event.object
                if live["metadata"].get("deletionTimestamp"):
                    lines.say("Resource scheduled for deletion")
        finally:
            end()
        if not _is_there(connection, path, lines):
            return
    finalizers = ", ".join(live["metadata"].get("finalizers") or [])
    request.warn(f"finalizers might be preventing deletion ({finalizers})")
    text = "context canceled" if request.cancelled.is_set() else "timed out waiting for the condition"
    raise NotReadyError(text, [], live)


def timeout(inputs: dict[str, Any], request: Request) -> float:
    """Seconds that a wait may take."""
    asked = annotations(inputs).get(TIMEOUT, "")
    # A time that somebody has given is as long as they say.
    return request.timeout or (float(asked) if asked.isdigit() else beside_controllers(DEFAULT_TIMEOUT_SECONDS))


def _wait(informers: Informers, readiness: Readiness, seconds: float, request: Request) -> dict[str, Any]:
    events = Events()
    # One after the other, each until it is known.
    ends = [informers.follow(collection, events, request.cancelled) for collection in readiness.collections()]
    deadline = time.monotonic() + seconds
    readiness.begin()
    try:
        for event in _until(events, deadline, request.cancelled):
            if event is not None:
                readiness.take(event)
            readiness.pass_time()
            if readiness.is_ready():
                return readiness.live
    finally:
        for end in ends:
            end()
    if readiness.is_good_enough():
        return readiness.live
    name = readiness.live["metadata"]["name"]
    text = f"'{name}' timed out waiting to be Ready"
    if request.cancelled.is_set():
        text = f'Resource operation was cancelled for "{name}"'
    raise NotReadyError(text, readiness.reasons(), readiness.live)


def _until(events: Events, deadline: float, cancelled: threading.Event) -> Iterator[Event | None]:
    """Events as they come, and None now and then, until the deadline or the interruption."""
    while time.monotonic() < deadline and not cancelled.is_set():
        left = max(0.0, deadline - time.monotonic())
        try:
            yield events.get(timeout=min(left, _LOOKS_FOR_INTERRUPTION_SECONDS))
        except queue.Empty:
            yield None


def _is_there(connection: Connection, path: str, lines: StatusLines) -> bool:
    try:
        return connection.find(path) is not None
    except (StatusError, NoAnswerError) as error:
        lines.warn(f"unexpected error while checking cluster state: {error}")
        return True


@contextmanager
def _warnings_of_events(informers: Informers, live: dict[str, Any], lines: StatusLines) -> Iterator[None]:
    """Say what events warn of; without the right to see them, nothing."""
    uid, namespace = live["metadata"].get("uid"), live["metadata"].get("namespace", "")

    def say(event: Event) -> None:
        found = event.object
        if found.get("type") == "Warning" and found.get("involvedObject", {}).get("uid") == uid:
            lines.warn(f"{found.get('reason', '')}: {found.get('message', '')}")

    end = informers.observe(f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events", say)
    try:
        yield
    finally:
        end()

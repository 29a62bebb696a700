"""Why an update waits, told while it does: each reason once when it appears, and once when it is gone."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from ..engine.running import RunningUpdate
from ..engine.state import export_raw, resources_under_way
from ..errors import OpsError
from .pods import cause_of
from .questions import UNREAD, Questions
from .report import Answer, Check

_LOOK_SECONDS = 3
_READ_SECONDS = 15
# A reason that is missing once may be back the next time: an image is tried again, a pod is made anew.
_GONE_AFTER = 2
# How the engine begins a line about what has failed: that is always told.
_ERROR = "error: "


def watch(stack: str, tell: Callable[[str], None], pause: Callable[[float], None] = time.sleep) -> None:
    """Tell why an update of a stack waits, until it has ended; nothing is changed anywhere.

    Args:
        stack: name of the stack.
        tell: told each line.
        pause: waits some seconds.

    Raises:
        OpsError: there is no such stack.
    """
    update = RunningUpdate(stack)
    if update.has_ended():
        tell(f"No update of stack {stack} is running.")
        return
    tell(f"Watching the update of stack {stack}{f', by {update.owner}' if update.owner else ''}.")
    told, looks = Told(tell), Looks(stack)
    while not update.has_ended():
        told.take(looks.look())
        pause(_LOOK_SECONDS)
    told.end(looks.look)
    tell(f"The update of stack {stack} has ended.")


@contextmanager
def watched(stack: str, tell: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
    """Tell why an update of one's own waits, between its own lines.

    Args:
        stack: name of the stack.
        tell: told each line.

    Yields:
        What takes a line of the update's own: it tells it, unless it says again what was said.
    """
    told, looks, ended = Told(tell), Looks(stack), threading.Event()

    def look_until_it_ends() -> None:
        while not ended.wait(_LOOK_SECONDS):
            told.take(looks.look())

    # Where the cluster does not answer, the end of the update does not wait for it.
    looking = threading.Thread(target=look_until_it_ends, daemon=True)
    looking.start()
    try:
        yield told.hear
    finally:
        ended.set()
        looking.join(timeout=_LOOK_SECONDS)
        if not looking.is_alive():
            told.end(looks.look)


class Looks:
    """Looks at a stack's gateways, again and again, as its state comes to know them."""

    def __init__(self, stack: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._stack = stack
        self._clock = clock
        self._questions: Questions | None = None
        self._read_at = float("-inf")

    def look(self) -> list[Check]:
        """What stands in the way now, as far as it can be found out."""
        if self._clock() - self._read_at >= _READ_SECONDS:
            self._read_at = self._clock()
            self._read()
        return list(self._questions.waiting()) if self._questions is not None else []

    def _read(self) -> None:
        known = self._questions.cluster if self._questions is not None else None
        try:
            self._questions = Questions(self._stack, resources_under_way(export_raw(self._stack)), known)
        except OpsError:
            # Nothing is deployed yet, or the backend does not answer: what was known goes on to be looked at.
            return


@dataclass
class _Reason:
    """One that was told, and not yet that it is gone."""

    since: float
    missed: int = 0


class Told:
    """What was told of reasons, so that none is told twice. It can be used by several threads."""

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._tell = tell
        self._clock = clock
        self._reasons: dict[tuple[str, str, str], _Reason] = {}
        self._heard: set[str] = set()
        """Causes that the update's own lines have named."""
        self._lock = threading.Lock()

    def take(self, checks: Iterable[Check]) -> None:
        """Tell what is new of the answers, and what is gone."""
        present = _by_cause(checks)
        with self._lock:
            for key, check in present.items():
                if key not in self._reasons:
                    self._reasons[key] = _Reason(self._clock())
                    self._tell(self._appeared(check))
                self._reasons[key].missed = 0
            for key in self._missing(present):
                self._reasons[key].missed += 1
                if self._reasons[key].missed >= _GONE_AFTER:
                    self._tell_gone(key)

    def end(self, look: Callable[[], Iterable[Check]]) -> None:
        """Tell what is gone now that the update has ended.

        Args:
            look: gets the last answers, if there is a reason to.
        """
        if self._reasons:
            present = _by_cause(look())
            with self._lock:
                for key in self._missing(present):
                    self._tell_gone(key)

    def hear(self, line: str) -> None:
        """Tell a line of the update's own, unless it says of a cause what was told."""
        cause = cause_of(line)
        with self._lock:
            if cause and not line.startswith(_ERROR) and any(key[2] == cause for key in self._reasons):
                return
            if cause:
                self._heard.add(cause)
            self._tell(line)

    def _appeared(self, check: Check) -> str:
        word = "unknown" if check.answer is Answer.UNKNOWN else "waits"
        found = f"{check.cause}, as said above" if check.cause in self._heard else check.found
        next_step = f"\n        next: {check.next_step}" if check.next_step else ""
        return f"{word:<8}{check.subject}: {check.question}: {found}{next_step}"

    def _missing(self, present: dict[tuple[str, str, str], Check]) -> list[tuple[str, str, str]]:
        """The reasons that were told and are not there any more. What cannot be read is not gone."""
        unread = {key[:2] for key in present if key[2] == UNREAD}
        return [key for key in self._reasons if key not in present and key[:2] not in unread]

    def _tell_gone(self, key: tuple[str, str, str]) -> None:
        seconds = round(self._clock() - self._reasons.pop(key).since)
        self._tell(f"gone    {key[0]}: {key[1]}: {key[2]}, after {seconds} s")


def _by_cause(checks: Iterable[Check]) -> dict[tuple[str, str, str], Check]:
    """The answers that tell of a cause, by subject, question and cause."""
    found = (check for check in checks if check.cause and check.answer is not Answer.OK)
    return {(check.subject, check.question, check.cause): check for check in found}

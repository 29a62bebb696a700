"""The update that runs on a stack, until it has ended."""

import time
from collections.abc import Callable

from ..errors import OpsError
from .lock import Lock, StackBusyError, find_lock, is_owner_gone
from .state import export_raw, holdings

# To ask a backend whether a stack is locked takes the lock, where nobody has it: that is not done more often than needed.
_ASK_SECONDS = 15
# Between two of its steps an update has no pending operation, and the engine needs a while to begin and to end.
_IDLE_SECONDS = 60


class RunningUpdate:
    """An update of a stack, run by anybody anywhere."""

    def __init__(self, stack: str, clock: Callable[[], float] = time.monotonic) -> None:
        """Find it.

        Args:
            stack: name of the stack.
            clock: seconds that go on.

        Raises:
            OpsError: there is no such stack.
        """
        self._stack = stack
        self._clock = clock
        self._asked_at = clock()
        self._busy_at = clock()
        self._lock: Lock | None = None
        self._has_ended = True
        self._told_by_state = False
        try:
            self._lock = find_lock(stack)
            self._has_ended = self._lock is None or bool(is_owner_gone(self._lock))
        except StackBusyError:
            self._has_ended = False
        except OpsError:
            # Who may only read the backend is not told of locks.
            self._told_by_state = True
            self._has_ended = not self._has_pending()

    @property
    def owner(self) -> str:
        """Whose update it is; the empty text where nobody knows."""
        return str(self._lock or "")

    def has_ended(self) -> bool:
        """Whether it has ended, or there was none."""
        if not self._has_ended:
            self._has_ended = self._ask()
        return self._has_ended

    def _ask(self) -> bool:
        if self._lock is not None and (gone := is_owner_gone(self._lock)) is not None:
            return gone
        if self._clock() - self._asked_at < _ASK_SECONDS:
            return False
        self._asked_at = self._clock()
        if self._told_by_state:
            return self._is_idle()
        try:
            found = find_lock(self._stack)
        except OpsError:
            return False
        return found is None or found != self._lock

    def _is_idle(self) -> bool:
        try:
            if self._has_pending():
                self._busy_at = self._clock()
        except OpsError:
            return False
        return self._clock() - self._busy_at >= _IDLE_SECONDS

    def _has_pending(self) -> bool:
        return bool(holdings(export_raw(self._stack))[1])

"""Back-off of restarts and image pulls: doubled each time up to a longest, forgotten after a long good run."""

import time


class BackOff:
    """Kubelet's: the first retry is at once, the second after the base, then doubling up to 30 times the base (5 min)."""

    LONGEST_FACTOR = 30

    def __init__(self, base_seconds: float) -> None:
        self._base = base_seconds
        self._longest = base_seconds * self.LONGEST_FACTOR
        self._current = 0.0
        self._updated = 0.0

    @property
    def seconds(self) -> float:
        """How long the current back-off is."""
        return self._current

    def wait(self, since: float) -> float:
        """Seconds still to wait after a failure at `since`, of the monotonic clock."""
        if self._expired(since):
            return 0.0
        return max(0.0, since + self._current - time.monotonic())

    def next(self) -> None:
        """Counts one more try."""
        now = time.monotonic()
        if self._current == 0 or self._expired(now):
            self._current = self._base
        else:
            self._current = min(self._current * 2, self._longest)
        self._updated = now

    def _expired(self, at: float) -> bool:
        return at - self._updated > 2 * self._longest

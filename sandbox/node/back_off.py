"""Back-off of restarts and image pulls: doubled each time up to a longest, forgotten after a long good run."""

import time

from ..waits import beside_controllers


class BackOff:
    """Kubelet's: the first retry is at once, the second after 10 s, then doubling up to 5 min."""

    BASE_SECONDS = 10.0
    LONGEST_SECONDS = 300.0

    def __init__(self) -> None:
        self._current = 0.0
        self._updated = 0.0

    @property
    def seconds(self) -> float:
        """How long the current back-off is, as kubelet tells it."""
        return self._current

    def wait(self, since: float) -> float:
        """Seconds still to wait after a failure at `since`, of the monotonic clock."""
        if self._expired(since):
            return 0.0
        return max(0.0, since + beside_controllers(self._current) - time.monotonic())

    def next(self) -> None:
        """Counts one more try."""
        now = time.monotonic()
        if self._current == 0 or self._expired(now):
            self._current = self.BASE_SECONDS
        else:
            self._current = min(self._current * 2, self.LONGEST_SECONDS)
        self._updated = now

    def _expired(self, at: float) -> bool:
        return at - self._updated > 2 * self.LONGEST_SECONDS

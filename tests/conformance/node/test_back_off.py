"""The back-off of restarts, with kubelet's numbers."""

import pytest

from sandbox.node import back_off
from sandbox.node.back_off import BackOff


class Clock:
    """A clock that a test sets."""

    now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(back_off, "time", clock)
    return clock


def test_the_first_restart_is_at_once_and_the_next_wait_ten_seconds_doubled_up_to_five_minutes(clock: Clock) -> None:
    restarts = BackOff()
    waits = []
    for _ in range(8):
        wait = restarts.wait(clock.now)
        waits.append(wait)
        clock.now += wait
        restarts.next()
    assert waits == [0, 10, 20, 40, 80, 160, 300, 300]


def test_ten_minutes_of_running_well_are_forgiving(clock: Clock) -> None:
    restarts = BackOff()
    for _ in range(3):
        restarts.next()
    clock.now += 601
    assert restarts.wait(clock.now) == 0
    restarts.next()
    assert restarts.wait(clock.now) == 10


def test_time_that_has_passed_since_the_failure_counts(clock: Clock) -> None:
    restarts = BackOff()
    restarts.next()
    failed = clock.now
    clock.now += 4
    assert restarts.wait(failed) == 6

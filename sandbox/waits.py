"""How long the sandbox's parts wait: as long as what they stand in for, unless a test has no time for it."""

import math
import os

SCALE = "SANDBOX_TIME_SCALE"
"""Environment variable, a number above 0 and up to 1: real seconds for each second of a wait. Not set, it is 1."""

LEAST_BESIDE_CONTROLLERS = 0.4
"""What comes from Kubernetes' own controllers takes as long as it does, and they try again after 1 and 2 s: a wait that
something of theirs has to fall into, such as a preStop sleep, is not made shorter than this."""


def between_tries(seconds: float) -> float:
    """How long to wait where only who waits goes on later: between two tries, polls or reads.

    Args:
        seconds: what the real one waits.

    Raises:
        ValueError: the scale is none.
    """
    return seconds * time_scale()


def beside_controllers(seconds: float) -> float:
    """How long to wait where Kubernetes' controllers do something meanwhile, as for a pod's end; otherwise the same."""
    return seconds * max(time_scale(), LEAST_BESIDE_CONTROLLERS)


def time_scale() -> float:
    """Real seconds for each second of a wait.

    Raises:
        ValueError: SANDBOX_TIME_SCALE is not a number above 0 and up to 1.
    """
    given = os.environ.get(SCALE) or "1"
    try:
        scale = float(given)
    except ValueError:
        scale = math.nan
    if not 0 < scale <= 1:
        raise ValueError(f"{SCALE} is {given!r}: expected a number above 0 and up to 1")
    return scale

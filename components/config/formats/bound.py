"""Numbers of pods, as a whole number or as a percentage of all."""

import re
from typing import Annotated

from pydantic import BeforeValidator, Field

BOUND = "a whole number of pods, or a percentage such as 25%, up to 100%"
"""What a `Bound` is, in words."""

PERCENTAGE = r"0*(\d{1,2}|100)%"
"""Expression of percentages up to 100%."""

LARGEST = 2**31 - 1
"""The largest whole number that Kubernetes holds where it counts pods or seconds."""


def _bound(value: object) -> object:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST
    if not whole and not (isinstance(value, str) and re.fullmatch(PERCENTAGE, value, re.ASCII)):
        raise ValueError(f"expected {BOUND}")
    return value


Bound = Annotated[int | str, BeforeValidator(_bound), Field(json_schema_extra={"expected": BOUND})]


def pods(bound: int | str, replicas: int) -> int:
    """How many pods a bound means. As Kubernetes does, percentages are rounded up."""
    return -(-int(bound[:-1]) * replicas // 100) if isinstance(bound, str) else bound

"""Quantities, and what a container's resources are, as the downward API gives them."""

import math
from fractions import Fraction
from typing import Any

from . import KubernetesObject

# Resources are not enforced, so the node reports those of a small production cluster and not those of this machine:
# what fits there is what should be tried here.
CAPACITY = {"cpu": "16", "memory": "64Gi", "ephemeral-storage": "100Gi", "pods": "110"}

_SUFFIXES = {f"{letter}i": Fraction(1024**power) for power, letter in enumerate("KMGTPE", start=1)}
_SUFFIXES |= {letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", start=1)}
_SUFFIXES |= {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000)}


def quantity(text: str) -> Fraction:
    """The amount that a quantity as `500m` or `2Gi` stands for.

    Raises:
        ValueError: it is none.
    """
    for suffix, factor in _SUFFIXES.items():
        if text.endswith(suffix):
            return Fraction(text.removesuffix(suffix)) * factor
    return Fraction(text)


def resource_value(pod: KubernetesObject, source: dict[str, Any]) -> str:
    """A container's request or limit in units of the divisor, rounded up; a limit that is not set is what the node has.

    Args:
        pod: the pod.
        source: the `resourceFieldRef`, with the container's name.
    """
    (container,) = [each for each in pod["spec"]["containers"] if each["name"] == source["containerName"]]
    bound, _, name = source["resource"].partition(".")
    text = ((container.get("resources") or {}).get(bound) or {}).get(name)
    if bound == "limits" and (text is None or not quantity(text)):
        text = CAPACITY.get(name)
    divisor = quantity(str(source.get("divisor") or "1")) or Fraction(1)
    return str(math.ceil(quantity(text or "0") / divisor))

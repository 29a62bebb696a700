"""What decides how a pod runs: of that whatever is undeclared is an addition, whoever is said to have written it.

`managedFields` names the writer that a request gives itself, and can be emptied.
"""

from collections.abc import Sequence

from ...cluster.server_fields import Pattern, pattern
from ...report.property_path import Step

_POD: Pattern = ("spec", "template", "spec")
_OF_CONTAINER = ("command", "args", "lifecycle", "env", "envFrom", "ports", "volumeMounts")
_PLACES: dict[str, tuple[Pattern, ...]] = {
    "ConfigMap": (("data",), ("binaryData",)),
    "Secret": (("data",),),
    "Deployment": (
        *((*_POD, field, "*") for field in ("volumes", "hostAliases")),
        # A container as a whole, and of a declared one what no default fills in.
        *((*_POD, field, "*", part) for field in ("containers", "initContainers") for part in _OF_CONTAINER),
    ),
}
_WHOLE = {(*_POD, "containers", "*"), (*_POD, "initContainers", "*")}


def decides_how_pods_run(kind: str, steps: Sequence[Step]) -> bool:
    """Whether an undeclared field is one of those.

    Args:
        kind: the object's.
        steps: the field's place.
    """
    place = pattern(steps)
    return (kind == "Deployment" and place in _WHOLE) or any(
        place[: len(beginning)] == beginning for beginning in _PLACES.get(kind, ())
    )

"""An object's single values, to say what of it an update has taken away."""

from collections.abc import Iterator
from typing import Any

from ops.report.property_path import parse

Place = str
"""Keys joined by slashes; in the place of an element's index its name where it has one."""

# What the cluster changes with each write, or allocates.
_OF_THE_CLUSTER = {
    "metadata/generation", "metadata/managedFields", "metadata/resourceVersion", "spec/healthCheckNodePort",
}  # fmt: skip
_REVISION = "deployment.kubernetes.io/revision"


def changed(before: dict[str, Any], after: dict[str, Any]) -> set[Place]:
    """Places of the values that are others, gone or back."""
    was, now = dict(_values(before)), dict(_values(after))
    return {place for place in {*was, *now} if was.get(place) != now.get(place)}


def below(place: Place, places: set[Place]) -> set[Place]:
    """Those of the places that are at or below one."""
    return {other for other in places if other == place or other.startswith(f"{place}/")}


def place_of(path: str, *objects: dict[str, Any]) -> Place:
    """The place of a property path in one of the objects."""
    names: list[str] = []
    values: list[Any] = list(objects)
    for step in parse(path, *objects):
        values = [value for value in (_at(value, step) for value in values) if value is not None]
        names.append(_name(values[0], step) if isinstance(step, int) else step)
    return "/".join(names)


def _values(value: Any, place: Place = "") -> Iterator[tuple[Place, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            inner = f"{place}/{key}" if place else key
            if inner != "status" and inner not in _OF_THE_CLUSTER and key != _REVISION:
                yield from _values(item, inner)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _values(item, f"{place}/{_name(item, index)}")
    else:
        yield place, value


def _name(item: Any, index: int) -> str:
    return str(item.get("name") or item.get("mountPath") or index) if isinstance(item, dict) else str(index)


def _at(value: Any, step: str | int) -> Any:
    if isinstance(value, list):
        return value[step] if isinstance(step, int) and step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None

"""`ignore_changes` against the owners of fields: an update neither resets what it ignores nor takes it from its owner.

Only plain names count: a path with an index, or with a key that has a dot, finds nothing in the released plugin.
"""

import copy
from typing import Any

from ..engine.provider import ProviderError
from .property_paths import parse, text_of


def leave(inputs: dict[str, Any], live: dict[str, Any], ignored: tuple[str, ...], manager: str) -> dict[str, Any]:
    """The inputs that are applied: without the ignored fields that only others own, with the live value of the rest.

    Raises:
        ProviderError: a path goes through what is no map.
    """
    inputs = copy.deepcopy(inputs)
    theirs: set[tuple[str, ...]] = set()
    ours: set[tuple[str, ...]] = set()
    for entry in live["metadata"].get("managedFields", []):
        (ours if entry["manager"] == manager else theirs).update(_names(entry["fieldsV1"]))
    for path in ignored:
        names = tuple(text_of(parse(path)).split("."))
        if names in theirs and names not in ours:
            _remove(inputs, names)
        else:
            _take(inputs, live, names, path)
    return inputs


def _names(fields: dict[str, Any], above: tuple[str, ...] = ()) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for key, below in fields.items():
        if key.startswith("f:"):
            path = (*above, key.removeprefix("f:"))
            found |= {path} | _names(below, path)
    return found


def _remove(inputs: dict[str, Any], names: tuple[str, ...]) -> None:
    *above, last = names
    for name in above:
        if not isinstance(inputs := inputs.get(name), dict):  # type: ignore[assignment]
            return
    inputs.pop(last, None)


def _take(inputs: dict[str, Any], live: dict[str, Any], names: tuple[str, ...], path: str) -> None:
    value: Any = live
    for name in names:
        if value is None:
            return
        if not isinstance(value, dict):
            raise ProviderError(f'unable to parse field to ignore "{path}" from live object')
        if name not in value:
            return
        value = value[name]
    *above, last = names
    for name in above:
        inputs = inputs.setdefault(name, {})
        if not isinstance(inputs, dict):
            raise ProviderError(f'unable to set field "{path}" with last used value')
    inputs[last] = copy.deepcopy(value)

"""Whether an object in the cluster is as a resource declares it.

The API server adds defaults, writes quantities in a form of its own, encodes `stringData`, and leaves out what is empty.
None of that is a difference, and neither is what is there beside the declared fields.
"""

import base64
import binascii
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from kubernetes.utils import parse_quantity

from ..report.property_path import Step, path_of
from ..report.values import SECRET, UNKNOWN

_OF_QUANTITIES = ("limits", "requests")
_EMPTY = (None, "", 0, [], {})
# The provider's own keys, beside the object's fields.
_PRIVATE = "__"


def first_difference(declared: dict[str, Any], live: dict[str, Any], secrets: Collection[str] = ()) -> str | None:
    """Path of the first declared field that the object does not have, or has otherwise; None if there is none.

    Args:
        declared: a resource's inputs, without marks of secrets; `[secret]` for what is not shown.
        live: the object, as the API server has it.
        secrets: one of these has to be where `[secret]` is declared, as it is or in base64.
    """
    wanted = {key: value for key, value in declared.items() if not key.startswith(_PRIVATE)}
    if "stringData" in wanted:
        wanted["data"] = _with_texts(wanted.get("data"), wanted.pop("stringData"))
    found = next(_Comparison(secrets, live.get("kind") == "Secret").differences(wanted, live, ()), None)
    return None if found is None else path_of(found)


@dataclass(frozen=True)
class _Comparison:
    secrets: Collection[str]
    of_a_secret: bool
    """Whether it is a Secret, with values in base64."""

    def differences(self, wanted: Any, has: Any, path: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
        if wanted in _EMPTY and has in _EMPTY:
            return
        if wanted == SECRET:
            if not self._is_one_of_the_secrets(has):
                yield path
        elif isinstance(wanted, dict) and isinstance(has, dict):
            for key, value in wanted.items():
                yield from self.differences(value, has.get(key), (*path, key))
        elif isinstance(wanted, list) and isinstance(has, list):
            for index, item in enumerate(wanted):
                yield from self.differences(item, _same_element(item, index, has), (*path, index))
        elif not self._is_same(wanted, has, path):
            yield path

    def _is_same(self, wanted: Any, has: Any, path: tuple[Step, ...]) -> bool:
        if wanted == UNKNOWN or has is None:
            return False
        if wanted == has:
            return True
        if len(path) > 1 and path[-2] in _OF_QUANTITIES:
            return _quantity(wanted) is not None and _quantity(wanted) == _quantity(has)
        if self.of_a_secret and path[:1] == ("data",):
            return _decoded(wanted) is not None and _decoded(wanted) == _decoded(has)
        return False

    def _is_one_of_the_secrets(self, has: Any) -> bool:
        if isinstance(has, dict):
            return bool(has) and all(self._is_one_of_the_secrets(value) for value in has.values())
        decoded = _decoded(has)
        return has in self.secrets or (decoded is not None and decoded.decode(errors="replace") in self.secrets)


def _same_element(item: Any, index: int, has: list[Any]) -> Any:
    """The element that is meant: the one of the same name, as others can have been put before it, else by its place."""
    if isinstance(item, dict) and "name" in item:
        return next((other for other in has if isinstance(other, dict) and other.get("name") == item["name"]), None)
    return has[index] if index < len(has) else None


def _with_texts(data: Any, texts: Any) -> Any:
    """A Secret's data with its `stringData`, which goes before it and is not kept."""
    if not isinstance(texts, dict) or not isinstance(data, dict | None):
        return SECRET
    encoded = {
        key: text if text in (SECRET, UNKNOWN) else base64.b64encode(str(text).encode()).decode()
        for key, text in texts.items()
    }
    return {**(data or {}), **encoded}


def _decoded(text: Any) -> bytes | None:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        return None


def _quantity(text: Any) -> Decimal | None:
    try:
        return parse_quantity(text)
    except ValueError:
        return None

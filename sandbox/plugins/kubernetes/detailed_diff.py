"""Differences by property path, as the released plugin finds them: by a JSON merge patch from what was to what is declared.

A patch holds a list as a whole, and a map that is new or goes as one: so do the paths, except inside lists, which are
compared item by item.
"""

from collections.abc import Iterator
from typing import Any

from ..engine.differences import Change, Kind
from ..engine.values import Unknown

_MISSING = object()
_QUOTED_CHARACTERS = '."[]'

Path = tuple[str | int, ...]


def changes(old: dict[str, Any], new: dict[str, Any], replacing: tuple[str, ...]) -> tuple[list[Change], set[str]]:
    """The changes, and the paths of those that can't be made in place.

    Args:
        old: what was declared, with the values that are there.
        new: what is declared.
        replacing: properties that can't be changed in place, e.g. `spec.selector`.
    """
    found: list[Change] = []
    replaced: set[str] = set()
    for path, kind, value in _in_map((), merge_patch(old, new), old, new, in_list=False):
        text = path_text(path)
        found.append(Change(text, kind, is_input=kind is Kind.DELETE))
        if any(_is_set(_at(path, value), property_.split(".")) for property_ in replacing):
            replaced.add(text)
    return found, replaced


def merge_patch(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """The JSON merge patch (RFC 7386) that turns one map into the other; unknown values are null in it."""
    patch: dict[str, Any] = {key: None for key in old if key not in new}
    for key, value in new.items():
        value = _known(value)
        if key not in old or type(old[key]) is not type(value):
            patch[key] = value
        elif isinstance(value, dict):
            if below := merge_patch(old[key], new[key]):
                patch[key] = below
        elif not equal(old[key], value):
            patch[key] = value
    return patch


def path_text(path: Path) -> str:
    """A path as the released plugin writes it: quoted are keys with dots, brackets or quotes, and no other ones."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif any(character in part for character in _QUOTED_CHARACTERS):
            escaped = part.replace('"', '\\"')
            text += f'["{escaped}"]'
        else:
            text += f".{part}" if text else part
    return text


def equal(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same; true is no 1."""
    if isinstance(one, bool) != isinstance(other, bool):
        return False
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(equal(*pair) for pair in zip(one, other, strict=True))
    return one == other


_Found = Iterator[tuple[Path, Kind, Any]]


def _in_map(path: Path, patch: dict[str, Any], old: Any, new: Any, *, in_list: bool) -> _Found:
    for key, value in patch.items():
        yield from _in_value((*path, key), value, _member(old, key), _member(new, key), in_list=in_list)
    if in_list:
        for key in old:
            if key not in patch:
                yield from _in_value((*path, key), None, old[key], _member(new, key), in_list=in_list)


def _in_value(path: Path, value: Any, old: Any, new: Any, *, in_list: bool) -> _Found:
    if new is _MISSING and (value is not None or old is _MISSING):
        return
    if value is None:
        if isinstance(new, Unknown):
            yield path, Kind.ADD if old is _MISSING else Kind.UPDATE, value
        else:
            yield path, Kind.DELETE, value
    elif old is _MISSING:
        yield path, Kind.ADD, value
    elif isinstance(value, dict) and isinstance(old, dict):
        yield from _in_map(path, value, old, new if isinstance(new, dict) else {}, in_list=in_list)
    elif isinstance(value, list) and isinstance(old, list):
        yield from _in_list(path, value, old, new if isinstance(new, list) else [])
    elif isinstance(value, dict | list) or not equal(value, old):
        yield path, Kind.UPDATE, value


def _in_list(path: Path, value: list[Any], old: list[Any], new: list[Any]) -> _Found:
    for index in range(max(len(value), len(old))):
        yield from _in_value(
            (*path, index),
            value[index] if index < len(value) else None,
            old[index] if index < len(old) else _MISSING,
            new[index] if index < len(new) else None,
            in_list=True,
        )


def _member(value: Any, key: str) -> Any:
    return value.get(key, _MISSING) if isinstance(value, dict) else _MISSING


def _known(value: Any) -> Any:
    if isinstance(value, Unknown):
        return None
    if isinstance(value, dict):
        return {key: _known(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_known(item) for item in value]
    return value


def _at(path: Path, value: Any) -> Any:
    """A value as a patch at a path."""
    for part in reversed(path):
        value = {part: value} if isinstance(part, str) else [value]
    return value


def _is_set(patch: Any, names: list[str]) -> bool:
    for name in names:
        if not isinstance(patch, dict) or name not in patch:
            return False
        patch = patch[name]
    return True

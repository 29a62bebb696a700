"""Values as the engine hands them out, without what nobody may read.

What the program declares secret, the engine marks. What was imported it has in clear: that is known by its name.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

SECRET = "[secret]"  # noqa: S105 - the engine's word for one
UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What a preview has in the place of a value that is known after the update only."""

# A secret's key id and end date are none.
_CLIENT_SECRET = re.compile(r"client_?secret(?!KeyId|EndDate)", re.IGNORECASE)
# kubectl keeps the whole object there as it was applied, a ConfigMap's data included.
_LAST_APPLIED = "last-applied-configuration"
# How a secret is marked in the state, and in what the engine prints.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_OF_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark itself


def masked(value: Any) -> Any:
    """A value of the state without its secrets."""
    return masked_by_name(_marked_masked(value))


def revealed(value: Any) -> Any:
    """A value of the state, exported with its secrets, in clear."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return json.loads(value["plaintext"])
        return {key: revealed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [revealed(item) for item in value]
    return value


def masked_by_name(value: Any) -> Any:
    """A value without client secrets, kubectl's copies of objects, and the values of environment variables.

    The program gives a container no variable with a value: one that has a value is somebody else's.
    """
    if isinstance(value, dict):
        return {key: _member(key, item) for key, item in value.items()}
    if isinstance(value, list):
        return [masked_by_name(item) for item in value]
    return value


def unmarked(value: Any) -> Any:
    """A value of a state that was exported with its secrets, as it is without their marks. Nobody else may see it."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _OF_SECRET:
            return unmarked(json.loads(value["plaintext"]))
        return {key: unmarked(item) for key, item in value.items()}
    return [unmarked(item) for item in value] if isinstance(value, list) else value


def marked_secret(value: Any) -> dict[str, str]:
    """A value as it stands in a state, marked so that the engine encrypts it."""
    return {_SIGNATURE: _OF_SECRET, "plaintext": json.dumps(value)}


def secrets_in(value: Any) -> Iterator[str]:
    """The texts that are marked secret in a state that was exported with its secrets."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _OF_SECRET:
            yield from _texts(json.loads(value["plaintext"]))
        else:
            for item in value.values():
                yield from secrets_in(item)
    elif isinstance(value, list):
        for item in value:
            yield from secrets_in(item)


def in_clear(value: Any) -> bool:
    """Whether a part of the state has a client secret that is not encrypted."""
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return False
        if is_client_secret(str(value.get("name", ""))) and _is_text(value.get("value")):
            return True  # a variable of a container
        return any(_is_clear(key, item) if isinstance(item, str) else in_clear(item) for key, item in value.items())
    return isinstance(value, list) and any(in_clear(item) for item in value)


def is_client_secret(name: str) -> bool:
    """Whether a setting or a key of this name holds a client secret."""
    return _CLIENT_SECRET.search(name) is not None


def _marked_masked(value: Any) -> Any:
    if isinstance(value, dict):
        if _SIGNATURE in value:
            return _leaves_masked(json.loads(value["plaintext"])) if "plaintext" in value else SECRET
        return {key: _marked_masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_marked_masked(item) for item in value]
    return value


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str) and value:
        yield value


def _leaves_masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _leaves_masked(item) for key, item in value.items()}
    return SECRET


def _member(key: str, value: Any) -> Any:
    if is_client_secret(key) or _LAST_APPLIED in key:
        return _all_masked(value)
    if key == "env" and isinstance(value, list):
        return [_variable(item) for item in value]
    return masked_by_name(value)


def _variable(variable: Any) -> Any:
    if isinstance(variable, dict) and "value" in variable:
        return {**variable, "value": _all_masked(variable["value"])}
    return variable


def _all_masked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _all_masked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_all_masked(item) for item in value]
    return value if value in (None, "", UNKNOWN) else SECRET


def _is_clear(key: str, text: str) -> bool:
    if _LAST_APPLIED not in key:
        return is_client_secret(key) and _is_text(text)
    try:
        return in_clear(json.loads(text))
    except ValueError:
        return is_client_secret(text)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value not in ("", UNKNOWN)

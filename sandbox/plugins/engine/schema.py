"""The released plugin's schema, as the pinned SDK's argument classes know it: names and types of a resource's inputs."""

import collections.abc
import inspect
import threading
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

from .values import Secret, Unknown


@dataclass(frozen=True)
class Failure:
    """One input that the schema refuses."""

    property: str
    reason: str


# The SDK imports its modules when an annotation first names them, and two threads that do so at once meet half of one.
_IMPORTING = threading.Lock()


def failures(arguments: type, inputs: dict[str, Any], path: str = "") -> Iterator[Failure]:
    """Inputs that are unknown, missing or of the wrong type, at every depth."""
    names = input_type_py_to_pulumi_names(arguments)
    types = _types(arguments)
    for name, value in inputs.items():
        if name not in types:
            yield Failure(f"{path}{name}", f"unknown property '{path}{name}'; known are {', '.join(sorted(types))}")
        else:
            yield from _mismatches(types[name], value, f"{path}{name}")
    for python_name, parameter in inspect.signature(arguments.__init__).parameters.items():
        name = names.get(python_name)
        if name and parameter.default is inspect.Parameter.empty and inputs.get(name) is None:
            yield Failure(f"{path}{name}", f"missing required property '{path}{name}'")


def _types(arguments: type) -> dict[str, Any]:
    with _IMPORTING:
        return input_type_types(arguments)


def _mismatches(type_: Any, value: Any, path: str) -> Iterator[Failure]:
    if isinstance(value, Secret):
        yield from _mismatches(type_, value.value, path)
        return
    candidates = _candidates(type_)
    if value is None or isinstance(value, Unknown) or not candidates or Any in candidates:
        return
    problems: list[Failure] = []
    for candidate in candidates:
        problems = list(_mismatch(candidate, value, path))
        if not problems:
            return
    yield from problems


def _mismatch(type_: Any, value: Any, path: str) -> Iterator[Failure]:
    origin = typing.get_origin(type_)
    if origin in (collections.abc.Sequence, list):
        if not isinstance(value, list):
            yield _wrong(path, "a list", value)
            return
        (item_type,) = typing.get_args(type_)
        for index, item in enumerate(value):
            yield from _mismatches(item_type, item, f"{path}[{index}]")
    elif origin in (collections.abc.Mapping, dict):
        if not isinstance(value, dict):
            yield _wrong(path, "a map", value)
            return
        _, item_type = typing.get_args(type_)
        for key, item in value.items():
            yield from _mismatches(item_type, item, f"{path}.{key}")
    elif isinstance(type_, type) and is_input_type(type_):
        if not isinstance(value, dict):
            yield _wrong(path, "an object", value)
            return
        yield from failures(type_, value, f"{path}.")
    elif isinstance(type_, type) and not _is_a(type_, value):
        yield _wrong(path, f"a {type_.__name__}", value)


def _wrong(path: str, expected: str, value: Any) -> Failure:
    # The type only: the value may be a secret.
    return Failure(path, f"expected {expected} for '{path}', got a {type(value).__name__}")


def _is_a(type_: type, value: Any) -> bool:
    if issubclass(type_, bool):
        return isinstance(value, bool)
    if issubclass(type_, int | float):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if issubclass(type_, str):
        return isinstance(value, str)
    return True


def _candidates(type_: Any) -> list[Any]:
    """The alternatives of a type, without what only the SDK knows: outputs, awaitables, argument dictionaries."""
    if typing.get_origin(type_) is typing.Union or type(type_).__name__ == "UnionType":
        found = [candidate for argument in typing.get_args(type_) for candidate in _candidates(argument)]
        return list(dict.fromkeys(found))
    origin = typing.get_origin(type_) or type_
    if origin in (collections.abc.Awaitable, pulumi.Output, type(None)) or typing.is_typeddict(type_):
        return []
    if isinstance(type_, typing.ForwardRef | str):
        return []
    return [type_]

"""`python -m sandbox.plugins.engine.sdk SDK CLASS...`: what an SDK's argument classes know, as JSON on standard output.

It imports the SDK, which takes longer than everything else that a plugin does: `schema.py` runs it, and keeps its answer.
"""

import collections.abc
import importlib
import inspect
import json
import sys
import typing
from typing import Any

import pulumi
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

ANYTHING: list[Any] = []
"""A type without alternatives is not checked."""


def describe(sdk: str, classes: list[str]) -> dict[str, Any]:
    """The classes, and all that their properties name.

    Args:
        sdk: the SDK's package, e.g. `pulumi_kubernetes`.
        classes: names in it, with the module where it has one, e.g. `apps.v1.DeploymentInitArgs`.

    Returns:
        Class -> its `required` properties in the constructor's order, and its `properties`: name -> the alternatives of its
        type, each as `["list", type]`, `["map", type]`, `["object", class]` or `["bool" | "number" | "text", name]`.
    """
    found: dict[str, Any] = {}
    waiting = [(name, _find(sdk, name)) for name in classes]
    while waiting:
        name, class_ = waiting.pop()
        if name in found:
            continue
        types = input_type_types(class_)
        nested: list[type] = []
        properties = {property_: _alternatives(type_, nested) for property_, type_ in types.items()}
        found[name] = {"properties": properties, "required": _required(class_)}
        waiting += [(_name(part), part) for part in nested]
    return found


def _find(sdk: str, name: str) -> type:
    module, _, class_ = f"{sdk}.{name}".rpartition(".")
    return getattr(importlib.import_module(module), class_)


def _name(class_: type) -> str:
    return f"{class_.__module__}.{class_.__qualname__}"


def _required(class_: type) -> list[str]:
    names = input_type_py_to_pulumi_names(class_)
    parameters = inspect.signature(class_.__init__).parameters.items()
    return [names[name] for name, given in parameters if name in names and given.default is inspect.Parameter.empty]


def _alternatives(type_: Any, nested: list[type]) -> list[Any]:
    """A type as the document has it; the argument classes in it are added to `nested`."""
    alternatives = [_alternative(candidate, nested) for candidate in _candidates(type_)]
    return ANYTHING if None in alternatives else alternatives


def _alternative(type_: Any, nested: list[type]) -> list[Any] | None:
    """One alternative; None where every value is one."""
    origin = typing.get_origin(type_)
    if origin in (collections.abc.Sequence, list):
        return ["list", _alternatives(typing.get_args(type_)[0], nested)]
    if origin in (collections.abc.Mapping, dict):
        return ["map", _alternatives(typing.get_args(type_)[1], nested)]
    if not isinstance(type_, type):
        return None
    if is_input_type(type_):
        nested.append(type_)
        return ["object", _name(type_)]
    # Enumerations are of the type that their values have.
    for base, name in ((bool, "bool"), (int, "number"), (float, "number"), (str, "text")):
        if issubclass(type_, base):
            return [name, type_.__name__]
    return None


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


if __name__ == "__main__":
    json.dump(describe(sys.argv[1], sys.argv[2:]), sys.stdout)

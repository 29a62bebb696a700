"""Compares a value with a class of the SDK, at every depth."""

import functools
import inspect
import typing
from collections.abc import Awaitable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import pulumi
from pulumi._types import input_type_py_to_pulumi_names, input_type_types, is_input_type

from components.config.kubernetes.api_server import QUANTITIES, VANISHING_ZEROS
from components.config.kubernetes.fixed_values import ALL_BUT, FIXED_VALUES, LIST_KEYS, ONE_OF, SMALLEST
from components.config.kubernetes.quantity import QUANTITY, canonical

NULL = "null takes a default away, and there is none here: leave it out"
"""Why null is refused."""


@dataclass(frozen=True)
class Problem:
    """What is wrong at a place of the value."""

    place: tuple[str | int, ...]
    message: str


def checked(value: Any, type_: Any) -> tuple[Any, list[Problem]]:
    """The value as the API server gives it back, and all problems that it has.

    Args:
        value: of a stack's file.
        type_: what it has to be: a class of the SDK's inputs, `Sequence[...]` or `Mapping[str, ...]` of them, `str` ...
    """
    walk = _Walk()
    return walk.value(value, type_, ()), walk.problems


class _Walk:
    """One comparison, with the problems that it has found so far."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def value(self, value: Any, type_: Any, place: tuple[str | int, ...]) -> Any:
        """A value of that type, as it will come back."""
        options = _options(type_)
        match value:
            case None:
                self._problem(place, NULL)
            case dict():
                for option in options:
                    if is_input_type(option):
                        return self._object(value, option, place)
                    if typing.get_origin(option) is Mapping:
                        element = typing.get_args(option)[1]
                        return {key: self.value(each, element, (*place, key)) for key, each in value.items()}
                self._expected(place, value, options)
            case list():
                for option in options:
                    if typing.get_origin(option) is Sequence:
                        return self._list(value, typing.get_args(option)[0], place)
                self._expected(place, value, options)
            case _ if not any(_is(value, option) for option in options):
                self._expected(place, value, options)
        return value

    def _object(self, value: dict[str, Any], class_: type, place: tuple[str | int, ...]) -> dict[str, Any]:
        kind, fields = kind_of(class_), _fields(class_)
        kept: dict[str, Any] = {}
        for name, each in value.items():
            here = (*place, name)
            if name not in fields:
                self._problem(here, f"unknown field of Kubernetes' {kind}")
                continue
            is_quantity = (kind, name) in QUANTITIES
            type_ = fields[name].type
            own = self._quantities(each, type_, here) if is_quantity else self.value(each, type_, here)
            if _vanishes(own, kind, name, fields[name]):
                continue
            kept[name] = own
            smallest = SMALLEST.get((kind, name))
            if smallest is not None and isinstance(each, int) and each < smallest:
                self._problem(here, f"expected {smallest} or more")
            fixed = FIXED_VALUES.get((kind, name))
            if fixed is not None and isinstance(each, str) and each not in fixed:
                self._problem(here, f"expected {_either(repr(option) for option in fixed)}")
        for name, field in fields.items():
            if field.required and name not in value:
                self._problem((*place, name), "required, but missing")
        self._one_of(value, kind, fields, place)
        return kept

    def _one_of(self, value: dict[str, Any], kind: str, fields: Mapping[str, "_Field"], place: Any) -> None:
        choices = fields.keys() - ALL_BUT[kind] if kind in ALL_BUT else ONE_OF.get(kind, frozenset())
        chosen = [name for name in value if name in choices]
        if choices and len(chosen) != 1:
            found = f"found {', '.join(chosen)}" if chosen else "found none"
            some = f" of {', '.join(sorted(choices))}" if kind in ONE_OF else " source"
            self._problem(place, f"expected exactly one{some}; {found}")

    def _list(self, value: list[Any], element: Any, place: tuple[str | int, ...]) -> list[Any]:
        keys: tuple[str, ...] = ()
        for option in _options(element):
            if is_input_type(option):
                keys = LIST_KEYS.get(kind_of(option), ())
        seen: dict[Hashable, int] = {}
        for index, each in enumerate(value):
            own = tuple(str(each.get(key)) for key in keys) if keys and isinstance(each, dict) else None
            if own is not None and (other := seen.setdefault(own, index)) != index:
                said = " and ".join(f"`{key}`" for key in keys)
                self._problem((*place, index), f"has the same {said} as element {other}")
        return [self.value(each, element, (*place, index)) for index, each in enumerate(value)]

    def _quantities(self, value: Any, type_: Any, place: tuple[str | int, ...]) -> Any:
        """A quantity, or a mapping of them."""
        if not any(typing.get_origin(option) is Mapping for option in _options(type_)):
            return self._quantity(value, place)
        if not isinstance(value, dict):
            return self.value(value, type_, place)  # which tells of it
        return {key: self._quantity(each, (*place, key)) for key, each in value.items()}

    def _quantity(self, value: Any, place: tuple[str | int, ...]) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self._problem(place, NULL if value is None else f"expected {QUANTITY}")
            return value
        try:
            return canonical(value)
        except ValueError as error:
            self._problem(place, str(error))
            return value

    def _expected(self, place: tuple[str | int, ...], value: Any, options: Sequence[Any]) -> None:
        words = _either(dict.fromkeys(_WORDS.get(_plain(option), "a mapping") for option in options))
        quoted = str in options and int not in options and isinstance(value, bool | int | float)
        self._problem(place, f"expected {words}{': put it in quotes' if quoted else ''}")

    def _problem(self, place: tuple[str | int, ...], message: str) -> None:
        self.problems.append(Problem(place, message))


@dataclass(frozen=True)
class _Field:
    """A field of a class."""

    type: Any
    required: bool


@functools.cache
def _fields(class_: type) -> dict[str, _Field]:
    """A class's fields by Kubernetes' names."""
    names = input_type_py_to_pulumi_names(class_)
    parameters = inspect.signature(class_.__init__).parameters
    required = {names[name] for name, each in parameters.items() if name in names and each.default is each.empty}
    return {name: _Field(type_, name in required) for name, type_ in input_type_types(class_).items()}


@functools.cache
def _options(type_: Any) -> tuple[Any, ...]:
    """What a value of a type may be: the parts of a union, without the SDK's own ways of handing a value over later."""
    if (
        type_ in (Awaitable, pulumi.Output, type(None))
        or typing.is_typeddict(type_)
        or isinstance(type_, typing.ForwardRef)
    ):
        return ()
    origin = typing.get_origin(type_)
    if origin is typing.Union or str(origin) == "<class 'types.UnionType'>":
        return tuple(dict.fromkeys(option for part in typing.get_args(type_) for option in _options(part)))
    if origin in (Awaitable, pulumi.Output):
        return ()
    if isinstance(type_, type) and issubclass(type_, Enum):
        return ()  # the SDK takes a text, too
    return (type_,)


def kind_of(class_: type) -> str:
    """Kubernetes' name of what a class of the SDK is for."""
    return class_.__name__.removesuffix("Args")


_WORDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Sequence: "a list",
    Mapping: "a mapping",
}


def _plain(option: Any) -> Any:
    return typing.get_origin(option) or option


def _either(words: typing.Iterable[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _is(value: Any, option: Any) -> bool:
    if option is Any:
        return True
    if isinstance(value, bool):
        return option is bool
    if isinstance(value, int):
        return option in (int, float)
    return option in (str, float) and isinstance(value, option)


def _vanishes(value: Any, kind: str, name: str, field: _Field) -> bool:
    """Whether the API server does not keep a field."""
    if isinstance(value, dict | list):
        # An empty object is kept: `emptyDir: {}` means something.
        return not value and not field.required and not any(is_input_type(option) for option in _options(field.type))
    return name in VANISHING_ZEROS.get(kind, ()) and value in (0, "", False)

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

from components.config.kubernetes.api_server import QUANTITIES, RESOURCES, VANISHING_ZEROS
from components.config.kubernetes.fixed_values import (
    ALL_BUT,
    ALLOWED,
    FIXED_VALUES,
    LEFT_OUT,
    LIST_KEYS,
    MAY_BE_EMPTY,
    NEEDED,
    NEVER_EMPTY,
    ONE_OF,
)
from components.config.kubernetes.numbers import out_of_range
from components.config.kubernetes.quantity import QUANTITY, canonical
from components.config.kubernetes.relations import contradictions
from components.config.kubernetes.texts import FORMS, FORMS_OF_KEYS, FORMS_OF_VALUES, Form

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
        before = len(self.problems)
        kept: dict[str, Any] = {}
        for name, each in value.items():
            here = (*place, name)
            if not self._is_known(name, kind, fields, here):
                continue
            if (kind, name) in QUANTITIES:
                own = self._quantity(each, here, "n")
            elif (kind, name) in RESOURCES and isinstance(each, dict):
                own = {resource: self._quantity(amount, (*here, resource), "m") for resource, amount in each.items()}
            else:
                own = self.value(each, fields[name].type, here)
                self._number(each, kind, name, here)
            if _vanishes(own, kind, name, fields[name]):
                continue
            kept[name] = own
            self._text(each, kind, name, here)
        for name, field in fields.items():
            needed = field.required or (kind, name) in NEEDED
            if name not in value:
                if needed:
                    self._problem((*place, name), "required, but missing")
            elif value[name] in ("", []) and (needed or (kind, name) in NEVER_EMPTY):
                self._empty(value[name], kind, name, (*place, name))
        self._one_of(value, kind, fields, place)
        if len(self.problems) == before:
            for below, message in contradictions(kind, value):
                self._problem((*place, *below), message)
        return kept

    def _is_known(self, name: str, kind: str, fields: Mapping[str, "_Field"], place: tuple[str | int, ...]) -> bool:
        """Whether a field can be set here; if not, it is a problem."""
        if name not in fields:
            self._problem(place, f"unknown field of Kubernetes' {kind}")
        elif (kind, name) in LEFT_OUT:
            self._problem(place, f"leave it out: {LEFT_OUT[kind, name]}")
        elif name not in ALLOWED.get(kind, fields):
            self._problem(place, f"leave it out: only {' and '.join(sorted(ALLOWED[kind]))} can be set here")
        else:
            return True
        return False

    def _empty(self, value: Any, kind: str, name: str, place: tuple[str | int, ...]) -> None:
        if (kind, name) not in MAY_BE_EMPTY:
            self._problem(place, "expected at least one" if value == [] else "expected a text that is not empty")

    def _number(self, value: Any, kind: str, name: str, place: tuple[str | int, ...]) -> None:
        """A whole number, or a list of them, as Kubernetes takes it."""
        if isinstance(value, list):
            for index, each in enumerate(value):
                self._number(each, kind, name, (*place, index))
        elif isinstance(value, int) and not isinstance(value, bool) and (said := out_of_range(value, kind, name)):
            self._problem(place, said)

    def _text(self, value: Any, kind: str, name: str, place: tuple[str | int, ...]) -> None:
        """A text, a list or a mapping of them, as Kubernetes takes it. An empty text stands for none."""
        fixed, form = FIXED_VALUES.get((kind, name)), FORMS.get((kind, name))
        for index, each in enumerate(value if isinstance(value, list) else [value]):
            if not isinstance(each, str):
                continue
            here = (*place, index) if isinstance(value, list) else place
            if fixed is not None and each not in fixed:
                self._problem(here, f"expected {_either(repr(option) for option in fixed)}")
            if each or isinstance(value, list):
                self._formed(each, form, here)
        if isinstance(value, dict):
            for key, each in value.items():
                self._formed(key, FORMS_OF_KEYS.get((kind, name)), (*place, key))
                self._formed(each, FORMS_OF_VALUES.get((kind, name)), (*place, key))

    def _formed(self, text: Any, form: Form | None, place: tuple[str | int, ...]) -> None:
        if form is not None and isinstance(text, str) and not form.accepts(text):
            self._problem(place, f"expected {form.expected}")

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

    def _quantity(self, value: Any, place: tuple[str | int, ...], finest: str) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            self._problem(place, NULL if value is None else f"expected {QUANTITY}")
            return value
        try:
            return canonical(value, finest)
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

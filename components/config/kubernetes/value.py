"""A setting that Kubernetes defines, for the models."""

import typing
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from annotated_types import GroupedMetadata
from pydantic import BeforeValidator, Field, ValidationError

from components.config.kubernetes.walk import Problem, checked, kind_of


class KubernetesError(ValueError):
    """What is wrong with such a setting, at one place of it."""


# Compared by identity: what is in a type has to have a hash.
@dataclass(frozen=True, eq=False)
class Kubernetes(GroupedMetadata):
    """A value as Kubernetes defines it: each problem is told at its own place.

    Args:
        type_: a class of the SDK's inputs, or `Sequence[...]` of one, or `Mapping[str, str]`.
        defaults: fields that are set where the value does not say otherwise; null takes one away.
        replaced: names fields of the defaults that have no place beside the value.
        contradictions: what contradicts each other in the value with its defaults. It is handed the value without them, too,
            for `origin`.
    """

    type_: Any
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    replaced: Callable[[Mapping[str, Any]], frozenset[str]] = lambda _: frozenset()
    contradictions: Callable[[dict[str, Any], Mapping[str, Any]], Iterator[str]] = lambda *_: iter(())

    def __iter__(self) -> Iterator[object]:
        yield BeforeValidator(self._check)
        yield Field(json_schema_extra={"expected": described(self.type_)})

    def _check(self, value: Any) -> Any:
        if value is None:
            return None  # which is of another type than the value has to be
        defaults = self.defaults
        if isinstance(value, dict):
            replaced = self.replaced(value)
            defaults = {key: each for key, each in defaults.items() if key not in replaced}
        declared, problems = checked(merged(defaults, value), self.type_)
        if not problems and isinstance(value, dict):
            problems = [Problem((), message) for message in self.contradictions(declared, value)]
        if problems:
            raise ValidationError.from_exception_data(described(self.type_), [_details(each) for each in problems])
        return declared


def merged(defaults: Mapping[str, Any], value: Any) -> Any:
    """A value with the defaults that it does not replace, at every depth; null takes a default away."""
    if not isinstance(value, dict):
        return value
    taken = {key for key, each in value.items() if each is None and key in defaults}
    whole = {key: each for key, each in defaults.items() if key not in value}
    for key, each in value.items():
        if key not in taken:
            below = defaults.get(key)
            whole[key] = merged(below, each) if isinstance(below, Mapping) else each
    return whole


def origin(value: Any, *path: str) -> str:
    """` (default)` behind a field that the value does not set itself, so that nobody looks for it there."""
    for step in path:
        if not isinstance(value, Mapping) or step not in value:
            return " (default)"
        value = value[step]
    return ""


def described(type_: Any) -> str:
    """What a value of a type is, for the reference."""
    origin, parts = typing.get_origin(type_), typing.get_args(type_)
    if origin is Sequence:
        return f"a list; each: {described(parts[0])}"
    if origin is Mapping:
        return "a mapping of texts"
    return f"Kubernetes' `{kind_of(type_)}`"


def _details(problem: Problem) -> Any:
    """A problem as pydantic's error, so that it stands among all others."""
    error = KubernetesError(problem.message)
    return {"type": "value_error", "loc": problem.place, "input": None, "ctx": {"error": error}}

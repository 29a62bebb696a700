"""Texts and lists of any kind."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, Field


@dataclass(frozen=True)
class Pattern(GroupedMetadata):
    """A text that an expression describes. The reference says in words what is expected, as the error message does."""

    expression: str
    expected: str

    def __iter__(self) -> Iterator[object]:
        yield AfterValidator(self._check)
        yield Field(json_schema_extra={"expected": self.expected})

    def _check(self, value: str) -> str:
        if re.fullmatch(self.expression, value) is None:
            raise ValueError(f"expected {self.expected}")
        return value


def _uuid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("expected a GUID such as 00000000-0000-0000-0000-000000000000") from None


def distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    """A list in which nothing comes twice. Azure does not tell capitals from small letters in what it lists.

    Raises:
        ValueError: something comes again; the message names it.
    """
    seen: dict[str, str] = {}
    for value in values:
        if (key := value.lower()) in seen:
            raise ValueError(f"{value!r} is the same as {seen[key]!r}: name it once")
        seen[key] = value
    return values


def at_least_one(values: tuple[str, ...]) -> tuple[str, ...]:
    """A list that is not empty.

    Raises:
        ValueError: it is.
    """
    if not values:
        raise ValueError("expected at least one")
    return values


Guid = Annotated[str, AfterValidator(_uuid), Field(json_schema_extra={"expected": "a GUID"})]
NonEmpty = Annotated[str, Pattern(r"(?s).*\S.*", "a text that is not empty")]

LABEL = r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
"""Expression of one part of a host name."""

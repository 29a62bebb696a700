"""What changed between two versions of a resource's properties, as the engine wants to know it: by property path."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from .values import Properties, Unknown, reveal


class Kind(Enum):
    """What happened to a property."""

    ADD = "ADD"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@dataclass(frozen=True)
class Change:
    """One property that differs."""

    path: str
    kind: Kind
    is_input: bool = True
    """Whether the plugin says that the inputs differ; of the rest the engine takes it that the outputs do."""

    @property
    def root(self) -> str:
        """The top-level property that the path starts with."""
        return re.split(r"[.\[]", self.path, maxsplit=1)[0]

    def under(self, prefix: str) -> bool:
        """Whether the path is a property or below it."""
        return self.path == prefix or self.path.startswith((f"{prefix}.", f"{prefix}["))


@dataclass
class Difference:
    """The answer to the engine's Diff."""

    changes: list[Change]
    replaces: set[str] = field(default_factory=set)
    """Paths among the changes that can't be updated in place."""
    delete_before_replace: bool = False
    names_properties: bool = True
    """Whether the plugin names the top-level properties beside the paths."""
    names_paths: bool = True
    """Whether the plugin names paths at all: without them the engine knows the top-level properties only."""


def changes(old: Properties, new: Properties) -> list[Change]:
    """All leaf paths that differ; lists are compared by index."""
    return list(_compare("", reveal(old), reveal(new)))


def replaced_by(changed: list[Change], *prefixes: str) -> set[str]:
    """The paths among the changes that are one of the properties, or below one."""
    return {change.path for change in changed if any(change.under(prefix) for prefix in prefixes)}


def _compare(path: str, old: Any, new: Any) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _compare(_member(path, key), old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        for index in range(max(len(old), len(new))):
            yield from _compare(
                f"{path}[{index}]",
                old[index] if index < len(old) else None,
                new[index] if index < len(new) else None,
            )
    elif isinstance(new, Unknown) or old != new or isinstance(old, bool) != isinstance(new, bool):
        yield Change(path, Kind.ADD if old is None else Kind.DELETE if new is None else Kind.UPDATE)


def _member(path: str, key: str) -> str:
    if re.fullmatch(r"[A-Za-z_$][\w$]*", key):
        return f"{path}.{key}" if path else key
    quoted = key.replace('"', '\\"')
    return f'{path}["{quoted}"]'

"""What a preview would change, resource by resource and property by property."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ..engine.steps import Step
from ..report.markdown import shown
from ..report.property_path import member, value_at
from .replacements import REPLACING, left_over

WAITS_ONLY = (
    "nothing: it was not ready when it was read, so the update writes it as it is declared, and waits until it is ready"
)
_CHANGING = ("create", "update", "delete")


@dataclass(frozen=True)
class Change:
    """One resource that would change."""

    urn: str
    operation: str
    """`create`, `update`, `replace` or `delete`."""
    resource: str
    kind: str
    """The last part of its type."""
    properties: tuple[str, ...]
    """Paths of the properties that differ."""
    differences: tuple[str, ...]
    """Them with their values, as lines of a diff. Secrets are masked."""
    waits_only: bool = False
    """Whether nothing of it changes: a refresh saw it unready, and the engine updates it to wait until it is ready."""

    def without(self, lists: Iterable[str]) -> "Change":
        """It without what changes in some lists, by their paths."""
        below = tuple(f"{path}[" for path in lists)
        return replace(
            self,
            properties=tuple(path for path in self.properties if not path.startswith(below)),
            differences=tuple(line for line in self.differences if not line[2:].startswith(below)),
        )


def changes(steps: list[Step]) -> list[Change]:
    """The changes of a preview, each resource once, in the order of the preview; components and providers apart."""
    by_resource: dict[str, list[Step]] = {}
    left = left_over(steps)
    for step in steps:
        if step.provider and (step.operation in _CHANGING or step.operation in REPLACING) and step not in left:
            by_resource.setdefault(step.urn, []).append(step)
    return [_change(of_one) for of_one in by_resource.values()]


def _change(steps: list[Step]) -> Change:
    first = steps[0]
    operation = "replace" if first.operation in REPLACING else first.operation
    old = next((step.old for step in steps if step.old), {})
    new = next((step.new for step in reversed(steps) if step.new), {})
    paths = tuple(dict.fromkeys(path for step in steps for path in step.properties))
    if operation == "create":
        lines = [f"+ {path}: {shown(value)}" for path, value in _leaves(new, "")]
    else:
        lines = [line for path in paths for line in _difference(path, value_at(old, path), value_at(new, path))]
    waits_only = operation == "update" and not paths
    return Change(first.urn, operation, first.name, first.type.rsplit(":", 1)[-1], paths, tuple(lines), waits_only)


def _difference(path: str, old: Any, new: Any) -> Iterator[str]:
    if old is not None:
        yield f"- {path}: {shown(old, new)}"
    if new is not None:
        yield f"+ {path}: {shown(new, old)}"


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, item in value.items():
            # What is the provider's own, the engine does not show either.
            if not key.startswith("__"):
                yield from _leaves(item, member(path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from _leaves(item, f"{path}[{index}]")
    elif path:  # what has no inputs has nothing to name
        yield path, value

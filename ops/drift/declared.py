"""Drift of what is declared, as the engine's refresh finds it."""

from collections.abc import Iterator

from ..engine.steps import Step, refresh
from ..report.property_path import value_at
from ..report.written_by_others import shown
from .report import Finding, Kind

_UNCHANGED = {"same", "refresh", "read"}


def drift_of_declared(stack: str) -> Iterator[Finding]:
    """Resources that are gone, and properties that are not as declared.

    Raises:
        OpsError: the refresh fails.
    """
    for step in refresh(stack):
        if step.operation == "delete":
            yield Finding(step.name, step.type, Kind.DELETED)
        elif step.operation not in _UNCHANGED:
            yield from _changes(step)


def _changes(step: Step) -> Iterator[Finding]:
    for path in step.properties:
        declared, actual = value_at(step.old, path), value_at(step.new, path)
        if step.type.startswith("kubernetes:"):
            actual = shown(path, actual, declared)
        yield Finding(step.name, step.type, Kind.CHANGED, path, declared, actual)

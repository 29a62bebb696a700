"""Drift of what is declared, as the engine's refresh finds it, and what the program would change."""

from collections.abc import Iterable, Iterator

from ..engine.state import StackResource
from ..engine.steps import EngineError, Step, preview, refresh, refresh_and_preview
from ..report.property_path import value_at
from ..report.written_by_others import shown
from .report import Finding, Kind
from .undeployed import changed_by
from .unreachable import explained

_UNCHANGED = {"same", "refresh", "read"}


def looked_at_and_planned(stack: str, resources: list[StackResource]) -> tuple[list[Finding], list[Step]]:
    """What is not as the state has it, and what an update would do to the state.

    One run of the engine shows both where nothing differs. Where something does, what it would do to reality is not what
    it would do to the state: it makes anew what is gone, and of all that needs such a thing nothing is known.

    Args:
        stack: name of the stack.
        resources: the stack's, as its state has them.

    Raises:
        OpsError: the refresh fails, or the preview.
    """
    # What is still to be deleted has the URN of its successor.
    if not any(resource.goes for resource in resources):
        try:
            with explained(stack):
                read, planned = refresh_and_preview(stack)
        except EngineError:
            pass  # what of the two fails is found below
        else:
            found = list(drift_of_declared(read))
            return found, preview(stack) if found or changed_by(planned) else planned
    with explained(stack):
        found = list(drift_of_declared(refresh(stack)))
    return found, preview(stack)


def drift_of_declared(read: Iterable[Step]) -> Iterator[Finding]:
    """Resources that are gone, and properties that are not as declared.

    Args:
        read: what a refresh finds.
    """
    for step in read:
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

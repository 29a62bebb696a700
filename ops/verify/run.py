"""All questions about one stack, in the order in which one depends on the other."""

from collections.abc import Iterator

from ..engine.pending import ADVICE, left_to_delete
from ..engine.state import StackResource, export_raw, resources_of, resources_under_way
from .questions import Questions
from .report import Answer, Check, Report


def verify(stack: str) -> Report:
    """Ask everything; nothing is changed anywhere.

    Raises:
        OpsError: there is nothing to ask about.
    """
    state = export_raw(stack)
    left = pending_deletions(resources_of(state))
    return Report(stack, (*Questions(stack, resources_under_way(state)).all(), *left))


def pending_deletions(resources: list[StackResource]) -> Iterator[Check]:
    """What was replaced and could not be deleted."""
    for resource in left_to_delete(resources):
        found = f"it was replaced, and the old one is still to be deleted: {resource.id}"
        yield Check(resource.name, "pending deletion", Answer.FAILED, found, ADVICE)

"""What an update takes away from the stack's Kubernetes objects, in words: the engine's preview says nothing of it."""

from collections.abc import Iterable
from typing import Any

from ..cluster.updates import Change, Losses, TakenAway
from ..report.markdown import code, shown
from .changes import Change as Changed

_TITLE = "The update takes away what others have changed in the objects that it writes."
_KEEP = "To keep a field, declare it in the program before the update."


def shown_fields(losses: Losses) -> list[TakenAway]:
    """The fields that the preview's own changes do not show."""
    return [field for field in losses.fields if not field.is_dropped]


def without_moves(found: list[Changed], losses: Losses) -> list[Changed]:
    """A preview's changes without the elements of lists that only stand at other places: what goes there is a loss."""
    moving: dict[tuple[str, str], list[str]] = {}
    for field in shown_fields(losses):
        if field.list_that_moves:
            moving.setdefault((field.resource, field.kind), []).append(field.list_that_moves)
    return [change.without(moving.get((change.resource, change.kind), ())) for change in found]


def text(losses: Losses, beside: Iterable[Changed]) -> list[str]:
    """For a terminal or a log, line by line.

    Args:
        losses: what is taken away.
        beside: the preview's own changes: what they show, after a refresh, is not shown again.
    """
    lines: list[str] = []
    here = _not_shown_in(beside, losses)
    fields = [field for field in shown_fields(losses) if field in here or field.danger]
    if fields:
        lines += ["", f"{_TITLE} {_KEEP}"]
    resource = ""
    for field in fields:
        if field.resource != resource:
            resource = field.resource
            lines.append(f"  {resource} ({field.kind})")
        if field in here:
            lines += [f"    {line}" for line in _difference(field)]
        if field.danger:
            lines.append(f"      {field.danger}")
    return lines + [line for note in _unknown(losses) for line in ("", note)]


def markdown(losses: Losses, beside: Iterable[Changed]) -> tuple[list[str], list[str]]:
    """For a pull request's comment: what comes before the table's rows, and the rows.

    Args:
        losses: what is taken away.
        beside: the preview's own changes: what they show, after a refresh, is not shown again.
    """
    fields = _not_shown_in(beside, losses)
    lines = [line for note in _unknown(losses) for line in ("", f"> [!WARNING]\n> {note}")]
    dangers = dict.fromkeys((field.resource, field.danger) for field in shown_fields(losses) if field.danger)
    lines += [line for name, danger in dangers for line in ("", f"> [!CAUTION]\n> `{name}`: {danger}")]
    if fields:
        lines += [
            "",
            f"{_TITLE} {_KEEP}",
            "",
            "| object | field | there | after the update |",
            "| --- | --- | --- | --- |",
        ]
    return lines, [_row(field) for field in fields]


def as_json(losses: Losses) -> list[dict[str, Any]]:
    """For programs."""
    return [
        {
            "resource": field.resource,
            "kind": field.kind,
            "path": field.path,
            "change": field.change,
            "there": field.there,
            "becomes": field.becomes,
            "danger": field.danger,
        }
        for field in shown_fields(losses)
    ]


def _not_shown_in(beside: Iterable[Changed], losses: Losses) -> list[TakenAway]:
    said = {(change.resource, change.kind, line) for change in beside for line in change.differences}
    return [
        field
        for field in shown_fields(losses)
        if not all((field.resource, field.kind, line) in said for line in _difference(field))
    ]


def _difference(field: TakenAway) -> list[str]:
    lines: list[str] = []
    if field.change is not Change.PUT_BACK:
        lines.append(f"- {field.path}: {shown(field.there, field.becomes)}")
    if field.change is not Change.REMOVED:
        lines.append(f"+ {field.path}: {shown(field.becomes, field.there)}")
    return lines


def _unknown(losses: Losses) -> list[str]:
    by_reason: dict[str, list[str]] = {}
    for name, reason in losses.unknown.items():
        by_reason.setdefault(reason, []).append(name)
    return [
        f"It is not known what the update takes away from {', '.join(names)}. {reason}"
        for reason, names in by_reason.items()
    ]


def _row(field: TakenAway) -> str:
    becomes = "removed" if field.change is Change.REMOVED else code(field.becomes, field.there)
    return f"| `{field.resource}` | {code(field.path)} | {code(field.there, field.becomes)} | {becomes} |"

"""Differences that a stack's file accepts: the report lists them, and they are no alarm."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import yaml

from ..engine.history import configuration
from ..errors import OpsError
from ..report.markdown import shown
from ..report.property_path import parse
from ..report.values import SECRET
from ..report.written_by_others import NOT_SHOWN
from .report import Accepted, Finding, Report, Stale

KEY = "self-hosted-gateway:acceptedDrift"

_HIDDEN = object()


@dataclass(frozen=True)
class Acceptance:
    """One entry of the stack's file."""

    resource: str
    """Logical name of the resource."""
    reason: str
    path: str = ""
    """As a finding has it; the empty text for a resource that is gone."""
    until: date | None = None
    """The last day on which it counts, in UTC; None for no end."""
    value: Any = None
    """What is accepted there; None for any value."""


def acceptances(stack: str) -> list[Acceptance]:
    """What a stack's file accepts. The program has checked its shape.

    Raises:
        OpsError: the file can't be read, or is encrypted there.
    """
    found = configuration(stack).get(KEY) or {}
    if found.get("secret"):
        raise OpsError(f"{KEY} is encrypted in the file of stack {stack}: write it without `secure`.")
    return [
        Acceptance(
            resource=entry["resource"],
            reason=entry["reason"],
            path=entry.get("path") or "",
            # Of a date without quotes the engine makes a time stamp.
            until=date.fromisoformat(str(entry["until"])[:10]) if entry.get("until") else None,
            value=entry.get("value"),
        )
        for entry in found.get("objectValue") or []
    ]


def settle(report: Report, entries: Iterable[Acceptance], names: Collection[str], today: date) -> None:
    """Take out of a report's findings what is accepted, and say why other findings with an entry are not.

    Args:
        report: it gets what is accepted, and which entries are stale.
        entries: of the stack's file.
        names: the stack's resources.
        today: the day in UTC.
    """
    at = {_place(entry.resource, entry.path): entry for entry in entries}
    found = {_place(finding.resource, finding.what) for finding in (*report.findings, *report.decided)}
    report.stale += [_stale(entry, names) for place, entry in at.items() if place not in found]
    alarming: list[Finding] = []
    for finding in report.findings:
        entry = at.get(_place(finding.resource, finding.what))
        objection = None if entry is None else _objection(entry, finding, today)
        if entry is None:
            alarming.append(finding)
            report.to_accept.append(line_to_accept(finding))
        elif objection is None:
            report.accepted.append(Accepted(finding, entry.reason, entry.until))
        else:
            alarming.append(replace(finding, advice=" ".join(filter(None, (finding.advice, objection)))))
    report.findings = alarming


def line_to_accept(finding: Finding) -> str:
    """The entry that accepts a finding, on one line. Nobody has written the reason yet, which the program asks for."""
    value = _visible(finding.actual)
    entry: dict[str, Any] = {"resource": finding.resource}
    if finding.what:
        entry["path"] = finding.what
        if value is not _HIDDEN and value is not None:
            entry["value"] = value
    entry["reason"] = "<why>"
    flow = yaml.safe_dump(entry, default_flow_style=True, sort_keys=False, allow_unicode=True, width=float("inf"))
    return f"- {flow.strip()}"


def _objection(entry: Acceptance, finding: Finding, today: date) -> str | None:
    """Why an entry for a finding's place does not accept it."""
    if entry.until is not None and entry.until < today:
        return f"It was accepted until {entry.until:%Y-%m-%d}, which has passed ({entry.reason})."
    if entry.value is None:
        return None
    value = _visible(finding.actual)
    if value is _HIDDEN:
        return (
            f"Its value is not shown and can't be compared with the accepted one ({entry.reason}): leave out `value` to "
            "accept any."
        )
    if _text(value) == _text(entry.value):
        return None
    return f"Only the value {shown(_text(entry.value))} is accepted ({entry.reason}), and this is another."


def _stale(entry: Acceptance, names: Collection[str]) -> Stale:
    why = "nothing differs there any more" if entry.resource in names else "the stack has no resource of this name"
    return Stale(entry.resource, entry.path, entry.reason, why)


def _place(resource: str, path: str) -> tuple[str, str]:
    """A place, whether or not the path's keys are quoted."""
    return resource, ".".join(f"[{step}]" if isinstance(step, int) else step for step in parse(path))


def _visible(value: Any) -> Any:
    """What of a value a report shows: mappings without members that it does not."""
    if value in (SECRET, NOT_SHOWN):
        return _HIDDEN
    if isinstance(value, dict):
        members = {key: seen for key, item in value.items() if (seen := _visible(item)) is not _HIDDEN}
        return _HIDDEN if value and not members else members
    if isinstance(value, list):
        items = [_visible(item) for item in value]
        return _HIDDEN if any(item is _HIDDEN for item in items) else items
    return value


def _text(value: Any) -> str:
    # For Python, true is 1.
    return json.dumps(value, sort_keys=True)

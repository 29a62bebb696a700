"""A drift report as text, Markdown or JSON."""

import dataclasses
import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..report.markdown import LONGEST, code, cut, fenced, folded, shown
from .accepted import KEY
from .report import Accepted, Deployed, ExpiringSecret, Finding, Kind, Report, Stale, Undeployed

_HEAD = ("resource", "what", "declared", "there")
_UNDEPLOYED_HEAD = ("resource", "what", "deployed", "declared")
_ACCEPTED_HEAD = (*_HEAD, "reason", "until")
_DECIDED = "These differences are in what the changes decide, and count as no drift:"


def text(report: Report) -> str:
    """For a terminal or a log. Why a check has failed is not part of it."""
    console = Console(width=160, no_color=True, highlight=False)
    with console.capture() as capture:
        if report.drifted:
            console.print(_table(_HEAD, map(_of_finding, report.findings)))
            for line in _advice(report):
                console.print(line, markup=False, soft_wrap=True)
        if report.problem is None:
            console.print(_summary(report), markup=False)
            _print_accepted(console, report)
            if report.undeployed:
                console.print(f"\n{_not_deployed(report)}", markup=False, soft_wrap=True)
                console.print(_table(_UNDEPLOYED_HEAD, map(_of_change, report.undeployed)))
            if report.decided:
                console.print(f"\n{_DECIDED}", markup=False)
                console.print(_table(_HEAD, map(_of_finding, report.decided)))
        for secret in report.expiring:
            console.print(warning(secret), markup=False)
    return "\n".join(line.rstrip() for line in capture.get().rstrip().splitlines())


def markdown(report: Report) -> str:
    """For a pull request's comment or a job's summary."""
    lines = [f"### Drift of `{report.stack}`", "", *_result(report)]
    if report.drifted:
        lines += ["", *_rows(_HEAD, map(_of_finding, report.findings))]
        lines += [line for advice in _advice(report) for line in ("", advice)]
    lines += _accepted_as_markdown(report)
    if report.problem is None and report.undeployed:
        lines += ["", _not_deployed(report), "", *_rows(_UNDEPLOYED_HEAD, map(_of_change, report.undeployed))]
    if report.problem is None and report.decided:
        lines += ["", _DECIDED, "", *_rows(_HEAD, map(_of_finding, report.decided))]
    lines += [line for secret in report.expiring for line in ("", f"> [!WARNING]\n> {warning(secret)}")]
    return "\n".join(lines)


def issue(report: Report) -> str:
    """For the issue that is open while the stack drifts."""
    return (
        f"{markdown(report)}\n\nIf the change is wanted, write it into the program or `Pulumi.{report.stack}.yaml`. To accept "
        f"it as it is, list it in `acceptedDrift` of that file. If not, the next deployment takes back what was changed or "
        f"deleted, and what was added is to be removed by hand: look with `make preview STACK={report.stack}`. The next check "
        f"without drift closes this issue."
    )


def expiry(report: Report) -> str | None:
    """For the issue that is open while secrets end soon; None where none does."""
    if not report.expiring:
        return None
    lines = "\n".join(f"- {warning(secret)}" for secret in report.expiring)
    return f"{lines}\n\n`.venv/bin/python -m ops rotate --stack {report.stack}` sets the date; the deployment after it rotates."


def as_json(report: Report) -> str:
    """For programs."""
    document = {**dataclasses.asdict(report), "drifted": report.drifted if report.problem is None else None}
    return json.dumps(document, indent=2, default=lambda moment: moment.isoformat())


def from_json(text: str) -> Report:
    """A report that was saved."""
    document = json.loads(text)
    deployed = document.get("deployed")
    expiring = [
        ExpiringSecret(**{**secret, "end": datetime.fromisoformat(secret["end"])}) for secret in document["expiring"]
    ]
    return Report(
        document["stack"],
        findings=_findings(document["findings"]),
        expiring=expiring,
        deployed=Deployed(**{**deployed, "at": datetime.fromisoformat(deployed["at"])}) if deployed else None,
        undeployed=[Undeployed(**change) for change in document.get("undeployed", [])],
        decided=_findings(document.get("decided", [])),
        accepted=[_accepted(entry) for entry in document.get("accepted", [])],
        stale=[Stale(**entry) for entry in document.get("stale", [])],
        to_accept=document.get("to_accept", []),
        problem=document.get("problem"),
    )


def _result(report: Report) -> list[str]:
    if report.problem is None:
        return [_summary(report)]
    failed = "> [!CAUTION]\n> The check failed: nothing is known of what has drifted."
    return [failed, "", fenced(cut(report.problem, LONGEST // 2))]


def _summary(report: Report) -> str:
    apart = ["what is accepted"] if report.accepted else []
    if not report.drifted:
        apart += ["what is not deployed"] if report.undeployed else []
        return f"No drift: everything is as stack {report.stack} declares it{_apart_from(apart)}."
    resources = len({finding.resource for finding in report.findings})
    return f"{len(report.findings)} difference(s) in {resources} resource(s){_apart_from(apart)}."


def _apart_from(what: list[str]) -> str:
    return f", apart from {' and '.join(what)}" if what else ""


def warning(secret: ExpiringSecret) -> str:
    """What to do about a secret that ends soon."""
    when = f"{secret.end:%Y-%m-%d}"
    ends = f"ended on {when}" if secret.days_left < 0 else f"ends on {when}, in {secret.days_left} day(s)"
    return f"Client secret {secret.key_id} ({secret.resource}) {ends}: set a later `rotation` and run `pulumi up`."


def _advice(report: Report) -> list[str]:
    return [
        f"{', '.join(filter(None, (finding.resource, finding.what)))}: {finding.advice}"
        for finding in report.findings
        if finding.advice
    ]


def _print_accepted(console: Console, report: Report) -> None:
    """What is accepted, what of that is stale, and how to accept what is not."""
    if report.to_accept:
        console.print(f"\nTo accept a difference, {_how_to_accept(report)}", markup=False, soft_wrap=True)
        console.print("\n".join(_entries(report)), markup=False, soft_wrap=True)
    if report.accepted:
        console.print(f"\n{_takes_back(report)}", markup=False, soft_wrap=True)
        console.print(_table(_ACCEPTED_HEAD, map(_of_accepted, report.accepted)))
    for entry in report.stale:
        console.print(f"\n{_stale(entry, shown)}", markup=False, soft_wrap=True)


def _accepted_as_markdown(report: Report) -> Iterator[str]:
    if report.to_accept:
        entries = fenced("\n".join(_entries(report)), "yaml")
        yield from ("", folded("To accept a difference", f"To accept it, {_how_to_accept(report)}\n\n{entries}"))
    if report.accepted:
        yield from ("", _takes_back(report), "", *_rows(_ACCEPTED_HEAD, map(_of_accepted, report.accepted)))
    for entry in report.stale:
        yield from ("", _stale(entry, code))


def _how_to_accept(report: Report) -> str:
    file = f"Pulumi.{report.stack.rsplit('/', 1)[-1]}.yaml"
    return (
        f"copy its line below this key of {file} and write the reason. If that ends, add "
        '`until: "yyyy-mm-dd"`, the last day.'
    )


def _entries(report: Report) -> list[str]:
    return [f"  {KEY}:", *(f"    {line}" for line in report.to_accept)]


def _takes_back(report: Report) -> str:
    return (
        f"{len(report.accepted)} difference(s) are accepted. Updates do not know of this list: `pulumi up --refresh` and a "
        "pipeline's deployment undo what was changed or deleted, and an update that writes a Kubernetes object may remove what "
        "was added to it."
    )


def _stale(entry: Stale, show: Callable[[str], str]) -> str:
    place = ", ".join(show(part) for part in (entry.resource, entry.path) if part)
    return f"Stale in acceptedDrift: {place} ({show(entry.reason)}): {entry.why}. Remove the entry."


def _not_deployed(report: Report) -> str:
    changes = f"{len(report.undeployed)} change(s) of the stack's file or the program are not deployed"
    preview = f"`make preview STACK={report.stack}` shows what they do, and a deployment carries them out."
    return f"{changes}: {_deployed(report.deployed)} {preview}"


def _deployed(deployed: Deployed | None) -> str:
    if deployed is None:
        return "the stack's history does not say when it was deployed last."
    when = f"the last deployment was on {deployed.at:%Y-%m-%d %H:%M} UTC"
    commit = f", of commit {deployed.commit[:7]}" if deployed.commit else ""
    uncommitted = " and changes that were not committed" if deployed.commit and deployed.dirty else ""
    in_part = "; a later update left out a part of the stack" if deployed.later_in_part else ""
    return f"{when}{commit}{uncommitted}{in_part}."


def _of_finding(finding: Finding) -> tuple[str, str, str, Any, Any]:
    return finding.resource, str(finding.kind), finding.what, finding.declared, finding.actual


def _of_accepted(accepted: Accepted) -> tuple[Any, ...]:
    until = f"{accepted.until:%Y-%m-%d}" if accepted.until else ""
    return (*_of_finding(accepted.finding), accepted.reason, until)


def _of_change(change: Undeployed) -> tuple[str, str, str, Any, Any]:
    return change.resource, change.operation, change.what, change.deployed, change.declared


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Table:
    table = Table(*head, box=None, pad_edge=False)
    for resource, kind, what, first, second, *more in rows:
        cells = (resource, f"{kind}: {what}" if what else kind, shown(first, second), shown(second, first), *more)
        table.add_row(*(Text(cell) for cell in cells))
    return table


def _rows(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for resource, kind, what, first, second, *more in rows:
        values = (code(first, second), code(second, first), *map(code, more))
        cells = (f"`{resource}`", f"{kind}: {code(what)}" if what else kind, *values)
        yield f"| {' | '.join(cells)} |"


def _findings(saved: list[dict[str, Any]]) -> list[Finding]:
    return [Finding(**{**finding, "kind": Kind(finding["kind"])}) for finding in saved]


def _accepted(saved: dict[str, Any]) -> Accepted:
    (finding,) = _findings([saved["finding"]])
    until = date.fromisoformat(saved["until"]) if saved["until"] else None
    return Accepted(finding, saved["reason"], until)

"""A drift report as text, Markdown or JSON."""

import dataclasses
import json
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from .report import ExpiringSecret, Finding, Report

_LONGEST = 300


def text(report: Report) -> str:
    """For a terminal or a log."""
    console = Console(width=160, no_color=True, highlight=False)
    with console.capture() as capture:
        if report.drifted:
            table = Table("resource", "what", "declared", "there", box=None, pad_edge=False)
            for finding in report.findings:
                what = f"{finding.kind}: {finding.what}" if finding.what else str(finding.kind)
                cells = (finding.resource, what, _shown(finding.declared), _shown(finding.actual))
                table.add_row(*(Text(cell) for cell in cells))
            console.print(table)
        console.print(_summary(report), markup=False)
        for secret in report.expiring:
            console.print(_warning(secret), markup=False)
    return "\n".join(line.rstrip() for line in capture.get().rstrip().splitlines())


def markdown(report: Report) -> str:
    """For a pull request's comment or a job's summary."""
    lines = [f"### Drift of `{report.stack}`", "", _summary(report)]
    if report.drifted:
        lines += ["", "| resource | what | declared | there |", "| --- | --- | --- | --- |"]
        lines += [_row(finding) for finding in report.findings]
    lines += [line for secret in report.expiring for line in ("", f"> [!WARNING]\n> {_warning(secret)}")]
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """For programs."""
    document = {**dataclasses.asdict(report), "drifted": report.drifted}
    return json.dumps(document, indent=2, default=lambda moment: moment.isoformat())


def _summary(report: Report) -> str:
    if not report.drifted:
        return f"No drift: everything is as stack {report.stack} declares it."
    resources = len({finding.resource for finding in report.findings})
    return f"{len(report.findings)} difference(s) in {resources} resource(s)."


def _warning(secret: ExpiringSecret) -> str:
    when = f"{secret.end:%Y-%m-%d}"
    ends = f"ended on {when}" if secret.days_left < 0 else f"ends on {when}, in {secret.days_left} day(s)"
    return f"Client secret {secret.key_id} ({secret.resource}) {ends}: set a later `rotation` and run `pulumi up`."


def _row(finding: Finding) -> str:
    what = f"{finding.kind}: `{finding.what}`" if finding.what else str(finding.kind)
    cells = (f"`{finding.resource}`", what, _code(finding.declared), _code(finding.actual))
    return f"| {' | '.join(cells)} |"


def _code(value: Any) -> str:
    # A bar would end the cell, and a back-tick the code.
    shown = _shown(value).replace("|", "\\|").replace("`", "'").replace("\n", " ")
    return f"`{shown}`" if shown else ""


def _shown(value: Any) -> str:
    if value is None:
        return ""
    whole = value if isinstance(value, str) else json.dumps(value)
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}..."

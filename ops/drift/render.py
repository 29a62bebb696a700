"""A drift report as text, Markdown or JSON."""

import dataclasses
import json
from datetime import datetime

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..report.markdown import LONGEST, code, cut, fenced, shown
from .report import ExpiringSecret, Finding, Kind, Report


def text(report: Report) -> str:
    """For a terminal or a log. Why a check has failed is not part of it."""
    console = Console(width=160, no_color=True, highlight=False)
    with console.capture() as capture:
        if report.drifted:
            table = Table("resource", "what", "declared", "there", box=None, pad_edge=False)
            for finding in report.findings:
                what = f"{finding.kind}: {finding.what}" if finding.what else str(finding.kind)
                cells = (finding.resource, what, shown(finding.declared), shown(finding.actual))
                table.add_row(*(Text(cell) for cell in cells))
            console.print(table)
            for line in _advice(report):
                console.print(line, markup=False)
        if report.problem is None:
            console.print(_summary(report), markup=False)
        for secret in report.expiring:
            console.print(warning(secret), markup=False)
    return "\n".join(line.rstrip() for line in capture.get().rstrip().splitlines())


def markdown(report: Report) -> str:
    """For a pull request's comment or a job's summary."""
    lines = [f"### Drift of `{report.stack}`", "", *_result(report)]
    if report.drifted:
        lines += ["", "| resource | what | declared | there |", "| --- | --- | --- | --- |"]
        lines += [_row(finding) for finding in report.findings]
        lines += [line for advice in _advice(report) for line in ("", advice)]
    lines += [line for secret in report.expiring for line in ("", f"> [!WARNING]\n> {warning(secret)}")]
    return "\n".join(lines)


def issue(report: Report) -> str:
    """For the issue that is open while the stack drifts."""
    return (
        f"{markdown(report)}\n\nIf the change is wanted, write it into the program or `Pulumi.{report.stack}.yaml`. If not, the "
        f"next deployment takes back what was changed or deleted, and what was added is to be removed by hand: look with "
        f"`make preview STACK={report.stack}`. The next check without drift closes this issue."
    )


def expiry(report: Report) -> str | None:
    """For the issue that is open while secrets end soon; None where none does."""
    if not report.expiring:
        return None
    lines = "\n".join(f"- {warning(secret)}" for secret in report.expiring)
    return f"{lines}\n\n`python -m ops rotate --stack {report.stack}` sets the date; the deployment after it rotates."


def as_json(report: Report) -> str:
    """For programs."""
    document = {**dataclasses.asdict(report), "drifted": report.drifted if report.problem is None else None}
    return json.dumps(document, indent=2, default=lambda moment: moment.isoformat())


def from_json(text: str) -> Report:
    """A report that was saved."""
    document = json.loads(text)
    findings = [Finding(**{**finding, "kind": Kind(finding["kind"])}) for finding in document["findings"]]
    expiring = [
        ExpiringSecret(**{**secret, "end": datetime.fromisoformat(secret["end"])}) for secret in document["expiring"]
    ]
    return Report(document["stack"], findings, expiring, document.get("problem"))


def _result(report: Report) -> list[str]:
    if report.problem is None:
        return [_summary(report)]
    failed = "> [!CAUTION]\n> The check failed: nothing is known of what has drifted."
    return [failed, "", fenced(cut(report.problem, LONGEST // 2))]


def _summary(report: Report) -> str:
    if not report.drifted:
        return f"No drift: everything is as stack {report.stack} declares it."
    resources = len({finding.resource for finding in report.findings})
    return f"{len(report.findings)} difference(s) in {resources} resource(s)."


def warning(secret: ExpiringSecret) -> str:
    """What to do about a secret that ends soon."""
    when = f"{secret.end:%Y-%m-%d}"
    ends = f"ended on {when}" if secret.days_left < 0 else f"ends on {when}, in {secret.days_left} day(s)"
    return f"Client secret {secret.key_id} ({secret.resource}) {ends}: set a later `rotation` and run `pulumi up`."


def _advice(report: Report) -> list[str]:
    return [f"{finding.resource}, {finding.what}: {finding.advice}" for finding in report.findings if finding.advice]


def _row(finding: Finding) -> str:
    what = f"{finding.kind}: {code(finding.what)}" if finding.what else str(finding.kind)
    cells = (f"`{finding.resource}`", what, code(finding.declared), code(finding.actual))
    return f"| {' | '.join(cells)} |"

"""A live run's report as Markdown, for an issue."""

from collections.abc import Callable, Iterator

from ..report.markdown import LONGEST, code, cut, fenced, folded
from .report import Outcome, Report, Step

_DETAILS_ROOM = LONGEST // 2
_FAILURE_ROOM = LONGEST // 8


def markdown(report: Report, masked: Callable[[str], str]) -> str:
    """The report.

    Args:
        report: the run.
        masked: a text without what nobody else may read; whatever is shown goes through it.
    """
    lines = [f"## Live run of stack `{report.stack}`: {_result(report)}", "", "| | |", "| --- | --- |"]
    lines += [f"| {name} | {_cell(value)} |" for name, value in report.versions.items()]
    lines += ["", "| | step | command | took | what came of it |", "| --- | --- | --- | --- | --- |"]
    lines += [_row(step) for step in report.steps]
    if report.failed is not None and "\n" in report.failed.found:
        lines += ["", fenced(cut(report.failed.found, _FAILURE_ROOM))]
    lines += [line for note in report.notes for line in ("", f"> [!NOTE]\n> {note}")]
    if report.observed:
        lines += ["", "### Observed", "", "Questions of docs/not-established.md.", ""]
        lines += ["| question | here |", "| --- | --- |"]
        lines += [f"| {_cell(each.question)} | {_cell(each.answer)} |" for each in report.observed]
    if details := list(_details(report)):
        lines += [
            "",
            folded(
                "What was warned of, and what the updates said, with the seconds since each began", "\n\n".join(details)
            ),
        ]
    return cut(masked("\n".join(lines)), LONGEST)


def _result(report: Report) -> str:
    return f"failed at '{report.failed.title}'" if report.failed else "well" if report.is_well else "not ended"


def _row(step: Step) -> str:
    was_run = step.outcome in (Outcome.WELL, Outcome.FAILED)
    took = f"{step.seconds:.0f} s" if was_run else ""
    found = step.found.splitlines()[0] if step.found else ""
    return f"| {step.outcome} | {step.title} | {code(step.command)} | {took} | {_cell(found)} |"


def _details(report: Report) -> Iterator[str]:
    room = _DETAILS_ROOM
    for step in report.steps:
        if step.details and room > 0:
            text = cut("\n".join(step.details), room)
            room -= len(text.encode())
            yield f"{step.title}:\n{fenced(text)}"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")

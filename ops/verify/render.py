"""A verification as text or JSON."""

import dataclasses
import json

from .report import Report


def text(report: Report) -> str:
    """For a terminal or a log."""
    lines: list[str] = []
    for check in report.checks:
        lines.append(f"{check.answer:<8}{check.subject}: {check.question}: {check.found}")
        if check.next_step:
            lines.append(f"        next: {check.next_step}")
    return "\n".join(lines)


def as_json(report: Report) -> str:
    """For programs."""
    return json.dumps({**dataclasses.asdict(report), "exitCode": report.exit_code.value}, indent=2)

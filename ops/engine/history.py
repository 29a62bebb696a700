"""When a stack was changed."""

import json
from datetime import datetime

from .commands import run


def updates(stack: str) -> list[tuple[datetime, datetime]]:
    """When a stack's last hundred changes began and ended; where no service keeps them, without those that were killed.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    entries = json.loads(run("stack", "history", "--json", "--page-size", "100", "--stack", stack))
    return [
        (datetime.fromisoformat(entry["startTime"]), datetime.fromisoformat(entry["endTime"]))
        for entry in entries
        if entry["kind"] == "update" and entry.get("endTime")
    ]

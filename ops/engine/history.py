"""When a stack was changed, by what and from where."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from .commands import run

_PAGE = 10
# What lets an update or a destruction leave out a part of the stack.
_OF_A_PART = ("target", "exclude", "exclude-protected")


@dataclass(frozen=True)
class Entry:
    """One operation that changed a stack."""

    kind: str
    """`update`, `refresh`, `destroy`, `resource-import`, `import` or `rename`."""
    result: str
    """`succeeded`, `failed`; with a service also `in-progress`."""
    start: datetime
    end: datetime | None
    commit: str = ""
    """Commit that was checked out, where the program is in a git repository."""
    dirty: bool = False
    """Whether files differed from that commit."""
    of_a_part: bool = False
    """Whether it left out a part of the stack."""
    config: dict[str, Any] = field(default_factory=dict)
    """The configuration that it used, as `configuration` has it."""


def updates(stack: str) -> list[tuple[datetime, datetime]]:
    """When a stack's last hundred changes began and ended; where no service keeps them, without those that were killed.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    return [
        (entry.start, entry.end)
        for entry in _page(stack, 1, size=100)
        if entry.kind == "update" and entry.end is not None
    ]


def history(stack: str) -> Iterator[Entry]:
    """What changed a stack, the latest first. A backend without a service has no entry of what was killed.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    page = 1
    while entries := _page(stack, page, size=_PAGE):
        yield from entries
        if len(entries) < _PAGE:
            return
        page += 1


def configuration(stack: str) -> dict[str, Any]:
    """A stack's configuration as its file has it now: by key the value, or that it is secret.

    Raises:
        OpsError: the engine can't be run, or can't read the file.
    """
    return json.loads(run("config", "--json", "--stack", stack))


def _page(stack: str, page: int, *, size: int) -> list[Entry]:
    pages = ("--page-size", str(size), "--page", str(page))
    return [_entry(entry) for entry in json.loads(run("stack", "history", "--json", *pages, "--stack", stack))]


def _entry(entry: dict[str, Any]) -> Entry:
    environment = entry.get("environment") or {}
    return Entry(
        kind=entry["kind"],
        result=entry.get("result", ""),
        start=datetime.fromisoformat(entry["startTime"]),
        end=datetime.fromisoformat(entry["endTime"]) if entry.get("endTime") else None,
        commit=environment.get("git.head", ""),
        dirty=environment.get("git.dirty") == "true",
        of_a_part=any(f"pulumi.flag.{flag}" in environment for flag in _OF_A_PART),
        config=entry.get("config") or {},
    )

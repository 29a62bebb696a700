"""How a text is found again: by a mark that nobody sees, and by who wrote it."""

import os
import re
from typing import Any


def mark(subject: str, stack: str) -> str:
    """The first line of a text about a stack."""
    return f"<!-- self-hosted-gateway {subject} {stack} -->"


def is_ours(text: dict[str, Any], marked: str) -> bool:
    """Whether a comment or an issue carries the mark, and a pipeline wrote it: anybody can write a mark."""
    written = str(text.get("body") or "").startswith(f"{marked}\n")
    in_pipeline = os.environ.get("GITHUB_ACTIONS") == "true"
    return written and (not in_pipeline or (text.get("user") or {}).get("type") == "Bot")


def stack_of(text: dict[str, Any], subject: str) -> str | None:
    """The stack that a text of ours about a subject is for; None where it is something else."""
    found = re.match(r"<!-- self-hosted-gateway (\S+) (\S+) -->\n", str(text.get("body") or ""))
    if found is None or found[1] != subject or not is_ours(text, mark(subject, found[2])):
        return None
    return found[2]


def origin() -> str:
    """Where a text comes from: commit and run, as its last line."""
    server, repository = os.environ.get("GITHUB_SERVER_URL"), os.environ.get("GITHUB_REPOSITORY")
    run, commit = os.environ.get("GITHUB_RUN_ID"), os.environ.get("PREVIEWED_COMMIT") or os.environ.get("GITHUB_SHA")
    parts = [f"Commit {commit}"] if commit else []
    if server and repository and run:
        parts.append(f"[run]({server}/{repository}/actions/runs/{run})")
    return f"\n\n<sub>{', '.join(parts)}</sub>" if parts else ""

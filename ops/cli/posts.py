"""Commands of pipelines, which post on GitHub what other commands have saved."""

from pathlib import Path
from typing import Annotated

import typer

from ..drift import render
from ..errors import OpsError
from ..github.api import Repository
from ..github.comment import keep_comment, outdate_comments
from ..github.issue import keep_issue
from ..preview import comment as preview_comment
from ..preview.affected import affected as affected_stacks
from .output import Folder, Stack, reported, say

_PANEL = "Pull requests and issues"

app = typer.Typer()


@app.command(rich_help_panel=_PANEL)
def comment(
    stack: Stack,
    pull_request: Annotated[int, typer.Option(help="Number of the pull request.")],
    folder: Folder = None,
) -> None:
    """Post a saved preview on a GitHub pull request, in the place of the stack's last one."""
    with reported():
        file = (folder or Path("reports") / stack) / "preview.md"
        missing = preview_comment.failure(stack, "It did not begin: the run's log says why.")
        text = file.read_text() if file.exists() else missing
        say(keep_comment(Repository(), pull_request, stack, text))


@app.command(rich_help_panel=_PANEL)
def outdate(
    pull_request: Annotated[int, typer.Option(help="Number of the pull request.")],
    base: Annotated[str, typer.Option(help="Commit that HEAD is compared with.")],
) -> None:
    """Say in a pull request's earlier previews of stacks that it can no longer affect that they hold no longer."""
    with reported():
        for stack in outdate_comments(Repository(), pull_request, affected_stacks(base)):
            say(f"The preview of stack {stack} holds no longer.")


@app.command(rich_help_panel=_PANEL)
def issue(stack: Stack, folder: Folder = None) -> None:
    """Open, update or close a stack's GitHub issues by a saved drift report: one for drift, one for secrets that end."""
    with reported():
        file = (folder or Path("reports") / stack) / "drift.json"
        if not file.exists():
            raise OpsError(f"There is no report {file}: `.venv/bin/python -m ops drift --save` makes it.")
        report = render.from_json(file.read_text())
        repository = Repository()
        kept = [("secrets", f"Client secrets of stack {stack} end soon", render.expiry(report))]
        # A check that failed is neither drift nor its end, and a difference that is to be deployed away is neither too.
        if report.problem is None and (report.drifted or not report.decided):
            kept.insert(0, ("drift", f"Drift in stack {stack}", render.issue(report) if report.drifted else None))
        for subject, title, text in kept:
            if done := keep_issue(repository, subject, stack, title, text):
                say(done)

"""Commands around an update: what it would do, doing what was approved, and whom a change affects."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from ..cluster.updates import Losses
from ..deploy import deploy as deploy_planned
from ..engine.steps import Step
from ..environments import write as write_environments
from ..errors import OpsError
from ..preview import comment as preview_comment
from ..preview import text as preview_text
from ..preview.affected import affected as affected_stacks
from ..preview.foreseen import Foreseen
from ..preview.preview import preview as preview_update
from ..report.masking import mask
from .output import Folder, Format, Save, Saved, Stack, interrupted_by_sigterm, reported, say

_PANEL = "Updates"

app = typer.Typer()


_PREVIEW: dict[Format, Callable[[str, list[Step], Losses, Foreseen], str]] = {
    Format.TEXT: preview_text.text,
    Format.MARKDOWN: preview_comment.markdown,
    Format.JSON: preview_text.as_json,
}


@app.command(rich_help_panel=_PANEL)
def preview(
    stack: Stack,
    *,
    refresh: Annotated[bool, typer.Option("--refresh", help="Compare with reality, not with the state.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    save: Save = None,
) -> None:
    """Say in words what an update would change, replace and take away, what that interrupts, and what to do instead.

    It changes nothing. Saved are plan.json, for `deploy`, and preview.md, a pull request's comment, where it fails too.
    """
    with reported():
        saved = Saved(save, "preview.md", "plan.json")
        try:
            found = preview_update(stack, refresh=refresh, plan=saved.path("plan.json"))
        except OpsError as error:
            saved.write("preview.md", preview_comment.failure(stack, str(error)))
            if format_ is Format.MARKDOWN:
                say(preview_comment.failure(stack, str(error)))
            raise OpsError(mask(str(error))) from None
        saved.write("preview.md", preview_comment.markdown(stack, found.steps, found.losses, found.foreseen))
        say(_PREVIEW[format_](stack, found.steps, found.losses, found.foreseen))


@app.command(rich_help_panel=_PANEL)
def deploy(
    stack: Stack, plan: Annotated[Path, typer.Option(help="The plan that `preview --refresh --save` has saved.")]
) -> None:
    """Update a stack by a saved plan: what the plan does not hold is not done. Secrets are not printed.

    If the update waits, for a quota or rights for example, the reason and the next step are printed as soon as the cluster
    or Azure shows them, as `verify --watch` does.
    """
    from ..verify.watch import watched  # see `application`

    with reported(), watched(stack, say) as hear:
        deploy_planned(stack, plan, hear)


@app.command(rich_help_panel=_PANEL)
def live(
    stack: Stack,
    *,
    rotate: Annotated[bool, typer.Option("--rotate", help="Rotate the client secrets, too.")] = False,
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Delete everything that the stack has in the end.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    save: Folder = None,
) -> None:
    """Try a stack out from end to end: preview, update, verify, drift, a drift made, seen and healed. Prints a report.

    The drift is another value of a label that the stack's ConfigMap declares. It is put back if anything fails. Healing it
    replaces the pods. Nothing is deployed that deletes or replaces something.

    The report, live.md when saved, names no secret, id, host or account. Steps are told on standard error.

    Exit codes: 0 all went well; 1 a step failed, and those after it were not run.
    """
    from ..live.markdown import markdown as live_report  # see `application`
    from ..live.masks import Masks
    from ..live.program import Program
    from ..live.run import LiveRun

    def agree(question: str) -> bool:
        return yes or typer.confirm(question, err=True)

    with reported(), interrupted_by_sigterm():
        if not yes and not sys.stdin.isatty():
            raise OpsError("It deploys, and nobody is there to be asked: give --yes.")
        folder = save or Path("reports") / stack
        saved, masks = Saved(folder, "live.md"), Masks()
        run = LiveRun(Program(stack, folder), masks, lambda line: say(line, err=True), agree)
        report = run.run(rotate=rotate, destroy=destroy)
        text = live_report(report, masks)
        saved.write("live.md", text)
        say(text)
        say(f"The report: {saved.path('live.md')}", err=True)
        if not report.is_well:
            raise typer.Exit(1)


@app.command(rich_help_panel=_PANEL)
def affected(
    base: Annotated[
        str | None, typer.Option(help="Commit that HEAD is compared with; without it, all stacks are named.")
    ] = None,
) -> None:
    """Name the stacks that a change can affect, as a JSON list; those that others take roles from come first."""
    with reported():
        say(json.dumps(affected_stacks(base)))


@app.command(rich_help_panel=_PANEL)
def environments() -> None:
    """Write the environments of environments.yaml into the pipelines' files: run it after a change of that list."""
    with reported():
        written = write_environments(Path())
        for file in written:
            say(f"Written: {file}")
        if not written:
            say("Nothing to write: the pipelines have these environments.")

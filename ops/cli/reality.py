"""Commands that look, and change nothing: what a stack has, whether it drifts, whether it works."""

from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from ..drift import render
from ..drift.report import Report
from ..engine.graph import mermaid
from ..engine.state import export_stack
from ..errors import OpsError
from ..report.annotation import warn
from ..verify import render as verify_render
from ..verify.report import ExitCode
from .output import Format, Save, Saved, Stack, TextOrJson, reported, say

_PANEL = "Reality"

app = typer.Typer()


DRIFTED = 7  # the engine's own exit code for "changes where none were expected"


_RENDER: dict[Format, Callable[[Report], str]] = {
    Format.TEXT: render.text,
    Format.MARKDOWN: render.markdown,
    Format.JSON: render.as_json,
}


@app.command(rich_help_panel=_PANEL)
def drift(
    stack: Stack,
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    save: Save = None,
) -> None:
    """Compare reality with what a stack declares, and name secrets that end within 30 days. Changes nothing.

    Changes of the stack's file or the program that are not deployed are named apart, and are no drift. Nor are differences
    that the file accepts (`acceptedDrift`): they are listed, until their date has passed.

    Saved are drift.md and drift.json, the latter for `issue`; if the check fails, only where a secret has ended or soon
    will.

    Exit codes: 0 no drift, or only what is accepted, whether or not there are changes to deploy; 7 drift; 1 it could not be
    checked, and the message says why. A stack that was never deployed, or whose last update failed, can't be checked.
    """
    from ..drift.check import check  # see `application`

    with reported():
        saved = Saved(save, "drift.md", "drift.json")
        report = check(stack)
        saved.write("drift.md", render.markdown(report))
        saved.write("drift.json", render.as_json(report))
        say(_RENDER[format_](report))
        for secret in report.expiring:
            warn(render.warning(secret))
        if report.problem is not None:
            raise OpsError(report.problem)
        if report.drifted:
            warn(f"Stack {stack} has drifted.")
            raise typer.Exit(DRIFTED)


@app.command(rich_help_panel=_PANEL)
def verify(
    stack: Stack,
    *,
    watch: Annotated[
        bool, typer.Option("--watch", help="While an update runs, say why it waits as soon as that shows; then ask.")
    ] = False,
    format_: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT,
) -> None:
    """Ask Entra, ARM and the cluster whether a stack's gateways can do their work, also while an update runs. Changes nothing.

    With `--watch` beside an update, it prints each reason why the update waits once when the cluster or Azure shows it, and
    once when it is gone: a quota, pod security, no node, an image, a refusal by Azure, rights on their way. It goes on to
    the questions when the update has ended. `deploy` does so by itself.

    Exit codes: 0 all is well; 1 something is not; 2 something could not be found out, and the message says why.
    """
    from ..verify.run import verify as run_verification  # see `application`
    from ..verify.watch import watch as watch_update

    with reported(ExitCode.UNKNOWN):
        if watch:
            watch_update(stack, partial(say, err=format_ is not TextOrJson.TEXT))
        report = run_verification(stack)
        say(verify_render.text(report) if format_ is TextOrJson.TEXT else verify_render.as_json(report))
        if report.exit_code:
            raise typer.Exit(report.exit_code.value)


@app.command(rich_help_panel=_PANEL)
def graph(stack: Stack) -> None:
    """Print a stack's dependency graph as Mermaid, grouped by component, from the engine's own record of it."""
    with reported():
        say(mermaid(export_stack(stack)))

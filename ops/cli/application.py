"""The commands of `python -m ops`."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..adopt.run import adopt as run_adoption
from ..adopt.text import describe as describe_adoption
from ..deploy import deploy as deploy_planned
from ..drift import render
from ..drift.check import check
from ..drift.report import Report
from ..engine.attributes import remove_empty_attributes
from ..engine.graph import mermaid
from ..engine.state import export_stack
from ..engine.steps import Step
from ..engine.steps import preview as preview_steps
from ..errors import OpsError
from ..github.api import Repository
from ..github.comment import keep_comment, outdate_comments
from ..github.issue import keep_issue
from ..preview import comment as preview_comment
from ..preview import text as preview_text
from ..preview.affected import affected as affected_stacks
from ..recover import run as recovery
from ..recover.text import describe as describe_recovery
from ..report.annotation import harmless, warn
from ..report.masking import mask
from ..rotate import rotate as set_rotation
from ..verify import render as verify_render
from ..verify.report import ExitCode
from ..verify.run import verify as run_verification

DRIFTED = 7  # the engine's own exit code for "changes where none were expected"

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What operators and pipelines run around the engine."
)

Stack = Annotated[str, typer.Option(help="Name of the stack.")]
Folder = Annotated[Path | None, typer.Option(help="Folder for the report; default: reports/<stack>.")]
Save = Annotated[Path | None, typer.Option(help="Folder where the result is saved too, for a pipeline.")]


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


class TextOrJson(StrEnum):
    """How a result is printed that no comment takes up."""

    TEXT = "text"
    JSON = "json"


_RENDER: dict[Format, Callable[[Report], str]] = {
    Format.TEXT: render.text,
    Format.MARKDOWN: render.markdown,
    Format.JSON: render.as_json,
}

_PREVIEW: dict[Format, Callable[[str, list[Step]], str]] = {
    Format.TEXT: preview_text.text,
    Format.MARKDOWN: preview_comment.markdown,
    Format.JSON: preview_text.as_json,
}


@app.callback()
def main() -> None:
    """Commands for a deployed stack."""


@app.command()
def graph(stack: Stack) -> None:
    """Print a stack's dependency graph as Mermaid, grouped by component, from the engine's own record of it."""
    with _reported():
        _say(mermaid(export_stack(stack)))


@app.command()
def drift(
    stack: Stack,
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    save: Save = None,
) -> None:
    """Compare reality with what a stack declares, and name secrets that end within 30 days. Changes nothing.

    Saved are drift.md and drift.json, the latter for `issue`; if the check fails, only where a secret has ended or soon
    will. Exit codes: 0 no drift; 7 drift; 1 it could not be checked, and the message says why.
    """
    with _reported():
        saved = _Saved(save, "drift.md", "drift.json")
        report = check(stack)
        saved.write("drift.md", render.markdown(report))
        saved.write("drift.json", render.as_json(report))
        _say(_RENDER[format_](report))
        for secret in report.expiring:
            warn(render.warning(secret))
        if report.problem is not None:
            raise OpsError(report.problem)
        if report.drifted:
            warn(f"Stack {stack} has drifted.")
            raise typer.Exit(DRIFTED)


@app.command()
def preview(
    stack: Stack,
    *,
    refresh: Annotated[bool, typer.Option("--refresh", help="Compare with reality, not with the state.")] = False,
    format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT,
    save: Save = None,
) -> None:
    """Say in words what an update would change and replace, what that interrupts, and what to do instead.

    It changes nothing. Saved are plan.json, for `deploy`, and preview.md, a pull request's comment, where it fails too.
    """
    with _reported():
        saved = _Saved(save, "preview.md", "plan.json")
        try:
            steps = preview_steps(stack, refresh=refresh, plan=saved.path("plan.json"))
        except OpsError as error:
            saved.write("preview.md", preview_comment.failure(stack, str(error)))
            if format_ is Format.MARKDOWN:
                _say(preview_comment.failure(stack, str(error)))
            raise OpsError(mask(str(error))) from None
        saved.write("preview.md", preview_comment.markdown(stack, steps))
        _say(_PREVIEW[format_](stack, steps))


@app.command()
def deploy(
    stack: Stack, plan: Annotated[Path, typer.Option(help="The plan that `preview --refresh --save` has saved.")]
) -> None:
    """Update a stack by a saved plan: what the plan does not hold is not done. Secrets are not printed."""
    with _reported():
        deploy_planned(stack, plan, _say)


@app.command()
def affected(
    base: Annotated[
        str | None, typer.Option(help="Commit that HEAD is compared with; without it, all stacks are named.")
    ] = None,
) -> None:
    """Name the stacks that a change can affect, as a JSON list; those that others take roles from come first."""
    with _reported():
        _say(json.dumps(affected_stacks(base)))


@app.command()
def comment(
    stack: Stack,
    pull_request: Annotated[int, typer.Option(help="Number of the pull request.")],
    folder: Folder = None,
) -> None:
    """Post a saved preview on a GitHub pull request, in the place of the stack's last one."""
    with _reported():
        file = (folder or Path("reports") / stack) / "preview.md"
        missing = preview_comment.failure(stack, "It did not begin: the run's log says why.")
        text = file.read_text() if file.exists() else missing
        _say(keep_comment(Repository(), pull_request, stack, text))


@app.command()
def outdate(
    pull_request: Annotated[int, typer.Option(help="Number of the pull request.")],
    base: Annotated[str, typer.Option(help="Commit that HEAD is compared with.")],
) -> None:
    """Say in a pull request's earlier previews of stacks that it can no longer affect that they hold no longer."""
    with _reported():
        for stack in outdate_comments(Repository(), pull_request, affected_stacks(base)):
            _say(f"The preview of stack {stack} holds no longer.")


@app.command()
def issue(stack: Stack, folder: Folder = None) -> None:
    """Open, update or close a stack's GitHub issues by a saved drift report: one for drift, one for secrets that end."""
    with _reported():
        file = (folder or Path("reports") / stack) / "drift.json"
        if not file.exists():
            raise OpsError(f"There is no report {file}: `python -m ops drift --save` makes it.")
        report = render.from_json(file.read_text())
        repository = Repository()
        kept = [("secrets", f"Client secrets of stack {stack} end soon", render.expiry(report))]
        # A check that failed is neither drift nor its end.
        if report.problem is None:
            kept.insert(0, ("drift", f"Drift in stack {stack}", render.issue(report) if report.drifted else None))
        for subject, title, text in kept:
            if done := keep_issue(repository, subject, stack, title, text):
                _say(done)


@app.command()
def rotate(
    stack: Stack,
    gateway: Annotated[
        str | None, typer.Option(help="Name of the gateway; all of the stack's where not given.")
    ] = None,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The new date; today by default.")] = None,
) -> None:
    """Set the date of a client secret's rotation in the stack's file, and say what the next update will do."""
    with _reported():
        day = (date or datetime.now(UTC)).date()
        for rotation in set_rotation(stack, gateway, day):
            _say(f"Gateway '{rotation.gateway}': rotation {rotation.before} -> {rotation.after}.")
        _say(
            "Nothing has happened yet. `pulumi up` makes a new client secret, rolls the pods with the article's strategy, and "
            "removes the old secret when the new ones serve; if it fails before that, both secrets work."
        )


@app.command()
def verify(
    stack: Stack, format_: Annotated[TextOrJson, typer.Option("--format", help="How to print it.")] = TextOrJson.TEXT
) -> None:
    """Ask Entra, ARM and the cluster whether a deployed stack's gateways can do their work. Changes nothing.

    Exit codes: 0 all is well; 1 something is not; 2 something could not be found out, and the message says why.
    """
    with _reported(ExitCode.UNKNOWN):
        report = run_verification(stack)
        _say(verify_render.text(report) if format_ is TextOrJson.TEXT else verify_render.as_json(report))
        if report.exit_code:
            raise typer.Exit(report.exit_code.value)


@app.command()
def recover(
    stack: Stack,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    owner_is_gone: Annotated[
        bool, typer.Option("--owner-is-gone", help="The update that took the lock, on another machine, has ended.")
    ] = False,
) -> None:
    """Clear up after an update that was killed: its lock, what it left pending, and objects that the state does not know.

    It says what it will do, and asks. Afterwards `pulumi up` goes on from there.
    """
    with _reported():
        for file in remove_empty_attributes():
            _say(f"The engine could not read {file.stem}: {file} was empty, and is removed.")
        planned = recovery.plan(stack, owner_is_gone=owner_is_gone)
        _say(describe_recovery(planned))
        if not planned.is_needed:
            return
        if not yes and not typer.confirm("Clear the lock only?" if planned.obstacle else "Do this?"):
            raise typer.Exit(1)
        recovery.carry_out(planned)
        if planned.obstacle:
            _say(f"The lock of stack {stack} is cleared, and nothing else.")
        else:
            _say(f"Done. Go on with `pulumi up --stack {stack}`.")


@app.command()
def adopt(
    stack: Stack,
    application: Annotated[
        list[str] | None,
        typer.Option(help="GATEWAY=CLIENT_ID, where the name does not tell which application is the gateway's."),
    ] = None,
    output: Annotated[Path, typer.Option(help="The import file that is written.")] = Path("import.json"),
) -> None:
    """Find what was deployed by hand and the stack's configuration names, and write an import file for it.

    It only reads. Run it again after the import: it says what the next update changes, and why.
    """
    with _reported():
        given = [pair.partition("=") for pair in application or []]
        adoption = run_adoption(stack, {gateway: client_id for gateway, _, client_id in given})
        if adoption.found.ids:
            output.write_text(json.dumps(adoption.import_file, indent=2) + "\n")
        _say(describe_adoption(adoption, str(output)))


class _Saved:
    """A folder for results, if one is wanted; it never holds those of an earlier run."""

    def __init__(self, folder: Path | None, *names: str) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name in names:
                (folder / name).unlink(missing_ok=True)

    def path(self, name: str) -> Path | None:
        return self._folder / name if self._folder else None

    def write(self, name: str, text: str) -> None:
        if self._folder is not None:
            (self._folder / name).write_text(f"{text}\n")


def _say(text: str, *, err: bool = False) -> None:
    typer.echo(harmless(text), err=err)


@contextmanager
def _reported(code: int = 1) -> Iterator[None]:
    """One message for what went wrong, no traceback."""
    try:
        yield
    except OpsError as error:
        _say(f"error: {error}", err=True)
        raise typer.Exit(code) from None

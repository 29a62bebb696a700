"""The commands of `python -m ops`."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated

import typer

from . import preview_text
from .drift import render
from .drift.check import check
from .drift.report import Report
from .engine import Step, export_stack
from .engine import preview as preview_steps
from .errors import OpsError
from .graph import mermaid
from .rotate import rotate as set_rotation

DRIFTED = 7  # the engine's own exit code for "changes where none were expected"

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What operators and pipelines run around the engine."
)

Stack = Annotated[str, typer.Option(help="Name of the stack.")]


class Format(StrEnum):
    """How a result is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    JSON = "json"


_RENDER: dict[Format, Callable[[Report], str]] = {
    Format.TEXT: render.text,
    Format.MARKDOWN: render.markdown,
    Format.JSON: render.as_json,
}

_PREVIEW: dict[Format, Callable[[str, list[Step]], str]] = {
    Format.TEXT: preview_text.text,
    Format.MARKDOWN: preview_text.markdown,
    Format.JSON: preview_text.as_json,
}


@app.callback()
def main() -> None:
    """Commands for a deployed stack."""


@app.command()
def graph(stack: Stack) -> None:
    """Print a stack's dependency graph as Mermaid, grouped by component, from the engine's own record of it."""
    with _reported():
        typer.echo(mermaid(export_stack(stack)))


@app.command()
def drift(
    stack: Stack, format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT
) -> None:
    """Compare reality with what a stack declares, and name secrets that end within 30 days. Changes nothing.

    Exit codes: 0 no drift; 7 drift; 1 it could not be checked, and the message says why.
    """
    with _reported():
        report = check(stack)
        typer.echo(_RENDER[format_](report))
        if report.drifted:
            raise typer.Exit(DRIFTED)


@app.command()
def preview(
    stack: Stack, format_: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TEXT
) -> None:
    """Say in words what an update would replace, what that interrupts, and what to do instead. Changes nothing."""
    with _reported():
        typer.echo(_PREVIEW[format_](stack, preview_steps(stack)))


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
            typer.echo(f"Gateway '{rotation.gateway}': rotation {rotation.before} -> {rotation.after}.")
        typer.echo(
            "Nothing has happened yet. `pulumi up` makes a new client secret, rolls the pods with the article's strategy, and "
            "removes the old secret when they have ended; if it fails before that, both secrets work."
        )


@contextmanager
def _reported() -> Iterator[None]:
    """One message for what went wrong, no traceback."""
    try:
        yield
    except OpsError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None

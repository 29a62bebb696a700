"""What commands share: their options, what they print and save, and one message for what goes wrong."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ..errors import OpsError
from ..report.annotation import harmless

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


class Saved:
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


def say(text: str, *, err: bool = False) -> None:
    """Print a text, in which a pipeline finds no command."""
    typer.echo(harmless(text), err=err)


@contextmanager
def reported(code: int = 1) -> Iterator[None]:
    """One message for what went wrong, no traceback."""
    try:
        yield
    except OpsError as error:
        say(f"error: {error}", err=True)
        raise typer.Exit(code) from None


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Have SIGTERM, with which a pipeline cancels, interrupt as Ctrl-C does: what has to be put back still is."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

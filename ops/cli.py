"""The commands of `python -m ops`."""

from typing import Annotated

import typer

from .engine import EngineError, export_stack
from .graph import mermaid

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What operators and pipelines run around the engine."
)


@app.callback()
def main() -> None:
    """Commands for a deployed stack."""


@app.command()
def graph(stack: Annotated[str, typer.Option(help="Name of the stack.")]) -> None:
    """Print a stack's dependency graph as Mermaid, grouped by component, from the engine's own record of it."""
    try:
        typer.echo(mermaid(export_stack(stack)))
    except EngineError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None

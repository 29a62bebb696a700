"""How the commands report what went wrong: one message, no traceback."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console

from ..toolchain.build import BuildError
from .home import SandboxError

# Standard output is for results (`env`, `run`); progress and errors go beside it.
console = Console(stderr=True)


@contextmanager
def reported() -> Iterator[None]:
    """Turn errors into a message and an exit code."""
    try:
        yield
    except (SandboxError, BuildError) as error:
        console.print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        console.print("interrupted")
        raise typer.Exit(130) from None

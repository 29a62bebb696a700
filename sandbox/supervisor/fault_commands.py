"""The commands below `fault`: what goes wrong in the emulated Azure, on purpose."""

from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from . import azure_control
from .errors import reported
from .home import Home

app = typer.Typer(no_args_is_help=True, help="Faults of the emulated Azure: refusals, lost connections, slow answers.")
output = Console()

_EXAMPLES = """
Operations are named as `GET /_sandbox/requests` counts them: an API (ARM, Graph, Entra, Configuration), a method and
what it is about; `*` stands for any text. Examples:

    .venv/bin/python -m sandbox fault add "ARM PUT *roleAssignments" --status 429 --retry-after 1 --count 2

    .venv/bin/python -m sandbox fault add "Graph POST applications" --reset --done --count 1

    .venv/bin/python -m sandbox fault add "Entra POST token" --delay 5

    .venv/bin/python -m sandbox fault delay --rbac-delay 600
"""


@app.command(epilog=_EXAMPLES)
def add(
    operation: Annotated[str, typer.Argument(help="Operations that it befalls.")],
    status: Annotated[int | None, typer.Option(help="HTTP status of the refusal.")] = None,
    code: Annotated[str | None, typer.Option(help="Code of the refusal.")] = None,
    message: Annotated[str | None, typer.Option(help="Message of the refusal.")] = None,
    retry_after: Annotated[int | None, typer.Option(help="Seconds of its Retry-After header.")] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Reset the connection instead.")] = False,  # noqa: FBT002
    delay: Annotated[float, typer.Option(help="Seconds to wait first.")] = 0,
    done: Annotated[bool, typer.Option("--done", help="Do what is asked, and then go wrong.")] = False,  # noqa: FBT002
    skip: Annotated[int, typer.Option(help="Requests that pass before it begins.")] = 0,
    count: Annotated[int | None, typer.Option(help="Requests that it befalls; none: until it is cleared.")] = None,
) -> None:
    """Set a fault, and print its id."""
    fault: dict[str, Any] = {
        "operation": operation,
        "status": status,
        "code": code,
        "message": message,
        "retryAfter": retry_after,
        "reset": reset,
        "delay": delay,
        "done": done,
        "skip": skip,
        "count": count,
    }
    with reported():
        typer.echo(azure_control.add_fault(Home.current(), fault))


@app.command()
def delay(
    rbac_delay: Annotated[float | None, typer.Option(help="Seconds until a role assignment works.")] = None,
    graph_replication: Annotated[float | None, typer.Option(help="Seconds until Graph finds what it has made.")] = None,
    list_delay: Annotated[float | None, typer.Option(help="Seconds until lists show what was written.")] = None,
    token_lifetime: Annotated[float | None, typer.Option(help="Seconds that an access token is valid.")] = None,
) -> None:
    """Set how long Azure takes, which it does without anything being wrong, and show it; with nothing given, show it."""
    given = {
        "rbacDelaySeconds": rbac_delay,
        "graphReplicationSeconds": graph_replication,
        "listDelaySeconds": list_delay,
        "tokenLifetimeSeconds": token_lifetime,
    }
    with reported():
        changes = {name: seconds for name, seconds in given.items() if seconds is not None}
        for name, seconds in azure_control.delays(Home.current(), changes).items():
            typer.echo(f"{name}: {seconds:g}")


@app.command("list")
def list_() -> None:
    """Show the faults that are set, and what of them is left."""
    with reported():
        found = azure_control.faults(Home.current())
        if not found:
            typer.echo("There are no faults.")
            return
        table = Table("id", "operation", "what", "skips", "left", box=None, pad_edge=False)
        for fault in found:
            left = "until cleared" if fault["count"] is None else str(fault["count"])
            table.add_row(str(fault["id"]), fault["operation"], _what(fault), str(fault["skip"]), left)
        output.print(table)


@app.command()
def clear(id_: Annotated[int | None, typer.Argument(metavar="ID", help="None: all.")] = None) -> None:
    """Forget one fault, or all."""
    with reported():
        azure_control.clear_faults(Home.current(), id_)


def _what(fault: dict[str, Any]) -> str:
    parts = [f"after {fault['delay']:g} s"] if fault["delay"] else []
    if fault["done"]:
        parts.append("done, but")
    if fault["reset"]:
        parts.append("connection reset")
    if fault["status"]:
        parts.append(" ".join(str(part) for part in (fault["status"], fault["code"]) if part))
    return " ".join(parts)

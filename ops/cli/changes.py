"""Commands that prepare an update, or clear up after one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from ..engine.attributes import remove_empty_attributes
from ..engine.lock import Lock
from ..errors import OpsError
from ..rotate import rotate as set_rotation
from .output import Stack, reported, say

_PANEL = "Rotation, adoption, recovery"

app = typer.Typer()


@app.command(rich_help_panel=_PANEL)
def rotate(
    stack: Stack,
    gateway: Annotated[
        str | None, typer.Option(help="Name of the gateway; all of the stack's where not given.")
    ] = None,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The new date; today by default.")] = None,
) -> None:
    """Set the date of a client secret's rotation in the stack's file, and say what the next update will do."""
    with reported():
        day = (date or datetime.now(UTC)).date()
        for rotation in set_rotation(stack, gateway, day):
            say(f"Gateway '{rotation.gateway}': rotation {rotation.before} -> {rotation.after}.")
        say(
            "Nothing has happened yet. `pulumi up` makes a new client secret, rolls the pods with the article's strategy, and "
            "removes the old secret when the new ones serve; if it fails before that, both secrets work."
        )


@app.command(rich_help_panel=_PANEL)
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
    from ..adopt.run import adopt as run_adoption  # see `application`
    from ..adopt.text import describe as describe_adoption

    with reported():
        given = [pair.partition("=") for pair in application or []]
        adoption = run_adoption(stack, {gateway: client_id for gateway, _, client_id in given})
        if adoption.found.ids:
            output.write_text(json.dumps(adoption.import_file, indent=2) + "\n")
        say(describe_adoption(adoption, str(output)))


@app.command(rich_help_panel=_PANEL)
def recover(
    stack: Stack,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    owner_is_gone: Annotated[
        bool,
        typer.Option(
            "--owner-is-gone",
            help="The update that took the lock, on another machine, has ended, and its plugins have too.",
        ),
    ] = False,
    end_plugins: Annotated[
        bool,
        typer.Option(
            "--end-plugins",
            help="End the plugins that a killed update has left on this machine. Without it, wait for them.",
        ),
    ] = False,
) -> None:
    """Clear up after an update that was killed: its lock, what it left pending, and objects that the state does not know.

    It says what it will do, and asks. First the update's plugins have to end, because they can go on writing for minutes.
    Afterwards `pulumi up` goes on from there.
    """
    from ..recover import run as recovery  # see `application`
    from ..recover.text import describe as describe_recovery

    with reported():
        for file in remove_empty_attributes():
            say(f"The engine could not read {file.stem}: {file} was empty, and is removed.")
        lock = recovery.ended_lock(stack, owner_is_gone=owner_is_gone)
        _see_plugins_end(stack, lock, yes=yes, end_plugins=end_plugins)
        planned = recovery.plan(stack, lock)
        say(describe_recovery(planned))
        if not planned.is_needed:
            return
        if not yes and not typer.confirm("Clear the lock only?" if planned.obstacle else "Do this?"):
            raise typer.Exit(1)
        recovery.carry_out(planned)
        if planned.obstacle:
            say(f"The lock of stack {stack} is cleared, and nothing else.")
        else:
            say(f"Done. Go on with `pulumi up --stack {stack}`.")


def _see_plugins_end(stack: str, lock: Lock | None, *, yes: bool, end_plugins: bool) -> None:
    """Wait, with consent, until nothing writes any more for an update that was killed; or end what does."""
    from ..recover import plugins  # see `application`
    from ..recover import run as recovery
    from ..recover.text import describe_outliving

    found = recovery.still_writing(stack, lock)
    if not found.plugins and found.until is None:
        return
    say(describe_outliving(stack, found))
    if found.until is not None:
        if end_plugins:
            raise OpsError(
                f"--end-plugins ends plugins on this machine only. End those on {found.machine} there, or wait."
            )
        if not yes:
            if not typer.confirm("Go on now?"):
                raise typer.Exit(1)
            return
        say(f"Waiting until {plugins.moment(found.until)}.")
        plugins.wait_until(found.until)
        return
    if not yes and not typer.confirm("End them?" if end_plugins else "Wait until they have ended?"):
        raise typer.Exit(1)
    if end_plugins:
        plugins.end(found.plugins)
    else:
        say("Waiting until they have ended, 30 minutes at most. --end-plugins ends them at once.")
        plugins.wait_until_ended(found.plugins)
    say("The plugins have ended.")

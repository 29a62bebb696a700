"""The commands of `python -m sandbox`."""

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from ..language_host.install import installed as installed_language_host
from ..plugin_sources import released_wanted
from ..plugins.install import installed, released
from ..toolchain.tools import Toolchain, provide
from . import fault_commands
from .deploy import deploy as deploy_program
from .deploy import services
from .environment import environment
from .errors import console, reported
from .home import Home, SandboxError
from .job import job_environment
from .parts import Parts
from .temporary import temporary_folder

app = typer.Typer(add_completion=False, no_args_is_help=True, help="The program's sandbox: Azure and Kubernetes here.")
app.add_typer(fault_commands.app, name="fault")
output = Console()

Identity = Annotated[str, typer.Option("--as", help="deployer, reader or administrator.")]


@app.command()
def toolchain() -> None:
    """Find or build the engine and Kubernetes, and nothing else. Building takes about 15 minutes, once a machine."""
    with reported():
        _toolchain()


@app.command()
def start() -> None:
    """Start what does not run yet, and wait until all is ready."""
    with reported():
        _start()
        console.print("The sandbox is ready.")


@app.command()
def stop() -> None:
    """Stop it; its state stays."""
    with reported():
        home = Home.current()
        stopped = _parts(home).stop() if home.is_sandbox() else []
        console.print(f"Stopped: {', '.join(stopped)}." if stopped else "Nothing was running.")


@app.command()
def reset() -> None:
    """Stop it and erase its state."""
    with reported():
        home = Home.current()
        if not home.path.exists():
            console.print("There is no sandbox.")
            return
        if not home.is_sandbox():
            raise SandboxError(f"{home.path} is not a sandbox's folder: it is left alone")
        _parts(home).stop()
        shutil.rmtree(home.path)
        console.print(f"Erased {home.path}.")


@app.command()
def status() -> None:
    """Show each part, its address and its health, the plugins, and where Services are reached. Fails unless all is ready."""
    with reported():
        home = Home.current()
        if not home.is_sandbox():
            raise SandboxError("the sandbox has not been started: .venv/bin/python -m sandbox start")
        parts = _parts(home)
        table = Table("part", "address", "health", box=None, pad_edge=False)
        healths = {part: parts.health(part) for part in parts.all}
        for part, health in healths.items():
            table.add_row(part.name, part.address, f"[{'green' if health == 'ready' else 'red'}]{health}[/]")
        output.print(table)
        _print_plugins(home)
        _print_services(home)
        if set(healths.values()) != {"ready"}:
            raise typer.Exit(1)


@app.command()
def logs(pod: Annotated[str | None, typer.Argument(help="Name of a pod; none: list the logs.")] = None) -> None:
    """Show a pod's log, or where each part's log is."""
    with reported():
        home = Home.current()
        if pod is None:
            for log in sorted((home.path / "logs").glob("*.log")):
                output.print(f"{log.stem:<24} {log}", soft_wrap=True)
            return
        # The deployer may read logs, and may not get a pod by its name.
        variables = _environment(home, "administrator")
        raise typer.Exit(subprocess.run(["kubectl", "logs", pod], env={**os.environ, **variables}).returncode)


@app.command()
def env(identity: Identity = "deployer") -> None:
    """Print `export` lines, for `eval "$(.venv/bin/python -m sandbox env)"`."""
    with reported():
        for name, value in _environment(Home.current(), identity).items():
            sys.stdout.write(f"export {name}={shlex.quote(value)}\n")


@app.command(context_settings={"ignore_unknown_options": True})
def run(
    command: Annotated[list[str], typer.Argument(help="The command, after --.")],
    identity: Identity = "deployer",
    job: Annotated[
        str | None,
        typer.Option(
            help="Sign in by federation, as a GitHub job: <owner>/<repository>:environment:<name> and the like."
        ),
    ] = None,
    client_id: Annotated[str, typer.Option(help="Client id that the job signs in with.")] = "",
) -> None:
    """Run a command in the sandbox's environment; its exit code is the command's."""
    with reported():
        if bool(job) != bool(client_id):
            raise SandboxError("--job and --client-id belong together")
        home = Home.current()
        variables = _environment(home, identity)
        os.environ.update(job_environment(home, variables, job, client_id) if job else variables)
        os.environ["TMPDIR"] = temporary_folder(home)
        try:
            os.execvp(command[0], command)
        except OSError as error:
            raise SandboxError(f"{command[0]}: {error.strerror}") from None


@app.command()
def deploy() -> None:
    """Start the sandbox, deploy the program on it, and call an API through the gateway: `make sandbox`."""
    with reported():
        _start()
        home = Home.current()
        deploy_program(home, {**_environment(home, "deployer"), "TMPDIR": temporary_folder(home)}, output)


def _toolchain() -> Toolchain:
    with _progress() as progress:
        return provide(progress)


def _parts(home: Home) -> Parts:
    return Parts(home, _toolchain())


def _start() -> None:
    home = Home.current()
    tools = _toolchain()
    home.create()
    with _progress() as progress:
        Parts(home, tools).start(progress)
    if released_wanted():
        _install_released_plugins(home)


def _environment(home: Home, identity: str) -> dict[str, str]:
    if not home.is_sandbox():
        raise SandboxError("the sandbox has not been started: .venv/bin/python -m sandbox start")
    parts = _parts(home)
    stopped = [part.name for part in parts.all if parts.health(part) == "stopped"]
    if stopped:
        raise SandboxError(
            f"the sandbox does not run ({', '.join(stopped)} stopped): .venv/bin/python -m sandbox start"
        )
    return environment(home, parts, identity)


def _install_released_plugins(home: Home) -> None:
    variables = {**os.environ, **_environment(home, "deployer")}
    for package, version in released().items():
        command = ["pulumi", "plugin", "install", "resource", package, version]
        if subprocess.run(command, env=variables).returncode:
            raise SandboxError(
                f"SANDBOX_PLUGINS=released: {package} {version} can't be installed here. The stand-ins need no network."
            )


def _print_plugins(home: Home) -> None:
    table = Table("plugin", "version", "what runs", box=None, pad_edge=False)
    for plugin in (*installed(home.pulumi_home), installed_language_host(home.pulumi_home)):
        table.add_row(plugin.package, plugin.version, plugin.source)
    output.print(table)


def _print_services(home: Home) -> None:
    found = services(home)
    if found:
        table = Table("service", "port", "address", box=None, pad_edge=False)
        for entry in found:
            table.add_row(f"{entry['namespace']}/{entry['service']}", str(entry["port"]), entry["address"])
        output.print(table)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Say what goes on: with a spinner at a terminal, as lines elsewhere."""
    if not console.is_terminal:
        yield lambda message: console.print(message, highlight=False)
        return
    with console.status("") as spinner:
        yield lambda message: spinner.update(message)

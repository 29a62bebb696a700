"""Provider plugins that a killed engine has left: one can go on writing, and what it makes then the state does not know.

A plugin is a process of its own. It asks every five minutes from its start whether its engine is there, and when it is not,
ends as soon as the operation that it carries out is done. azuread gives an operation up as soon as the engine's connection is
lost. azure-native and kubernetes finish theirs, as if somebody waited for it: azure-native reads, then writes, and sends each
request up to four times, at most two minutes apart. `docs/operations.md` says this for people.

The engine records an operation before it asks a plugin for it. So only a plugin with a pending operation can write.
"""

import os
import socket
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from typing import Any

import psutil

from ..engine.lock import Lock
from ..errors import OpsError

WRITES_AFTERWARDS = timedelta(minutes=15)
"""How long after its engine's end a plugin can still write: two times three pauses of two minutes, and the answers' time."""
WHY_LATER = "Until 15 minutes after its end, its plugins can create what nobody records."
_PATIENCE = timedelta(minutes=30)
"""Longer than a rollout's 25 minutes, in which the kubernetes plugin waits for pods."""
_NAME = "pulumi-resource-"
# Of the processes named `pulumi...`, these are no engine.
_PLUGINS = ("pulumi-resource-", "pulumi-language-", "pulumi-analyzer-", "pulumi-converter-", "pulumi-tool-")
# The lock has whole seconds, and a process's start can be off by one.
_ROUNDED = timedelta(seconds=2)
_SECONDS_TO_END = 5.0
_SECONDS_BETWEEN_LOOKS = 0.5


@dataclass(frozen=True)
class Plugin:
    """A plugin whose engine is gone."""

    name: str
    """Its executable: `pulumi-resource-<package>`."""
    pid: int
    started: datetime
    process: psutil.Process | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"

    def is_running(self) -> bool:
        """Whether it runs still."""
        if self.process is None:
            return False
        try:
            # Where nobody waits for orphans, as in many containers, one that has ended stays as a zombie.
            return self.process.is_running() and self.process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


def moment(time_: datetime) -> str:
    """A time for people to read."""
    return f"{time_:%Y-%m-%d %H:%M:%S %Z}"


@dataclass(frozen=True)
class Outliving:
    """What can still write for an update that was killed."""

    plugins: list[Plugin] = field(default_factory=list[Plugin])
    """Plugins on this machine."""
    machine: str = ""
    """Another machine, where the update ran."""
    until: datetime | None = None
    """When a plugin there writes no more, if the update was killed right after it wrote its state for the last time."""
    last_seen: datetime | None = None
    """When the update wrote its state for the last time, or took the lock."""


def outliving(state: dict[str, Any], lock: Lock | None) -> Outliving:
    """What can still write for a killed update.

    Args:
        state: the stack's state, as the engine exports it.
        lock: the lock that the update has left, if it is there still.
    """
    pending = state["deployment"].get("pending_operations") or []
    if not pending:
        return Outliving()
    if lock is not None and lock.host != socket.gethostname():
        last_seen = max(lock.since, datetime.fromisoformat(state["deployment"]["manifest"]["time"]))
        until = last_seen + WRITES_AFTERWARDS
        return (
            Outliving(machine=lock.host, until=until, last_seen=last_seen) if until > datetime.now(UTC) else Outliving()
        )
    names = {f"{_NAME}{operation['resource']['type'].partition(':')[0]}" for operation in pending}
    project = pending[0]["resource"]["urn"].split("::")[1]
    return Outliving([plugin for plugin in left_running(project, lock) if plugin.name in names])


def left_running(project: str, lock: Lock | None) -> list[Plugin]:
    """The plugins on this machine that a killed engine has left, the oldest first.

    Taken for those of the update are plugins without an engine that work for the project, in this backend, for the user who
    took the lock, and that started after it was taken. Without a lock, nobody knows since when.
    """
    return sorted(_of_update(project, lock), key=lambda plugin: plugin.started)


def wait_until_ended(plugins: Iterable[Plugin], patience: timedelta = _PATIENCE) -> None:
    """Wait for plugins.

    Raises:
        OpsError: one runs for longer than anybody waits.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while running := [plugin for plugin in plugins if plugin.is_running()]:
        if time.monotonic() > deadline:
            raise OpsError(
                f"{running[0]} still runs after {patience.total_seconds() / 60:.0f} minutes. "
                "Run this again to wait longer, or with --end-plugins to end it."
            )
        time.sleep(_SECONDS_BETWEEN_LOOKS)


def wait_until(time_: datetime) -> None:
    """Wait until a time has come."""
    while (left := (time_ - datetime.now(UTC)).total_seconds()) > 0:
        time.sleep(min(left, 60))


def end(plugins: Iterable[Plugin]) -> None:
    """End plugins: nobody hears any more what they do.

    Raises:
        OpsError: one can't be ended.
    """
    for plugin in plugins:
        if plugin.process is None:
            continue
        try:
            plugin.process.terminate()
            if not _ends(plugin):
                plugin.process.kill()
            if not _ends(plugin):
                raise OpsError(f"{plugin} can't be ended.")
        except psutil.NoSuchProcess:
            continue
        except psutil.AccessDenied:
            raise OpsError(f"{plugin} belongs to another user. End it as that user, then run this again.") from None


def _ends(plugin: Plugin) -> bool:
    deadline = time.monotonic() + _SECONDS_TO_END
    while plugin.is_running():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def _of_update(project: str, lock: Lock | None) -> Iterator[Plugin]:
    for process in psutil.process_iter():
        try:
            name = _name_of(process)
            if name is None or process.status() == psutil.STATUS_ZOMBIE:
                continue
            started = datetime.fromtimestamp(process.create_time(), UTC)
            if lock is not None and started < lock.since - _ROUNDED:
                continue
            if _is_users(process, lock) and _works_for(process, project) and not _has_engine(process):
                yield Plugin(name, process.pid, started, process)
        except psutil.NoSuchProcess:
            continue


def _name_of(process: psutil.Process) -> str | None:
    """The plugin's executable, or the script that an interpreter runs."""
    try:
        arguments = process.cmdline()
    except psutil.AccessDenied:
        arguments = []
    script = [argument for argument in arguments[1:] if not argument.startswith("-")][:1]
    names = [process.name(), *(PurePath(path).name for path in (*arguments[:1], *script))]
    return next((name for name in names if name.startswith(_NAME) and name != _NAME), None)


def _is_users(process: psutil.Process, lock: Lock | None) -> bool:
    user = process.username()
    # Where the system has no name for a user, as in many containers, it says a number, and the engine something else.
    return user == (lock.user if lock else psutil.Process().username()) or user.isdigit()


def _works_for(process: psutil.Process, project: str) -> bool:
    try:
        environment = process.environ()
    except psutil.AccessDenied:
        return True  # another user's: that user has the lock
    backends = {environment.get("PULUMI_BACKEND_URL"), os.environ.get("PULUMI_BACKEND_URL")} - {None, ""}
    if len(backends) > 1:
        return False
    if "PULUMI_PROJECT" in environment:
        return environment["PULUMI_PROJECT"] == project
    # An engine that does not say for which project: its plugins have the folder that it was run in.
    return process.cwd() == os.getcwd()  # noqa: PTH109 - as psutil has it


def _has_engine(process: psutil.Process) -> bool:
    """Whether a living engine has started it, itself or through a language host: an orphan has other ancestors."""
    return any(
        name.startswith("pulumi") and not name.startswith(_PLUGINS)
        for name in (parent.name() for parent in process.parents())
    )

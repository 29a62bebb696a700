"""The lock that an update holds on its stack, and that one that was killed leaves."""

import json
import re
import socket
from dataclasses import dataclass
from datetime import datetime

import psutil

from ..errors import OpsError
from .commands import run

_OWNER = re.compile(r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_CLOUD = ("https://", "http://")
_CONFLICT = "Another update is currently in progress"


class StackBusyError(OpsError):
    """A backend says that a stack is being updated, and not by whom."""


@dataclass(frozen=True)
class Lock:
    """Who holds a stack, as the engine tells it."""

    user: str
    host: str
    pid: int
    since: datetime

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since:%Y-%m-%d %H:%M:%S %Z}"


def find_lock(stack: str) -> Lock | None:
    """The lock of a stack; asking for it changes nothing. Pulumi Cloud tells that there is one, but not whose.

    Raises:
        StackBusyError: Pulumi Cloud says that the stack is being updated.
        OpsError: it can't be found out.
    """
    if json.loads(run("whoami", "--verbose", "--json"))["url"].startswith(_CLOUD):
        listed = json.loads(run("stack", "ls", "--json"))
        names = {entry["name"].rsplit("/", 1)[-1] for entry in listed if entry.get("updateInProgress")}
        if stack.rsplit("/", 1)[-1] in names:
            raise _being_updated(stack)
        return None
    return _find_file(stack)


def _find_file(stack: str) -> Lock | None:
    # A backend without a service tells its lock only to who wants it, and most of what wants it writes to the state or the
    # history. No stack can have the name of another one, itself included: this takes the lock, is refused, and gives it back.
    try:
        run("stack", "rename", stack, "--stack", stack)
    except OpsError as error:
        if "already exists" in str(error):
            return None
        if owner := _OWNER.search(str(error)):
            since = datetime.fromisoformat(owner["since"])
            return Lock(owner["user"], owner["host"], int(owner["pid"]), since)
        if _CONFLICT in str(error):
            raise _being_updated(stack) from None
        raise OpsError(f"Whether stack {stack} is locked can't be found out: {error}") from None
    raise OpsError(f"Whether stack {stack} is locked can't be found out: this engine has renamed it to its own name.")


def is_owner_gone(lock: Lock) -> bool | None:
    """Whether the process that took the lock has ended; None where it runs on another machine."""
    if lock.host != socket.gethostname():
        return None
    try:
        process = psutil.Process(lock.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return True
        # Another process can have got the number since.
        return process.create_time() > lock.since.timestamp() + 1
    except psutil.NoSuchProcess:
        return True


def clear_lock(stack: str) -> None:
    """Take the lock away.

    Raises:
        OpsError: the engine refuses.
    """
    run("cancel", "--yes", "--stack", stack)


def _being_updated(stack: str) -> StackBusyError:
    return StackBusyError(
        f"Stack {stack} is being updated, says its backend: wait until that update has ended. If it was killed, "
        f"`pulumi cancel --stack {stack}`, then run this again."
    )

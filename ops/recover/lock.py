"""The lock that a killed update leaves on its stack."""

import re
import socket
from dataclasses import dataclass
from datetime import datetime

import psutil

from ..engine import run
from ..errors import OpsError

_OWNER = re.compile(r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")
_LOCKED = "currently locked"


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
    """The lock of a stack. The engine tells it to who wants one: a refresh of nothing, which changes nothing.

    Raises:
        OpsError: the backend says that the stack is locked, but not by whom.
    """
    nothing = f"urn:pulumi:{stack}::none::none:none:None::none"
    try:
        run("refresh", "--yes", "--skip-preview", "--target", nothing, "--stack", stack)
    except OpsError as error:
        if owner := _OWNER.search(str(error)):
            since = datetime.fromisoformat(owner["since"])
            return Lock(owner["user"], owner["host"], int(owner["pid"]), since)
        if _LOCKED in str(error):
            raise
    return None


def is_owner_gone(lock: Lock) -> bool | None:
    """Whether the process that took the lock has ended; None where it runs on another machine."""
    if lock.host != socket.gethostname():
        return None
    try:
        # Another process can have got the number since.
        return psutil.Process(lock.pid).create_time() > lock.since.timestamp() + 1
    except psutil.NoSuchProcess:
        return True


def clear_lock(stack: str) -> None:
    """Take the lock away.

    Raises:
        OpsError: the engine refuses.
    """
    run("cancel", "--yes", "--stack", stack)

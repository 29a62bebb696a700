"""The lock that a killed update leaves on its stack."""

import re
import socket
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psutil

from ..engine import import_raw, run
from ..errors import OpsError

_OWNER = re.compile(r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<since>\S+)")


@dataclass(frozen=True)
class Lock:
    """Who holds a stack, as the engine tells it."""

    user: str
    host: str
    pid: int
    since: datetime

    def __str__(self) -> str:
        return f"{self.user}@{self.host}, process {self.pid}, since {self.since:%Y-%m-%d %H:%M:%S %Z}"


def find_lock(stack: str, state: dict[str, Any]) -> Lock | None:
    """The lock of a stack. Asking for it puts the stack's state in its own place: the engine tells nothing else of it.

    Raises:
        OpsError: the backend says that an update is running, but not whose.
    """
    try:
        import_raw(stack, state)
    except OpsError as error:
        owner = _OWNER.search(str(error))
        if owner is None:
            raise
        since = datetime.fromisoformat(owner["since"])
        return Lock(owner["user"], owner["host"], int(owner["pid"]), since)
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

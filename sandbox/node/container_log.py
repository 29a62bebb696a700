"""A container's log: written as container runtimes write it, read as `kubectl logs` asks for it."""

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from . import clock

FOLLOW_SECONDS = 0.2


class ContainerLog:
    """Writes one file, a time before each line, readable to its owner only."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb", buffering=0)

    async def copy(self, stream: asyncio.StreamReader) -> None:
        """Writes what a process says until it has no more to say."""
        rest = b""
        while chunk := await stream.read(65536):
            *lines, rest = (rest + chunk).split(b"\n")
            self._write(lines)
        if rest:
            self._write([rest])
        self._file.close()

    def _write(self, lines: list[bytes]) -> None:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f000Z").encode()
        self._file.write(b"".join(at + b" stdout F " + line + b"\n" for line in lines))


@dataclass(frozen=True)
class Selection:
    """What of a log is asked for."""

    tail: int | None = None
    """The last lines only."""

    since: datetime | None = None
    limit_bytes: int | None = None
    timestamps: bool = False

    @classmethod
    def of_query(cls, query: dict[str, str]) -> "Selection":
        """From the parameters of the kubelet's API.

        Raises:
            ValueError: one is malformed.
        """
        since = clock.parse(query["sinceTime"]) if "sinceTime" in query else None
        if "sinceSeconds" in query:
            since = datetime.now(UTC) - timedelta(seconds=int(query["sinceSeconds"]))
        return cls(
            tail=int(query["tailLines"]) if "tailLines" in query else None,
            since=since,
            limit_bytes=int(query["limitBytes"]) if "limitBytes" in query else None,
            timestamps=query.get("timestamps") == "true",
        )


async def read(
    path: Path, selection: Selection, follow_while: Callable[[], bool] | None = None
) -> AsyncIterator[bytes]:
    """The lines of a log, and with `follow_while` those that come as long as it holds."""
    left = selection.limit_bytes
    with path.open("rb") as file:
        lines = [line for line in map(selection_of(selection), file) if line is not None]
        if selection.tail is not None:
            lines = list(deque(lines, maxlen=selection.tail))
        rest = b""
        while True:
            for line in lines:
                piece = line if left is None else line[:left]
                left = None if left is None else left - len(piece)
                if piece:
                    yield piece
            if follow_while is None or left == 0:
                return
            running = follow_while()  # asked before the last reading, so that the last lines are not missed
            chunk = file.read()
            if not chunk:
                if not running:
                    return
                await asyncio.sleep(FOLLOW_SECONDS)
            *complete, rest = (rest + chunk).split(b"\n")
            lines = [line for line in map(selection_of(selection), complete) if line is not None]


def selection_of(selection: Selection) -> Callable[[bytes], bytes | None]:
    """What a selection makes of one line of the file; None where it is not selected."""

    def select(line: bytes) -> bytes | None:
        at, _, text = line.rstrip(b"\n").split(b" ", 3)[0], None, line.rstrip(b"\n").split(b" ", 3)[-1]
        if selection.since is not None and clock.parse(at.decode()) < selection.since:
            return None
        return (at + b" " + text if selection.timestamps else text) + b"\n"

    return select


def last_lines(path: Path, lines: int, size: int) -> str:
    """The end of a log, at most that many lines and bytes."""
    if not path.exists():
        return ""
    select = selection_of(Selection())
    with path.open("rb") as file:
        end = deque(map(select, file), maxlen=lines)
    return b"".join(line for line in end if line is not None)[-size:].decode(errors="replace")

"""Processes that end with the test."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


def start(command: Sequence[str | Path], log: Path) -> subprocess.Popen[bytes]:
    """Starts a process that writes to a log."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=REPOSITORY,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )


@contextlib.contextmanager
def ended(process: subprocess.Popen[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Ends a process, however the block ends."""
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Restartable:
    """A process that a test may stop and start again."""

    def __init__(self, command: Sequence[str | Path], log: Path) -> None:
        self.command = command
        self.log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self._process = start(self.command, self.log)

    def stop(self, *, kill: bool = False) -> None:
        """Ends it: with SIGTERM, or at once."""
        if self._process is None:
            return
        self._process.kill() if kill else self._process.terminate()
        self._process.wait(30)
        self._process = None

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

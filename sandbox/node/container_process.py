"""One run of a container: its process group and its log."""

import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from .container_log import ContainerLog
from .images import REPOSITORY

LAUNCHER = Path(__file__).with_name("launcher.py")
# The launcher's interpreter may set this one, where the container has no locale.
SET_BY_INTERPRETER = "LC_CTYPE"


class ContainerProcess:
    """A running process that ends with the node, with everything that it started."""

    def __init__(self, process: asyncio.subprocess.Process, pipe: int, copying: "asyncio.Task[None]") -> None:
        self._process = process
        self._pipe = pipe
        self._copying = copying

    @classmethod
    async def start(cls, argv: list[str], environment: dict[str, str], log: Path) -> "ContainerProcess":
        """Starts a command with exactly that environment.

        Raises:
            OSError: it cannot be started.
        """
        reading, writing = os.pipe()
        remove = "" if SET_BY_INTERPRETER in environment else SET_BY_INTERPRETER
        try:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", str(LAUNCHER), str(reading), remove, *argv),
                cwd=REPOSITORY,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
                pass_fds=[reading],
                start_new_session=True,
            )
        except BaseException:
            os.close(writing)
            raise
        finally:
            os.close(reading)
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        copying = asyncio.create_task(ContainerLog(log).copy(process.stdout))
        return cls(process, writing, copying)

    async def wait(self) -> int:
        """Waits for the end; the exit code as container runtimes tell it, 128 and the signal's number for a signal."""
        code = await self._process.wait()
        self.close()
        await self._copying
        return code if code >= 0 else 128 - code

    async def gone(self) -> None:
        """Waits for the end, for those who do not mind its exit code."""
        await self._process.wait()

    def terminate(self) -> None:
        """Asks it to end."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it and everything that it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)

    def close(self) -> None:
        """Lets the watching process end what is left of the group."""
        if self._pipe >= 0:
            os.close(self._pipe)
            self._pipe = -1

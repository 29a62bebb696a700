"""Processes that go on when the command that started them ends."""

import contextlib
import json
import os
import select
import subprocess
from collections.abc import Sequence
from pathlib import Path

import psutil

from .home import CHECKOUT, Home, SandboxError

_PATIENCE_SECONDS = 30


def running(home: Home, part: str) -> psutil.Process | None:
    """The part's process, if it runs."""
    process = _noted(home, part)
    with contextlib.suppress(psutil.Error):
        if process is not None and process.status() != psutil.STATUS_ZOMBIE:
            return process
    return None


def _noted(home: Home, part: str) -> psutil.Process | None:
    """The part's last process, as long as its parent has not taken note of its end.

    A pid alone could be somebody else's by now, so its start is compared.
    """
    try:
        noted = json.loads(home.pid(part).read_text())
        process = psutil.Process(noted["pid"])
        if abs(process.create_time() - noted["started"]) < 1:
            return process
    except (FileNotFoundError, ValueError, KeyError, psutil.Error):
        pass
    return None


def start(home: Home, part: str, command: Sequence[str], environment: dict[str, str] | None = None) -> None:
    """Start a part in a session of its own, its output appended to its log."""
    # One that was killed has its port until the last of its threads has ended, though it counts as a zombie before.
    if (last := _noted(home, part)) is not None:
        _ends_within(last, _PATIENCE_SECONDS)
    log = home.log(part)
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise SandboxError(f"{part} could not be started: {error}") from None
    started = psutil.Process(process.pid).create_time()
    home.pid(part).write_text(json.dumps({"pid": process.pid, "started": started}))


def stop(home: Home, part: str, patience: float) -> bool:
    """End a part: SIGTERM, and SIGKILL after so many seconds. Whether it ran."""
    process = running(home, part)
    if process is not None:
        process.terminate()
        if not _ends_within(process, patience):
            process.kill()
            _ends_within(process, 5)
        # A child of this very process stays a zombie until it is reaped.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(process.pid, os.WNOHANG)
    home.pid(part).unlink(missing_ok=True)
    return process is not None


def _ends_within(process: psutil.Process, seconds: float) -> bool:
    """Wait until a process ends. That it is reaped as well is another's concern, and can take its parent a while."""
    try:
        ended = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    except (AttributeError, OSError):  # not Linux
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(seconds)
        return not process.is_running()
    try:
        return bool(select.select([ended], [], [], seconds)[0])
    finally:
        os.close(ended)


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(f"    {line}" for line in log.read_text(errors="replace").splitlines()[-count:])

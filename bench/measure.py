"""A command's time: as somebody at a terminal waits for it, and as the processor spends it."""

import resource
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]


class BenchError(Exception):
    """A command that was to be measured has failed."""


@dataclass
class Bench:
    """What is measured, in the order in which it was first measured."""

    environment: dict[str, str]
    """The variables that the commands are run with."""
    seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """The times of each command's runs."""
    cpu_seconds: dict[str, list[float]] = field(default_factory=dict[str, list[float]])
    """What each run took of the processor, for the user and the system: the command, and all processes that it waited for.
    Another program beside it changes these less than the times."""

    def run(self, what: str, *command: str) -> None:
        """Run a command and keep its times.

        Raises:
            BenchError: it fails; what it printed is in the message.
        """
        start, cpu_start = time.perf_counter(), _cpu_seconds()
        run(command, self.environment)
        self.seconds.setdefault(what, []).append(time.perf_counter() - start)
        self.cpu_seconds.setdefault(what, []).append(_cpu_seconds() - cpu_start)


def run(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    """What a command prints.

    Raises:
        BenchError: it fails.
    """
    finished = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise BenchError(f"`{' '.join(command)}` failed with exit code {finished.returncode}:\n{finished.stdout}")
    return finished.stdout


def _cpu_seconds() -> float:
    """Of all processes that have ended, and were waited for up to this one."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime

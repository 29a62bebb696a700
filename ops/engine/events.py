"""An update, told by the engine's events while it goes on."""

import contextlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..errors import OpsError
from .commands import not_run, without_prefix


def update(stack: str, plan: Path) -> Iterator[dict[str, Any]]:
    """Update a stack with `--refresh`, held to a saved plan; the engine's events while it goes on.

    Raises:
        OpsError: the engine can't be run, or the update fails.
    """
    yield from _told("up", "--refresh", "--plan", str(plan), "--stack", stack)


def destruction(stack: str) -> Iterator[dict[str, Any]]:
    """Delete everything that a stack has; the engine's events while it goes on.

    Raises:
        OpsError: the engine can't be run, or the destruction fails.
    """
    yield from _told("destroy", "--skip-preview", "--stack", stack)


def _told(*arguments: str) -> Iterator[dict[str, Any]]:
    command = ["pulumi", *arguments, "--yes", "--json", "--non-interactive", "--color", "never"]
    environment = {**os.environ, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    with tempfile.TemporaryFile("w+") as errors:
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        except OSError as error:
            raise not_run(error) from None
        with process:
            yield from _events(process)
        if process.returncode:
            errors.seek(0)
            said = without_prefix(errors.read())
            what = "destruction" if arguments[0] == "destroy" else "update"
            raise OpsError(said or f"The {what} failed: pulumi ended with exit code {process.returncode}.")


def _events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    # An interrupt at the terminal reaches the engine too, which ends in an orderly way: that is waited for.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                yield json.loads(line)
    finally:
        signal.signal(signal.SIGINT, before)

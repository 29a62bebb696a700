"""`ops` runs the engine: what it says of one that fails or is not there, and what a run leaves behind."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import CHECKOUT

COMMAND = [sys.executable, "-m", "ops", "preview", "--stack", "dev"]
REFUSED = (
    "The configuration of stack 'dev' (Pulumi.dev.yaml) has problems:\n  - azure-native:tenantId: required, but missing"
)


@pytest.fixture
def temporary(tmp_path: Path) -> Path:
    folder = tmp_path / "temporary"
    folder.mkdir()
    return folder


def environment(folder: Path, script: str | None = None) -> dict[str, str]:
    """One with an engine that is a script, or with none."""
    tools = folder / "tools"
    tools.mkdir()
    if script is not None:
        (tools / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
        (tools / "pulumi").chmod(0o755)
    return {
        "PATH": os.pathsep.join([str(tools), "/usr/bin", "/bin"]),
        "TMPDIR": str(folder / "temporary"),
        "NO_COLOR": "1",
        "SEEN": str(folder / "seen"),
    }


def ops(folder: Path, script: str | None = None) -> str:
    """What a preview says that fails."""
    answer = subprocess.run(COMMAND, cwd=CHECKOUT, env=environment(folder, script), capture_output=True, text=True)
    assert answer.returncode == 1, answer.stdout
    return answer.stderr.strip()


@pytest.mark.usefixtures("temporary")
def test_an_engine_that_is_not_there_is_named_with_what_to_do(tmp_path: Path) -> None:
    said = "error: The Pulumi CLI, `pulumi`, is not on PATH: install it, or add its folder to PATH."
    assert ops(tmp_path) == said


@pytest.mark.usefixtures("temporary")
def test_an_error_of_the_program_is_called_one_once(tmp_path: Path) -> None:
    # The engine writes its prefix into the message.
    answer = {"diagnostics": [{"severity": "error", "message": f"error: {REFUSED}\n"}]}
    (tmp_path / "answer.json").write_text(json.dumps(answer))
    assert ops(tmp_path, f'cat "{tmp_path}/answer.json"; exit 1') == f"error: {REFUSED}"


@pytest.mark.usefixtures("temporary")
def test_an_error_of_the_engine_is_called_one_once(tmp_path: Path) -> None:
    said = "no stack named 'dev' found"
    assert ops(tmp_path, f'echo "error: {said}" >&2; exit 1') == f"error: {said}"


LEAVES = 'echo "$TMPDIR" > "$SEEN.part"; echo key > "$TMPDIR/kubeconfig123"; mv "$SEEN.part" "$SEEN"'


def test_what_the_engine_and_its_plugins_leave_in_the_temporary_folder_goes_with_the_run(
    tmp_path: Path, temporary: Path
) -> None:
    ops(tmp_path, f"{LEAVES}; exit 1")
    folder = Path((tmp_path / "seen").read_text().strip())
    assert folder.parent == temporary
    assert list(temporary.iterdir()) == []


def test_it_goes_after_an_interrupt_too(tmp_path: Path, temporary: Path) -> None:
    command = subprocess.Popen(
        COMMAND,
        cwd=CHECKOUT,
        env=environment(tmp_path, f"{LEAVES}; exec sleep 60"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 30
    while not (tmp_path / "seen").exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(command.pid, signal.SIGINT)
    _, said = command.communicate(timeout=30)
    assert command.returncode != 0
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("target", ["preview", "deploy", "drift"])
def test_make_asks_for_the_stack_before_it_installs_anything(target: str, tmp_path: Path) -> None:
    # A copy without an environment: there, the first thing that make would do is an installation.
    (tmp_path / "Makefile").write_text((CHECKOUT / "Makefile").read_text())
    (tmp_path / "ops").mkdir()
    for file in ("requirements.txt", "ops/requirements.txt", "constraints.txt"):
        (tmp_path / file).touch()
    # Not as a part of the make that runs the tests.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", target, "PYTHON=false"]
    answer = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert answer.returncode == 2
    assert answer.stdout == ""
    assert f"Which stack? For example: make {target} STACK=dev." in answer.stderr

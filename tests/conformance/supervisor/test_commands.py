"""The sandbox's own commands, where no part has to run for it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]


def sandbox(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SANDBOX_HOME": str(home), "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments], cwd=CHECKOUT, env=environment, capture_output=True, text=True
    )


def test_its_environment_is_refused_before_it_was_started(tmp_path: Path) -> None:
    for command in (["env"], ["run", "--", "true"], ["status"]):
        answer = sandbox(tmp_path / "none", *command)
        assert answer.returncode == 1
        assert "the sandbox has not been started: .venv/bin/python -m sandbox start" in answer.stderr
        assert "Traceback" not in answer.stderr


def test_reset_leaves_a_folder_alone_that_is_no_sandboxs(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("data")
    answer = sandbox(tmp_path, "reset")
    assert answer.returncode == 1
    assert "is not a sandbox's folder: it is left alone" in answer.stderr
    assert (tmp_path / "precious").read_text() == "data"


def test_reset_and_stop_have_nothing_to_do_where_there_is_none(tmp_path: Path) -> None:
    assert sandbox(tmp_path / "none", "reset").returncode == 0
    assert "Nothing was running." in sandbox(tmp_path / "none", "stop").stderr


def test_a_pid_that_is_somebody_elses_by_now_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    ports = dict.fromkeys(("azure", "etcd", "etcd_peer", "api_server", "controller_manager", "scheduler", "kubelet"), 9)
    (tmp_path / "ports.json").write_text(json.dumps(ports))
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        (tmp_path / "run" / "azure.pid").write_text(json.dumps({"pid": other.pid, "started": 1.0}))
        assert "Nothing was running." in sandbox(tmp_path, "stop").stderr
        assert other.poll() is None
    finally:
        other.kill()
        other.communicate()


def test_a_scale_of_time_that_is_none_is_refused_before_anything_is_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_TIME_SCALE", "2")
    answer = sandbox(tmp_path / "none", "start")
    assert answer.returncode == 1
    assert "SANDBOX_TIME_SCALE is '2': expected a number above 0 and up to 1" in answer.stderr
    assert "Traceback" not in answer.stderr
    assert not list((tmp_path / "none").rglob("*.pid"))

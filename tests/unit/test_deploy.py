"""An update by a saved plan: what is said of it, and what is not."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ops.deploy import destroy
from ops.errors import OpsError

STATE = '{"deployment": {}}'
FINGERPRINT = hashlib.sha256(b"[[], []]").hexdigest()
"""Of what that state holds: resources and pending operations."""
CHECKOUT = Path(__file__).parents[2]
URN = "urn:pulumi:dev::p::kubernetes:core/v1:Secret::mygw-auth"
VIOLATION = (
    f"resource {URN} violates plan: properties changed: =+data[{{&{{{{map[clientSecret:{{contoso-\nsecret}}]}}}}}}]\n"
)
SUMMARY = {"summaryEvent": {"isPreview": False, "durationSeconds": 5, "resourceChanges": {"update": 1, "same": 2}}}


def step(operation: str, *, planning: bool = False) -> dict[str, object]:
    metadata = {"op": operation, "urn": URN, "type": "kubernetes:core/v1:Secret"}
    return {"resourcePreEvent": {"metadata": metadata, **({"planning": True} if planning else {})}}


def said(message: str, severity: str = "error") -> dict[str, object]:
    return {"diagnosticEvent": {"urn": URN, "prefix": f"{severity}: ", "message": message, "severity": severity}}


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts an engine on PATH that prints these events, and does what lines of shell say before and after."""

    def put(*events: dict[str, object], first: str = "", then: str = "exit 0") -> None:
        lines = "\n".join(json.dumps(event) for event in events)
        program = tmp_path / "pulumi"
        export = f'if [[ "$1 $2" == "stack export" ]]; then echo {STATE!r}; exit; fi'
        program.write_text(f"#!/bin/bash\n{export}\n{first}\ncat <<'EVENTS'\n{lines}\nEVENTS\n{then}\n")
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("PYTHONPATH", str(CHECKOUT))
        (tmp_path / "plan.json").write_text(json.dumps({"plannedFrom": FINGERPRINT}))

    return put


def deploy(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ops", "deploy", "--stack", "dev", "--plan", "plan.json"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def test_it_tells_what_is_done_and_not_what_was_looked_at(engine: Callable[..., None], tmp_path: Path) -> None:
    engine(step("update", planning=True), step("same"), step("update"), said("details", "debug"), SUMMARY)
    finished = deploy(tmp_path)
    assert finished.returncode == 0
    assert finished.stdout == "updating mygw-auth (Secret)\nEnded after 5 s: 2 same, 1 update.\n"


def test_a_violated_plan_is_told_without_its_values_and_with_what_to_do(
    engine: Callable[..., None], tmp_path: Path
) -> None:
    engine(said(VIOLATION), then="exit 1")
    finished = deploy(tmp_path)
    assert finished.returncode == 1
    assert "violates plan: properties changed (their values are not shown)\n" in finished.stdout
    assert "what the plan does not hold was not done" in finished.stderr
    assert "secret" not in finished.stdout + finished.stderr


@pytest.mark.parametrize(
    "message",
    [
        f"{URN}: update is not allowed by the plan: this resource is constrained to same",
        f"expected resource operations for {URN} but none were seen",
    ],
)
@pytest.mark.parametrize("as_event", [True, False])
def test_what_the_plan_does_not_hold_is_told_with_what_to_do(
    engine: Callable[..., None], tmp_path: Path, message: str, as_event: bool
) -> None:
    if as_event:
        engine(said(message), then="exit 1")
    else:
        engine(then=f"echo 'error: {message}' >&2; exit 1")
    finished = deploy(tmp_path)
    assert finished.returncode == 1
    assert "Make a new plan with `make preview STACK=dev`, and have that approved." in finished.stderr


def test_a_plan_of_an_earlier_state_is_not_carried_out(engine: Callable[..., None], tmp_path: Path) -> None:
    engine(first='[[ "$*" == "up "* ]] && touch carried-out')
    (tmp_path / "plan.json").write_text('{"plannedFrom": "another"}')
    finished = deploy(tmp_path)
    assert finished.returncode == 1
    assert finished.stderr.startswith("error: The stack has been updated since the plan was made, and nothing was done")
    assert not (tmp_path / "carried-out").exists()


@pytest.mark.parametrize("text", ["no plan", "[]", '{"manifest": {}}'], ids=["text", "list", "the engine's own"])
def test_a_file_that_is_no_plan_of_ours_is_named(engine: Callable[..., None], tmp_path: Path, text: str) -> None:
    engine()
    (tmp_path / "plan.json").write_text(text)
    assert deploy(tmp_path).stderr == "error: plan.json is no plan that `ops preview` has saved.\n"


def test_another_failure_is_told_in_the_engines_words(engine: Callable[..., None], tmp_path: Path) -> None:
    engine(then="echo 'error: the stack is locked' >&2; exit 1")
    finished = deploy(tmp_path)
    assert (finished.returncode, finished.stderr) == (1, "error: the stack is locked\n")


def test_without_a_plan_it_says_how_to_make_one(engine: Callable[..., None], tmp_path: Path) -> None:
    engine()
    (tmp_path / "plan.json").unlink()
    finished = deploy(tmp_path)
    assert finished.returncode == 1
    assert (
        finished.stderr == "error: There is no plan plan.json: make one with `make preview STACK=dev`, and read it.\n"
    )


def test_an_interrupted_update_is_waited_for(engine: Callable[..., None], tmp_path: Path) -> None:
    engine()
    # An engine that is told to end ends what it has begun, and says so. No shell: one that waits for a program may miss it.
    (tmp_path / "pulumi").write_text(
        f"#!{sys.executable}\nimport signal, sys\n"
        f"if sys.argv[1] == 'stack':\n    print({STATE!r})\n    sys.exit()\n"
        f"def end(*_):\n    print({json.dumps(SUMMARY)!r}, flush=True)\n    sys.exit(8)\n"
        f"signal.signal(signal.SIGINT, end)\nprint({json.dumps(step('update'))!r}, flush=True)\n"
        "while True:\n    signal.pause()\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-m", "ops", "deploy", "--stack", "dev", "--plan", "plan.json"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "updating mygw-auth (Secret)\n"
    os.killpg(process.pid, signal.SIGINT)
    rest = process.stdout.read()
    process.stdout.close()
    assert rest == "Ended after 5 s: 2 same, 1 update.\nerror: The update failed: pulumi ended with exit code 8.\n"
    assert process.wait(10) == 1


def test_a_destruction_is_told_the_same_way(
    engine: Callable[..., None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    engine(step("delete"), SUMMARY, first='echo "$*" >arguments')
    said: list[str] = []
    destroy("dev", said.append)
    assert said == ["deleting mygw-auth (Secret)", "Ended after 5 s: 2 same, 1 update."]
    arguments = "destroy --skip-preview --stack dev --yes --json --non-interactive --color never\n"
    assert (tmp_path / "arguments").read_text() == arguments

    engine(then="exit 8")
    with pytest.raises(OpsError, match="The destruction failed: pulumi ended with exit code 8"):
        destroy("dev", said.append)

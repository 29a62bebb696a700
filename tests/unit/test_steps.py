"""What the engine would do, as commands get it."""

import json
import subprocess
from typing import Any

import pytest

from ops.engine import steps


def answer(*entries: tuple[str, str]) -> Any:
    found = [
        {"op": operation, "urn": f"urn:pulumi:dev::p::t::{name}", "newState": {"type": "t"}}
        for operation, name in entries
    ]
    return lambda *_, **__: subprocess.CompletedProcess([], 0, json.dumps({"steps": found}), "")


def test_a_preview_names_the_gateways_in_the_same_order_from_run_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    replaced = [("create-replacement", "b"), ("replace", "b"), ("delete-replaced", "b")]
    runs = [[*replaced, ("create", "a"), ("same", "c")], [("same", "c"), *replaced, ("create", "a")]]
    for run in runs:
        monkeypatch.setattr(steps, "answer_of", answer(*run))
        found = [(step.operation, step.name) for step in steps.preview("dev")]
        assert found == [("create", "a"), *replaced, ("same", "c")]


def test_what_the_program_warns_of_is_handed_on_once(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"severity": "warning", "message": "warning: the deployer is no owner\n"}
    document = json.dumps({"steps": [], "diagnostics": [said, said, {"severity": "info", "message": "read"}]})
    monkeypatch.setattr(steps, "answer_of", lambda *_, **__: subprocess.CompletedProcess([], 0, document, ""))
    warned: list[str] = []
    assert steps.preview("dev", warn=warned.append) == []
    assert warned == ["the deployer is no owner"]

"""One run of the engine serves both halves of a drift check, where what it says of both is the same as two runs would say."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ops.drift.declared import looked_at_and_planned
from ops.drift.report import Finding, Kind
from ops.engine import steps
from ops.engine.state import StackResource
from ops.engine.steps import EngineError

TYPE = "kubernetes:core/v1:Service"
PROVIDER = "urn:pulumi:dev::p::pulumi:providers:kubernetes::cluster::an-id"
URN = f"urn:pulumi:dev::p::{TYPE}::mygw"
RECORDED = StackResource(URN, TYPE, inputs={"spec": {"type": "ClusterIP"}})
ANOTHER = f"urn:pulumi:dev::p::{TYPE}::another"
CHANGED = Finding("mygw", TYPE, Kind.CHANGED, "spec.type", "ClusterIP", "NodePort")
BOTH, ONE_AFTER_THE_OTHER = ["preview --refresh"], ["refresh", "preview"]


def state(kind: str) -> dict[str, Any]:
    return {"type": TYPE, "provider": PROVIDER, "inputs": {"spec": {"type": kind}}}


def differences(old: str, new: str) -> dict[str, Any]:
    return {"spec.type": {"kind": "update"}} if old and new and old != new else {}


def service(operation: str, old: str, new: str, urn: str = URN) -> dict[str, Any]:
    """A step of the engine, from one type of a Service to another; the empty one for none."""
    states = {name: state(kind) for name, kind in (("oldState", old), ("newState", new)) if kind}
    return {"op": operation, "urn": urn, "detailedDiff": differences(old, new), **states}


def read(found: str) -> dict[str, Any]:
    """An event: what a refresh finds in the place of a Service of the type ClusterIP."""
    states = {name: state(kind) for name, kind in (("old", "ClusterIP"), ("new", found)) if kind}
    metadata = {"op": "refresh", "urn": URN, "type": TYPE, "provider": PROVIDER, **states}
    return {"resOutputsEvent": {"metadata": {**metadata, "detailedDiff": differences("ClusterIP", found)}}}


# That is all that the answer says of what was read, whatever was found.
READ = service("refresh", "ClusterIP", "ClusterIP")


class Engine:
    """What the engine answers, by what it is asked for, and what it was asked for."""

    def __init__(self) -> None:
        self.answers: dict[str, list[dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        self.fails: dict[str, str] = {}
        self.asked: list[str] = []

    def answer(self, command: str, *options: str, **_: Any) -> subprocess.CompletedProcess[str]:
        asked = command
        if "--refresh" in options:
            asked = "preview --refresh"
            Path(options[options.index("--event-log") + 1]).write_text("\n".join(map(json.dumps, self.events)))
        self.asked.append(asked)
        error = self.fails.get(asked)
        said = [{"severity": "error", "message": error}] if error else []
        answer = json.dumps({"steps": self.answers.get(asked, []), "diagnostics": said})
        return subprocess.CompletedProcess([command], 1 if error else 0, answer, "")


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    engine = Engine()
    monkeypatch.setattr(steps, "answer_of", engine.answer)
    return engine


def test_where_all_is_as_declared_and_deployed_one_run_says_so(engine: Engine) -> None:
    engine.answers["preview --refresh"] = [READ, service("same", "ClusterIP", "ClusterIP")]
    engine.events.append(read("ClusterIP"))
    found, (planned,) = looked_at_and_planned("dev", [RECORDED])
    assert (found, planned.operation, planned.new) == ([], "same", {"spec": {"type": "ClusterIP"}})
    assert engine.asked == BOTH


def test_what_only_waits_until_it_is_ready_needs_no_other_run(engine: Engine) -> None:
    engine.answers["preview --refresh"] = [READ, service("update", "ClusterIP", "ClusterIP")]
    engine.events.append(read("ClusterIP"))
    found, (planned,) = looked_at_and_planned("dev", [RECORDED])
    assert (found, planned.operation, engine.asked) == ([], "update", BOTH)


def test_where_reality_differs_the_program_is_compared_with_the_state(engine: Engine) -> None:
    engine.answers["preview --refresh"] = [READ, service("update", "NodePort", "ClusterIP")]
    engine.events.append(read("NodePort"))
    engine.answers["preview"] = [service("same", "ClusterIP", "ClusterIP")]
    found, (planned,) = looked_at_and_planned("dev", [RECORDED])
    assert (found, planned.operation) == ([CHANGED], "same")
    assert engine.asked == [*BOTH, "preview"]


def test_what_is_gone_is_found_and_not_taken_for_something_to_create(engine: Engine) -> None:
    engine.answers["preview --refresh"] = [READ, service("create", "", "ClusterIP")]
    engine.events.append(read(""))
    engine.answers["preview"] = [service("same", "ClusterIP", "ClusterIP")]
    found, (planned,) = looked_at_and_planned("dev", [RECORDED])
    assert (found, planned.operation) == ([Finding("mygw", TYPE, Kind.DELETED)], "same")
    assert engine.asked == [*BOTH, "preview"]


def test_what_somebody_has_done_as_the_program_wants_it_is_found_and_not_deployed(engine: Engine) -> None:
    engine.answers["preview --refresh"] = [READ, service("same", "NodePort", "NodePort")]
    engine.events.append(read("NodePort"))
    engine.answers["preview"] = [service("update", "ClusterIP", "NodePort")]
    found, (planned,) = looked_at_and_planned("dev", [RECORDED])
    assert (found, planned.operation, planned.properties) == ([CHANGED], "update", ("spec.type",))


def test_what_is_secret_in_an_event_is_not_told(engine: Engine) -> None:
    event = read("NodePort")
    for age, text in (("old", "b2xk"), ("new", "bmV3")):
        mark = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": text}
        event["resOutputsEvent"]["metadata"][age]["inputs"] = {"data": mark}
    event["resOutputsEvent"]["metadata"]["detailedDiff"] = {"data.clientSecret": {"kind": "update"}}
    engine.events.append(event)
    (found,), _ = looked_at_and_planned("dev", [RECORDED])
    assert (found.what, found.declared, found.actual) == ("data.clientSecret", "[secret]", "[secret]")


@pytest.mark.parametrize(
    "program",
    [
        [service("update", "ClusterIP", "NodePort")],
        [service("same", "ClusterIP", "ClusterIP"), service("create", "", "NodePort", ANOTHER)],
        [service("delete", "ClusterIP", "")],
    ],
    ids=["changed", "created", "deleted"],
)
def test_what_is_not_deployed_yet_is_held_against_the_state(engine: Engine, program: list[dict[str, Any]]) -> None:
    engine.answers["preview --refresh"] = [READ, *program]
    engine.events.append(read("ClusterIP"))
    engine.answers["preview"] = program
    found, planned = looked_at_and_planned("dev", [RECORDED])
    assert (found, sorted(step.operation for step in planned)) == ([], sorted(step["op"] for step in program))
    assert engine.asked == [*BOTH, "preview"]


def test_what_an_update_can_not_make_anew_hides_no_drift(engine: Engine) -> None:
    engine.fails["preview --refresh"] = "error: Preview failed: namespaces 'gateways' not found"
    engine.answers["refresh"] = [service("delete", "ClusterIP", "")]
    engine.answers["preview"] = [service("same", "ClusterIP", "ClusterIP")]
    found, (planned,) = looked_at_and_planned("dev", [RECORDED])
    assert (found, planned.operation) == ([Finding("mygw", TYPE, Kind.DELETED)], "same")
    assert engine.asked == [*BOTH, *ONE_AFTER_THE_OTHER]


def test_what_fails_in_both_is_told_as_the_refresh_tells_it(engine: Engine) -> None:
    engine.fails |= {"preview --refresh": "error: both", "refresh": "error: the program is refused"}
    with pytest.raises(EngineError, match=r"^the program is refused$"):
        looked_at_and_planned("dev", [RECORDED])


def test_beside_what_is_still_to_be_deleted_both_halves_are_asked_for(engine: Engine) -> None:
    engine.answers["refresh"] = [service("refresh", "ClusterIP", "ClusterIP")]
    found, planned = looked_at_and_planned("dev", [RECORDED, replace(RECORDED, goes=True)])
    assert (found, planned, engine.asked) == ([], [], ONE_AFTER_THE_OTHER)

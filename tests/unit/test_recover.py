"""What a recovery does, and in which order: it steps back where another update has begun, and loses nothing."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.engine.lock import Lock
from ops.errors import OpsError
from ops.recover import run
from ops.recover.leftover import Fate, Leftover, Places
from ops.recover.pending import find_leftovers
from ops.recover.run import Plan
from ops.recover.text import describe

DEAD = Lock("ann", "laptop", 4711, datetime(2026, 11, 25, 10, 13, 57, tzinfo=UTC))
OTHER = Lock("bob", "runner", 12, datetime(2026, 11, 25, 10, 20, 0, tzinfo=UTC))
APPLICATION = "urn:pulumi:dev::p::azuread:index/application:Application::mygw-identity-application"
PENDING: dict[str, Any] = {
    "deployment": {"pending_operations": [{"type": "creating", "resource": {"urn": APPLICATION}}]}
}


@dataclass
class Engine:
    """A backend with one stack, and what was done to it and around it."""

    lock: Lock | None = DEAD
    state: dict[str, Any] = field(default_factory=lambda: PENDING)
    done: list[str] = field(default_factory=list[str])

    def export(self, stack: str) -> dict[str, Any]:
        return self.state

    def clear(self, stack: str) -> None:
        self.lock = None
        self.done.append("cleared the lock")

    def put(self, stack: str, state: dict[str, Any]) -> None:
        self.done.append(f"imported {state['deployment']}")

    def run(self, *arguments: str) -> str:
        self.done.append(arguments[0])
        return ""

    def leftover(self, what: str, then: Lock | None = None, refused: str = "") -> Leftover:
        """Something to remove; then somebody takes the lock."""

        def remove() -> None:
            if refused:
                raise OpsError(refused)
            self.done.append(f"removed {what}")
            self.lock = then

        return Leftover("mygw", APPLICATION, what, Fate.REMOVE, remove=remove)


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Engine:
    playing = Engine()
    monkeypatch.setattr(run, "find_lock", lambda _: playing.lock)
    monkeypatch.setattr(run, "export_raw", playing.export)
    monkeypatch.setattr(run, "clear_lock", playing.clear)
    monkeypatch.setattr(run, "import_raw", playing.put)
    monkeypatch.setattr(run, "run", playing.run)
    monkeypatch.setattr(run, "is_owner_gone", lambda _: True)
    return playing


def test_the_pending_operations_go_last(engine: Engine) -> None:
    run.carry_out(Plan("dev", DEAD, [engine.leftover("an application")], PENDING))
    assert engine.done == ["cleared the lock", "removed an application", "imported {'resources': []}", "refresh"]


def test_a_removal_that_fails_leaves_the_pending_operations(engine: Engine) -> None:
    with pytest.raises(OpsError, match=r"^403$"):
        run.carry_out(Plan("dev", DEAD, [engine.leftover("an application", refused="403")], PENDING))
    assert engine.done == ["cleared the lock"]


def test_a_lock_that_was_taken_since_is_left_alone(engine: Engine) -> None:
    engine.lock = OTHER
    with pytest.raises(OpsError) as told:
        run.carry_out(Plan("dev", DEAD, [engine.leftover("an application")], PENDING))
    assert str(told.value) == (
        "Stack dev is being updated by bob@runner, process 12, since 2026-11-25 10:20:00 UTC: somebody was here meanwhile. "
        "Wait until they are done, and run this again."
    )
    assert engine.done == []


def test_nothing_is_removed_once_an_update_has_begun(engine: Engine) -> None:
    leftovers = [engine.leftover("an application", then=OTHER), engine.leftover("a service principal")]
    with pytest.raises(OpsError, match="is being updated by bob@runner"):
        run.carry_out(Plan("dev", DEAD, leftovers, PENDING))
    assert engine.done == ["cleared the lock", "removed an application"]


def test_nothing_is_removed_after_an_update_that_has_come_and_gone(engine: Engine) -> None:
    engine.lock, engine.state = None, {"deployment": {"resources": [{"urn": APPLICATION}]}}
    with pytest.raises(OpsError, match=r"^Stack dev has changed meanwhile: run this again\.$"):
        run.carry_out(Plan("dev", None, [engine.leftover("an application")], PENDING))
    assert engine.done == []


def test_where_azure_does_not_answer_the_lock_alone_is_cleared(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> list[Leftover]:
        raise OpsError("Signing in failed: AADSTS7000222: the client secret has expired.")

    monkeypatch.setattr(run, "_leftovers", fails)
    planned = run.plan("dev", DEAD)
    assert describe(planned) == (
        "Stack dev:\n"
        "- clear the lock of an update that has ended: ann@laptop, process 4711, since 2026-11-25 10:13:57 UTC\n"
        "What the update left can't be looked for: Signing in failed: AADSTS7000222: the client secret has expired.\n"
        "Its lock alone can be cleared now; what is pending stays. Put this right, then run `ops recover` again."
    )
    run.carry_out(planned)
    assert engine.done == ["cleared the lock"]
    # Without a lock there is nothing that could be done.
    with pytest.raises(OpsError, match="AADSTS7000222"):
        run.plan("dev", None)


class _Arm:
    """ARM with one attached API."""

    def delete(self, path: str) -> None:
        raise AssertionError(path)

    def find(self, path: str, **_: str) -> dict[str, Any]:
        return {"id": path}

    def list(self, path: str, **_: str) -> list[dict[str, Any]]:
        return [{"name": "echo"}]


def test_what_the_state_has_in_other_letter_case_is_no_leftover() -> None:
    azure = "urn:pulumi:dev::p::pulumi:providers:azure-native::azure-native"
    gateway = "Microsoft.ApiManagement/service/Contoso-APIM/gateways/mygw"
    id_ = f"/subscriptions/s/resourceGroups/contoso-rg/providers/{gateway}/apis/echo".lower()
    type_ = "azure-native:apimanagement:GatewayApiEntityTag"
    urn = f"urn:pulumi:dev::p::{type_}::mygw-resource-api-echo"
    inputs = {"resourceGroupName": "Contoso-RG", "serviceName": "Contoso-APIM", "gatewayId": "mygw", "apiId": "echo"}
    pending = {"urn": urn, "type": type_, "inputs": inputs, "provider": f"{azure}::1"}
    provider = "pulumi:providers:azure-native"
    resources = [{"urn": azure, "type": provider, "id": "1", "inputs": {"subscriptionId": "s"}}]
    state = {"deployment": {"resources": resources, "pending_operations": [{"type": "creating", "resource": pending}]}}
    places = Places(_Arm(), _Arm(), None)  # pyright: ignore[reportArgumentType]
    assert find_leftovers(state, {id_}, places) == []
    (found,) = find_leftovers(state, set(), places)
    assert found.fate is Fate.IMPORT

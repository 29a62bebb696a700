"""What a recovery takes for its own, and what it leaves: others work in the same tenant, instance and cluster."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.engine.lock import Lock
from ops.engine.state import StackResource
from ops.engine.steps import Step
from ops.errors import OpsError
from ops.recover import in_entra, run
from ops.recover.leftover import Fate, Leftover, Places
from ops.recover.unrecorded import instead_of_creations

UPDATES = [(datetime(2026, 11, 25, 10, 0, tzinfo=UTC), datetime(2026, 11, 25, 10, 5, tzinfo=UTC))]
DURING, BEFORE = "2026-11-25T10:02:00Z", "2026-11-24T10:02:00Z"
DECLARED = {"displayName": "mygw", "owners": ["deployer"]}
APPLICATION = "azuread:index/application:Application"
COMPONENT = "urn:pulumi:dev::p::self-hosted-gateway:workload:GatewayWorkload::mygw-workload"
AZURE = "urn:pulumi:dev::p::pulumi:providers:azure-native::azure-native"
RESOURCES = [
    StackResource(COMPONENT, "self-hosted-gateway:workload:GatewayWorkload"),
    StackResource(AZURE, "pulumi:providers:azure-native", id="1", inputs={"subscriptionId": "s"}),
]


@dataclass
class Graph:
    """Graph with applications of one owner."""

    applications: list[dict[str, Any]]
    principals: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    deleted: list[str] = field(default_factory=list[str])

    def list(self, path: str, filter: str = "") -> Iterator[dict[str, Any]]:  # noqa: A002
        if path == "/v1.0/servicePrincipals":
            yield from (p for p in self.principals if filter == f"appId eq '{p['appId']}'")
        elif path == "/v1.0/applications":
            name = filter.split("'")[1]
            whole = filter.startswith("displayName eq")
            for application in self.applications:
                has = application["displayName"]
                if has == name if whole else has.startswith(name):
                    yield application
        else:
            yield {"id": "deployer"}

    def find(self, path: str) -> dict[str, Any] | None:
        return next((a for a in self.applications if path.endswith(a["id"])), None)

    def delete(self, path: str) -> None:
        self.deleted.append(path)


def application(name: str, created: str) -> dict[str, Any]:
    return {"id": "1", "appId": "client-1", "displayName": name, "createdDateTime": created}


def left_over(graph: Any, places: Places) -> list[Any]:
    return list(in_entra.left_over(APPLICATION, DECLARED, set(), graph, places.made_by_an_update))


@pytest.mark.parametrize("name", ["mygw", "TERRAFORM_UPDATE_0b9f5f6e-8e41-4a0a-9f5e-9f4f7d1f5b11"])
def test_an_application_made_while_this_stack_was_not_updated_is_not_its_own(name: str) -> None:
    graph: Any = Graph([application(name, BEFORE)])
    places = Places(graph, graph, None, UPDATES)
    assert left_over(graph, places) == []
    graph.applications = [application(name, DURING)]
    ((what, _),) = left_over(graph, places)
    assert what == f"application '{name}', client id client-1"


def test_an_application_that_is_renamed_or_used_before_its_removal_is_kept() -> None:
    graph: Any = Graph([application("mygw", DURING)])
    ((_, remove),) = left_over(graph, Places(graph, graph, None, UPDATES))
    graph.principals = [{"appId": "client-1"}]
    with pytest.raises(OpsError, match=r"^Somebody else is making or using this now: application 'mygw'"):
        remove()
    graph.principals, graph.applications = [], [application("theirs", DURING)]
    with pytest.raises(OpsError, match=r"^Somebody else is making or using this now: application 'mygw'"):
        remove()
    assert graph.deleted == []
    graph.applications = [application("mygw", DURING)]
    remove()
    assert graph.deleted == ["/v1.0/applications/1"]


def test_no_application_is_removed_while_another_stack_makes_one(monkeypatch: pytest.MonkeyPatch) -> None:
    making = {"pending_operations": [{"type": "creating", "resource": {"type": APPLICATION}}]}
    lock = Lock("bob", "runner", 12, datetime(2026, 11, 25, 10, 20, tzinfo=UTC))
    monkeypatch.setattr(run, "stacks", lambda: ["dev", "staging"])
    monkeypatch.setattr(run, "export_raw", lambda _: {"deployment": making})
    monkeypatch.setattr(run, "find_lock", lambda _: lock)
    with pytest.raises(OpsError) as told:
        run._check_others("dev")
    assert str(told.value) == (
        "Stack staging is making an application too, and is locked by bob@runner, process 12, since 2026-11-25 10:20:00 UTC: "
        "it can't be told from one that dev has left. Wait until that update has ended, or recover staging first; then run "
        "this again."
    )
    monkeypatch.setattr(run, "find_lock", lambda _: None)
    run._check_others("dev")


def creation(type_: str, inputs: dict[str, Any], parent: str = COMPONENT) -> Step:
    record = {"type": type_, "inputs": inputs, "provider": f"{AZURE}::1"}
    return Step("create", f"urn:pulumi:dev::p::{type_}::it", type_, (), {}, inputs, parent=parent, record=record)


class Arm:
    """ARM with one gateway resource."""

    def find(self, path: str, **_: str) -> dict[str, Any]:
        return {"id": path}

    def delete(self, path: str) -> None:
        raise AssertionError(path)


def test_a_gateway_resource_whose_creation_was_not_answered_is_taken_over() -> None:
    gateway = {"resourceGroupName": "contoso-rg", "serviceName": "contoso-apim", "gatewayId": "owngw"}
    step = creation("azure-native:apimanagement:Gateway", gateway)
    places: Any = Places(Arm(), None, None)  # pyright: ignore[reportArgumentType]
    id_ = "/subscriptions/s/resourceGroups/contoso-rg/providers/Microsoft.ApiManagement/service/contoso-apim/gateways/owngw"
    assert list(instead_of_creations([step], RESOURCES, set(), places)) == [
        Leftover("it", step.urn, id_, Fate.IMPORT, id=id_, record=step.record)
    ]
    assert list(instead_of_creations([step], RESOURCES, {id_.lower()}, places)) == []

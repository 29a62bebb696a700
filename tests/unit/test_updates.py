"""Which objects an update writes, and what a report may show of what it takes away from them."""

from typing import Any

import pytest

from ops.cluster import connection, updates
from ops.cluster.updates import Change, taken_away
from ops.engine.steps import Step
from ops.errors import OpsError

PROVIDER = "pulumi:providers:kubernetes"


def step(operation: str, kind: str, declared: dict[str, Any], **record: Any) -> Step:
    new = {"apiVersion": "v1", "kind": kind, "metadata": {"name": "it", "namespace": "apim"}, **declared}
    type_ = f"kubernetes:core/v1:{kind}"
    urn = f"urn:pulumi:dev::p::{type_}::{kind.lower()}"
    return Step(operation, urn, type_, (), new, new, id="apim/it", provider="kubernetes", record=record)


class Live:
    """A cluster in which kubectl has added to each object and changed it."""

    objects: dict[str, dict[str, Any]]

    def __init__(self, provider: dict[str, Any]) -> None:
        assert provider == {"context": "contoso"}

    def find(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        assert (api_version, namespace, name) == ("v1", "apim", "it")
        if kind == "Service":
            raise OpsError("Service apim/it can't be read: forbidden")
        return self.objects.get(kind)


def live(kind: str, **data: str) -> dict[str, Any]:
    added = {"manager": "kubectl-edit", "operation": "Update", "fieldsV1": {"f:data": {f"f:{key}": {} for key in data}}}
    return {"kind": kind, "metadata": {"managedFields": [added]}, "data": data}


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[Step]:
    Live.objects = {
        "ConfigMap": live("ConfigMap", setting="by-hand", added="text", clientSecret="secret"),
        "Secret": live("Secret", key="by-hand", added="text"),
    }
    state = {
        "inputs": {"data": {"setting": "value", "key": "value"}},
        "outputs": {"data": {"setting": "value", "key": "value"}},
    }
    found = [
        Step("same", f"urn:pulumi:dev::p::{PROVIDER}::kubernetes", PROVIDER, (), {}, {"context": "contoso"}),
        step("update", "ConfigMap", {"data": {"setting": "value"}}),
        step("update", "Secret", {"data": "[secret]"}),
        step("update", "Service", {}),
    ]
    monkeypatch.setattr(connection, "Cluster", Live)
    monkeypatch.setattr(
        updates, "export_in_clear", lambda stack: {s.urn: state for s in found} if stack == "dev" else {}
    )
    return found


def test_what_is_taken_away_is_shown_without_secrets_and_foreign_texts(steps: list[Step]) -> None:
    losses = taken_away("dev", steps)
    assert [(f.resource, f.path, f.change, f.there, f.becomes) for f in losses.fields] == [
        ("configmap", "data.added", Change.REMOVED, "[not shown]", None),
        ("configmap", "data.clientSecret", Change.REMOVED, "[secret]", None),
        ("configmap", "data.setting", Change.CHANGED_BACK, "by-hand", "value"),
        ("secret", "data.added", Change.REMOVED, "[secret]", None),
        ("secret", "data.key", Change.CHANGED_BACK, "[secret]", "[secret]"),
        ("secret", "data.setting", Change.PUT_BACK, None, "[secret]"),
    ]


@pytest.mark.parametrize(("before", "moves"), [("ours", "spec.ports"), ("another", "")])
def test_a_list_that_is_declared_as_before_only_moves_where_an_element_goes(
    before: str, moves: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, added = {"name": "ours", "port": 80}, {"name": "added", "port": 81}
    of_kubectl = {"f:spec": {"f:ports": {'k:{"port":81}': {".": {}, "f:name": {}, "f:port": {}}}}}
    managed = [{"manager": "kubectl-edit", "operation": "Update", "fieldsV1": of_kubectl}]
    found = {"kind": "Lists", "metadata": {"managedFields": managed}, "spec": {"ports": [added, ours]}}
    monkeypatch.setattr(Live, "objects", {"Lists": found}, raising=False)
    monkeypatch.setattr(connection, "Cluster", Live)
    recorded = {"inputs": {"spec": {"ports": [{**ours, "name": before}]}}, "outputs": {}}
    written = step("update", "Lists", {"spec": {"ports": [ours]}})
    monkeypatch.setattr(updates, "export_in_clear", lambda _: {written.urn: recorded})
    provider = Step("same", f"urn:pulumi:dev::p::{PROVIDER}::kubernetes", PROVIDER, (), {}, {"context": "contoso"})
    (field,) = taken_away("dev", [provider, written]).fields
    assert (field.path, field.change, field.list_that_moves) == ("spec.ports[0]", Change.REMOVED, moves)


def test_what_cannot_be_read_is_no_failure_and_no_all_clear(steps: list[Step]) -> None:
    assert taken_away("dev", steps).unknown == {"service": "Service apim/it can't be read: forbidden"}


def test_a_cluster_that_cannot_be_reached_is_asked_once(steps: list[Step], monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def unreachable(provider: Any) -> Any:
        asked.append(provider)
        raise OpsError("The cluster can't be read: no route")

    monkeypatch.setattr(connection, "Cluster", unreachable)
    losses = taken_away("dev", steps)
    assert losses.fields == []
    assert losses.unknown == dict.fromkeys(("configmap", "secret", "service"), "The cluster can't be read: no route")
    assert len(asked) == 1


@pytest.mark.parametrize("operation", ["same", "create", "create-replacement", "delete-replaced", "delete", "read"])
def test_what_an_update_does_not_write_is_not_read(operation: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: Any) -> Any:
        raise AssertionError

    monkeypatch.setattr(connection, "Cluster", never)
    monkeypatch.setattr(updates, "export_in_clear", never)
    losses = taken_away("dev", [step(operation, "ConfigMap", {})])
    assert (losses.fields, losses.unknown) == ([], {})

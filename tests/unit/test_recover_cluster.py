"""Of the objects in the cluster a recovery takes over what this stack's update must have made, and deletes none."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ops.engine.state import StackResource
from ops.engine.steps import Step
from ops.recover import run
from ops.recover.leftover import Fate, Leftover, Places
from ops.recover.pending import find_leftovers
from ops.recover.run import Plan
from ops.recover.text import describe
from ops.recover.unrecorded import instead_of_creations

ROOT = "urn:pulumi:dev::self-hosted-gateway::"
COMPONENT = f"{ROOT}self-hosted-gateway:workload:GatewayWorkload::mygw-workload"
CLUSTER = f"{ROOT}pulumi:providers:kubernetes::kubernetes"
SERVICE = f"{ROOT}kubernetes:core/v1:Service::mygw-workload-live-traffic"
SECRET = f"{ROOT}kubernetes:core/v1:Secret::mygw-workload-auth"
CIPHERTEXT = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}
UPDATE = (datetime(2026, 11, 25, 10, 0, tzinfo=UTC), datetime(2026, 11, 25, 10, 5, tzinfo=UTC))
DURING = "2026-11-25T10:02:00Z"

DECLARED: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "mygw-live-traffic", "namespace": "default", "labels": {"app": "mygw"}},
    "spec": {"type": "LoadBalancer", "ports": [{"name": "http", "port": 80, "targetPort": 8080}]},
}
RECORD = {
    "urn": SERVICE,
    "type": "kubernetes:core/v1:Service",
    "custom": True,
    "inputs": DECLARED,
    "parent": COMPONENT,
    "provider": f"{CLUSTER}::1",
}
RESOURCES = [
    StackResource(
        COMPONENT,
        "self-hosted-gateway:workload:GatewayWorkload",
        created=datetime(2026, 11, 25, 10, 1, tzinfo=UTC),
    ),
    StackResource(
        CLUSTER, "pulumi:providers:kubernetes", id="1", created=datetime(2026, 11, 25, 10, 0, 30, tzinfo=UTC)
    ),
]


def live(**changes: Any) -> dict[str, Any]:
    """The Service as the provider creates it."""
    created = changes.pop("created", DURING)
    writer = {"manager": "pulumi-kubernetes", "operation": "Update", "time": created, **changes.pop("writer", {})}
    metadata = {**DECLARED["metadata"], "uid": "4f5e", "creationTimestamp": created, "managedFields": [writer]}
    ports = [{**DECLARED["spec"]["ports"][0], "protocol": "TCP", "nodePort": 31234}]
    return {**DECLARED, "metadata": metadata, "spec": {**DECLARED["spec"], "ports": ports, **changes}, "status": {}}


class Cluster:
    """A cluster with one object at most. Whatever it has, nothing can delete it."""

    def __init__(self, object_: dict[str, Any] | None) -> None:
        self._object = object_

    def find(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        assert (api_version, namespace) == ("v1", "default")
        return self._object


def places(object_: dict[str, Any] | None, **changes: Any) -> Any:
    options: dict[str, Any] = {"updates": [UPDATE], "stack": "dev", **changes}
    return Places(None, None, Cluster(object_), **options)  # pyright: ignore[reportArgumentType]


def unrecorded(object_: dict[str, Any] | None, **changes: Any) -> list[Leftover]:
    """What is found in the place of a creation that the engine held for failed."""
    type_ = "kubernetes:core/v1:Service"
    step = Step("create", SERVICE, type_, (), {}, DECLARED, parent=COMPONENT, record=RECORD)
    return list(instead_of_creations([step], RESOURCES, set(), places(object_, **changes)))


@pytest.mark.parametrize(
    ("object_", "reason"),
    [
        (live(), ""),
        # The provider and its requests can outlast the engine, and clocks differ.
        (live(created="2026-11-25T10:10:29Z"), ""),
        (live(created="2026-11-25T09:59:31Z"), ""),
        (
            live(created="2026-11-25T10:10:31Z"),
            "it was created at 2026-11-25 10:10:31 UTC, when no update of this stack is known to have run",
        ),
        (
            live(created="2026-11-25T09:59:29Z"),
            "it was created at 2026-11-25 09:59:29 UTC, when no update of this stack is known to have run",
        ),
        (
            live(writer={"manager": "kubectl-create"}),
            "Pulumi did not create it, or has updated it since (written by kubectl-create)",
        ),
        (
            live(writer={"manager": "pulumi-kubernetes-5f3a09c1", "operation": "Apply"}),
            "Pulumi did not create it, or has updated it since (written by pulumi-kubernetes-5f3a09c1)",
        ),
        (
            live(writer={"time": "2026-11-25T10:02:03Z"}),
            "Pulumi did not create it, or has updated it since (written by pulumi-kubernetes)",
        ),
        (live(type="ClusterIP"), "spec.type is not as this stack declares it"),
        (live(ports=[]), "spec.ports[0] is not as this stack declares it"),
    ],
)
def test_an_object_is_taken_over_only_if_this_stacks_update_must_have_made_it(
    object_: dict[str, Any], reason: str
) -> None:
    (found,) = unrecorded(object_)
    assert (found.what, found.reason) == ("Service default/mygw-live-traffic", reason)
    assert (found.fate, found.id) == ((Fate.KEEP, "") if reason else (Fate.IMPORT, "default/mygw-live-traffic"))
    assert found.remove is None


def test_an_object_that_another_stack_has_is_kept_and_one_that_this_stack_has_is_not_named() -> None:
    (found,) = unrecorded(live(), holders={"4f5e": "staging"})
    assert (found.fate, found.reason) == (Fate.KEEP, "stack staging has it")
    # Services of two stacks can be declared alike: which of them was killed while it made this one, nothing tells.
    (found,) = unrecorded(live(), makers={"Service default/mygw-live-traffic": "staging"})
    assert (found.fate, found.reason) == (Fate.KEEP, "stack staging was making an object of that name, too")
    assert unrecorded(live(), holders={"4f5e": "dev"}) == []
    assert unrecorded(None) == []


def test_what_no_update_can_have_come_to_is_not_looked_for() -> None:
    # Neither its component is in the state, nor what it needs, nor its provider: whatever is there is somebody else's.
    type_ = "kubernetes:core/v1:Service"
    for resources, record in (
        (RESOURCES[1:], RECORD),
        (RESOURCES[:1], RECORD),
        (RESOURCES, {**RECORD, "provider": f"{CLUSTER}::04da6b54-80e4-46f7-96ec-b56ff0331ba9"}),
    ):
        step = Step("create", SERVICE, type_, (), {}, DECLARED, parent=COMPONENT, record=record)
        assert list(instead_of_creations([step], resources, set(), places(live()))) == []
    needing = Step("create", SERVICE, type_, (), {}, DECLARED, parent=COMPONENT, dependencies=(SECRET,), record=RECORD)
    assert list(instead_of_creations([needing], RESOURCES, set(), places(live()))) == []


def state(written: str = "2026-11-25T10:03:00Z", **pending: Any) -> dict[str, Any]:
    """A state in which the Service's creation is pending."""
    created = {COMPONENT: "2026-11-25T10:01:00Z", CLUSTER: "2026-11-25T10:00:30Z"}
    resources = [{"urn": r.urn, "type": r.type, "id": r.id, "created": created[r.urn]} for r in RESOURCES]
    operation = {"type": "creating", "resource": {**RECORD, **pending}}
    return {"deployment": {"manifest": {"time": written}, "resources": resources, "pending_operations": [operation]}}


def pending(object_: dict[str, Any], killed: Any, written: str = "2026-11-25T10:03:00Z") -> Leftover:
    (found,) = find_leftovers(state(written), set(), places(object_, updates=[], killed=killed), {SERVICE: DECLARED})
    return found


def test_a_pending_creation_is_the_killed_updates_from_its_start_on() -> None:
    now = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
    assert pending(live(), (UPDATE[0], now)).fate is Fate.IMPORT
    # When it ended, nobody knows.
    assert pending(live(created="2026-11-25T10:59:00Z"), (UPDATE[0], now)).fate is Fate.IMPORT
    # It was there before: the update has not made it.
    assert pending(live(created="2026-11-25T09:59:00Z"), (UPDATE[0], now)).fate is Fate.KEEP


def test_once_its_lock_is_gone_a_pending_creation_is_dated_by_what_it_needs_and_what_was_written_last() -> None:
    assert pending(live(), None).fate is Fate.IMPORT
    assert pending(live(created="2026-11-25T10:00:29Z"), None).fate is Fate.KEEP
    assert pending(live(created="2026-11-25T10:08:31Z"), None).fate is Fate.KEEP
    assert (
        pending(live(created="2026-11-25T10:08:31Z"), None, written="2026-11-25T10:04:00.123456789Z").fate
        is Fate.IMPORT
    )


def test_it_enters_the_state_as_the_provider_records_what_it_creates() -> None:
    found = pending(live(), (UPDATE[0], datetime(2026, 11, 25, 11, 0, tzinfo=UTC)))
    planned = Plan("dev", None, [found], state())
    resources = run._without_pending(planned)["deployment"]["resources"]
    assert [resource["urn"] for resource in resources] == [COMPONENT, CLUSTER, SERVICE]
    outputs = resources[2]["outputs"]
    manager = outputs.pop("__fieldManager")
    assert manager.startswith("pulumi-kubernetes-")
    assert len(manager) == len("pulumi-kubernetes-") + 8
    assert resources[2] == {
        **RECORD,
        "id": "default/mygw-live-traffic",
        "inputs": DECLARED,
        "outputs": {
            **DECLARED,
            "metadata": live()["metadata"],
            "status": {},
            "__inputs": DECLARED,
            "__initialApiVersion": "v1",
        },
    }


def test_a_pending_secret_is_compared_in_clear_and_stays_encrypted() -> None:
    metadata = {"name": "mygw-auth", "namespace": "default"}
    made = live(created=DURING)
    made |= {"kind": "Secret", "data": {"clientSecret": "czNjcmV0"}, "metadata": {**made["metadata"], **metadata}}
    record = {**RECORD, "urn": SECRET, "type": "kubernetes:core/v1:Secret"}
    record["inputs"] = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": CIPHERTEXT}
    exported = state(**record)
    for value, fate in (("czNjcmV0", Fate.IMPORT), ("dGhlaXJz", Fate.KEEP)):
        declared = {SECRET: {"metadata": metadata, "data": {"clientSecret": value}}}
        where = places(made, killed=UPDATE)
        (found,) = find_leftovers(exported, set(), where, declared)
        assert found.fate is fate
        if fate is Fate.IMPORT:
            assert found.record["inputs"]["data"] == found.outputs["data"] == CIPHERTEXT
        assert "s3cret" not in repr(found)
        assert "czNjcmV0" not in repr(found)


def test_what_a_preview_does_not_show_is_taken_from_the_object_if_it_is_the_stacks_secret() -> None:
    metadata = {"name": "mygw-auth", "namespace": "default"}
    made = live(created=DURING)
    made |= {"kind": "Secret", "data": {"clientSecret": "czNjcmV0"}, "metadata": {**made["metadata"], **metadata}}
    type_ = "kubernetes:core/v1:Secret"
    inputs = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "data": "[secret]"}
    record = {**RECORD, "urn": SECRET, "type": type_, "inputs": inputs}
    step = Step("create", SECRET, type_, (), {}, inputs, parent=COMPONENT, record=record)
    (kept,) = instead_of_creations([step], RESOURCES, set(), places(made, secrets={"another"}))
    assert (kept.fate, kept.reason) == (Fate.KEEP, "data is not as this stack declares it")
    (found,) = instead_of_creations([step], RESOURCES, set(), places(made, secrets={"s3cret"}))
    assert found.record["inputs"]["data"] == {
        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
        "plaintext": '{"clientSecret": "czNjcmV0"}',
    }
    assert "czNjcmV0" not in repr(found)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # It was to go once its successor was there.
        ({"id": "apim/mygw-live-traffic"}, [("default/mygw-live-traffic", False), ("apim/mygw-live-traffic", True)]),
        # It went before.
        ({"id": "apim/mygw-live-traffic", "pendingReplacement": True}, [("default/mygw-live-traffic", False)]),
        ({"id": "default/mygw-live-traffic"}, [("default/mygw-live-traffic", False)]),
    ],
)
def test_the_successor_of_what_was_being_replaced_takes_its_place(
    before: dict[str, Any], after: list[tuple[str, bool]]
) -> None:
    found = pending(live(), (UPDATE[0], datetime(2026, 11, 25, 11, 0, tzinfo=UTC)))
    exported = state()
    exported["deployment"]["resources"].append({**RECORD, **before})
    resources = run._without_pending(Plan("dev", None, [found], exported))["deployment"]["resources"]
    assert [(r["id"], bool(r.get("delete"))) for r in resources if r["urn"] == SERVICE] == after


def test_what_is_kept_is_named_with_the_reason_and_how_to_import_it() -> None:
    found = unrecorded(live(writer={"manager": "kubectl-create"}))
    assert describe(Plan("dev", None, found, {"deployment": {}})) == (
        "Stack dev:\n"
        "- Service default/mygw-live-traffic: keep: Pulumi did not create it, or has updated it since (written by "
        "kubectl-create)\n"
        "- read everything anew (`pulumi refresh`)\n"
        "What is kept can be somebody else's. The next update will refuse to replace it. If it is this stack's, import it:\n"
        "`.venv/bin/python -m ops adopt --stack dev`, then `pulumi import --file import.json --stack dev --protect=false "
        "--generate-code=false`."
    )


@pytest.mark.parametrize(
    ("type_", "api_version", "declared"),
    [
        ("autoscaling/v2:HorizontalPodAutoscaler", "autoscaling/v2", {"spec": {"minReplicas": 3, "maxReplicas": 10}}),
        ("policy/v1:PodDisruptionBudget", "policy/v1", {"spec": {"maxUnavailable": "25%"}}),
        ("core/v1:ServiceAccount", "v1", {"automountServiceAccountToken": False}),
    ],
)
def test_the_objects_of_some_settings_are_taken_over_as_all_others_are(
    type_: str, api_version: str, declared: dict[str, Any]
) -> None:
    kind = type_.rpartition(":")[2]
    inputs = {
        "apiVersion": api_version,
        "kind": kind,
        "metadata": {"name": "mygw", "namespace": "default", "labels": {"app": "mygw"}},
        **declared,
    }
    writer = {"manager": "pulumi-kubernetes", "operation": "Update", "time": DURING}
    metadata = {**inputs["metadata"], "uid": "5a0e", "creationTimestamp": DURING, "managedFields": [writer]}

    class OneObject:
        def find(self, *wanted: str) -> dict[str, Any]:
            assert wanted == (api_version, kind, "default", "mygw")
            return {**inputs, "metadata": metadata, "status": {}}

    urn = f"{ROOT}kubernetes:{type_}::mygw-workload-it"
    record = {**RECORD, "urn": urn, "type": f"kubernetes:{type_}", "inputs": inputs}
    step = Step("create", urn, f"kubernetes:{type_}", (), {}, inputs, parent=COMPONENT, record=record)
    where: Any = Places(None, None, OneObject(), updates=[UPDATE], stack="dev")  # pyright: ignore[reportArgumentType]
    (found,) = instead_of_creations([step], RESOURCES, set(), where)
    assert (found.what, found.reason, found.fate, found.id) == (f"{kind} default/mygw", "", Fate.IMPORT, "default/mygw")

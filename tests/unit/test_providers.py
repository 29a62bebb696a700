"""Which provider resource is meant: a state has those of several packages, and can have several of one."""

from typing import Any

import pytest

from ops.adopt import run as adopt
from ops.azure.sign_in import Azure
from ops.engine.providers import provider_inputs, provider_of
from ops.engine.state import resources_of
from ops.engine.steps import Step, resources_after
from ops.errors import OpsError
from ops.recover import run

ROOT = "urn:pulumi:staging::self-hosted-gateway::"
AZURE = f"{ROOT}pulumi:providers:azure-native::azure-native"
INSTANCE = f"{ROOT}pulumi:providers:azure-native::azure-native-instance"
CLUSTER = f"{ROOT}pulumi:providers:kubernetes::kubernetes"
ASSIGNMENT = f"{ROOT}azure-native:authorization:RoleAssignment::mygw-reader-assignment"
CONFIG_MAP = f"{ROOT}kubernetes:core/v1:ConfigMap::mygw-workload-env"
AZURE_INPUTS = {"tenantId": "tenant", "subscriptionId": "of-the-roles", "environment": "public"}

# As Pulumi exports it: what a StackReference makes has no inputs.
OF_A_STACK_REFERENCE: dict[str, Any] = {
    "urn": f"{ROOT}pulumi:providers:pulumi::default",
    "custom": True,
    "id": "0d26",
    "type": "pulumi:providers:pulumi",
}


def record(urn: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2], **more}


def exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Azure, a cluster and a backend in which there is nothing."""

    class Nothing:
        arm = graph = None

        def __init__(self, provider: Any) -> None: ...

    monkeypatch.setattr(run, "Azure", Nothing)
    monkeypatch.setattr(run, "Cluster", Nothing)
    monkeypatch.setattr(run, "find_lock", lambda _: None)
    monkeypatch.setattr(run, "updates", lambda _: [])
    monkeypatch.setattr(run, "stacks", list)
    monkeypatch.setattr(run, "preview", lambda _: [])


@pytest.mark.usefixtures("nowhere")
def test_a_stack_that_takes_its_roles_from_another_one_can_be_recovered(monkeypatch: pytest.MonkeyPatch) -> None:
    state = exported(OF_A_STACK_REFERENCE, record(AZURE, id="1", inputs=AZURE_INPUTS), record(CLUSTER, id="2"))
    monkeypatch.setattr(run, "export_raw", lambda _, **__: state)
    assert not run.plan("staging", None).is_needed


def test_a_provider_that_was_replaced_is_not_the_one_that_is_meant() -> None:
    # The engine keeps the one that goes behind the new one, and both have the same URN.
    state = exported(
        record(CLUSTER, id="new", inputs={"context": "new"}),
        record(CLUSTER, id="old", inputs={"context": "old"}, delete=True),
        record(CONFIG_MAP, id="default/mygw-env", provider=f"{CLUSTER}::old", delete=True),
    )
    resources = resources_of(state)
    assert provider_inputs("kubernetes", resources) == {"context": "new"}
    assert provider_inputs("kubernetes", reversed(resources)) == {"context": "new"}
    assert provider_of(f"{CLUSTER}::old", resources).inputs == {"context": "old"}
    assert provider_of(f"{CLUSTER}::new", resources).inputs == {"context": "new"}


def test_a_provider_that_resources_use_is_meant_rather_than_one_that_none_does() -> None:
    default = f"{ROOT}pulumi:providers:kubernetes::default_4_34_2"
    resources = resources_of(
        exported(
            record(default, id="1"),
            record(CLUSTER, id="2", inputs={"context": "sandbox"}),
            record(CONFIG_MAP, id="default/mygw-env", provider=f"{CLUSTER}::2"),
        )
    )
    assert provider_inputs("kubernetes", resources) == {"context": "sandbox"}
    assert provider_inputs("azure-native", resources) is None


def test_a_resource_says_which_of_two_subscriptions_it_is_in() -> None:
    resources = resources_of(
        exported(
            record(AZURE, id="1", inputs=AZURE_INPUTS),
            record(INSTANCE, id="2", inputs={**AZURE_INPUTS, "subscriptionId": "of-the-instance"}),
        )
    )
    assert provider_of(f"{INSTANCE}::2", resources).inputs["subscriptionId"] == "of-the-instance"
    # A preview does not know the id of a provider that it would replace.
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert provider_of(f"{INSTANCE}::{unknown}", resources).inputs["subscriptionId"] == "of-the-instance"
    with pytest.raises(OpsError, match=r"^The state has no provider elsewhere\.$"):
        provider_of(f"{ROOT}pulumi:providers:azure-native::elsewhere::1", resources)


def test_a_provider_without_a_tenant_is_told_and_no_traceback() -> None:
    with pytest.raises(
        OpsError, match=r"^The stack's azure-native provider has no tenant ID: set `azure-native:tenantId`\.$"
    ):
        Azure({})


def test_adoption_asks_the_cluster_that_the_update_will_use(monkeypatch: pytest.MonkeyPatch) -> None:
    def step(operation: str, urn: str, **more: Any) -> Step:
        inputs = more.get("inputs", {})
        return Step(operation, urn, urn.split("::")[2], (), {}, inputs, record={"urn": urn, **more} if more else {})

    steps = [
        step("same", OF_A_STACK_REFERENCE["urn"], id="0d26"),
        step("same", AZURE, id="1", inputs=AZURE_INPUTS),
        step("create-replacement", CLUSTER, id="", inputs={"context": "new"}),
        step("delete-replaced", CLUSTER),
    ]
    assert provider_inputs("kubernetes", resources_after(steps)) == {"context": "new"}
    asked: list[Any] = []

    class Search:
        def __init__(self, *_: Any) -> None: ...

        def run(self) -> Any:
            return adopt.Found()

    class Signed:
        arm = graph = None

        def __init__(self, provider: Any) -> None:
            asked.append(provider["tenantId"])

    monkeypatch.setattr(adopt, "preview_import", lambda _: (steps, {}))
    monkeypatch.setattr(adopt, "Azure", Signed)
    monkeypatch.setattr(adopt, "Cluster", lambda provider: asked.append(provider["context"]))
    monkeypatch.setattr(adopt, "Search", Search)
    monkeypatch.setattr(adopt, "export_stack", lambda _: [])
    monkeypatch.setattr(adopt, "export_raw", lambda _: exported())
    assert adopt.adopt("staging", {}).changes == (steps[2], steps[3])
    assert asked == ["tenant", "new"]

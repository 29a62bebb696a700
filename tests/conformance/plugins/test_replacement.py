"""What the plugins replace and what they change in place, by the released plugins' rules."""

from typing import Any, cast

import pytest

from sandbox.plugins.azure_native.arm import Arm
from sandbox.plugins.azure_native.descriptions import DESCRIPTIONS
from sandbox.plugins.azure_native.resources import ArmResource
from sandbox.plugins.azuread.graph import Graph
from sandbox.plugins.azuread.password import ApplicationPassword
from sandbox.plugins.engine.provider import Existing, Request
from sandbox.plugins.kubernetes.kinds import KINDS
from sandbox.plugins.kubernetes.objects import KubernetesObject, settings_of


def replaced(resource: Any, old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    return resource.diff(Existing("an-id", old, old), new, Request()).replaces


@pytest.mark.parametrize(
    ("type_", "property_", "replaces"),
    [
        ("azure-native:authorization:RoleAssignment", "scope", True),
        ("azure-native:authorization:RoleAssignment", "roleAssignmentName", True),
        ("azure-native:authorization:RoleAssignment", "principalId", True),
        ("azure-native:authorization:RoleAssignment", "roleDefinitionId", False),
        ("azure-native:authorization:RoleAssignment", "principalType", False),
        ("azure-native:authorization:RoleAssignment", "description", False),
        ("azure-native:authorization:RoleAssignment", "condition", False),
        ("azure-native:authorization:RoleAssignment", "delegatedManagedIdentityResourceId", False),
        ("azure-native:authorization:RoleDefinition", "scope", True),
        ("azure-native:authorization:RoleDefinition", "roleDefinitionId", True),
        ("azure-native:authorization:RoleDefinition", "roleName", False),
        ("azure-native:authorization:RoleDefinition", "description", False),
        ("azure-native:authorization:RoleDefinition", "roleType", False),
        ("azure-native:authorization:RoleDefinition", "permissions", False),
        ("azure-native:authorization:RoleDefinition", "assignableScopes", False),
        ("azure-native:apimanagement:Gateway", "gatewayId", True),
        ("azure-native:apimanagement:Gateway", "serviceName", True),
        ("azure-native:apimanagement:Gateway", "resourceGroupName", True),
        ("azure-native:apimanagement:Gateway", "description", False),
        ("azure-native:apimanagement:Gateway", "locationData", False),
        ("azure-native:apimanagement:GatewayApiEntityTag", "apiId", True),
        ("azure-native:apimanagement:GatewayApiEntityTag", "gatewayId", True),
        ("azure-native:apimanagement:GatewayApiEntityTag", "serviceName", True),
        ("azure-native:apimanagement:GatewayApiEntityTag", "resourceGroupName", True),
        ("azure-native:apimanagement:GatewayApiEntityTag", "provisioningState", False),
        ("azure-native:apimanagement:GatewayApiEntityTag", "azureApiVersion", False),
    ],
)
def test_azure_native_replaces_by_the_parameters_of_the_path(type_: str, property_: str, replaces: bool) -> None:
    resource = azure_native(type_.removeprefix("azure-native:"))
    assert replaced(resource, {property_: "old"}, {property_: "new"}) == ({property_} if replaces else set())


def azure_native(type_: str) -> ArmResource:
    return ArmResource(DESCRIPTIONS[f"azure-native:{type_}"], cast("Arm", None), "a-subscription")


def test_azure_native_deletes_before_it_replaces_what_it_has_not_named_at_random() -> None:
    assignment, gateway = azure_native("authorization:RoleAssignment"), azure_native("apimanagement:Gateway")
    given = {"scope": "/subscriptions/s", "principalId": "p", "roleDefinitionId": "r"}
    unnamed, _ = assignment.check(given, {}, Request(name="reader"))
    named, _ = assignment.check({**given, "roleAssignmentName": "n"}, {}, Request(name="reader"))
    copied, _ = gateway.check({"resourceGroupName": "g", "serviceName": "s"}, {}, Request(name="mygw"))
    kept, _ = assignment.check(given, unnamed, Request(name="reader"))
    found = [
        resource.diff(Existing("an-id", old, {}), {**old, changed: "other"}, Request())
        for resource, old, changed in [
            (assignment, unnamed, "principalId"),
            (assignment, kept, "principalId"),
            (assignment, named, "principalId"),
            (gateway, copied, "serviceName"),
        ]
    ]
    assert [difference.delete_before_replace for difference in found] == [False, False, True, True]
    assert [difference.replaces for difference in found] == [
        {"principalId"},
        {"principalId"},
        {"principalId"},
        {"serviceName"},
    ]


@pytest.mark.parametrize(
    ("type_", "old", "new", "replaces"),
    [
        ("apimanagement:Gateway", {"resourceGroupName": "contoso-rg"}, {"resourceGroupName": "CONTOSO-RG"}, None),
        ("apimanagement:Gateway", {"serviceName": "contoso"}, {"serviceName": "CONTOSO"}, {"serviceName"}),
        ("resources:ResourceGroup", {"location": "West Europe"}, {"location": "westeurope"}, None),
        ("resources:ResourceGroup", {"location": "West Europe"}, {"location": "northeurope"}, {"location"}),
        ("apimanagement:Gateway", {"__createBeforeDelete": True}, {"__createBeforeDelete": False}, None),
    ],
)
def test_azure_native_knows_what_azure_takes_for_the_same(
    type_: str, old: dict[str, Any], new: dict[str, Any], replaces: set[str] | None
) -> None:
    difference = azure_native(type_).diff(Existing("an-id", old, {}), new, Request())
    assert (difference.replaces, difference.changes == []) == (replaces or set(), replaces is None)


def test_azure_native_replaces_nothing_for_a_name_that_is_declared_as_it_is() -> None:
    # As after an import, whose inputs do not have it.
    difference = azure_native("apimanagement:Gateway").diff(
        Existing("an-id", {}, {"gatewayId": "mygw"}), {"gatewayId": "mygw"}, Request()
    )
    assert (difference.replaces, [change.path for change in difference.changes]) == (set(), ["gatewayId"])


def test_azure_native_tells_a_new_version_of_the_api_and_none_that_only_the_state_had() -> None:
    gateway = azure_native("apimanagement:Gateway")
    given = {"resourceGroupName": "g", "serviceName": "s", "gatewayId": "mygw"}
    checked, _ = gateway.check(given, {}, Request(name="mygw"))
    assert checked == {**given, "azureApiVersion": "2024-05-01"}
    changed = [
        [change.path for change in gateway.diff(old, checked, Request()).changes]
        for old in (
            Existing("an-id", given, {"azureApiVersion": "2024-05-01"}),
            Existing("an-id", given, {"azureApiVersion": "2022-08-01"}),
            Existing("an-id", {**checked, "azureApiVersion": "2022-08-01"}, {}),
        )
    ]
    assert changed == [[], ["azureApiVersion"], ["azureApiVersion"]]


def test_azure_native_fills_in_names_and_the_principal_type_and_keeps_them() -> None:
    assignment = azure_native("authorization:RoleAssignment")
    given = {"scope": "/subscriptions/s", "principalId": "p", "roleDefinitionId": "r"}
    first, problems = assignment.check(given, {}, Request(name="reader"))
    assert problems == []
    assert first["principalType"] == "User"
    assert len(first["roleAssignmentName"]) == 36
    again, _ = assignment.check(given, first, Request(name="reader"))
    assert again == first
    gateway = azure_native("apimanagement:Gateway")
    named, _ = gateway.check({"resourceGroupName": "g", "serviceName": "s"}, {}, Request(name="mygw-gateway"))
    assert named["gatewayId"] == "mygw-gateway"


def test_inputs_that_the_released_schema_does_not_have_are_refused() -> None:
    assignment = azure_native("authorization:RoleAssignment")
    _, problems = assignment.check({"scope": 3, "principal": "p", "roleDefinitionId": "r"}, {}, Request(name="reader"))
    assert {problem.property for problem in problems} == {"scope", "principal", "principalId"}


@pytest.mark.parametrize("property_", ["applicationId", "displayName", "startDate", "endDate"])
def test_every_change_of_a_client_secret_makes_a_new_one(property_: str) -> None:
    password = ApplicationPassword(cast("Graph", None))
    assert replaced(password, {property_: "old"}, {property_: "new"}) == {property_}


def kubernetes(type_: str, **settings: str) -> KubernetesObject:
    return KubernetesObject(KINDS[type_], "none is configured", settings_of(settings))


def replaced_objects(resource: KubernetesObject, old: dict[str, Any], new: dict[str, Any]) -> set[str]:
    existing = Existing("b/a", old, {**old, "__inputs": old})
    return resource.diff(existing, new, Request()).replaces


@pytest.mark.parametrize(
    ("type_", "setting"),
    [
        ("kubernetes:core/v1:ConfigMap", "enableConfigMapMutable"),
        ("kubernetes:core/v1:Secret", "enableSecretMutable"),
    ],
)
def test_kubernetes_replaces_data_unless_the_provider_says_mutable(type_: str, setting: str) -> None:
    metadata = {"name": "mygw-env", "namespace": "default"}
    old, new = {"metadata": metadata, "data": {"key": "b2xk"}}, {"metadata": metadata, "data": {"key": "bmV3"}}
    frozen = kubernetes(type_).diff(Existing("default/mygw-env", old, {**old, "__inputs": old}), new, Request())
    # Its name is taken until the old one is gone.
    assert (frozen.replaces, frozen.delete_before_replace) == ({"data.key"}, True)
    mutable = kubernetes(type_, **{setting: "true"})
    assert replaced_objects(mutable, old, new) == set()
    # What counts is whether it is to be immutable; that it was, the API server minds.
    assert replaced_objects(mutable, old, {**new, "immutable": True}) == {"data.key"}
    assert replaced_objects(mutable, {**old, "immutable": True}, new) == set()


@pytest.mark.parametrize(
    ("type_", "old", "new", "replaces"),
    [
        ("apps/v1:Deployment", {"replicas": 1}, {"replicas": 2}, set()),
        (
            "apps/v1:Deployment",
            {"selector": {"matchLabels": {"app": "a"}}},
            {"selector": {"matchLabels": {"app": "z"}}},
            {"spec.selector.matchLabels.app"},
        ),
        ("core/v1:Service", {"type": "ClusterIP"}, {"type": "LoadBalancer"}, set()),
        ("core/v1:Service", {"clusterIP": "10.0.0.1"}, {"clusterIP": "None"}, {"spec.clusterIP"}),
        ("core/v1:Service", {"clusterIP": "10.0.0.1"}, {"type": "ClusterIP"}, {"spec.clusterIP"}),
    ],
)
def test_kubernetes_replaces_by_what_the_api_server_never_changes(
    type_: str, old: dict[str, Any], new: dict[str, Any], replaces: set[str]
) -> None:
    metadata = {"name": "a", "namespace": "b"}
    resource = kubernetes(f"kubernetes:{type_}")
    assert (
        replaced_objects(resource, {"metadata": metadata, "spec": old}, {"metadata": metadata, "spec": new}) == replaces
    )


def test_kubernetes_replaces_by_name_and_namespace() -> None:
    config_map = kubernetes("kubernetes:core/v1:ConfigMap")
    old = {"metadata": {"name": "a", "namespace": "b"}}
    assert replaced_objects(config_map, old, {"metadata": {"name": "a", "namespace": "c"}}) == {"metadata.namespace"}
    assert replaced_objects(config_map, old, {"metadata": {"name": "z", "namespace": "b"}}) == {"metadata.name"}

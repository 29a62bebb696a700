"""The stand-in for azure-native: what it asks ARM, what it refuses, what it notices."""

from collections.abc import Callable
from typing import Any, cast

import httpx
import pytest

from sandbox.plugins.azure_cloud.sign_in import Cloud
from sandbox.plugins.azure_native.arm import Arm
from sandbox.plugins.azure_native.descriptions import DESCRIPTIONS
from sandbox.plugins.azure_native.resources import ArmResource
from sandbox.plugins.engine.provider import Existing, Request
from sandbox.plugins.engine.values import UNKNOWN, Properties, Secret

from ..azure.clients import authorization
from ..azure.emulator import GROUP_SCOPE, INSTANCE_PRINCIPAL, INSTANCE_SCOPE, SUBSCRIPTION_SCOPE, Emulator
from ..azure.test_faults import fault
from .plugin import Made, Plugin, PluginError

DEFINITION = "azure-native:authorization:RoleDefinition"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
GATEWAY = "azure-native:apimanagement:Gateway"
TAG = "azure-native:apimanagement:GatewayApiEntityTag"
GUID = "b6b4ec5d-2f5c-4d8b-9c1a-0f5c5b9f6a11"
OTHER_GUID = "c7c5fd6e-3a6d-4e9c-8d2b-1a6d6c0a7b22"
READ = "Microsoft.Authorization/*/read"
VERSION = {"api-version": "2022-04-01"}
SERVICE = {"resourceGroupName": "contoso-rg", "serviceName": "contoso-apim"}


def definition(**changes: Any) -> Properties:
    return {
        "scope": SUBSCRIPTION_SCOPE,
        "roleDefinitionId": GUID,
        "roleName": "Contoso Reader",
        "description": "Reads.",
        "assignableScopes": [SUBSCRIPTION_SCOPE],
        "permissions": [{"actions": [READ, "Microsoft.ApiManagement/service/read"]}],
        **changes,
    }


def assignment(role_id: str, **changes: Any) -> Properties:
    return {
        "scope": GROUP_SCOPE,
        "roleAssignmentName": OTHER_GUID,
        "roleDefinitionId": role_id,
        "principalId": INSTANCE_PRINCIPAL,
        "principalType": "ServicePrincipal",
        **changes,
    }


def gateway(**changes: Any) -> Properties:
    return {**SERVICE, "gatewayId": "second", "locationData": {"name": "there"}, "description": "Second.", **changes}


def arm_requests(emulator: Emulator) -> dict[str, int]:
    return {operation: count for operation, count in emulator.requests().items() if operation.startswith("ARM")}


def arm_that(answer: Callable[[httpx.Request], httpx.Response]) -> Arm:
    """ARM by one function."""
    cloud = Cloud("https://login", "https://management.azure.com", "audience", "https://graph")
    tokens: Any = type("Tokens", (), {"token": lambda _: "token"})()
    return Arm(httpx.Client(transport=httpx.MockTransport(answer)), cloud, cast("Any", tokens))


def change_in_azure(emulator: Emulator, made: Made, version: str = "2022-04-01", **properties: Any) -> None:
    """Somebody changes a resource with another tool."""
    arm = emulator.arm()
    before = arm.get(made.id, params={"api-version": version}).json()["properties"]
    body = {"properties": {**before, **properties}}
    arm.put(made.id, params={"api-version": version}, json=body).raise_for_status()


def test_a_create_looks_first_then_puts_and_reads_what_it_has_put(azure_native: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    made = azure_native.create(DEFINITION, definition())
    assert made.id == f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{GUID}"
    assert arm_requests(emulator) == {
        "ARM GET Microsoft.Authorization/roleDefinitions": 2,
        "ARM PUT Microsoft.Authorization/roleDefinitions": 1,
    }
    # A write does not answer who made it; a read does.
    assert made.state["createdBy"] == "5a0c0de0-0000-4000-8000-000000000021"


def test_an_update_puts_and_reads_and_the_others_are_one_request_each(azure_native: Plugin, emulator: Emulator) -> None:
    made = azure_native.create(DEFINITION, definition())
    emulator.forget_requests()
    azure_native.read(made)
    assert arm_requests(emulator) == {"ARM GET Microsoft.Authorization/roleDefinitions": 1}
    emulator.forget_requests()
    changed = azure_native.update(made, definition(description="Reads more."))
    assert arm_requests(emulator) == {
        "ARM GET Microsoft.Authorization/roleDefinitions": 1,
        "ARM PUT Microsoft.Authorization/roleDefinitions": 1,
    }
    emulator.forget_requests()
    azure_native.delete(changed)
    azure_native.delete(changed)  # gone already: 204
    assert arm_requests(emulator) == {"ARM DELETE Microsoft.Authorization/roleDefinitions": 2}


def test_a_write_that_cannot_be_read_again_is_made_with_a_warning(azure_native: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation="ARM GET Microsoft.Authorization/roleDefinitions", status=403, skip=1)
    azure_native.engine.messages.clear()
    made = azure_native.create(DEFINITION, definition())
    assert made.state["roleName"] == "Contoso Reader"
    warning = (
        "Failed to read resource after Create. Please report this issue.\nVerbose logs contain more information, see "
        "https://www.pulumi.com/docs/support/troubleshooting/#verbose-logging."
    )
    azure_native.engine.wait_for_message("WARNING", warning)


def test_a_preview_asks_nothing_and_knows_the_inputs_only(azure_native: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    made = azure_native.create(DEFINITION, definition(roleName=UNKNOWN), preview=True)
    assert {name: made.state[name] for name in ("description", "name", "roleName", "createdOn")} == {
        "description": "Reads.",
        "name": UNKNOWN,
        "roleName": UNKNOWN,
        "createdOn": UNKNOWN,
    }
    assert arm_requests(emulator) == {}


def test_a_preview_of_an_update_keeps_name_and_location_of_the_outputs(azure_native: Plugin) -> None:
    made = azure_native.create(DEFINITION, definition())
    foreseen = azure_native.update(made, definition(description="Reads more."), preview=True).state
    assert {name: foreseen[name] for name in ("description", "name", "createdOn", "createdBy")} == {
        "description": "Reads more.",
        "name": GUID,
        "createdOn": UNKNOWN,
        "createdBy": UNKNOWN,
    }


def test_what_exists_already_is_not_taken_over(azure_native: Plugin) -> None:
    made = azure_native.create(DEFINITION, definition())
    with pytest.raises(PluginError, match=f"^cannot create already existing resource '{made.id}'$"):
        azure_native.create(DEFINITION, definition())
    existing = gateway(gatewayId="mygw")
    id_ = f"{INSTANCE_SCOPE}/gateways/mygw"
    with pytest.raises(PluginError, match=f"^cannot create already existing resource '{id_}'$"):
        azure_native.create(GATEWAY, existing)


def test_an_attached_api_is_not_noticed_before_it_is_attached(azure_native: Plugin, emulator: Emulator) -> None:
    # ARM answers HEAD with an empty 200, which the released plugin takes for "not there".
    emulator.forget_requests()
    tag = {**SERVICE, "gatewayId": "mygw", "apiId": "echo", "provisioningState": "created"}
    azure_native.create(TAG, tag)
    made = azure_native.create(TAG, tag)
    assert arm_requests(emulator) == {
        "ARM HEAD Microsoft.ApiManagement/service/gateways/apis": 4,
        "ARM PUT Microsoft.ApiManagement/service/gateways/apis": 2,
    }
    # A HEAD has no body, and the state is what was read last.
    assert made.state == {"azureApiVersion": "2024-05-01"}
    assert azure_native.read(made) is not None
    azure_native.delete(made)
    assert azure_native.read(made) is None


def test_a_check_for_existence_that_is_refused_stops_the_create(azure_native: Plugin) -> None:
    inputs = definition(scope="/providers/Contoso")
    with pytest.raises(PluginError) as refused:
        azure_native.create(DEFINITION, inputs)
    id_ = f"/providers/Contoso/providers/Microsoft.Authorization/roleDefinitions/{GUID}"
    assert str(refused.value).startswith(
        f'cannot check existence of resource \'{id_}\': status code 403, {{"error":{{"code":"AuthorizationFailed",'
    )


def test_a_refusal_is_shown_with_arms_code_action_and_scope(azure_native: Plugin, emulator: Emulator) -> None:
    role = azure_native.create(DEFINITION, definition())
    reader = Plugin("azure_native", emulator.environment("reader"))
    reader.configure()
    try:
        with pytest.raises(PluginError) as refused:
            reader.create(ASSIGNMENT, assignment(role.id))
    finally:
        reader.end()
    message = str(refused.value)
    assert 'Status=403 Code="AuthorizationFailed"' in message
    assert "'Microsoft.Authorization/roleAssignments/write'" in message
    assert f"over scope '{GROUP_SCOPE}" in message


def test_an_unknown_principal_is_asked_for_once(azure_native: Plugin, emulator: Emulator) -> None:
    role = azure_native.create(DEFINITION, definition())
    emulator.forget_requests()
    inputs = assignment(role.id, principalId="00000000-0000-4000-8000-000000000099")
    with pytest.raises(PluginError, match='Status=400 Code="PrincipalNotFound"'):
        azure_native.create(ASSIGNMENT, inputs)
    assert emulator.requests()["ARM PUT Microsoft.Authorization/roleAssignments"] == 1


def test_a_principals_type_is_user_unless_the_program_says_otherwise(azure_native: Plugin) -> None:
    role = azure_native.create(DEFINITION, definition())
    inputs = assignment(role.id)
    del inputs["principalType"]
    with pytest.raises(PluginError, match="UnmatchedPrincipalType"):
        azure_native.create(ASSIGNMENT, inputs)


@pytest.mark.parametrize(
    ("properties", "drift"),
    [
        ({"roleName": "Contoso Renamed"}, {"roleName": "UPDATE"}),
        ({"description": "Other."}, {"description": "UPDATE"}),
        ({"description": ""}, {"description": "UPDATE"}),
        ({"permissions": [{"actions": [READ]}]}, {"permissions[0].actions[1]": "DELETE"}),
        (
            {
                "permissions": [
                    {"actions": [READ, "Microsoft.ApiManagement/service/read", "Microsoft.Authorization/locks/read"]}
                ]
            },
            {"permissions[0].actions[2]": "ADD"},
        ),
        (
            {"permissions": [{"actions": ["Microsoft.ApiManagement/service/read", READ]}]},
            {"permissions[0].actions[0]": "UPDATE", "permissions[0].actions[1]": "UPDATE"},
        ),
        ({"assignableScopes": [SUBSCRIPTION_SCOPE, GROUP_SCOPE]}, {"assignableScopes[1]": "ADD"}),
    ],
)
def test_a_refresh_notices_each_change_of_a_definition(
    azure_native: Plugin, emulator: Emulator, properties: Properties, drift: dict[str, str]
) -> None:
    made = azure_native.create(DEFINITION, definition())
    assert azure_native.drift(made) == {}
    change_in_azure(emulator, made, **properties)
    assert azure_native.drift(made) == drift


def test_a_refresh_overlooks_what_azure_words_in_its_own_way(azure_native: Plugin, emulator: Emulator) -> None:
    # Time stamps and empty lists are ARM's; nobody declared them.
    made = azure_native.create(DEFINITION, definition())
    change_in_azure(emulator, made)
    assert azure_native.drift(made) == {}
    recased = assignment(made.id.upper(), scope=GROUP_SCOPE)
    assigned = azure_native.create(ASSIGNMENT, recased)
    assert azure_native.drift(assigned) == {}
    assert assigned.state["roleDefinitionId"] == made.id


def test_a_refresh_notices_an_assignments_description(azure_native: Plugin, emulator: Emulator) -> None:
    role = azure_native.create(DEFINITION, definition())
    made = azure_native.create(ASSIGNMENT, assignment(role.id))
    assert azure_native.drift(made) == {}
    change_in_azure(emulator, made, description="by hand")
    assert azure_native.drift(made) == {"description": "ADD"}


@pytest.mark.parametrize(
    ("properties", "drift"),
    [
        ({"description": "Other."}, {"description": "UPDATE"}),
        ({"locationData": {"name": "elsewhere"}}, {"locationData.name": "UPDATE"}),
        ({"locationData": {"name": "there", "city": "Contoso City"}}, {"locationData.city": "ADD"}),
    ],
)
def test_a_refresh_notices_each_change_of_a_gateway(
    azure_native: Plugin, emulator: Emulator, properties: Properties, drift: dict[str, str]
) -> None:
    made = azure_native.create(GATEWAY, gateway())
    assert azure_native.drift(made) == {}
    change_in_azure(emulator, made, "2024-05-01", **properties)
    assert azure_native.drift(made) == drift


def test_what_is_gone_reads_as_gone(azure_native: Plugin, emulator: Emulator) -> None:
    role = azure_native.create(DEFINITION, definition())
    made = azure_native.create(ASSIGNMENT, assignment(role.id))
    authorization(emulator).role_assignments.delete(GROUP_SCOPE, OTHER_GUID)
    authorization(emulator).role_definitions.delete(SUBSCRIPTION_SCOPE, GUID)
    assert azure_native.read(made) is None
    assert azure_native.read(role) is None


def test_a_definition_in_use_says_so(azure_native: Plugin) -> None:
    role = azure_native.create(DEFINITION, definition())
    azure_native.create(ASSIGNMENT, assignment(role.id))
    with pytest.raises(PluginError, match='Status=409 Code="RoleDefinitionHasAssignments"'):
        azure_native.delete(role)


@pytest.mark.parametrize(
    ("type_", "inputs"),
    [(DEFINITION, definition()), (GATEWAY, gateway())],
)
def test_an_import_finds_the_inputs(azure_native: Plugin, type_: str, inputs: Properties) -> None:
    made = azure_native.create(type_, inputs)
    found = azure_native.import_(type_, made.id)
    assert found is not None
    # Declared with what was found, nothing has to change.
    checked = azure_native.check(type_, inputs, found.inputs)
    differences = azure_native.diff(found, checked)
    assert not any("REPLACE" in kind for kind in differences.values())
    assert found.inputs.get("description") == inputs["description"]


def test_an_import_of_something_else_finds_nothing(azure_native: Plugin) -> None:
    assert azure_native.import_(DEFINITION, "/subscriptions/contoso") is None


def test_secret_inputs_are_secret_outputs(azure_native: Plugin) -> None:
    made = azure_native.create(DEFINITION, definition(description=Secret("hidden")))
    assert made.state["description"] == Secret("hidden")
    live = azure_native.read(made)
    assert live is not None
    assert live.state["description"] == Secret("hidden")


def test_a_gateway_resource_is_deleted_without_if_match(azure_native: Plugin) -> None:
    headers: list[dict[str, str]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        headers.append({key.lower(): value for key, value in request.headers.items()})
        return httpx.Response(200)

    resource = ArmResource(DESCRIPTIONS[GATEWAY], arm_that(answer), "a-subscription")
    resource.delete(Existing(f"{INSTANCE_SCOPE}/gateways/second", {}, {}), Request())
    assert [("if-match" in sent, sent["authorization"]) for sent in headers] == [(False, "Bearer token")]
    assert azure_native.read(azure_native.create(GATEWAY, gateway())) is not None


@pytest.mark.parametrize("type_", [DEFINITION, ASSIGNMENT, GATEWAY, TAG])
@pytest.mark.parametrize("status", [200, 202, 204, 404])
def test_a_deletion_is_done_with_one_answer(type_: str, status: int) -> None:
    # What is gone is deleted; none of these deletions is long-running in the API document.
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.method)
        return httpx.Response(status, headers={"Location": "https://management.azure.com/operation"})

    ArmResource(DESCRIPTIONS[type_], arm_that(answer), "a-subscription").delete(Existing("/it", {}, {}), Request())
    assert asked == ["DELETE"]


@pytest.mark.parametrize(
    ("type_", "inputs", "reasons"),
    [
        (GATEWAY, gateway(gatewayId=""), ["'gatewayId' is too short (0): at least 1 characters required"]),
        (GATEWAY, gateway(gatewayId="g" * 81), ["'gatewayId' is too long (81): at most 80 characters allowed"]),
        (
            GATEWAY,
            gateway(description="d" * 1001),
            ["'description' is too long (1001): at most 1000 characters allowed"],
        ),
        (
            GATEWAY,
            gateway(locationData=dict.fromkeys(("name", "city", "district", "countryOrRegion"), "l" * 257)),
            [
                f"'locationData.{name}' is too long (257): at most 256 characters allowed"
                for name in ("name", "city", "district", "countryOrRegion")
            ],
        ),
        # Go counts bytes.
        (
            GATEWAY,
            gateway(locationData={"name": "\u00fc" * 129}),
            ["'locationData.name' is too long (258): at most 256 characters allowed"],
        ),
        (
            TAG,
            {**SERVICE, "gatewayId": "mygw", "apiId": "a" * 81},
            ["'apiId' is too long (81): at most 80 characters allowed"],
        ),
        (
            TAG,
            {**SERVICE, "serviceName": "contoso_apim", "gatewayId": "mygw", "apiId": "echo"},
            ["'serviceName' does not match expression '^[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$'"],
        ),
    ],
)
def test_lengths_and_characters_of_the_api_document_are_refused_at_preview(
    azure_native: Plugin, type_: str, inputs: Properties, reasons: list[str]
) -> None:
    with pytest.raises(PluginError) as refused:
        azure_native.check(type_, inputs)
    assert str(refused.value) == "; ".join(f": {reason}" for reason in reasons)


def test_the_instance_and_its_gateways_can_be_looked_up(azure_native: Plugin) -> None:
    found = azure_native.invoke("azure-native:apimanagement:getApiManagementService", **SERVICE)
    assert (found["sku"], found["identity"]["principalId"]) == (
        {"name": "Developer", "capacity": 1},
        INSTANCE_PRINCIPAL,
    )
    assert azure_native.invoke("azure-native:apimanagement:getGateway", **SERVICE, gatewayId="mygw")["name"] == "mygw"
    with pytest.raises(PluginError, match='Status=404 Code="ResourceNotFound"'):
        azure_native.invoke("azure-native:apimanagement:getGateway", **SERVICE, gatewayId="none")


def test_an_api_is_looked_up_and_an_absent_one_is_refused(azure_native: Plugin) -> None:
    assert azure_native.invoke("azure-native:apimanagement:getApi", **SERVICE, apiId="echo")["name"] == "echo"
    with pytest.raises(PluginError, match='Status=404 Code="ResourceNotFound"'):
        azure_native.invoke("azure-native:apimanagement:getApi", **SERVICE, apiId="ohce")


def test_a_management_group_is_refused_alike_whether_it_is_there_or_not(azure_native: Plugin) -> None:
    action = "perform action 'Microsoft.Management/managementGroups/read' over scope"
    with pytest.raises(
        PluginError, match=f'Status=403 Code="AuthorizationFailed" .*{action}.* or the scope is invalid'
    ):
        azure_native.invoke("azure-native:management:getManagementGroup", groupId="contoso")


def test_who_is_signed_in_is_known_without_asking_arm(azure_native: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    assert azure_native.invoke("azure-native:authorization:getClientConfig") == {
        "clientId": "5a0c0de0-0000-4000-8000-000000000020",
        "objectId": "5a0c0de0-0000-4000-8000-000000000021",
        "subscriptionId": "5a0c0de0-0000-4000-8000-000000000002",
        "tenantId": "5a0c0de0-0000-4000-8000-000000000001",
    }
    assert not any(operation.startswith("ARM") for operation in emulator.requests())


def test_the_engines_seed_decides_a_name_that_nobody_gave(azure_native: Plugin) -> None:
    inputs = assignment("role")
    del inputs["roleAssignmentName"]

    def name(seed: bytes) -> Any:
        return azure_native.check(ASSIGNMENT, inputs, seed=seed)["roleAssignmentName"]

    # A plan keeps the seed: its update gets the name of its preview.
    assert name(b"seed") == name(b"seed")
    assert len({name(b"seed"), name(b"other"), name(b""), name(b"")}) == 4

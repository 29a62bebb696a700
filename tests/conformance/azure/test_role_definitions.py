"""ARM's role definitions, with the official client."""

import uuid
from typing import Any

import pytest

from .clients import GET_CONFIGURATION, READ, assign, authorization, define, refusal, role
from .emulator import GROUP_SCOPE, INSTANCE_PRINCIPAL, SUBSCRIPTION_SCOPE, Emulator

DEPLOYER = "5a0c0de0-0000-4000-8000-000000000021"
DEPLOYER_ROLE = "5a0c0de0-0000-4000-8000-000000000022"
GUID = "b6b4ec5d-2f5c-4d8b-9c1a-0f5c5b9f6a11"


def put(emulator: Emulator, properties: dict[str, Any], name: str = GUID, scope: str = SUBSCRIPTION_SCOPE) -> Any:
    return authorization(emulator).role_definitions.create_or_update(scope, name, {"properties": properties})


def test_a_definition_is_made_read_changed_and_deleted(emulator: Emulator) -> None:
    definitions = authorization(emulator).role_definitions
    made = put(emulator, role("Contoso Reader", [READ], description="Reads."))
    assert made.id == f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{GUID}"
    assert (made.name, made.role_name, made.role_type, made.description) == (
        GUID,
        "Contoso Reader",
        "CustomRole",
        "Reads.",
    )
    put(emulator, role("Contoso Renamed", [READ, "Microsoft.ApiManagement/service/read"]))
    (permission,) = definitions.get(SUBSCRIPTION_SCOPE, GUID).permissions
    assert permission.actions == [READ, "Microsoft.ApiManagement/service/read"]
    assert definitions.delete(SUBSCRIPTION_SCOPE, GUID).name == GUID
    assert definitions.delete(SUBSCRIPTION_SCOPE, GUID) is None
    assert refusal(lambda: definitions.get(SUBSCRIPTION_SCOPE, GUID))[:2] == (404, "RoleDefinitionDoesNotExist")


def test_a_write_answers_201_each_time_and_does_not_say_who_made_it(emulator: Emulator) -> None:
    arm = emulator.arm()
    url = f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{GUID}"
    for _ in range(2):
        answer = arm.put(url, params={"api-version": "2022-04-01"}, json={"properties": role("Contoso Reader")})
        properties = answer.json()["properties"]
        assert (answer.status_code, properties["createdBy"], properties["updatedBy"]) == (201, None, DEPLOYER)
    read = arm.get(url, params={"api-version": "2022-04-01"}).json()
    assert read["properties"]["createdBy"] == DEPLOYER
    assert read["type"] == "Microsoft.Authorization/roleDefinitions"


def test_an_update_sets_the_time_of_creation_anew(emulator: Emulator) -> None:
    first = put(emulator, role("Contoso Reader"))
    second = put(emulator, role("Contoso Reader"))
    assert second.created_on > first.created_on


def test_omitted_permission_lists_come_back_empty_and_order_is_kept(emulator: Emulator) -> None:
    actions = ["Microsoft.ApiManagement/service/read", READ, "Microsoft.ApiManagement/service/gateways/read"]
    arm = emulator.arm()
    url = f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{GUID}"
    body = {"properties": {**role("Contoso Reader"), "permissions": [{"actions": actions}]}}
    answer = arm.put(url, params={"api-version": "2022-05-01-preview"}, json=body)
    assert answer.json()["properties"]["permissions"] == [
        {"actions": actions, "notActions": [], "dataActions": [], "notDataActions": []}
    ]


def test_definitions_are_found_by_name_and_type(emulator: Emulator) -> None:
    define(emulator, role("Contoso's Reader", [READ]))
    definitions = authorization(emulator).role_definitions
    found = list(definitions.list(SUBSCRIPTION_SCOPE, filter="roleName eq 'Contoso''s Reader'"))
    assert [definition.role_name for definition in found] == ["Contoso's Reader"]
    custom = definitions.list(SUBSCRIPTION_SCOPE, filter="type eq 'CustomRole'")
    assert {definition.role_name for definition in custom} == {
        "Contoso's Reader",
        "Contoso Self-Hosted Gateway Administrator",
        "Contoso Self-Hosted Gateway Deployer",
        "Contoso Self-Hosted Gateway Drift Reader",
    }
    assert refusal(lambda: list(definitions.list(SUBSCRIPTION_SCOPE, filter="name eq 'x'")))[:2] == (
        400,
        "InvalidFilter",
    )


def test_a_name_is_unique_in_the_tenant(emulator: Emulator) -> None:
    define(emulator, role("Contoso Reader"))
    other = role("contoso reader", assignableScopes=[GROUP_SCOPE])
    assert refusal(lambda: put(emulator, other)) == (
        409,
        "RoleDefinitionWithSameNameExists",
        "A custom role with the same name already exists in this directory. Use a different name",
    )


def test_a_name_is_free_again_once_its_definition_is_deleted(emulator: Emulator) -> None:
    first = define(emulator, role("Contoso Reader"))
    authorization(emulator).role_definitions.delete(SUBSCRIPTION_SCOPE, first.rsplit("/", 1)[-1])
    define(emulator, role("Contoso Reader"))


def test_a_definition_in_use_is_not_deleted(emulator: Emulator) -> None:
    role_id = define(emulator, role("Contoso Reader", [READ]))
    assign(emulator, role_id, INSTANCE_PRINCIPAL, GROUP_SCOPE)
    definitions = authorization(emulator).role_definitions
    refused = refusal(lambda: definitions.delete(SUBSCRIPTION_SCOPE, role_id.rsplit("/", 1)[-1]))
    assert refused[:2] == (409, "RoleDefinitionHasAssignments")
    assert "There are existing role assignments referencing role" in refused[2]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"type": "BuiltInRole"}, "InvalidRoleDefinitionType"),
        ({"roleName": ""}, "RoleDefinitionNameNullOrEmpty"),
        ({"roleName": "x" * 513}, "InvalidRoleDefinition"),
        ({"description": "x" * 2049}, "InvalidRoleDefinition"),
        ({"assignableScopes": []}, "MissingAssignableScopes"),
        ({"assignableScopes": ["/"]}, "LinkedInvalidPropertyId"),
        ({"assignableScopes": ["subscriptions"]}, "LinkedInvalidPropertyId"),
        ({"assignableScopes": [f"{SUBSCRIPTION_SCOPE}/resourceGroups/*"]}, "LinkedInvalidPropertyId"),
        ({"assignableScopes": [SUBSCRIPTION_SCOPE] * 2001}, "InvalidAssignableScopes"),
        (
            {"assignableScopes": [f"/providers/Microsoft.Management/managementGroups/{name}" for name in "ab"]},
            "InvalidAssignableScopes",
        ),
    ],
)
def test_an_invalid_definition_is_refused(emulator: Emulator, changes: dict[str, Any], code: str) -> None:
    assert refusal(lambda: put(emulator, role("Contoso Reader", [READ]) | changes))[:2] == (400, code)
    assert refusal(lambda: authorization(emulator).role_definitions.get(SUBSCRIPTION_SCOPE, GUID))[0] == 404


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        ("actions", "Microsoft.ApiManagement/service/gateway/read"),
        ("actions", GET_CONFIGURATION),
        ("actions", "Microsoft.*/service/*"),
        ("not_actions", "Contoso.Things/read"),
        ("data_actions", "Microsoft.ApiManagement/service/gateways/read"),
        ("not_data_actions", "Contoso.Things/*"),
    ],
)
def test_an_action_that_no_provider_has_is_refused(emulator: Emulator, kind: str, pattern: str) -> None:
    given: dict[str, Any] = {"actions": [READ], kind: [pattern]}
    status, code, message = refusal(lambda: put(emulator, role("Contoso Reader", **given)))
    assert (status, code) == (400, "InvalidActionOrNotAction")
    assert message == f"'{pattern}' does not match any of the actions supported by the providers."


def test_a_name_that_is_no_guid_is_refused(emulator: Emulator) -> None:
    assert refusal(lambda: put(emulator, role("Contoso Reader"), "contoso"))[:2] == (400, "InvalidRoleDefinitionId")


def test_every_assignable_scope_needs_the_right_to_write(emulator: Emulator) -> None:
    outside = "/subscriptions/00000000-0000-4000-8000-000000000077"
    properties = role("Contoso Reader", assignableScopes=[SUBSCRIPTION_SCOPE, outside])
    status, code, message = refusal(lambda: put(emulator, properties))
    assert (status, code) == (403, "LinkedAuthorizationFailed")
    assert f"'Microsoft.Authorization/roleDefinitions/write' on the linked scope(s) '{outside}'" in message


def test_a_seeded_definition_can_be_read_by_the_official_client(emulator: Emulator) -> None:
    read = authorization(emulator, "reader").role_definitions.get(SUBSCRIPTION_SCOPE, DEPLOYER_ROLE)
    assert read.role_name == "Contoso Self-Hosted Gateway Deployer"
    assert str(uuid.UUID(read.name)) == DEPLOYER_ROLE

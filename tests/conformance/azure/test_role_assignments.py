"""ARM's role assignments, with the official client."""

import uuid
from typing import Any

import pytest

from .clients import GET_CONFIGURATION, READ, assign, authorization, define, refusal, role
from .emulator import (
    GROUP_SCOPE,
    INSTANCE_PRINCIPAL,
    INSTANCE_SCOPE,
    SUBSCRIPTION_SCOPE,
    TENANT,
    Emulator,
    new_application,
)

GUID = "3a2f1c9e-6a43-4c55-8f0a-9d6b1f6f7e21"
ABSENT = "00000000-0000-4000-8000-000000000099"


@pytest.fixture
def reader_role(emulator: Emulator) -> str:
    """A role definition that can be assigned in the subscription."""
    return define(emulator, role("Contoso Reader", [READ], data_actions=[GET_CONFIGURATION]))


def put(emulator: Emulator, properties: dict[str, str | None], scope: str = GROUP_SCOPE, name: str = GUID) -> Any:
    return authorization(emulator).role_assignments.create(scope, name, {"properties": properties})


def given(role_id: str, **changes: str | None) -> dict[str, str | None]:
    return {
        "roleDefinitionId": role_id,
        "principalId": INSTANCE_PRINCIPAL,
        "principalType": "ServicePrincipal",
        **changes,
    }


def test_an_assignment_is_made_read_and_deleted(emulator: Emulator, reader_role: str) -> None:
    assignments = authorization(emulator).role_assignments
    made = put(emulator, given(reader_role, description="for mygw"))
    assert made.id == f"{GROUP_SCOPE}/providers/Microsoft.Authorization/roleAssignments/{GUID}"
    read = assignments.get(GROUP_SCOPE, GUID)
    assert (read.scope, read.principal_id, read.principal_type, read.role_definition_id, read.description) == (
        GROUP_SCOPE,
        INSTANCE_PRINCIPAL,
        "ServicePrincipal",
        reader_role,
        "for mygw",
    )
    assert (read.condition, read.condition_version, read.delegated_managed_identity_resource_id) == (None, None, None)
    assert assignments.delete(GROUP_SCOPE, GUID).name == GUID
    assert assignments.delete(GROUP_SCOPE, GUID) is None
    status, code, message = refusal(lambda: assignments.get(GROUP_SCOPE, GUID))
    assert (status, code) == (404, "RoleAssignmentNotFound")
    assert message == f"The role assignment '{GUID}' is not found."


def test_a_write_answers_201_and_does_not_say_who_made_it(emulator: Emulator, reader_role: str) -> None:
    url = f"{GROUP_SCOPE}/providers/Microsoft.Authorization/roleAssignments/{GUID}"
    arm = emulator.arm()
    body = {"properties": given(reader_role)}
    answer = arm.put(url, params={"api-version": "2022-04-01"}, json=body)
    assert (answer.status_code, answer.json()["properties"]["createdBy"]) == (201, None)
    assert arm.get(url, params={"api-version": "2022-04-01"}).json()["properties"]["createdBy"] is not None


def test_ids_are_answered_in_arms_own_casing(emulator: Emulator, reader_role: str) -> None:
    made = put(emulator, given(reader_role.upper()), scope=GROUP_SCOPE.replace("contoso-rg", "CONTOSO-RG"))
    assert made.id == f"{GROUP_SCOPE}/providers/Microsoft.Authorization/roleAssignments/{GUID}"
    assert (made.scope, made.role_definition_id) == (GROUP_SCOPE, reader_role)
    assert authorization(emulator).role_assignments.get(GROUP_SCOPE.upper(), GUID).scope == GROUP_SCOPE


def test_the_same_assignment_under_another_name_exists_already(emulator: Emulator, reader_role: str) -> None:
    put(emulator, given(reader_role))
    assert refusal(lambda: put(emulator, given(reader_role.upper()), name=str(uuid.uuid4()))) == (
        409,
        "RoleAssignmentExists",
        f"The role assignment already exists. The ID of the existing role assignment is {GUID.replace('-', '')}.",
    )


@pytest.mark.parametrize("changed", ["scope", "principalId", "roleDefinitionId"])
def test_what_an_assignment_is_made_of_cannot_be_changed(emulator: Emulator, reader_role: str, changed: str) -> None:
    put(emulator, given(reader_role))
    other = define(emulator, role("Contoso Other", [READ]))
    _, principal = new_application(emulator.graph())
    changes: dict[str, Any] = {"principalId": principal["id"], "roleDefinitionId": other}
    scope = INSTANCE_SCOPE if changed == "scope" else GROUP_SCOPE
    change = {} if changed == "scope" else {changed: changes[changed]}
    assert refusal(lambda: put(emulator, given(reader_role, **change), scope)) == (
        400,
        "RoleAssignmentUpdateNotPermitted",
        "Tenant ID, application ID, principal ID, and scope are not allowed to be updated.",
    )


def test_a_description_can_be_changed(emulator: Emulator, reader_role: str) -> None:
    put(emulator, given(reader_role))
    assert put(emulator, given(reader_role, description="new")).description == "new"


def test_an_unknown_principal_is_refused_with_azures_advice(emulator: Emulator, reader_role: str) -> None:
    status, code, message = refusal(lambda: put(emulator, given(reader_role, principalId=ABSENT)))
    assert (status, code) == (400, "PrincipalNotFound")
    assert message.startswith(f"Principal {ABSENT.replace('-', '')} does not exist in the directory {TENANT}.")
    assert message.endswith("ServicePrincipal, User, or Group.  See https://aka.ms/docs-principaltype")


def test_an_unreplicated_principal_is_taken_only_by_its_type(emulator: Emulator, reader_role: str) -> None:
    _, principal = new_application(emulator.graph())
    emulator.switch(graphReplicationSeconds=300)
    fresh = given(reader_role, principalId=principal["id"])
    for type_ in (None, "User", "Group"):
        refused = refusal(lambda type_=type_: put(emulator, {**fresh, "principalType": type_}))
        assert refused[:2] == (400, "PrincipalNotFound")
    put(emulator, fresh)


def test_a_replicated_principal_of_another_type_is_refused(emulator: Emulator, reader_role: str) -> None:
    assert refusal(lambda: put(emulator, given(reader_role, principalType="User"))) == (
        400,
        "UnmatchedPrincipalType",
        f"The PrincipalId '{INSTANCE_PRINCIPAL.replace('-', '')}' has type 'ServicePrincipal' , which is different from "
        "specified PrinciaplType 'User'.",
    )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principalId": "me"}, "InvalidPrincipalId"),
        ({"principalId": None}, "InvalidPrincipalId"),
        (
            {"roleDefinitionId": f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{ABSENT}"},
            "RoleDefinitionDoesNotExist",
        ),
    ],
)
def test_an_invalid_assignment_is_refused(
    emulator: Emulator, reader_role: str, changes: dict[str, str | None], code: str
) -> None:
    assert refusal(lambda: put(emulator, given(reader_role, **changes)))[:2] == (400, code)


def test_a_name_that_is_no_guid_is_refused(emulator: Emulator, reader_role: str) -> None:
    assert refusal(lambda: put(emulator, given(reader_role), name="mygw"))[:2] == (400, "InvalidRoleAssignmentId")


def test_a_scope_outside_the_roles_assignable_scopes_is_refused(emulator: Emulator) -> None:
    narrow = define(emulator, role("Contoso Narrow", [READ], assignableScopes=[f"{GROUP_SCOPE}-other"]))
    # The other group's name begins as this one's: scopes end at whole segments.
    assert refusal(lambda: put(emulator, given(narrow), GROUP_SCOPE))[:2] == (
        400,
        "RoleAssignmentScopeNotAssignableToRoleDefinition",
    )
    assert refusal(lambda: put(emulator, given(narrow), SUBSCRIPTION_SCOPE))[:2] == (
        400,
        "RoleAssignmentScopeNotAssignableToRoleDefinition",
    )


def test_assignments_are_listed_at_above_and_below_a_scope(emulator: Emulator, reader_role: str) -> None:
    names = {scope: assign(emulator, reader_role, INSTANCE_PRINCIPAL, scope) for scope in (GROUP_SCOPE, INSTANCE_SCOPE)}
    assignments = authorization(emulator).role_assignments

    def of_the_instance(scope: str, filter_: str) -> set[str]:
        listed = assignments.list_for_scope(scope, filter=filter_)
        return {entry.name for entry in listed if entry.principal_id == INSTANCE_PRINCIPAL}

    assert of_the_instance(GROUP_SCOPE, "atScope()") == {names[GROUP_SCOPE]}
    assert of_the_instance(INSTANCE_SCOPE, "atScope()") == set(names.values())
    assert of_the_instance(SUBSCRIPTION_SCOPE, f"principalId eq '{INSTANCE_PRINCIPAL}'") == set(names.values())
    assert of_the_instance(f"{GROUP_SCOPE}-other", f"principalId eq '{INSTANCE_PRINCIPAL}'") == set()


def test_a_deleted_principal_leaves_its_assignment(emulator: Emulator, reader_role: str) -> None:
    graph = emulator.graph()
    application, principal = new_application(graph)
    put(emulator, given(reader_role, principalId=principal["id"]))
    graph.delete(f"/v1.0/applications/{application['id']}").raise_for_status()
    assert authorization(emulator).role_assignments.get(GROUP_SCOPE, GUID).principal_id == principal["id"]

"""Assignments of the stack's two roles that no stack declares are found, also where the roles are somebody else's."""

from typing import Any

import pytest

from ops.drift.beside.authorization import Authorization
from ops.engine.state import StackResource

INSTANCE = "/subscriptions/s/resourceGroups/contoso-rg/providers/Microsoft.ApiManagement/service/contoso-apim"
ROLE = "/subscriptions/s/providers/Microsoft.Authorization/roleDefinitions/a-role"
OWN = f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments/declared"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
DEFINITION = "azure-native:authorization:RoleDefinition"


def of_azure(name: str, role: str, scope: str = INSTANCE) -> dict[str, Any]:
    properties = {"roleDefinitionId": role, "principalId": "a-principal", "principalType": "User", "scope": scope}
    return {
        "id": f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        "name": name,
        "properties": properties,
    }


class Arm:
    """ARM with three assignments at the instance: the declared one, one by hand, one of another role."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def list(self, path: str, **_: Any) -> list[dict[str, Any]]:
        self.asked.append(path)
        if not path.endswith("/roleAssignments"):
            return []
        other = ROLE.replace("a-role", "another-role")
        return [of_azure("declared", ROLE), of_azure("by-hand", ROLE.upper()), of_azure("other", other)]


class Elsewhere:
    """What the project's other stacks have."""

    def __init__(self, *ids: str) -> None:
        self._ids = {id_.rsplit("/", 1)[-1].lower() for id_ in ids}

    def has(self, id_: str) -> bool:
        return id_.rsplit("/", 1)[-1].lower() in self._ids


def resource(type_: str, name: str, id_: str, **outputs: Any) -> StackResource:
    return StackResource(f"urn:pulumi:dev::p::{type_}::{name}", type_, id=id_, outputs=outputs)


def found(*elsewhere: str, more: tuple[StackResource, ...] = ()) -> list[tuple[str, str, Any]]:
    arm: Any = Arm()
    others: Any = Elsewhere(*elsewhere)
    assignment = resource(ASSIGNMENT, "mygw-reader-assignment", OWN, roleDefinitionId=ROLE, scope=INSTANCE)
    added = Authorization([assignment, *more], others, arm).added()
    return [(finding.resource, finding.what, finding.actual) for finding in added]


def test_a_role_given_by_its_id_is_looked_for_where_the_stack_assigns_it() -> None:
    assert found() == [("mygw-reader-assignment", "assignment by-hand", f"User a-principal at {INSTANCE}")]


def test_a_role_of_the_stacks_own_is_looked_for_where_it_can_be_assigned() -> None:
    definition = resource(DEFINITION, "roles-reader", ROLE, assignableScopes=["/subscriptions/s"])
    assert found(more=(definition,)) == [("roles-reader", "assignment by-hand", f"User a-principal at {INSTANCE}")]


@pytest.mark.parametrize("declared", [f"{INSTANCE}/by-hand", ROLE])
def test_what_another_stack_declares_or_tells_of_is_none(declared: str) -> None:
    assert found(declared) == []

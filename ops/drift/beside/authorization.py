"""Rights beside the declared ones: other assignments of the stack's roles, other roles with the gateway's data action."""

from collections.abc import Iterator
from typing import Any

from ...azure.api import Api
from ...azure.permissions import any_grants
from ...engine.state import StackResource
from ..elsewhere import Elsewhere, guid
from ..report import Finding, Kind

DATA_ACTION = "Microsoft.ApiManagement/service/gateways/getConfiguration/action"
_DEFINITION = "azure-native:authorization:RoleDefinition"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_DEFINITIONS_VERSION = _ASSIGNMENTS_VERSION = "2022-04-01"
_PROVIDER = "providers/Microsoft.Authorization"


class Authorization:
    """The rights around one stack."""

    def __init__(self, resources: list[StackResource], elsewhere: Elsewhere, arm: Api) -> None:
        self._elsewhere = elsewhere
        self._arm = arm
        self._definitions = [resource for resource in resources if resource.type == _DEFINITION]
        self._assignments = [resource for resource in resources if resource.type == _ASSIGNMENT]

    def added(self) -> Iterator[Finding]:
        """Assignments of the stack's two roles, and role definitions, that no stack of the project declares."""
        declared = {guid(resource.id) for resource in self._assignments}
        for role, assignment in self._assignments_of_our_roles():
            if guid(assignment["id"]) in declared or self._is_of_another_stack(assignment):
                continue
            properties = assignment["properties"]
            principal = f"{properties.get('principalType') or 'principal'} {properties['principalId']}"
            what = f"assignment {assignment['name']}"
            yield Finding(role.name, role.type, Kind.ADDED, what, actual=f"{principal} at {properties['scope']}")
        ours = set(self._roles())
        for scope, assignment in self._scopes().items():
            for role in self._roles_with_the_data_action(scope):
                if guid(role["id"]) not in ours and not self._elsewhere.has(role["id"]):
                    ours.add(guid(role["id"]))
                    name, what = role["properties"]["roleName"], f"role definition {role['name']}"
                    actual = f"'{name}' grants {DATA_ACTION} at {scope}"
                    yield Finding(assignment.name, assignment.type, Kind.ADDED, what, actual=actual)

    def _is_of_another_stack(self, assignment: dict[str, Any]) -> bool:
        """Whether another stack declares it, or declares the role that it gives, and tells of it."""
        if self._elsewhere.has(assignment["id"]):
            return True
        properties = assignment["properties"]
        return not self._is_ours(properties) and self._elsewhere.has(properties["roleDefinitionId"])

    def _is_ours(self, assignment: dict[str, Any]) -> bool:
        """Whether an assignment with these properties is one of a role that the stack declares."""
        role = guid(str(assignment.get("roleDefinitionId")))
        return role in {guid(resource.id) for resource in self._definitions}

    def _assignments_of_our_roles(self) -> Iterator[tuple[StackResource, dict[str, Any]]]:
        roles, seen = self._roles(), set[str]()
        # Where our own roles can be assigned, and where the stack assigns others' roles.
        scopes = [scope for resource in self._definitions for scope in resource.outputs.get("assignableScopes") or []]
        scopes += [scope for scope, resource in self._scopes().items() if not self._is_ours(resource.outputs)]
        for scope in dict.fromkeys(scopes):
            path = f"{scope}/{_PROVIDER}/roleAssignments"
            for assignment in self._arm.list(path, api_version=_ASSIGNMENTS_VERSION):
                role = roles.get(guid(assignment["properties"]["roleDefinitionId"]))
                if role is not None and assignment["id"].lower() not in seen:
                    seen.add(assignment["id"].lower())
                    yield role, assignment

    def _roles(self) -> dict[str, StackResource]:
        """The roles by their GUIDs, each with its definition, or with an assignment where the definition is not ours."""
        of_assignments = {
            guid(str(resource.outputs.get("roleDefinitionId"))): resource for resource in self._assignments
        }
        return of_assignments | {guid(resource.id): resource for resource in self._definitions}

    def _scopes(self) -> dict[str, StackResource]:
        """The scopes at which the stack assigns roles, each with the assignment."""
        return {
            str(resource.outputs["scope"]): resource for resource in self._assignments if "scope" in resource.outputs
        }

    def _roles_with_the_data_action(self, scope: str) -> Iterator[dict[str, Any]]:
        path = f"{scope}/{_PROVIDER}/roleDefinitions"
        for role in self._arm.list(path, api_version=_DEFINITIONS_VERSION, filter="type eq 'CustomRole'"):
            if any_grants(role["properties"]["permissions"], DATA_ACTION, data=True):
                yield role

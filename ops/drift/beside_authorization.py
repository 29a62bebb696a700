"""Rights beside the declared ones: other assignments of the stack's roles, other roles with the gateway's data action."""

from collections.abc import Iterator
from typing import Any

from ..azure import Api
from ..engine import StackResource
from ..permissions import any_grants
from .elsewhere import Elsewhere, guid
from .report import Finding, Kind

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
        """Assignments of the stack's own roles, and role definitions, that no stack of the project declares."""
        declared = {guid(resource.id) for resource in self._assignments}
        for definition, assignment in self._assignments_of_our_roles():
            if guid(assignment["id"]) not in declared and not self._elsewhere.has(assignment["id"]):
                properties = assignment["properties"]
                principal = f"{properties.get('principalType') or 'principal'} {properties['principalId']}"
                what = f"assignment {assignment['name']}"
                yield Finding(
                    definition.name, definition.type, Kind.ADDED, what, actual=f"{principal} at {properties['scope']}"
                )
        ours = {guid(resource.id) for resource in self._definitions}
        ours |= {guid(str(resource.outputs.get("roleDefinitionId"))) for resource in self._assignments}
        for scope, assignment in self._scopes().items():
            for role in self._roles_with_the_data_action(scope):
                if guid(role["id"]) not in ours and not self._elsewhere.has(role["id"]):
                    ours.add(guid(role["id"]))
                    name, what = role["properties"]["roleName"], f"role definition {role['name']}"
                    actual = f"'{name}' grants {DATA_ACTION} at {scope}"
                    yield Finding(assignment.name, assignment.type, Kind.ADDED, what, actual=actual)

    def _assignments_of_our_roles(self) -> Iterator[tuple[StackResource, dict[str, Any]]]:
        roles = {guid(resource.id): resource for resource in self._definitions}
        scopes = dict.fromkeys(
            scope for resource in self._definitions for scope in resource.outputs.get("assignableScopes") or []
        )
        seen: set[str] = set()
        for scope in scopes:
            path = f"{scope}/{_PROVIDER}/roleAssignments"
            for assignment in self._arm.list(path, api_version=_ASSIGNMENTS_VERSION):
                role = roles.get(guid(assignment["properties"]["roleDefinitionId"]))
                if role is not None and assignment["id"].lower() not in seen:
                    seen.add(assignment["id"].lower())
                    yield role, assignment

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

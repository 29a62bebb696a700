"""What ARM and Entra have of a stack's resources."""

from collections.abc import Iterator
from typing import Any

from ..azure.api import Api
from ..errors import OpsError

_AUTHORIZATION = "providers/Microsoft.Authorization"
_AUTHORIZATION_VERSION = "2022-04-01"
_API_MANAGEMENT_VERSION = "2024-05-01"


class AmbiguousError(OpsError):
    """There are several of what there has to be one of."""


class Arm:
    """Role definitions, role assignments and gateways."""

    def __init__(self, arm: Api) -> None:
        self._arm = arm

    def role_definition(self, scope: str, role_name: str) -> str | None:
        """Id of the custom role of a name."""
        condition = f"roleName eq '{_quoted(role_name)}'"
        path = f"{scope}/{_AUTHORIZATION}/roleDefinitions"
        found = list(self._arm.list(path, api_version=_AUTHORIZATION_VERSION, filter=condition))
        if len(found) > 1:
            raise AmbiguousError(_several(f"role definitions named '{role_name}'", (role["id"] for role in found)))
        return f"{scope}/{_AUTHORIZATION}/roleDefinitions/{found[0]['name']}" if found else None

    def role_assignments(self, scope: str, principal_id: str, role_definition_id: str) -> tuple[list[str], list[str]]:
        """Ids of a role's assignments to a principal: at the scope itself, and at scopes above or below it."""
        path = f"{scope}/{_AUTHORIZATION}/roleAssignments"
        condition = f"principalId eq '{principal_id}'"
        at_scope: list[str] = []
        elsewhere: list[str] = []
        for assignment in self._arm.list(path, api_version=_AUTHORIZATION_VERSION, filter=condition):
            properties = assignment["properties"]
            if _guid(properties["roleDefinitionId"]) == _guid(role_definition_id):
                is_here = properties["scope"].lower() == scope.lower()
                (at_scope if is_here else elsewhere).append(assignment["id"])
        return at_scope, elsewhere

    def gateway(self, instance_id: str, name: str) -> str | None:
        """Id of a gateway resource."""
        id_ = f"{instance_id}/gateways/{name}"
        return id_ if self._arm.find(id_, api_version=_API_MANAGEMENT_VERSION) else None

    def attached_api(self, instance_id: str, gateway: str, api: str) -> str | None:
        """Id of an API's attachment to a gateway resource."""
        if self.gateway(instance_id, gateway) is None:
            return None
        path = f"{instance_id}/gateways/{gateway}/apis"
        attached = self._arm.list(path, api_version=_API_MANAGEMENT_VERSION)
        return f"{path}/{api}" if any(entry["name"].lower() == api.lower() for entry in attached) else None


class Entra:
    """Applications, service principals and client secrets."""

    def __init__(self, graph: Api) -> None:
        self._graph = graph

    def at(self, path: str) -> dict[str, Any] | None:
        """The application at `/applications/<id>`."""
        return self._graph.find(f"/v1.0{path}")

    def by_client_id(self, client_id: str) -> dict[str, Any] | None:
        """The application of a client id."""
        return next(self._graph.list("/v1.0/applications", filter=f"appId eq '{_quoted(client_id)}'"), None)

    def by_name(self, display_name: str) -> list[dict[str, Any]]:
        """The applications of a display name, which is not unique."""
        return list(self._graph.list("/v1.0/applications", filter=f"displayName eq '{_quoted(display_name)}'"))

    def service_principal(self, client_id: str) -> str | None:
        """Object id of an application's service principal."""
        found = self._graph.list("/v1.0/servicePrincipals", filter=f"appId eq '{client_id}'")
        return next((principal["id"] for principal in found), None)

    def owners(self, path: str) -> set[str]:
        """Object ids of the owners of `/applications/<id>` or `/servicePrincipals/<id>`."""
        return {owner["id"] for owner in self._graph.list(f"/v1.0{path}/owners")}


def _several(what: str, ids: Iterator[str]) -> str:
    return f"There are several {what}: {', '.join(ids)}."


def _quoted(text: str) -> str:
    return text.replace("'", "''")


def _guid(id_: str) -> str:
    return id_.rsplit("/", 1)[-1].lower()

"""Objects that a creation has left in ARM: the program gives them their ids."""

from collections.abc import Callable
from functools import partial
from typing import Any

from ..azure.api import Api
from ..errors import OpsError

_AUTHORIZATION_VERSION = "2022-04-01"
_API_MANAGEMENT_VERSION = "2024-05-01"


def left_over(
    type_: str, inputs: dict[str, Any], subscription_id: str, arm: Api
) -> tuple[str, Callable[[], None]] | None:
    """Id of the object that a resource's inputs name and how it is removed; None where it is not there.

    Raises:
        OpsError: ARM can't be read, or the program has no resources of this type.
    """
    match type_.rpartition(":")[2]:
        case "RoleDefinition":
            name, version = f"roleDefinitions/{inputs['roleDefinitionId']}", _AUTHORIZATION_VERSION
            id_ = f"{inputs['scope']}/providers/Microsoft.Authorization/{name}"
        case "RoleAssignment":
            name, version = f"roleAssignments/{inputs['roleAssignmentName']}", _AUTHORIZATION_VERSION
            id_ = f"{inputs['scope']}/providers/Microsoft.Authorization/{name}"
        case "Gateway":
            id_, version = _gateway(inputs, subscription_id), _API_MANAGEMENT_VERSION
        case "GatewayApiEntityTag":
            id_, version = f"{_gateway(inputs, subscription_id)}/apis/{inputs['apiId']}", _API_MANAGEMENT_VERSION
            if not _is_attached(id_, arm):
                return None
            return id_, partial(arm.delete, id_, api_version=version)
        case _:
            raise OpsError(f"{type_} is no resource of this program: find out by hand whether it was created.")
    if arm.find(id_, api_version=version) is None:
        return None
    return id_, partial(arm.delete, id_, api_version=version)


def twin_of_assignment(inputs: dict[str, Any], arm: Api) -> tuple[str, Callable[[], None]] | None:
    """The assignment of the same role to the same principal at the same scope: ARM takes no second one of any name.

    Raises:
        OpsError: ARM can't be read.
    """
    path = f"{inputs['scope']}/providers/Microsoft.Authorization/roleAssignments"
    wanted = (inputs["scope"], inputs["roleDefinitionId"].rsplit("/", 1)[-1])
    for entry in arm.list(path, api_version=_AUTHORIZATION_VERSION, filter=f"principalId eq '{inputs['principalId']}'"):
        properties, id_ = entry["properties"], entry["id"]
        found = (properties["scope"], properties["roleDefinitionId"].rsplit("/", 1)[-1])
        if [part.lower() for part in found] == [part.lower() for part in wanted]:
            return id_, partial(arm.delete, id_, api_version=_AUTHORIZATION_VERSION)
    return None


def _gateway(inputs: dict[str, Any], subscription_id: str) -> str:
    return (
        f"/subscriptions/{subscription_id}/resourceGroups/{inputs['resourceGroupName']}"
        f"/providers/Microsoft.ApiManagement/service/{inputs['serviceName']}/gateways/{inputs['gatewayId']}"
    )


def _is_attached(id_: str, arm: Api) -> bool:
    # ARM has no GET for one attached API.
    gateway, _, api = id_.rpartition("/apis/")
    if arm.find(gateway, api_version=_API_MANAGEMENT_VERSION) is None:
        return False
    attached = arm.list(f"{gateway}/apis", api_version=_API_MANAGEMENT_VERSION)
    return any(entry["name"].lower() == api.lower() for entry in attached)

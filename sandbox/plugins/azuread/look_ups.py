"""Look-ups: what is in the directory without this program."""

from ..engine.provider import ProviderError
from ..engine.values import Properties
from .diagnostics import diagnostic
from .graph import Graph


def look_up_principal(graph: Graph, arguments: Properties) -> Properties:
    """A service principal by its application's client id or its object id, with the ids of its app roles by their names.

    Raises:
        ProviderError: there is none, it may not be read, or it was asked for in another way.
    """
    if set(arguments) == {"objectId"}:
        principal = _by_object_id(graph, arguments["objectId"])
    elif set(arguments) == {"clientId"}:
        principal = _by_client_id(graph, arguments["clientId"])
    else:
        raise ProviderError("getServicePrincipal is part of the stand-in with clientId or objectId only")
    return {
        "id": f"/servicePrincipals/{principal['id']}",
        "objectId": principal["id"],
        "clientId": principal["appId"],
        "displayName": principal["displayName"],
        "accountEnabled": principal.get("accountEnabled", True),
        "type": principal.get("servicePrincipalType") or "",
        "applicationTenantId": principal.get("appOwnerOrganizationId") or "",
        "appRoleIds": {role["value"]: role["id"] for role in principal.get("appRoles", []) if role.get("value")},
    }


def look_up_user(graph: Graph, arguments: Properties) -> Properties:
    """A user by the object id.

    Raises:
        ProviderError: there is none, it may not be read, or it was asked for in another way.
    """
    if set(arguments) != {"objectId"}:
        raise ProviderError("getUser is part of the stand-in with objectId only")
    id_ = arguments["objectId"]
    user = graph.find(f'Retrieving user with object ID: "{id_}"', f"/v1.0/users/{id_}")
    if user is None:
        raise ProviderError(diagnostic(f'User not found with object ID: "{id_}"', "object_id"))
    return {"id": f"/users/{id_}", "objectId": id_, "displayName": user["displayName"]}


def _by_object_id(graph: Graph, object_id: str) -> Properties:
    what = f'Service Principal (Service Principal: "{object_id}")'
    principal = graph.find(f"Retrieving {what}", f"/v1.0/servicePrincipals/{object_id}", attribute="object_id")
    if principal is None:
        raise ProviderError(diagnostic(f"{what} was not found", "object_id"))
    return principal


def _by_client_id(graph: Graph, client_id: str) -> Properties:
    listed = graph.send(
        "Listing service principals", "GET", "/v1.0/servicePrincipals", filter=f"appId eq '{client_id}'"
    )["value"]
    if not listed:
        raise ProviderError(diagnostic("No service principal found: no service principal found"))
    return listed[0]

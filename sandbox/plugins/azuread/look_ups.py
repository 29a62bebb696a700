"""Look-ups: what is in the directory without this program."""

from ..engine.provider import ProviderError
from ..engine.values import Properties
from .graph import Graph


def look_up_principal(graph: Graph, arguments: Properties) -> Properties:
    """A service principal by its application's client id, with the ids of its app roles by their names.

    Raises:
        ProviderError: there is none, or it was asked for in another way.
    """
    client_id = arguments.get("clientId")
    if set(arguments) != {"clientId"}:
        raise ProviderError("getServicePrincipal is part of the stand-in with clientId only")
    listed = graph.send(
        "Listing service principals", "GET", "/v1.0/servicePrincipals", filter=f"appId eq '{client_id}'"
    )["value"]
    if not listed:
        raise ProviderError(f'No service principal found matching client ID: "{client_id}"')
    (principal,) = listed
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

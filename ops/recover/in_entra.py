"""Objects that a creation has left in Entra, which gives them their ids: they are known by what they look like.

The azuread provider gives a new object a name of its own for a moment, `TERRAFORM_UPDATE_` and a GUID. So does anybody
else's who works with the same owners: an application is this stack's leftover if its creation is pending here, or if it was
made while this stack was updated. One that has a service principal can be in use: it is nobody's leftover.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from ..azure.api import Api
from ..errors import OpsError

_TEMPORARY = "TERRAFORM_UPDATE_"


def left_over(
    type_: str, inputs: dict[str, Any], known: set[str], graph: Api, made_here: Callable[[str], bool]
) -> Iterator[tuple[str, Callable[[], None]]]:
    """The objects that a resource's creation may have made, in words, each with how it is removed.

    Args:
        type_: type token of the resource.
        inputs: inputs of the resource.
        known: ids and key ids that the stacks of the project know.
        graph: Microsoft Graph.
        made_here: whether an application can be this stack's, by the time of its creation.

    Raises:
        OpsError: Graph can't be read.
    """
    match type_.rpartition(":")[2]:
        case "Application":
            for application in _applications(inputs, graph):
                path = f"/applications/{application['id']}"
                if (
                    path.lower() not in known
                    and made_here(application["createdDateTime"])
                    and _owned(path, inputs, graph)
                    and not _is_used(application["appId"], graph)
                ):
                    what = f"application '{application['displayName']}', client id {application['appId']}"
                    yield what, _deleting_unused(graph, path, what, application)
        case "ServicePrincipal":
            condition = f"appId eq '{inputs['clientId']}'"
            for principal in graph.list("/v1.0/servicePrincipals", filter=condition):
                path = f"/servicePrincipals/{principal['id']}"
                if path.lower() not in known:
                    yield (
                        f"service principal {principal['id']} of application {inputs['clientId']}",
                        _deleting(graph, path),
                    )
        case _:
            path = inputs["applicationId"]
            application = graph.find(f"/v1.0{path}") or {}
            for secret in application.get("passwordCredentials") or []:
                if secret["keyId"].lower() not in known and _is_declared(secret, inputs):
                    what = f"client secret {secret['keyId']} of application '{application['displayName']}'"
                    yield what, _removing_secret(graph, path, secret["keyId"])


def _applications(inputs: dict[str, Any], graph: Api) -> Iterator[dict[str, Any]]:
    name = str(inputs["displayName"]).replace("'", "''")
    yield from graph.list("/v1.0/applications", filter=f"displayName eq '{name}'")
    yield from graph.list("/v1.0/applications", filter=f"startswith(displayName,'{_TEMPORARY}')")


def _owned(path: str, inputs: dict[str, Any], graph: Api) -> bool:
    """Whether it has the owners that the resource declares: display names are not unique."""
    owners = {owner["id"] for owner in graph.list(f"/v1.0{path}/owners")}
    return set(inputs.get("owners") or ()) <= owners


def _is_used(client_id: str, graph: Api) -> bool:
    return any(graph.list("/v1.0/servicePrincipals", filter=f"appId eq '{client_id}'"))


def _is_declared(secret: dict[str, Any], inputs: dict[str, Any]) -> bool:
    """Whether a client secret has the name and the end that the resource declares."""
    return secret.get("displayName") == inputs.get("displayName") and (
        datetime.fromisoformat(secret["endDateTime"]) == datetime.fromisoformat(str(inputs["endDate"]))
    )


def _deleting(graph: Api, path: str) -> Callable[[], None]:
    return lambda: graph.delete(f"/v1.0{path}")


def _deleting_unused(graph: Api, path: str, what: str, application: dict[str, Any]) -> Callable[[], None]:
    def delete() -> None:
        found = graph.find(f"/v1.0{path}")
        if found is None:
            return
        if found["displayName"] != application["displayName"] or _is_used(application["appId"], graph):
            raise OpsError(f"Somebody else is making or using this now: {what}. Run this again.")
        graph.delete(f"/v1.0{path}")

    return delete


def _removing_secret(graph: Api, path: str, key_id: str) -> Callable[[], None]:
    return lambda: graph.post(f"/v1.0{path}/removePassword", {"keyId": key_id})

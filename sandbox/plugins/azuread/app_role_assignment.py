"""`azuread:index/appRoleAssignment:AppRoleAssignment`: an application permission, given to a service principal."""

import re

from ..engine.differences import Difference, changes
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, reveal
from .arguments import APP_ROLE_ASSIGNMENT, check
from .diagnostics import diagnostic, recorded, told
from .graph import Graph

_NAMES = {"appRoleId": "appRoleId", "principalObjectId": "principalId", "resourceObjectId": "resourceId"}
_COMPUTED = ("principalDisplayName", "principalType", "resourceDisplayName")


class AppRoleAssignment(Resource):
    """An app role of one service principal, assigned to another; every change makes a new one."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        return {**given, "__defaults": []}, list(check(APP_ROLE_ASSIGNMENT, given, request))

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = [change for change in changes(old.inputs, inputs) if change.root != "__defaults"]
        return Difference(changed, {change.path for change in changed})

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        if request.preview:
            return "", {**given, **dict.fromkeys(_COMPUTED, UNKNOWN)}
        values = reveal(given)
        resource = f"/servicePrincipals/{values['resourceObjectId']}"
        object_id = values["resourceObjectId"]
        what = f'Could not retrieve service principal for resource (Object ID: "{object_id}")'
        if self._graph.find(what, f"/v1.0{resource}") is None:
            text = f'Service principal not found for resource (Object ID: "{object_id}")'
            raise ProviderError(diagnostic(text, "principal_object_id"))
        body = {name: values[input_] for input_, name in _NAMES.items()}
        # 404: the principal has not been replicated yet.
        made = self._graph.persistently(
            {404},
            "",
            lambda: self._graph.send(
                "Could not create app role assignment", "POST", f"/v1.0{resource}/appRoleAssignedTo", body
            ),
        )
        id_ = f"{resource}/appRoleAssignedTo/{made['id']}"
        with recorded("creating", request, id_, given):
            live = self._find(id_)
            if live is None:
                raise ProviderError(f"app role assignment {id_!r} vanished while it was created")
        return id_, live

    def read(self, existing: Existing, request: Request) -> Existing | None:
        with told("refreshing", request):
            live = self._find(existing.id)
        if live is None:
            return None
        inputs = {"__defaults": [], **{name: live[name] for name in _NAMES}}
        return Existing(existing.id, existing.inputs or inputs, live)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:  # noqa: ARG002
        raise ProviderError("an AppRoleAssignment can't be updated")

    def delete(self, old: Existing, request: Request) -> None:
        with told("deleting", request):
            self._graph.send(f"Deleting {_named(old.id)}", "DELETE", f"/v1.0{old.id}", attribute="id")

    def _find(self, id_: str) -> Properties | None:
        found = self._graph.find(f"retrieving {_named(id_)}", f"/v1.0{id_}")
        if found is None:
            return None
        computed = {name: found.get(name) or "" for name in _COMPUTED}
        return {**{input_: found[name] for input_, name in _NAMES.items()}, **computed}


def _named(id_: str) -> str:
    match = re.fullmatch(r"/servicePrincipals/([^/]+)/appRoleAssignedTo/([^/]+)", id_)
    if match is None:
        raise ProviderError(f"{id_!r} is no id of an app role assignment")
    return f'Service Principal Id App Role Assigned To (Service Principal: "{match[1]}"\nApp Role Assignment: "{match[2]}")'

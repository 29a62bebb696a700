"""`azuread:index/appRoleAssignment:AppRoleAssignment`: an application permission, given to a service principal."""

import re
from typing import Any

from ..engine.differences import Difference, changes
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, reveal
from .arguments import APP_ROLE_ASSIGNMENT, SCHEMA
from .graph import Graph

_NAMES = {"appRoleId": "appRoleId", "principalObjectId": "principalId", "resourceObjectId": "resourceId"}
_COMPUTED = ("principalDisplayName", "principalType", "resourceDisplayName")


class AppRoleAssignment(Resource):
    """An app role of one service principal, assigned to another; every change makes a new one."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        return {**given, "__defaults": []}, list(SCHEMA.failures(APP_ROLE_ASSIGNMENT, given))

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = [change for change in changes(old.inputs, inputs) if change.root != "__defaults"]
        return Difference(changed, {change.path for change in changed})

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        if request.preview:
            return "", {**given, **dict.fromkeys(_COMPUTED, UNKNOWN)}
        values = reveal(given)
        resource = f"/servicePrincipals/{values['resourceObjectId']}"
        if self._graph.find("reading the resource", f"/v1.0{resource}") is None:
            raise ProviderError(f"Service principal not found for resource (Object ID: {values['resourceObjectId']!r})")
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
        live = self._find(id_)
        if live is None:
            raise ProviderError(f"app role assignment {id_!r} vanished while it was created")
        return id_, live

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        live = self._find(existing.id)
        if live is None:
            return None
        inputs = {"__defaults": [], **{name: live[name] for name in _NAMES}}
        return Existing(existing.id, existing.inputs or inputs, live)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:  # noqa: ARG002
        raise ProviderError("an AppRoleAssignment can't be updated")

    def delete(self, old: Existing, request: Request) -> None:  # noqa: ARG002
        if self._find(old.id) is not None:
            self._graph.send(f"Deleting app role assignment {old.id}", "DELETE", f"/v1.0{old.id}")

    def _find(self, id_: str) -> Properties | None:
        """The assignment, looked for in the list of its resource, as the provider does."""
        match = re.fullmatch(r"(/servicePrincipals/[^/]+/appRoleAssignedTo)/([^/]+)", id_)
        if match is None:
            raise ProviderError(f"{id_!r} is no id of an app role assignment")
        listed = self._graph.find("retrieving app role assignments", f"/v1.0{match[1]}")
        assignments: list[dict[str, Any]] = (listed or {}).get("value", [])
        found = next((assignment for assignment in assignments if assignment["id"] == match[2]), None)
        if found is None:
            return None
        computed = {name: found.get(name) or "" for name in _COMPUTED}
        return {**{input_: found[name] for input_, name in _NAMES.items()}, **computed}

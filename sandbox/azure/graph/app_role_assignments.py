"""App role assignments: who has which application permission."""

import time
import uuid
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..azure import now
from ..database import Document
from ..responses import graph_error
from .directory import Directory, absent, body_of, denied, without_annotations

_PERMISSION = "AppRoleAssignment.ReadWrite.All"
_NEEDED = {"appRoleId", "principalId", "resourceId"}


class AppRoleAssignments:
    """The collections `appRoleAssignments`, of who has them, and `appRoleAssignedTo`, of whose roles they are."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._database = directory.azure.database

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        principal = f"/{version}/servicePrincipals/{{id}}"
        return [
            route
            for many, side in (
                (f"{principal}/appRoleAssignments", "principalId"),
                (f"{principal}/appRoleAssignedTo", "resourceId"),
            )
            for route in (
                Route(many, self._lists(side), methods=["GET"]),
                Route(many, self.create, methods=["POST"]),
                Route(f"{many}/{{assignment}}", self.read, methods=["GET"]),
                Route(f"{many}/{{assignment}}", self.delete, methods=["DELETE"]),
            )
        ]

    def _lists(self, side: str) -> Callable[[Request], Awaitable[JSONResponse]]:
        async def list_(request: Request) -> JSONResponse:
            """GET the assignments on one side of a service principal."""
            self._directory.caller(request)
            principal = self._directory.find(request)
            found = [a for a in self._database.all("appRoleAssignment") if a[side] == principal["id"]]
            return JSONResponse({"value": [_shown(assignment) for assignment in found]})

        return list_

    async def create(self, request: Request) -> JSONResponse:
        """POST one: 201."""
        self._check_may_assign(request)
        self._directory.find(request)
        body = without_annotations(await body_of(request))
        if set(body) != _NEEDED:
            raise graph_error(400, "Request_BadRequest", f"Expected the properties {', '.join(sorted(_NEEDED))}.")
        principal, resource = self._principal(body["principalId"]), self._principal(body["resourceId"])
        if body["appRoleId"] not in {role["id"] for role in resource.get("appRoles", [])}:
            raise graph_error(400, "Request_BadRequest", "Permission being assigned was not found on application", [])
        if any(_is_same(other, body) for other in self._database.all("appRoleAssignment")):
            raise graph_error(400, "Request_BadRequest", "Permission being assigned already exists on the object", [])
        assignment = {
            "id": uuid.uuid4().hex,
            **body,
            "createdDateTime": now(),
            "principalDisplayName": principal["displayName"],
            "principalType": "ServicePrincipal",
            "resourceDisplayName": resource["displayName"],
            "_createdAt": time.time(),
        }
        self._database.put("appRoleAssignment", assignment["id"], assignment)
        return JSONResponse(_shown(assignment), 201)

    async def read(self, request: Request) -> JSONResponse:
        """GET one."""
        self._directory.caller(request)
        return JSONResponse(_shown(self._find(request)))

    async def delete(self, request: Request) -> Response:
        """DELETE one: tokens given before still name it."""
        self._check_may_assign(request)
        self._database.delete("appRoleAssignment", self._find(request)["id"])
        return Response(status_code=204)

    def _check_may_assign(self, request: Request) -> None:
        if _PERMISSION not in self._directory.caller(request)["roles"]:
            raise denied()

    def _principal(self, id_: str) -> Document:
        found = self._directory.principal(id_)
        if found is None or not self._directory.azure.replicated(found):
            raise absent(id_)
        return found

    def _find(self, request: Request) -> Document:
        id_ = request.path_params["assignment"]
        assignment = self._database.get("appRoleAssignment", id_)
        if assignment is None:
            raise absent(id_)
        return assignment


def _is_same(assignment: Document, body: Document) -> bool:
    return all(assignment[name] == body[name] for name in _NEEDED)


def _shown(assignment: Document) -> Document:
    return {key: value for key, value in assignment.items() if not key.startswith("_")}

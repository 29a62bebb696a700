"""Owners of applications and service principals."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..responses import graph_error
from .directory import TYPE_OF, Directory, absent, body_of, kind_of


class Owners:
    """The collection `owners` of an object."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        return [
            route
            for one in (f"/{version}/{collection}/{{id}}/owners" for collection in TYPE_OF)
            for route in (
                Route(one, self.owners, methods=["GET"]),
                Route(f"{one}/$ref", self.add_owner, methods=["POST"]),
                Route(f"{one}/{{owner}}/$ref", self.remove_owner, methods=["DELETE"]),
            )
        ]

    async def owners(self, request: Request) -> JSONResponse:
        """GET an object's owners."""
        self._directory.caller(request)
        owners = [self._directory.principal(id_) for id_ in self._directory.find(request)["_owners"]]
        value = [
            {"@odata.type": "#microsoft.graph.servicePrincipal", **self._directory.present(owner, request)}
            for owner in owners
            if owner is not None
        ]
        return JSONResponse(
            {"@odata.context": f"{self._directory.azure.url}/v1.0/$metadata#directoryObjects", "value": value}
        )

    async def add_owner(self, request: Request) -> Response:
        """POST a reference to an owner."""
        document, body = self._directory.find_to_change(request), await body_of(request)
        owner = str(body.get("@odata.id", "")).rsplit("/", 1)[-1]
        if self._directory.principal(owner) is None:
            raise absent(owner)
        if owner in document["_owners"]:
            raise graph_error(
                400,
                "Request_BadRequest",
                "One or more added object references already exist for the following modified properties: 'owners'.",
            )
        document["_owners"].append(owner)
        self._directory.azure.database.put(kind_of(request), document["id"], document)
        return Response(status_code=204)

    async def remove_owner(self, request: Request) -> Response:
        """DELETE a reference to an owner."""
        document, owner = self._directory.find_to_change(request), request.path_params["owner"]
        if owner not in document["_owners"]:
            raise absent(owner)
        document["_owners"].remove(owner)
        self._directory.azure.database.put(kind_of(request), document["id"], document)
        return Response(status_code=204)

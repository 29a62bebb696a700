"""Deleted applications, which can be restored."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .directory import Directory


class DeletedItems:
    """The collection `directory/deletedItems`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        deleted = f"/{version}/directory/deletedItems"
        return [
            Route(f"{deleted}/microsoft.graph.application", self.list_deleted, methods=["GET"]),
            Route(f"{deleted}/{{id}}", self.read_deleted, methods=["GET"]),
            Route(f"{deleted}/{{id}}/restore", self.restore, methods=["POST"]),
            Route(f"{deleted}/{{id}}", self.purge, methods=["DELETE"]),
        ]

    async def list_deleted(self, request: Request) -> JSONResponse:
        """GET the applications that can be restored."""
        self._directory.caller(request)
        found = [
            self._directory.present(document, request)
            for document in self._directory.azure.database.all("deletedApplication")
        ]
        return JSONResponse({"value": found})

    async def read_deleted(self, request: Request) -> JSONResponse:
        """GET one of them."""
        self._directory.caller(request)
        return JSONResponse(self._directory.present(self._directory.deleted(request), request))

    async def restore(self, request: Request) -> JSONResponse:
        """POST restore."""
        caller, document = self._directory.caller(request), self._directory.deleted(request)
        self._directory.check_may_change(caller, document)
        document.pop("deletedDateTime")
        with self._directory.azure.database.transaction():
            self._directory.azure.database.delete("deletedApplication", document["id"])
            self._directory.azure.database.put("application", document["id"], document)
        return JSONResponse(self._directory.present(document, request))

    async def purge(self, request: Request) -> Response:
        """DELETE for good."""
        caller, document = self._directory.caller(request), self._directory.deleted(request)
        self._directory.check_may_change(caller, document)
        self._directory.azure.database.delete("deletedApplication", document["id"])
        return Response(status_code=204)

"""Users, of whom the tenant has none; who may not read them learns nothing of that."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .directory import Directory, absent, denied

_READERS = {"User.Read.All"}


class Users:
    """The collection `users`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        return [Route(f"/{version}/users/{{id}}", self.read, methods=["GET"])]

    async def read(self, request: Request) -> Response:
        """GET one user."""
        if not _READERS & set(self._directory.claims(request)["roles"]):
            raise denied()
        raise absent(request.path_params["id"])

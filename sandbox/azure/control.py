"""The emulator's own API, for tests and operators: health, request counts, settings, reset."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .azure import Azure, Settings, plant

_WRITES = ("PUT", "POST", "PATCH", "DELETE")


class Control:
    """`https://localhost:<port>/_sandbox/...`; not reachable by any of Azure's names."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self.routes = [
            Route("/_sandbox/health", self.health),
            Route("/_sandbox/requests", self.requests, methods=["GET"]),
            Route("/_sandbox/requests", self.forget_requests, methods=["DELETE"]),
            Route("/_sandbox/settings", self.settings, methods=["GET"]),
            Route("/_sandbox/settings", self.change_settings, methods=["PATCH"]),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
        ]

    async def health(self, _: Request) -> JSONResponse:
        """Whether it answers."""
        return JSONResponse({"status": "ok"})

    async def requests(self, _: Request) -> JSONResponse:
        """Requests since the start or the last DELETE: by operation, and the writes of each API."""
        counts = self._azure.requests
        writes = dict.fromkeys(("ARM", "Graph"), 0)
        for operation, count in counts.items():
            api, method, _rest = operation.split(" ", 2)
            if api in writes and method in _WRITES:
                writes[api] += count
        return JSONResponse({"operations": dict(sorted(counts.items())), "writes": writes})

    async def forget_requests(self, _: Request) -> Response:
        """Start counting anew."""
        self._azure.requests.clear()
        return Response(status_code=204)

    async def settings(self, _: Request) -> JSONResponse:
        """The settings."""
        return JSONResponse(self._azure.settings.model_dump(by_alias=True))

    async def change_settings(self, request: Request) -> JSONResponse:
        """Change those settings that the body names."""
        try:
            changes = await request.json()
            settings = Settings.model_validate(self._azure.settings.model_dump(by_alias=True) | changes)
        except (ValueError, TypeError, ValidationError) as error:
            return JSONResponse({"error": {"code": "InvalidSettings", "message": str(error)}}, 400)
        self._azure.settings = settings
        return await self.settings(request)

    async def reset(self, _: Request) -> Response:
        """Back to the seed, with the settings and the counts of a fresh start."""
        plant(self._azure)
        self._azure.settings = Settings()
        self._azure.requests.clear()
        return Response(status_code=204)

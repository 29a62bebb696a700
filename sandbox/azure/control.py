"""The emulator's own API, for tests and operators: health, request counts, settings, faults, reset."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .azure import Azure, Settings, plant
from .faults import Fault, Faults

_WRITES = ("PUT", "POST", "PATCH", "DELETE")


class Control:
    """`https://localhost:<port>/_sandbox/...`; not reachable by any of Azure's names."""

    def __init__(self, azure: Azure, faults: Faults) -> None:
        self._azure = azure
        self._faults = faults
        self.routes = [
            Route("/_sandbox/health", self.health),
            Route("/_sandbox/requests", self.requests, methods=["GET"]),
            Route("/_sandbox/requests", self.forget_requests, methods=["DELETE"]),
            Route("/_sandbox/settings", self.settings, methods=["GET"]),
            Route("/_sandbox/settings", self.change_settings, methods=["PATCH"]),
            Route("/_sandbox/faults", self.faults, methods=["GET"]),
            Route("/_sandbox/faults", self.add_fault, methods=["POST"]),
            Route("/_sandbox/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/faults/{id:int}", self.clear_faults, methods=["DELETE"]),
            Route("/_sandbox/reset", self.reset, methods=["POST"]),
        ]

    async def health(self, _: Request) -> JSONResponse:
        """Whether it answers."""
        return JSONResponse({"status": "ok"})

    async def requests(self, _: Request) -> JSONResponse:
        """Since the start or the last DELETE: requests by operation, writes of each API, sign-ins by key id."""
        counts = self._azure.requests
        writes = dict.fromkeys(("ARM", "Graph"), 0)
        for operation, count in counts.items():
            api, method, _rest = operation.split(" ", 2)
            if api in writes and method in _WRITES:
                writes[api] += count
        operations = dict(sorted(counts.items()))
        return JSONResponse({"operations": operations, "writes": writes, "signIns": self._azure.sign_ins})

    async def forget_requests(self, _: Request) -> Response:
        """Start counting anew."""
        self._azure.requests.clear()
        self._azure.sign_ins.clear()
        return Response(status_code=204)

    async def settings(self, _: Request) -> JSONResponse:
        """The settings."""
        return JSONResponse(self._azure.settings.model_dump(by_alias=True))

    async def change_settings(self, request: Request) -> JSONResponse:
        """Change those settings that the body names."""
        try:
            changes = await request.json()
            settings = Settings.model_validate(self._azure.settings.model_dump(by_alias=True) | changes)
        except ValidationError as error:
            return JSONResponse({"error": {"code": "InvalidSettings", "message": _problems(error)}}, 400)
        except (ValueError, TypeError) as error:
            return JSONResponse({"error": {"code": "InvalidSettings", "message": str(error)}}, 400)
        self._azure.settings = settings
        return await self.settings(request)

    async def faults(self, _: Request) -> JSONResponse:
        """The faults that are set, and what of them is left."""
        return JSONResponse({"value": self._faults.list()})

    async def add_fault(self, request: Request) -> JSONResponse:
        """Set a fault."""
        try:
            fault = Fault.model_validate(await request.json())
        except ValidationError as error:
            return JSONResponse({"error": {"code": "InvalidFault", "message": _problems(error)}}, 400)
        except ValueError as error:
            return JSONResponse({"error": {"code": "InvalidFault", "message": str(error)}}, 400)
        return JSONResponse({"id": self._faults.add(fault)}, 201)

    async def clear_faults(self, request: Request) -> Response:
        """Forget one fault, or all."""
        found = self._faults.clear(request.path_params.get("id"))
        return Response(status_code=204 if found or "id" not in request.path_params else 404)

    async def reset(self, _: Request) -> Response:
        """Back to the seed, with the settings and the counts of a fresh start, and no faults."""
        plant(self._azure)
        self._azure.settings = Settings()
        self._faults.clear()
        self._azure.requests.clear()
        self._azure.sign_ins.clear()
        return Response(status_code=204)


def _problems(error: ValidationError) -> str:
    problems = [": ".join([*map(str, e["loc"]), e["msg"].removeprefix("Value error, ")]) for e in error.errors()]
    return "; ".join(problems)

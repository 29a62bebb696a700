"""What the gateway answers: its status, the attached APIs, 404 for the rest."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from .configuration import Api, ConfigurationPoller
from .log import Log
from .neighborhood import Neighborhood

# The article and the chart probe the first; the pages on workload identity and tokens the second.
STATUS_PATHS = ("/status-0123456789abcdef", "/internal-status-0123456789abcdef")


class Traffic:
    """The ASGI application on the gateway's ports."""

    def __init__(
        self, gateway_name: str, configuration: ConfigurationPoller, neighborhood: Neighborhood | None, log: Log
    ) -> None:
        self._gateway_name = gateway_name
        self._configuration = configuration
        self._neighborhood = neighborhood
        self._log = log
        self.draining = False
        """Set when the process is to end: answers then ask clients to close their connections."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a WebSocket; the sandbox's APIs have none
            await send({"type": "websocket.close", "code": 1000})
            return

        async def send_with_close(message: Message) -> None:
            if message["type"] == "http.response.start" and self.draining:
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
            await send(message)

        request = Request(scope, receive)
        await self._answer(request)(scope, receive, send_with_close)

    def _answer(self, request: Request) -> Response:
        path = request.url.path
        apis = self._configuration.apis
        if path in STATUS_PATHS:
            if apis is None:
                reason = self._configuration.problem or "the configuration is being loaded"
                return PlainTextResponse(f"Not ready: {reason}", status_code=503)
            if self._neighborhood is not None and self._neighborhood.problem:
                return PlainTextResponse(f"Not ready: {self._neighborhood.problem}", status_code=503)
            return PlainTextResponse("Service Operational")
        if apis is None:
            return _error(503, "Service Unavailable")
        api = _attached(path, apis)
        if api is None:
            self._log.info("OperationNotFound", f"{request.method} {path} answered 404: no attached API has this path")
            return _error(404, "Resource not found")
        self._log.info("RequestServed", f"{request.method} {path} answered 200 by API {api.name}")
        return JSONResponse(
            {"method": request.method, "path": path, "api": api.name, "gateway": self._gateway_name},
        )


def _attached(path: str, apis: tuple[Api, ...]) -> Api | None:
    """The API whose path is the longest beginning of a request's path, by whole segments."""
    segments = path.strip("/").split("/")
    matching = [api for api in apis if not api.path or api.path.split("/") == segments[: len(api.path.split("/"))]]
    return max(matching, key=lambda api: len(api.path), default=None)


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"statusCode": status, "message": message}, status_code=status)

"""The emulator's one server: finds the API that a request is for, counts it, and turns errors into answers."""

import logging
import re

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from .arm.api_management import ApiManagement
from .arm.authorization import Authorization
from .arm.entry import Arm
from .arm.key_vault import KeyVault
from .arm.locks import Locks, check_locks
from .arm.long_running import LongRunning
from .arm.management_groups import ManagementGroups
from .arm.resource_groups import ResourceGroups
from .arm.storage import Storage
from .azure import Azure
from .configuration_api import HOST, ConfigurationApi
from .control import Control
from .entra import Entra
from .faults import ConnectionLostError, Faults
from .github_tokens import HOST as GITHUB_HOST
from .github_tokens import GitHubTokens
from .graph.api import Graph
from .responses import ApiError, arm_error
from .tokens import TokenIssuer

log = logging.getLogger("sandbox.azure")

_BY_APP_ID = re.compile(r"^(/(?:v1\.0|beta)/(?:applications|servicePrincipals))(\(appId='[^']*'\))")
_GUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


class Server:
    """An ASGI application for all of Azure's names."""

    def __init__(self, azure: Azure) -> None:
        tokens = TokenIssuer(azure)
        self._azure = azure
        long_running = LongRunning(azure)
        providers = (
            ApiManagement(azure),
            Authorization(azure),
            KeyVault(azure),
            Locks(azure),
            ManagementGroups(),
            ResourceGroups(azure, long_running),
            Storage(azure, long_running),
            long_running,
        )
        operations = [operation for provider in providers for operation in provider.operations]
        self._arm = Arm(azure, tokens, operations, check_locks)
        self._configuration = ConfigurationApi(azure, tokens)
        self._faults = Faults()
        control, entra, graph = Control(azure, self._faults), Entra(azure, tokens), Graph(azure, tokens)
        github = GitHubTokens(azure)
        metadata = Route("/metadata/endpoints", self.metadata)
        login = Router(entra.routes)
        graph_router = Router(graph.routes)
        self._hosts = {
            "login.microsoftonline.com": login,
            "login.microsoftonline.us": login,
            "login.partner.microsoftonline.cn": login,
            "graph.microsoft.com": graph_router,
            "management.azure.com": Router([metadata]),
            GITHUB_HOST: Router(github.issuer_routes),
        }
        self._here = Router([*control.routes, *github.runner_routes, metadata, *entra.routes, *graph.routes])
        self.app = Starlette(routes=[Route("/{path:path}", self.dispatch, methods=_METHODS)])

    async def metadata(self, _: Request) -> JSONResponse:
        """Where this cloud's other endpoints are."""
        url = self._azure.url
        return JSONResponse(
            {
                "name": "Sandbox",
                "portal": url,
                "authentication": {
                    "loginEndpoint": url,
                    "audiences": ["https://management.core.windows.net/", "https://management.azure.com/"],
                    "tenant": "common",
                    "identityProvider": "AAD",
                },
                "resourceManager": f"{url}/",
                "microsoftGraphResourceId": f"{url}/",
                "suffixes": {},
            }
        )

    async def dispatch(self, request: Request) -> Response:
        """Answer one request."""
        host = request.headers.get("host", "").rsplit(":", 1)[0].lower()
        request.scope["path"] = _BY_APP_ID.sub(r"\1/\2", request.scope["path"])
        operation = self._operation(host, request)
        try:
            if operation == "sandbox":
                response = await self._answer(host, request)
            else:
                self._azure.requests[operation] = self._azure.requests.get(operation, 0) + 1
                response = await self._faults.befall(operation, lambda: self._answer(host, request))
        except ApiError as error:
            response = error.response
        except ConnectionLostError:
            response = _ConnectionReset(status_code=499)
        log.info("%s %s %s: %s", request.method, request.url.path, response.status_code, operation)
        return response

    async def _answer(self, host: str, request: Request) -> Response:
        if configuration := HOST.fullmatch(host):
            return await self._configuration.handle(request, configuration)
        router = self._hosts.get(host) or (self._here if host in ("localhost", "127.0.0.1") else None)
        if router is None:
            raise arm_error(404, "UnknownHost", f"No emulated service has the name '{host}'.")
        for route in router.routes:
            match, child = route.matches(request.scope)
            if match.name == "FULL" and isinstance(route, Route):
                request.scope.update(child)
                return await route.endpoint(Request(request.scope, request.receive))
        if router is self._hosts.get("management.azure.com") or router is self._here:
            return await self._arm.handle(request)
        raise arm_error(404, "NotFound", f"There is nothing at {request.method} {request.url.path}.")

    def _operation(self, host: str, request: Request) -> str:
        path, method = request.scope["path"], request.method
        if HOST.fullmatch(host):
            return f"Configuration {method} gateways/{path.rsplit('/', 1)[-1]}"
        if path.startswith("/_sandbox/"):
            return "sandbox"
        if host == GITHUB_HOST or path.startswith("/_github/"):
            return f"GitHub {method} {path.rsplit('/', 1)[-1]}"
        if path.startswith(("/v1.0/", "/beta/")):
            return f"Graph {method} {_GUID.sub('{id}', path.split('/', 2)[2])}"
        if "/oauth2/" in path or "/discovery/" in path or path.endswith("/openid-configuration"):
            return f"Entra {method} {path.rsplit('/', 1)[-1]}"
        if path.startswith("/metadata/"):
            return f"Metadata {method} endpoints"
        return self._arm.name_of(method, path)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            # `send` belongs to uvicorn's cycle of this request, which alone knows the connection.
            scope["sandbox.transport"] = getattr(getattr(send, "__self__", None), "transport", None)
        await self.app(scope, receive, send)


class _ConnectionReset(Response):
    """No answer: the connection ends. ASGI has no word for it."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        scope["sandbox.transport"].abort()
        while (await receive())["type"] != "http.disconnect":
            pass


_METHODS = ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE"]

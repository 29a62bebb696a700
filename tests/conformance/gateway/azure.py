"""A small Entra and configuration API: what the gateway calls, answering what a test sets."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Generator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trustme
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

TENANT = "11111111-1111-1111-1111-111111111111"
CLIENT = "22222222-2222-2222-2222-222222222222"
SECRET = "not~a.real_secret"


@dataclass
class Azure:
    """State of the two servers, behind one address."""

    port: int
    ca: trustme.CA
    apis: list[dict[str, str]] = field(
        default_factory=lambda: [{"name": "echo", "displayName": "Echo", "path": "echo"}]
    )
    token_refusal: tuple[int, dict[str, Any]] | None = None
    configuration_refusal: tuple[int, dict[str, Any]] | None = None
    token_life: int = 3600
    token_requests: list[dict[str, str]] = field(default_factory=list)
    configuration_requests: list[dict[str, str]] = field(default_factory=list)
    heartbeats: list[str] = field(default_factory=list)
    answered: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def token(self, request: Request) -> Response:
        form = {name: str(value) for name, value in (await request.form()).items()}
        self.token_requests.append({"host": request.headers["host"], "path": request.url.path, **form})
        if self.token_refusal is not None:
            status, body = self.token_refusal
            return JSONResponse(body, status)
        token = f"token-{len(self.token_requests)}"
        return JSONResponse({"token_type": "Bearer", "expires_in": self.token_life, "access_token": token})

    async def configuration(self, request: Request) -> Response:
        headers = request.headers
        self.configuration_requests.append(
            {
                "host": headers["host"],
                "path": f"{request.url.path}?{request.url.query}",
                "authorization": headers.get("authorization", ""),
                "if-none-match": headers.get("if-none-match", ""),
            }
        )
        async with self.answered:
            self.answered.notify_all()
        if self.configuration_refusal is not None:
            status, body = self.configuration_refusal
            return JSONResponse(body, status)
        etag = f'"{len(self.apis)}"'
        if headers.get("if-none-match") == etag:
            return Response(status_code=304)
        return JSONResponse({"gateway": {"name": "mygw"}, "apis": self.apis}, headers={"ETag": etag})

    async def heartbeat(self, request: Request) -> Response:
        self.heartbeats.append((await request.json())["instanceId"])
        return Response(status_code=204)

    async def polled(self, times: int) -> None:
        """Ends when that many more polls were made."""
        goal = len(self.configuration_requests) + times
        async with self.answered:
            await self.answered.wait_for(lambda: len(self.configuration_requests) >= goal)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


@contextlib.asynccontextmanager
async def serve(folder: Path, names: tuple[str, ...]) -> AsyncIterator[Azure]:
    """Serves with a certificate for those names."""
    ca = trustme.CA()
    ca.issue_cert(*names).private_key_and_cert_chain_pem.write_to_path(str(folder / "server.pem"))
    listener = socket.create_server(("127.0.0.1", 0))
    azure = Azure(listener.getsockname()[1], ca)
    app = Starlette(
        routes=[
            Route("/{tenant}/oauth2/v2.0/token", azure.token, methods=["POST"]),
            Route("/gateways/{gateway}/events", azure.configuration),
            Route("/gateways/{gateway}/heartbeats", azure.heartbeat, methods=["POST"]),
        ]
    )
    server = _Server(uvicorn.Config(app, log_config=None, lifespan="off", ssl_certfile=folder / "server.pem"))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield azure
    finally:
        server.should_exit = True
        await serving

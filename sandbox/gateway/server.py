"""The gateway's listeners, and how they end without losing a request."""

import asyncio
import contextlib
import errno
import os
import signal
import socket
import ssl
import time
from collections.abc import Generator

import uvicorn

from .certificate import server_context
from .log import Log
from .network import TRUST_STORE, Network
from .traffic import Traffic

HTTP_PORT, HTTPS_PORT = 8080, 8081

# How the image ends is not established. Here no new connection is accepted from the first moment on, as web servers of its
# kind do it: who wants none to be lost, has the pod wait until the load balancer has noticed. Idle connections are left to
# their clients, whose next request would otherwise meet a closed one: no deployment could prevent that. The longest drain,
# by default, is shorter than the default grace period of 30 s.
KEEP_ALIVE_SECONDS = 120


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


class Listeners:
    """The ports 8080 (HTTP) and 8081 (HTTPS, with a certificate of its own making)."""

    def __init__(self, network: Network, traffic: Traffic, log: Log, longest_drain_seconds: float) -> None:
        self._network = network
        self._traffic = traffic
        self._log = log
        self._longest_drain_seconds = longest_drain_seconds
        self._servers: list[_Server] = []

    async def run(self) -> None:
        """Serves until SIGTERM, then drains.

        Raises:
            OSError: a port is not free.
        """
        terminated = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, terminated.set)
        contexts = {HTTP_PORT: None, HTTPS_PORT: server_context(self._network.root / "tmp")}
        listening = [self._listen(port, context) for port, context in contexts.items() if port in self._network.listen]
        async with asyncio.TaskGroup() as group:
            for server, listener in listening:
                group.create_task(server.serve(sockets=[listener]))
            await terminated.wait()
            await self._drain()
            for server in self._servers:
                server.should_exit = True

    def _listen(self, port: int, context: ssl.SSLContext | None) -> tuple[_Server, socket.socket]:
        published = self._network.listen[port]
        listener = socket.create_server(("127.0.0.1", published))
        config = uvicorn.Config(
            self._traffic,
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=5,
            ssl_context_factory=None if context is None else (lambda _config, _default: context),
        )
        server = _Server(config)
        self._servers.append(server)
        self._log.info("Listening", f"port {port} is open")
        return server, listener

    async def _drain(self) -> None:
        self._traffic.draining = True
        started = time.monotonic()
        for server in self._servers:
            for listener in server.servers:
                listener.close()
        self._log.info("Draining", "the gateway is asked to end; it accepts no connection, and serves those there are")
        while any(server.server_state.connections for server in self._servers):
            if time.monotonic() - started >= self._longest_drain_seconds:
                break
            await asyncio.sleep(0.1)
        self._log.info("Drained", f"the gateway ends after {time.monotonic() - started:.1f} s of draining")


def prepare(network: Network) -> None:
    """Makes what the image writes to its root file system at its start.

    Raises:
        OSError: the root file system is read-only, which the image does not support.
    """
    if not network.writes_root:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), f"/{TRUST_STORE}")
    (network.root / "tmp").mkdir(parents=True, exist_ok=True)

"""Runs the gateway as the node does: a root folder, an environment, a process."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from sandbox.loopback_ports import free_ports

REPOSITORY = Path(__file__).parents[3]
STATUS = "/status-0123456789abcdef"


@dataclass
class Container:
    """A running gateway."""

    process: asyncio.subprocess.Process
    ports: dict[int, int]
    log: list[str] = field(default_factory=list)
    _log_ended: bool = False
    _changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    def url(self, path: str, port: int = 8080) -> str:
        return f"{'https' if port == 8081 else 'http'}://127.0.0.1:{self.ports[port]}{path}"

    async def read_log(self) -> None:
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            self.log.append(line.decode().rstrip("\n"))
            async with self._changed:
                self._changed.notify_all()
        async with self._changed:
            self._log_ended = True
            self._changed.notify_all()

    async def logged(self, *words: str) -> str:
        """The first line of the log that holds all of these, waited for."""

        def found() -> str | None:
            return next((line for line in self.log if all(word in line for word in words)), None)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(25), self._changed:
                await self._changed.wait_for(lambda: self._log_ended or found() is not None)
        line = found()
        if line is None:
            what = f"of a process that ended with {await self.ended()}" if self._log_ended else "within 25 s"
            raise AssertionError(f"{words} are not in the log {what}:\n" + "\n".join(self.log))
        return line

    async def ended(self) -> int:
        async with asyncio.timeout(40):
            return await self.process.wait()

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)


@contextlib.asynccontextmanager
async def run(
    root: Path,
    environment: dict[str, str],
    resolve: dict[str, str],
    ca: bytes,
    *options: str,
    network: dict[str, Any] | None = None,
) -> AsyncIterator[Container]:
    """Starts a gateway, and ends it with the test."""
    http, https = free_ports(2)
    ports = {8080: http, 8081: https}
    (root / "network.json").write_text(json.dumps({"listen": ports, "resolve": resolve, **(network or {})}))
    trust_store = root / "etc/ssl/certs/ca-certificates.crt"
    trust_store.parent.mkdir(parents=True, exist_ok=True)
    trust_store.write_bytes(ca)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-E", "-s", "-m", "sandbox.gateway", "--root", str(root), *options),
        cwd=REPOSITORY,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    container = Container(process, ports)
    reading = asyncio.create_task(container.read_log())
    try:
        yield container
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await reading


async def get(url: str) -> httpx.Response:
    async with httpx.AsyncClient(verify=False, trust_env=False) as client:  # noqa: S501 - the gateway's own certificate
        return await client.get(url)

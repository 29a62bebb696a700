"""Probes: asked over the network as kubelet asks, with its periods and thresholds."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from ..waits import beside_controllers
from . import KubernetesObject
from .pod_network import PodNetwork

LONGEST_OUTPUT = 200


@dataclass(frozen=True)
class Outcome:
    """What one probe found."""

    success: bool
    output: str = ""


class UnsupportedProbeError(Exception):
    """A kind of probe that this node does not play."""


class Prober:
    """Probes the containers of one pod."""

    def __init__(self, network: PodNetwork, pod_ip: str) -> None:
        self._network = network
        self._pod_ip = pod_ip

    async def run(
        self,
        container: KubernetesObject,
        probe: dict[str, Any],
        report: Callable[[bool, Outcome], None],
        *,
        since: float | None = None,
    ) -> None:
        """Probes for as long as it is not cancelled.

        `report` is told every outcome, with True where it makes as many equal ones in a row as the threshold asks for.
        The initial delay counts from `since`, of the monotonic clock; from now without it.
        """
        thresholds = {True: probe.get("successThreshold") or 1, False: probe.get("failureThreshold") or 3}
        passed = 0.0 if since is None else time.monotonic() - since
        await asyncio.sleep(max(0.0, beside_controllers(probe.get("initialDelaySeconds") or 0) - passed))
        in_a_row, last = 0, None
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            outcome = await self.ask(container, probe)
            in_a_row = in_a_row + 1 if outcome.success == last else 1
            last = outcome.success
            report(in_a_row >= thresholds[outcome.success], outcome)
            due = max(due + beside_controllers(probe.get("periodSeconds") or 10), loop.time())
            await asyncio.sleep(due - loop.time())

    async def ask(self, container: KubernetesObject, probe: dict[str, Any]) -> Outcome:
        """One probe."""
        timeout = probe.get("timeoutSeconds") or 1
        if "httpGet" in probe:
            return await self._http_get(container, probe["httpGet"], timeout)
        if "tcpSocket" in probe:
            return await self._tcp_socket(container, probe["tcpSocket"], timeout)
        return Outcome(success=False, output="the sandbox's node plays httpGet and tcpSocket probes only")

    async def _http_get(self, container: KubernetesObject, action: dict[str, Any], timeout: float) -> Outcome:
        scheme, path = (action.get("scheme") or "HTTP").lower(), action.get("path") or "/"
        port = port_number(container, action["port"])
        shown = f"{scheme}://{self._pod_ip}:{port}{path}"
        address = self._network.address(self._pod_ip, port) if port is not None else None
        if address is None:
            return Outcome(success=False, output=_refused(shown, self._pod_ip, port))
        headers = {header["name"]: header["value"] for header in action.get("httpHeaders") or []}
        headers = {"User-Agent": "kube-probe/1.37", "Accept": "*/*", "Connection": "close", **headers}
        headers.setdefault("Host", f"{self._pod_ip}:{port}")
        # The kubelet does not check certificates either.
        async with httpx.AsyncClient(verify=False, trust_env=False, timeout=timeout) as client:  # noqa: S501
            try:
                async with asyncio.timeout(timeout):
                    response = await client.get(f"{scheme}://{address[0]}:{address[1]}{path}", headers=headers)
            except (httpx.TimeoutException, TimeoutError):
                reason = "context deadline exceeded (Client.Timeout exceeded while awaiting headers)"
                return Outcome(success=False, output=f'Get "{shown}": {reason}')
            except httpx.ConnectError:
                return Outcome(success=False, output=_refused(shown, self._pod_ip, port))
            except httpx.HTTPError as error:
                return Outcome(success=False, output=f'Get "{shown}": {error or type(error).__name__}')
        if httpx.codes.OK <= response.status_code < httpx.codes.BAD_REQUEST:
            return Outcome(success=True)
        # Kubelet's event has the status only. The body is where the gateway says why it is not ready, and the reader of
        # `kubectl describe pod` is who needs it.
        body = " ".join(response.text.split())[:LONGEST_OUTPUT]
        status = f"HTTP probe failed with statuscode: {response.status_code}"
        return Outcome(success=False, output=f"{status}: {body}" if body else status)

    async def _tcp_socket(self, container: KubernetesObject, action: dict[str, Any], timeout: float) -> Outcome:
        port = port_number(container, action["port"])
        address = self._network.address(self._pod_ip, port) if port is not None else None
        try:
            if address is None:
                raise OSError
            async with asyncio.timeout(timeout):
                _, writer = await asyncio.open_connection(*address)
        except TimeoutError:
            return Outcome(success=False, output=f"dial tcp {self._pod_ip}:{port}: i/o timeout")
        except OSError:
            return Outcome(success=False, output=f"dial tcp {self._pod_ip}:{port}: connect: connection refused")
        writer.close()
        return Outcome(success=True)


def port_number(container: KubernetesObject, port: int | str) -> int | None:
    """A port by number or by the name it has in the container; None where it has no such port."""
    if isinstance(port, int):
        return port
    named = (each["containerPort"] for each in container.get("ports") or [] if each.get("name") == port)
    return next(named, None)


def _refused(shown: str, ip: str, port: int | None) -> str:
    return f'Get "{shown}": dial tcp {ip}:{port}: connect: connection refused'

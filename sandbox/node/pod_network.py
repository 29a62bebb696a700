"""Pod addresses: an IP for each pod, and the loopback port that each of its ports is really published at."""

import ipaddress
import time

from ..loopback_ports import free_ports
from .published_ports import LOOPBACK, PublishedPorts

POD_RANGE = ipaddress.ip_network("10.244.0.0/24")


class PodNetwork:
    """Gives out addresses. Pod IPs exist in the API only: connections go to the published ports."""

    def __init__(self, of_services: PublishedPorts) -> None:
        self._of_services = of_services
        self._published: dict[str, dict[int, int]] = {}
        # The addresses of the range are handed out in turn, so that one is not used again at once.
        self._hosts = [str(host) for host in POD_RANGE.hosts()][1:]
        self._next = 0
        self._ending_since: dict[str, float] = {}

    def reserve(self, ip: str) -> None:
        """Keeps the address of a pod that was there before this node started."""
        if ip in self._hosts:
            self._published.setdefault(ip, {})

    def allocate(self) -> str:
        """A free address."""
        for _ in self._hosts:
            ip = self._hosts[self._next % len(self._hosts)]
            self._next += 1
            if ip not in self._published:
                self._published[ip] = {}
                self._ending_since.pop(ip, None)
                return ip
        raise RuntimeError(f"the pod range {POD_RANGE} has no free address")

    def note_ending(self, ip: str) -> None:
        """Notes that a pod begins to end now."""
        self._ending_since.setdefault(ip, time.monotonic())

    def ending_since(self, ip: str) -> float | None:
        """When the pod that has, or had, this address began to end, by the monotonic clock."""
        return self._ending_since.get(ip)

    def release(self, ip: str) -> None:
        """Gives an address back."""
        self._published.pop(ip, None)

    def publish(self, ip: str, ports: set[int]) -> dict[int, int]:
        """Publishes ports of a pod: container port to loopback port."""
        published = self._published.setdefault(ip, {})
        missing = sorted(ports - published.keys())
        # Nothing may listen yet at those of the other pods that start, and at those that are kept for Services.
        of_pods = {each for one in self._published.values() for each in one.values()}
        published.update(zip(missing, free_ports(len(missing), of_pods | self._of_services.kept()), strict=True))
        return {port: published[port] for port in ports}

    def address(self, ip: str, port: int) -> tuple[str, int] | None:
        """Where a pod's port really is; None where nothing is published."""
        published = self._published.get(ip, {}).get(port)
        return None if published is None else (LOOPBACK, published)

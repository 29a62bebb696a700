"""Instance discovery: the other instances of the gateway, by the DNS name of the headless Service.

The heartbeats and counts that they send each other (UDP) are not played: who there is, is looked up and logged. A name that
is another Service's is refused. Until its name exists the gateway is not ready; how the image behaves then, apart from its
log, is not established.
"""

import asyncio

from .log import Log
from .network import Network
from .settings import Discovery, InvalidSettingsError


class Neighborhood:
    """Looks for the other instances again and again."""

    def __init__(self, discovery: Discovery, network: Network, log: Log, *, seconds: float) -> None:
        self._discovery = discovery
        self._network = network
        self._log = log
        self._seconds = seconds
        self._known: tuple[str, ...] | None = None
        self.problem: str | None = f"the name {discovery.host} is being looked up"
        """Why the name has never been found yet; None once it was."""

    async def run(self) -> None:
        """Looks, for as long as the process lives.

        Raises:
            InvalidSettingsError: the name is not that of a headless Service.
        """
        while True:
            self._look()
            await asyncio.sleep(self._seconds)

    def _look(self) -> None:
        host = self._discovery.host
        found = self._network.resolver.look_up(host)
        if found is None:
            text = f"Failed to discover external instances on DNS name {host}. Details: the name could not be resolved"
            if self.problem is not None:
                self.problem = text
            self._log.warn("DnsDiscoveryFailed", text)
            return
        for address in found:
            service = self._network.resolver.service_at(address)
            if service is not None or ":" in address:
                raise InvalidSettingsError(
                    f"neighborhood.host is '{host}': its address {address} is "
                    f"{'that of the Service ' + service if service else 'no pod'}, which hides the pods behind it. "
                    "It has to be the name of the headless Service."
                )
        self.problem = None
        peers = tuple(address for address in found if address != self._network.address)
        if peers != self._known:
            self._known = peers
            ports = f"heartbeats at UDP {self._discovery.heartbeat_port}, counts at UDP {self._discovery.sync_port}"
            self._log.info("InstancesDiscovered", f"other instances at {host}: {', '.join(peers) or 'none'}; {ports}")

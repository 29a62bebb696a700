"""The container's network: what names resolve to, where its ports are published, whom its TLS trusts.

`network.json` of the root folder is to the gateway what a network namespace and the cluster's DNS are to a container.
"""

import json
import ssl
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from .resolver import Resolver

DEFAULT_HOST_NAME = "localhost"
TRUST_STORE = Path("etc/ssl/certs/ca-certificates.crt")
HTTPS_PORT = 443


class NameNotResolvedError(httpx.ConnectError):
    """DNS does not know a name."""


class UnreachableError(httpx.ConnectError):
    """Nothing of this network is at an address."""


@dataclass(frozen=True)
class Network:
    """The network of one container."""

    root: Path
    """The container's root folder."""

    listen: dict[int, int]
    """Container port to the loopback port that it is published at."""

    resolver: Resolver
    """What names mean."""

    reachable: dict[str, str]
    """IP address, of a host that is not public, to the address that answers on its port 443."""

    host_name: str = DEFAULT_HOST_NAME
    """The container's own host name: in a cluster, the pod's."""

    address: str = ""
    """Its own IP address."""

    writes_root: bool = True
    """Whether its root file system can be written to."""

    @classmethod
    def of(cls, root: Path) -> "Network":
        """Reads `network.json`.

        Raises:
            OSError: it cannot be read.
            ValueError: it is malformed.
        """
        document = json.loads((root / "network.json").read_text())
        return cls(
            root=root,
            listen={int(port): int(published) for port, published in document["listen"].items()},
            resolver=Resolver(root, document),
            reachable=document.get("addresses") or {},
            host_name=str(document.get("hostname", DEFAULT_HOST_NAME)),
            address=str(document.get("address", "")),
            writes_root=bool(document.get("writesRoot", True)),
        )

    def address_of(self, host: str) -> tuple[str, int] | None:
        """The address a name resolves to; None where the name does not exist.

        Raises:
            UnreachableError: it exists, and nothing is at its address.
        """
        found = self.resolver.look_up(host)
        if not found:
            return None
        published = found[0] if ":" in found[0] else self.reachable.get(found[0])
        if published is None:
            raise UnreachableError(f"{host} is {found[0]}, which was not reached")
        ip, _, port = published.rpartition(":")
        return ip, int(port)

    def client(self, *, timeout: timedelta, validates_certificate: bool = True) -> httpx.AsyncClient:
        """A client for calls out of the container.

        Raises:
            OSError: the trust store cannot be read.
        """
        context = ssl.create_default_context(cafile=self.root / TRUST_STORE)
        if not validates_certificate:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return httpx.AsyncClient(transport=_Transport(self, context), timeout=timeout.total_seconds(), trust_env=False)


class _Transport(httpx.AsyncHTTPTransport):
    """Connects to the address that `network.json` gives for a name, and checks the certificate for the name."""

    def __init__(self, network: Network, context: ssl.SSLContext) -> None:
        # A connection is not kept: the next request may be for another name behind the same address, and would be sent
        # over a connection whose certificate was checked for the first.
        super().__init__(verify=context, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))
        self._network = network

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        address = self._network.address_of(host)
        if address is None:
            raise NameNotResolvedError(f"the name {host} could not be resolved", request=request)
        if (request.url.port or HTTPS_PORT) != HTTPS_PORT:
            raise httpx.ConnectError(f"{host}:{request.url.port} refused the connection", request=request)
        ip, port = address
        onward = httpx.Request(
            request.method,
            request.url.copy_with(host=ip, port=port),
            headers=request.headers,  # with the name as Host
            stream=request.stream,
            extensions={**request.extensions, "sni_hostname": host},
        )
        return await super().handle_async_request(onward)

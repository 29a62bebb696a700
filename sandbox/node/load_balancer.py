"""The load balancer: each port of a Service of type LoadBalancer on a loopback port of its own, kept until reset.

The Service's status names 127.0.0.1, and `load-balancer.json` the ports: a loopback address cannot give every Service its
port 80. UDP ports are not played.
"""

import asyncio
import contextlib
import logging
import socket
import struct
from http import HTTPStatus

from . import KubernetesObject
from .cluster import MERGE_PATCH, Cluster, ClusterError, Listed
from .cluster_dns import ClusterDns
from .endpoints import Endpoints
from .events import Events
from .pod_network import PodNetwork
from .published_ports import LOOPBACK, PublishedPorts

_log = logging.getLogger(__name__)

CHUNK = 65536
CONNECT_SECONDS = 2.0
STATUS_RETRY_SECONDS = 1.0
LISTEN_RETRY_SECONDS = 5.0

Key = tuple[str, str]
"""Namespace and name of a Service."""


class LoadBalancer:
    """Listens for the Services there are, and hands connections to their endpoints in turn."""

    def __init__(
        self,
        cluster: Cluster,
        events: Events,
        network: PodNetwork,
        published: PublishedPorts,
        endpoints: Endpoints,
        dns: ClusterDns,
    ) -> None:
        self._cluster = cluster
        self._events = events
        self._network = network
        self._endpoints = endpoints
        self._dns = dns  # told here, where Services and EndpointSlices are followed
        self._published = published
        self._listeners: dict[tuple[str, str, int], asyncio.Server] = {}
        self._services: dict[Key, KubernetesObject] = {}
        self._slices: dict[Key, KubernetesObject] = {}
        self._turn = 0
        self._dirty = asyncio.Event()

    async def run(self) -> None:
        """Serves for as long as the node lives."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow("/api/v1/services", self._services))
            group.create_task(self._follow("/apis/discovery.k8s.io/v1/endpointslices", self._slices))
            group.create_task(self._reconcile())

    async def _follow(self, path: str, objects: dict[Key, KubernetesObject]) -> None:
        async for news in self._cluster.follow(path):
            if isinstance(news, Listed):
                objects.clear()
                objects.update({_key(each): each for each in news.objects})
            elif news.kind == "DELETED":
                objects.pop(_key(news.object), None)
            else:
                objects[_key(news.object)] = news.object
            self._endpoints.update(self._slices.values())
            self._dns.update(self._services.values(), self._slices.values())
            self._dirty.set()

    # Services.

    async def _reconcile(self) -> None:
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            balanced = {key: service for key, service in self._services.items() if _is_balanced(service)}
            wanted = {
                (*key, port["port"])
                for key, service in balanced.items()
                for port in service["spec"]["ports"]
                if port.get("protocol", "TCP") == "TCP"
            }
            for frontend in self._listeners.keys() - wanted:
                self._listeners.pop(frontend).close()  # established connections go on
            for frontend in sorted(wanted - self._listeners.keys()):
                await self._listen(*frontend)
            self._published.serves(set(self._listeners))
            for key, service in balanced.items():
                if all(frontend in self._listeners for frontend in wanted if frontend[:2] == key):
                    await self._tell(service)

    async def _listen(self, namespace: str, name: str, port: int) -> None:
        service = self._services.get((namespace, name))
        if service is None:  # deleted while another port was opened
            return
        published = self._published.of(namespace, name, port)

        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._serve((namespace, name), port, reader, writer)

        try:
            self._listeners[namespace, name, port] = await asyncio.start_server(serve, LOOPBACK, published)
        except OSError as error:
            message = f"port {port} cannot be published at {LOOPBACK}:{published}: {error.strerror}"
            service = {**service, "kind": "Service"}
            self._events.record(service, "Warning", "SyncLoadBalancerFailed", message)
            _log.warning("Service %s/%s: %s", namespace, name, message)
            asyncio.get_running_loop().call_later(LISTEN_RETRY_SECONDS, self._dirty.set)
            return
        message = f"port {port} is published at {LOOPBACK}:{published}"
        self._events.record({**service, "kind": "Service"}, "Normal", "EnsuredLoadBalancer", message)

    async def _tell(self, service: KubernetesObject) -> None:
        wanted = [{"ip": LOOPBACK}]
        ingress = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        if [entry.get("ip") for entry in ingress] == [LOOPBACK]:
            return
        metadata = service["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/services/{metadata['name']}/status"
        body = {"metadata": {"uid": metadata["uid"]}, "status": {"loadBalancer": {"ingress": wanted}}}
        try:
            await self._cluster.patch(path, body, MERGE_PATCH)
        except ClusterError as error:
            if error.absent or error.status == HTTPStatus.CONFLICT:
                return
            _log.warning("The status of service %s was not written: %s. Trying again.", metadata["name"], error)
            asyncio.get_running_loop().call_later(STATUS_RETRY_SECONDS, self._dirty.set)

    # Connections.

    async def _serve(self, key: Key, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        backend = await self._connect(key, port)
        if backend is None:
            _reset(writer)
            return
        backend_reader, backend_writer = backend
        try:
            await asyncio.gather(_pump(reader, backend_writer), _pump(backend_reader, writer))
        finally:
            for each in (writer, backend_writer):
                each.close()

    async def _connect(self, key: Key, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        """A connection to the endpoint whose turn it is; no other one is tried where it does not answer."""
        service = self._services.get(key)
        if service is None:
            return None
        name = next((each.get("name") or "" for each in service["spec"]["ports"] if each["port"] == port), None)
        endpoints = self._endpoints.of(*key, name) if name is not None else []
        if not endpoints:
            return None
        self._turn += 1
        endpoint = endpoints[self._turn % len(endpoints)]
        address = self._network.address(endpoint.ip, endpoint.target_port)
        if address is None:  # the pod has ended, or nothing in it listens there
            return None
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(CONNECT_SECONDS):
                return await asyncio.open_connection(*address)
        return None


def _key(each: KubernetesObject) -> Key:
    return each["metadata"]["namespace"], each["metadata"]["name"]


def _is_balanced(service: KubernetesObject) -> bool:
    # Another class of load balancer is another controller's.
    return service["spec"].get("type") == "LoadBalancer" and not service["spec"].get("loadBalancerClass")


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Hands on bytes until one side ends, and then the end."""
    with contextlib.suppress(OSError):
        while data := await reader.read(CHUNK):
            writer.write(data)
            await writer.drain()
    with contextlib.suppress(OSError):
        if writer.can_write_eof():
            writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closes a connection as one that nobody has accepted: with a reset."""
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()

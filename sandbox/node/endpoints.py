"""Where a load balancer sends the connections of a Service: to its ready pods, and for a moment to those that are ending.

A real load balancer learns from its probes that a node or a pod is leaving; kube-proxy hands what arrives until then to
pods that are terminating. A pod that becomes unready without ending gets no connection at once.
"""

import time
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from ..waits import beside_controllers
from . import KubernetesObject
from .pod_network import PodNetwork

NOTICE_SECONDS = 10.0
"""What Azure's load balancer takes to notice, at two probes 5 s apart."""

SERVICE_LABEL = "kubernetes.io/service-name"


class Endpoint(NamedTuple):
    """A pod's port behind a Service's port."""

    namespace: str
    service: str
    port_name: str
    ip: str
    target_port: int


class Endpoints:
    """What the EndpointSlices say, and said a moment ago."""

    def __init__(self, network: PodNetwork) -> None:
        self._network = network
        self._ready: set[Endpoint] = set()
        self._leaving: dict[Endpoint, float] = {}

    def update(self, slices: Iterable[KubernetesObject]) -> None:
        """Takes over all slices there are now."""
        ready: set[Endpoint] = set()
        unready: set[Endpoint] = set()
        for each in slices:
            for endpoint, conditions in _listed(each):
                if conditions.get("ready") is not False:
                    ready.add(endpoint)
                elif not conditions.get("terminating"):
                    unready.add(endpoint)
        for gone in self._ready - ready - unready:
            since = self._network.ending_since(gone.ip) or time.monotonic()
            self._leaving[gone] = since + beside_controllers(NOTICE_SECONDS)
        for back in ready | unready:
            self._leaving.pop(back, None)
        self._ready = ready

    def of(self, namespace: str, service: str, port_name: str) -> list[Endpoint]:
        """Where connections to a Service's port go, in the same order each time."""
        now = time.monotonic()
        self._leaving = {endpoint: until for endpoint, until in self._leaving.items() if until > now}
        return sorted(
            each for each in self._ready | self._leaving.keys() if each[:3] == (namespace, service, port_name)
        )


def _listed(each: KubernetesObject) -> Iterator[tuple[Endpoint, dict[str, Any]]]:
    metadata = each["metadata"]
    service = (metadata.get("labels") or {}).get(SERVICE_LABEL)
    if service is None:
        return
    for port in each.get("ports") or []:
        for endpoint in each.get("endpoints") or []:
            for ip in endpoint["addresses"]:
                name = port.get("name") or ""
                yield (
                    Endpoint(metadata["namespace"], service, name, ip, port["port"]),
                    endpoint.get("conditions") or {},
                )

"""The cluster's DNS: the names of Services, for whoever runs in a pod.

`cluster-dns.json` is the zone: `names`, each with its addresses, and `reverse`, the name that a Service's own address has.
A headless Service has the addresses of its ready pods, and its name is there without any. Names of single pods, of ports,
and of Services of type ExternalName are not played; neither is it that answers are kept for some seconds.
"""

import json
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any

from . import KubernetesObject
from .endpoints import SERVICE_LABEL

CLUSTER_DOMAIN = "cluster.local"
HEADLESS = "None"


class ClusterDns:
    """Keeps the zone's file."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._written: dict[str, Any] | None = None

    def update(self, services: Collection[KubernetesObject], slices: Collection[KubernetesObject]) -> None:
        """Takes over all Services and EndpointSlices there are now."""
        zone = _zone(services, slices)
        if zone == self._written:
            return
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(zone, indent=2) + "\n")
        new.replace(self.file)
        self._written = zone


def _zone(services: Collection[KubernetesObject], slices: Collection[KubernetesObject]) -> dict[str, Any]:
    ready: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in slices:
        service = (each["metadata"].get("labels") or {}).get(SERVICE_LABEL, "")
        for endpoint in each.get("endpoints") or []:
            if (endpoint.get("conditions") or {}).get("ready") is not False:
                ready[each["metadata"]["namespace"], service].update(endpoint["addresses"])
    names: dict[str, list[str]] = {}
    reverse: dict[str, str] = {}
    for service in services:
        namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
        full, own = f"{name}.{namespace}.svc.{CLUSTER_DOMAIN}", service["spec"].get("clusterIP")
        if own == HEADLESS:
            names[full] = sorted(ready[namespace, name])
        elif own:
            names[full] = [own]
            reverse[own] = full
    return {"names": dict(sorted(names.items())), "reverse": dict(sorted(reverse.items()))}

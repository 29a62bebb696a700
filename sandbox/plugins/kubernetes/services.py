"""When a Service counts as ready: it has the address that its type needs, and its endpoints have come to rest.

No endpoint behind it may be one that is not ready. None at all is fine.
"""

import time
from typing import Any

from ...waits import between_tries
from .informers import Event
from .status_lines import StatusLines

QUIET_SECONDS = 10.0
"""So long after a change of the endpoints they count as settled, whatever changed since."""
_NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on "
    "any Pods"
)
_NO_ADDRESS = "Service was not allocated an IP address; does your cloud provider support this?"


class Exposure:
    """What is known of one Service."""

    def __init__(self, live: dict[str, Any], lines: StatusLines) -> None:
        self.live = live
        self._lines = lines
        self._type = live["spec"].get("type", "ClusterIP")
        self._has_address = False
        self._some_ready = False
        self._some_not_ready = False
        self._settled = False
        self._settling: list[float] = []
        namespace = live["metadata"]["namespace"]
        self._services = f"/api/v1/namespaces/{namespace}/services"
        # Endpoints, not EndpointSlices: the released plugin's issue 3623.
        self._endpoints = f"/api/v1/namespaces/{namespace}/endpoints"

    def collections(self) -> tuple[str, ...]:
        return (self._services, self._endpoints)

    def begin(self) -> None:
        self._lines.say("[1/3] Finding Pods to direct traffic to")

    def take(self, event: Event) -> None:
        if event.object["metadata"]["name"] != self.live["metadata"]["name"]:
            return
        if event.collection == self._services:
            self._take_service(event)
        else:
            self._take_endpoints(event)

    def pass_time(self) -> None:
        if self._settling and self._settling[0] <= time.monotonic():
            self._settling.pop(0)
            self._settled = True

    def assume_rest(self) -> None:
        self._settled = True

    def is_ready(self) -> bool:
        if not self._depends_on_pods():
            return self._has_address
        if self._settled and self.is_good_enough():
            self._lines.say("Service initialization complete")
            return True
        if self._settled and self._some_ready:
            self._lines.say("[2/3] Attempting to allocate IP address to Service")
        return False

    def is_good_enough(self) -> bool:
        return self._has_address and not self._some_not_ready

    def reasons(self) -> list[str]:
        if self._is_headless() or self._type == "ExternalName":
            return []
        reasons = [] if self._some_ready else [_NO_PODS]
        if self._type == "LoadBalancer" and not self._has_address:
            reasons.append(_NO_ADDRESS)
        return reasons

    def _take_service(self, event: Event) -> None:
        self._has_address = False
        if event.type == "DELETED":
            return
        self.live = event.object
        ingress = ((self.live.get("status") or {}).get("loadBalancer") or {}).get("ingress")
        self._has_address = self._type != "LoadBalancer" or bool(ingress)

    def _take_endpoints(self, event: Event) -> None:
        self._settled = False
        self._settling.append(time.monotonic() + between_tries(QUIET_SECONDS))
        subsets = [] if event.type == "DELETED" else event.object.get("subsets") or []
        self._some_ready = any(subset.get("addresses") for subset in subsets)
        self._some_not_ready = any(subset.get("notReadyAddresses") for subset in subsets)

    def _depends_on_pods(self) -> bool:
        return not (self._type == "ExternalName" or self._is_headless() or not self.live["spec"].get("selector"))

    def _is_headless(self) -> bool:
        return self.live["spec"].get("clusterIP") == "None"

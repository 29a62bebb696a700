"""When an Ingress counts as ready: somebody has given it an address, and each Service that it names has endpoints.

What has none when the endpoints have come to rest is warned of, and does not hold it up.
"""

import json
import time
from collections.abc import Iterator
from typing import Any

from ...waits import between_tries
from .informers import Event
from .services import QUIET_SECONDS
from .status_lines import StatusLines

GRACE_SECONDS = 60.0
"""So long without any endpoints in the namespace, and they count as settled."""
_NO_ENDPOINT = "Ingress has at least one rule with an unavailable target endpoint."
_NO_ADDRESS = (
    "Ingress .status.loadBalancer field was not updated with a hostname/IP address. \n    for more information about this "
    "error, see https://pulumi.io/xdv72s"
)


class Routing:
    """What is known of one Ingress."""

    def __init__(self, live: dict[str, Any], lines: StatusLines) -> None:
        self.live = live
        self._lines = lines
        self._has_address = False
        self._settled = False
        self._settling: list[float] = []
        self._no_endpoints_until = float("inf")
        self._endpoints_of: set[str] = set()
        self._elsewhere: set[str] = set()
        namespace = live["metadata"]["namespace"]
        self._ingresses = f"/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"
        self._endpoints = f"/api/v1/namespaces/{namespace}/endpoints"
        self._services = f"/api/v1/namespaces/{namespace}/services"

    def collections(self) -> tuple[str, ...]:
        return (self._ingresses, self._endpoints, self._services)

    def begin(self) -> None:
        self._no_endpoints_until = time.monotonic() + between_tries(GRACE_SECONDS)
        self._lines.say("[1/3] Finding a matching service for each Ingress path")

    def take(self, event: Event) -> None:
        name, is_gone = event.object["metadata"]["name"], event.type == "DELETED"
        if event.collection == self._ingresses:
            if name == self.live["metadata"]["name"]:
                self._take_ingress(event)
        elif event.collection == self._services:
            if is_gone:
                self._elsewhere.discard(name)
            elif event.object["spec"].get("type") == "ExternalName":
                self._elsewhere.add(name)
        else:
            # Of whatever Service of the namespace they are.
            self._no_endpoints_until = float("inf")
            self._settled = False
            self._settling.append(time.monotonic() + between_tries(QUIET_SECONDS))
            (self._endpoints_of.discard if is_gone else self._endpoints_of.add)(name)

    def pass_time(self) -> None:
        now = time.monotonic()
        if self._settling and self._settling[0] <= now:
            self._settling.pop(0)
            self._settled = True
        if self._no_endpoints_until <= now:
            self._settled = True

    def assume_rest(self) -> None:
        self._settled = True

    def is_ready(self) -> bool:
        found = self._finds_services()
        if found and self._has_address:
            self._lines.say("Ingress initialization complete")
            return True
        if found:
            self._lines.say("[2/3] Waiting for update of .status.loadBalancer with hostname/IP")
        return False

    def is_good_enough(self) -> bool:
        return self._finds_services() and self._has_address

    def reasons(self) -> list[str]:
        reasons = [] if self._finds_services() else [_NO_ENDPOINT]
        return reasons if self._has_address else [*reasons, _NO_ADDRESS]

    def _take_ingress(self, event: Event) -> None:
        self._has_address = False
        if event.type != "DELETED":
            self.live = event.object
            self._has_address = bool(((self.live.get("status") or {}).get("loadBalancer") or {}).get("ingress"))

    def _finds_services(self) -> bool:
        for address, service in self._paths():
            if service in self._elsewhere or service in self._endpoints_of:
                continue
            if not self._settled:
                return False
            self._lines.warn(f'No matching service found for ingress rule: {address} -> "{service}"')
        return True

    def _paths(self) -> Iterator[tuple[str, str]]:
        """Each path of the rules that goes to a Service, as it is told, and the Service's name."""
        for rule in self.live["spec"].get("rules") or []:
            for path in (rule.get("http") or {}).get("paths") or []:
                service = (path["backend"].get("service") or {}).get("name")
                address = f"{rule.get('host', '')}{path.get('path', '')}"
                if service:
                    yield json.dumps(address) if address else '"" (default path)', service

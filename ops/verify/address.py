"""Where do clients reach the gateway?"""

from typing import Any

from ..cluster.connection import Cluster
from .absent import absent
from .gateways import NOT_YET, Gateway, KubernetesObject
from .report import Answer, Check

QUESTION = "address"
_NO_ADDRESS = (
    "`kubectl describe service {name} -n {namespace}` says what the load balancer waits for. Without one in the cluster, set "
    "`service.type`."
)


def check_address(gateway: Gateway, cluster: Cluster) -> Check:
    """Whether the Service has an address: its load balancer's, its nodes' or, for clients in the cluster, its own name.

    Raises:
        OpsError: the Service can't be read.
    """
    if gateway.service is None:
        return Check(gateway.name, QUESTION, Answer.FAILED, "no Service is made yet", NOT_YET)
    namespace, name = gateway.service.namespace, gateway.service.name
    service = cluster.find("v1", "Service", namespace, name)
    if service is None:
        return absent(gateway.name, QUESTION, "Service", gateway.service)
    spec = service["spec"]
    if spec.get("type") == "LoadBalancer" and not _given(service):
        found = f"the load balancer of Service {namespace}/{name} has no address"
        next_step = _NO_ADDRESS.format(namespace=namespace, name=name)
        return Check(gateway.name, QUESTION, Answer.FAILED, found, next_step)
    return Check(gateway.name, QUESTION, Answer.OK, _in_words(service, gateway.service))


def _in_words(service: dict[str, Any], named: KubernetesObject) -> str:
    spec = service["spec"]
    ports = [port["port"] for port in spec.get("ports") or []]
    if spec.get("type") == "LoadBalancer":
        return f"clients reach it at {_either(f'{host}:{port}' for host in _given(service) for port in ports)}"
    if spec.get("type") == "NodePort":
        which = "the nodes with a pod" if spec.get("externalTrafficPolicy") == "Local" else "every node"
        on_nodes = _either(str(port["nodePort"]) for port in spec.get("ports") or [] if "nodePort" in port)
        return f"clients reach it at {which}, port {on_nodes}"
    inside = _either(f"{named.name}.{named.namespace}.svc:{port}" for port in ports)
    return f"it has no load balancer: clients in the cluster reach it at {inside}"


def _given(service: dict[str, Any]) -> list[str]:
    """The hosts that the load balancer has."""
    given = ((service.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    return [entry.get("ip") or entry.get("hostname") for entry in given]


def _either(texts: Any) -> str:
    *others, last = texts
    return f"{', '.join(others)} or {last}" if others else last

"""The gateways that an update removes, with the addresses that stop serving."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..engine.steps import Step

_GATEWAY = "self-hosted-gateway:gateway:SelfHostedGateway"
_SERVICE = "kubernetes:core/v1:Service"


@dataclass(frozen=True)
class Removal:
    """One gateway that goes."""

    gateway: str
    addresses: tuple[str, ...]
    """Where it serves, as `<address>:<port>`."""

    def __str__(self) -> str:
        stop = (
            f"{', '.join(self.addresses)} stop serving" if self.addresses else "it serves at no address that is known"
        )
        if len(self.addresses) == 1:
            stop = f"{self.addresses[0]} stops serving"
        return (
            f"Gateway '{self.gateway}' would be removed: {stop}. Move its traffic to another gateway before the update."
        )


def removals(steps: list[Step]) -> list[Removal]:
    """The gateways that a preview removes, in its order."""
    deleted = [step for step in steps if step.operation == "delete"]
    parents = {step.urn: step.parent for step in deleted}
    services = [step for step in deleted if step.type == _SERVICE]
    return [
        Removal(
            gateway.name, tuple(a for s in services if _is_below(s.urn, gateway.urn, parents) for a in addresses(s))
        )
        for gateway in deleted
        if gateway.type == _GATEWAY
    ]


def removed_with_their_gateway(steps: list[Step]) -> set[str]:
    """URNs of all that goes because a whole gateway does."""
    deleted = [step for step in steps if step.operation == "delete"]
    parents = {step.urn: step.parent for step in deleted}
    gateways = [step.urn for step in deleted if step.type == _GATEWAY]
    return {step.urn for step in deleted if any(_is_below(step.urn, gateway, parents) for gateway in gateways)}


def _is_below(urn: str, ancestor: str, parents: dict[str, str]) -> bool:
    while urn := parents.get(urn, ""):
        if urn == ancestor:
            return True
    return False


def addresses(service: Step) -> Iterator[str]:
    """Of a Service: its load balancer's, or its name in the cluster; none of a headless one, at which nobody is served."""
    spec: dict[str, Any] = service.old.get("spec") or {}
    if spec.get("clusterIP") == "None":
        return
    given = ((service.old_outputs.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
    hosts = [entry.get("ip") or entry.get("hostname") for entry in given]
    if not hosts:
        metadata = service.old_outputs.get("metadata") or service.old.get("metadata") or {}
        hosts = [f"{metadata.get('name')}.{metadata.get('namespace', 'default')}.svc"]
    for host in hosts:
        for port in spec.get("ports") or []:
            yield f"{host}:{port.get('port')}"

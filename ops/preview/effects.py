"""What a change of an object in the cluster does to those who are served: Pulumi's preview names the fields alone."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..cluster.updates import Losses
from ..engine.steps import Step
from .removals import addresses, removed_with_their_gateway

_DEPLOYMENT = "kubernetes:apps/v1:Deployment"
_COUNT = "spec.replicas"
_TEMPLATE = "spec.template"
# The program's own, while an autoscaler decides the number of pods.
_DECIDED_BY = "self-hosted-gateway/replicas-decided-by"
_EXTERNAL = "external"
_ALL_END = "All pods end, and nobody is served until `replicas` is raised."
_INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
_ABOUT_THE_LOAD_BALANCER = "service.beta.kubernetes.io/"
_NONE = (0, "0", "0%")
_MAX_UNAVAILABLE = "25%"  # Kubernetes' default


@dataclass(frozen=True)
class Effect:
    """What a change of one object does."""

    resource: str
    does: str
    """In sentences."""
    interrupts: bool = False
    """Whether callers are not served, or not where they were."""
    counts_pods: bool = False
    """Whether it is that fewer pods serve."""

    def __str__(self) -> str:
        return f"{self.resource}: {self.does}"


def effects(steps: list[Step], losses: Losses | None = None) -> list[Effect]:
    """What the changes of a preview do, in its order.

    Args:
        steps: the preview's. Replacements and removals of whole gateways are told apart from it.
        losses: what the update takes away: of pods that somebody has scaled, it says that fewer serve.
    """
    scaled = {field.resource for field in (losses or Losses()).fields if field.path == _COUNT and field.danger}
    gone = removed_with_their_gateway(steps)
    # Where the pods are new too, nobody is served by any yet.
    begun = {step.parent for step in steps if (step.operation, step.type) == ("create", _DEPLOYMENT)}
    found: list[Effect] = []
    for step in steps:
        tell = _EFFECTS.get((step.operation, step.type))
        if tell is not None and step.urn not in gone and not (step.operation == "create" and step.parent in begun):
            found += (effect for effect in tell(step) if not (effect.counts_pods and step.name in scaled))
    return found


def _of_deployment(step: Step) -> Iterator[Effect]:
    old, new = step.old.get("spec") or {}, step.new.get("spec") or {}
    before, after = old.get("replicas"), new.get("replicas")
    decided, decides = (_annotations(each).get(_DECIDED_BY) for each in (step.old, step.new))
    if decided != decides:
        yield from _of_another_who_decides(step, decides, after)
    elif isinstance(before, int) and isinstance(after, int) and after < before and _COUNT in step.properties:
        if after == 0:
            yield Effect(step.name, _ALL_END, interrupts=True)
        else:
            yield Effect(step.name, f"{before - after} of {before} pods end.", counts_pods=True)
    yield from _of_account(step, old, new)
    if after == 0 or not _changes(step, _TEMPLATE):
        return
    strategy = new.get("strategy") or {}
    unavailable = (strategy.get("rollingUpdate") or {}).get("maxUnavailable", _MAX_UNAVAILABLE)
    if strategy.get("type") == "Recreate":
        does = "All pods end before new ones start, so nobody is served until a new one is ready."
        yield Effect(step.name, does, interrupts=True)
    elif unavailable in _NONE:
        yield Effect(
            step.name, "The pods are replaced. An old one ends when a new one is ready, so nothing is interrupted."
        )
    else:
        yield Effect(step.name, f"The pods are replaced, and up to {unavailable} of them are missing meanwhile.")


def _of_another_who_decides(step: Step, decides: str | None, count: Any) -> Iterator[Effect]:
    # The number that was declared before is not the one that runs.
    if decides == _EXTERNAL:
        yield Effect(step.name, "From then on the number of pods stays until another autoscaler changes it.")
    elif decides is None and count == 0:
        yield Effect(step.name, _ALL_END, interrupts=True)
    elif decides is None:
        yield Effect(step.name, f"The number of pods becomes {count}, however many run now.", counts_pods=True)


def _of_account(step: Step, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Effect]:
    before, after = (_account(spec) for spec in (old, new))
    if before != after:
        yield Effect(step.name, f"The pods run as the service account `{after}` instead of `{before}`.")


def _account(deployment: Mapping[str, Any]) -> str:
    pod = (deployment.get("template") or {}).get("spec") or {}
    return pod.get("serviceAccountName") or "default"


def _of_service(step: Step) -> Iterator[Effect]:
    old, new = step.old.get("spec") or {}, step.new.get("spec") or {}
    if old.get("clusterIP") == "None":
        if _changes(step, "spec.ports"):
            yield Effect(
                step.name,
                "Until all pods are replaced, old and new ones do not find each other, and count calls apart.",
            )
        return
    served = ", ".join(addresses(step))
    before, after = old.get("type", "ClusterIP"), new.get("type", "ClusterIP")
    if before != after:
        if before == "LoadBalancer":
            yield Effect(step.name, f"Its load balancer goes, and clients no longer reach {served}.", interrupts=True)
        if after == "LoadBalancer":
            yield Effect(step.name, f"It gets a load balancer, {_reach(step.new)}.")
    elif after == "LoadBalancer":
        yield from _of_load_balancer(step, served)
    closed = sorted(_ports(old) - _ports(new))
    if closed:
        yield Effect(step.name, f"Clients no longer reach it at port {', '.join(map(str, closed))}.", interrupts=True)
    if new.get("externalTrafficPolicy") == "Cluster" and old.get("externalTrafficPolicy") == "Local":
        yield Effect(step.name, "The gateway sees addresses of nodes instead of its callers'.")


def _of_load_balancer(step: Step, served: str) -> Iterator[Effect]:
    old, new = _annotations(step.old), _annotations(step.new)
    if _is_internal(old) != _is_internal(new):
        does = f"It gets another address, {_reach(step.new)}, and clients no longer reach {served}."
        yield Effect(step.name, does, interrupts=True)
    elif any(old.get(key) != new.get(key) for key in {*old, *new} if key.startswith(_ABOUT_THE_LOAD_BALANCER)):
        yield Effect(
            step.name,
            f"Its load balancer is set up otherwise, and can get another address than {served}.",
            interrupts=True,
        )


def _reach(service: Mapping[str, Any]) -> str:
    if _is_internal(_annotations(service)):
        return "which only the virtual network reaches"
    return "which is public unless the cluster gives private ones"


def _of_autoscaler_that_comes(step: Step) -> Iterator[Effect]:
    spec = step.new.get("spec") or {}
    fewest, most = spec.get("minReplicas", 1), spec.get("maxReplicas")
    yield Effect(step.name, f"Kubernetes decides from then on how many pods run, from {fewest} to {most}.")


def _of_autoscaler_that_goes(step: Step) -> Iterator[Effect]:
    yield Effect(step.name, "It no longer decides how many pods run.")


def _of_autoscaler(step: Step) -> Iterator[Effect]:
    old, new = step.old.get("spec") or {}, step.new.get("spec") or {}
    before, after = old.get("maxReplicas"), new.get("maxReplicas")
    if isinstance(before, int) and isinstance(after, int) and after < before:
        yield Effect(step.name, f"If more than {after} pods run, the others end.")


def _of_budget_that_goes(step: Step) -> Iterator[Effect]:
    yield Effect(step.name, "From then on, a drain of nodes may end all pods at once.")


def _of_account_that_goes(step: Step) -> Iterator[Effect]:
    yield Effect(step.name, "Pods that still run as this account lose the rights that it has in the cluster.")


def _changes(step: Step, path: str) -> bool:
    return any(each == path or each.startswith((f"{path}.", f"{path}[")) for each in step.properties)


def _ports(spec: Mapping[str, Any]) -> set[int]:
    return {port["port"] for port in spec.get("ports") or [] if isinstance(port, Mapping) and "port" in port}


def _annotations(object_: Mapping[str, Any]) -> Mapping[str, Any]:
    return (object_.get("metadata") or {}).get("annotations") or {}


def _is_internal(annotations: Mapping[str, Any]) -> bool:
    return annotations.get(_INTERNAL) == "true"


_EFFECTS: dict[tuple[str, str], Callable[[Step], Iterator[Effect]]] = {
    ("update", _DEPLOYMENT): _of_deployment,
    ("update", "kubernetes:core/v1:Service"): _of_service,
    ("create", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"): _of_autoscaler_that_comes,
    ("update", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"): _of_autoscaler,
    ("delete", "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"): _of_autoscaler_that_goes,
    ("delete", "kubernetes:policy/v1:PodDisruptionBudget"): _of_budget_that_goes,
    ("delete", "kubernetes:core/v1:ServiceAccount"): _of_account_that_goes,
}

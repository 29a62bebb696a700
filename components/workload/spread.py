"""How the pods are spread over zones and nodes."""

from typing import Any

from components.config.models.workload.pod import PodSettings
from components.workload.naming import Naming
from components.workload.scaling import Scaling

_TOPOLOGIES = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


def spread_constraints(naming: Naming, scaling: Scaling, settings: PodSettings) -> list[dict[str, Any]]:
    """The constraints of the stack's file; by default evenly if possible, where there is more than one pod to spread."""
    selector = {"matchLabels": naming.selector}
    if settings.topology_spread_constraints is not None:
        return [{"labelSelector": selector, **constraint} for constraint in settings.topology_spread_constraints]
    if not scaling.several:
        return []
    return [
        {
            "maxSkew": 1,
            "topologyKey": topology,
            "whenUnsatisfiable": "ScheduleAnyway",
            "labelSelector": selector,
            # The pods of an earlier rollout do not count.
            "matchLabelKeys": ["pod-template-hash"],
        }
        for topology in _TOPOLOGIES
    ]

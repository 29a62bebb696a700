"""The PodDisruptionBudget: how many pods a drain of nodes may end at a time."""

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs
from pulumi_kubernetes.policy.v1 import PodDisruptionBudget, PodDisruptionBudgetSpecArgs

from components.config.models.workload.disruption_budget import DisruptionBudgetSettings
from components.workload.naming import Naming
from components.workload.unprotected import unprotected


def disruption_budget(
    name: str,
    naming: Naming,
    settings: DisruptionBudgetSettings,
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> PodDisruptionBudget:
    """Declare it.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        settings: what the stack's file says of it.
        after: what has to be there before it, protected objects among it.
        parent: the component.
    """
    return PodDisruptionBudget(
        f"{name}-disruption-budget",
        metadata=naming.metadata(),
        spec=PodDisruptionBudgetSpecArgs(
            max_unavailable=settings.max_unavailable,
            min_available=settings.min_available,
            selector=LabelSelectorArgs(match_labels=naming.selector),
            unhealthy_pod_eviction_policy=settings.unhealthy_pod_eviction_policy,
        ),
        opts=unprotected(parent, after),
    )

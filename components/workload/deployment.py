"""The Deployment: how many pods run, and how a change replaces them."""

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import PodTemplateSpecArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from components.workload.naming import Naming

# Azure takes up to ten minutes until a role assignment works everywhere, and a pod is ready only then. Kubernetes
# gives a rollout up first, and says why; the engine's own wait is a little longer.
PROGRESS_DEADLINE_SECONDS = 20 * 60
ROLLOUT_TIMEOUT = pulumi.CustomTimeouts(create="25m", update="25m")


def gateway_deployment(
    name: str,
    naming: Naming,
    replicas: int,
    template: PodTemplateSpecArgs,
    ready_after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> Deployment:
    """Declare it.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        replicas: number of pods.
        template: what a pod is made from.
        ready_after: what a pod needs to become ready.
        parent: the component.
    """
    return Deployment(
        f"{name}-deployment",
        metadata=naming.metadata(),
        spec=DeploymentSpecArgs(
            replicas=replicas,
            selector=LabelSelectorArgs(match_labels=naming.labels),
            strategy=DeploymentStrategyArgs(
                type="RollingUpdate",
                rolling_update=RollingUpdateDeploymentArgs(max_unavailable=0, max_surge="25%"),
            ),
            progress_deadline_seconds=PROGRESS_DEADLINE_SECONDS,
            template=template,
        ),
        opts=pulumi.ResourceOptions(parent=parent, depends_on=list(ready_after), custom_timeouts=ROLLOUT_TIMEOUT),
    )

"""The HorizontalPodAutoscaler: it decides how many pods run."""

from collections.abc import Sequence
from typing import Any, cast

import pulumi
from pulumi_kubernetes.autoscaling.v2 import (
    CrossVersionObjectReferenceArgs,
    HorizontalPodAutoscaler,
    HorizontalPodAutoscalerSpecArgs,
    MetricSpecArgs,
    MetricTargetArgs,
    ResourceMetricSourceArgs,
)

from components.config.models.workload.scaling import AutoscalingSettings
from components.workload.naming import Naming
from components.workload.unprotected import unprotected


def autoscaler(
    name: str, naming: Naming, settings: AutoscalingSettings, after: Sequence[pulumi.Resource], parent: pulumi.Resource
) -> HorizontalPodAutoscaler:
    """Declare it.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        settings: what the stack's file says of it.
        after: what has to be there before it, protected objects among it.
        parent: the component.
    """
    measured = {"cpu": settings.cpu, "memory": settings.memory}
    return HorizontalPodAutoscaler(
        f"{name}-autoscaler",
        metadata=naming.metadata(),
        spec=HorizontalPodAutoscalerSpecArgs(
            scale_target_ref=CrossVersionObjectReferenceArgs(api_version="apps/v1", kind="Deployment", name=naming.app),
            min_replicas=settings.min_replicas,
            max_replicas=settings.max_replicas,
            metrics=[
                MetricSpecArgs(
                    type="Resource",
                    resource=ResourceMetricSourceArgs(
                        name=resource, target=MetricTargetArgs(type="Utilization", average_utilization=utilization)
                    ),
                )
                for resource, utilization in measured.items()
                if utilization is not None
            ],
            behavior=cast("Any", settings.behavior),
        ),
        opts=unprotected(parent, after),
    )

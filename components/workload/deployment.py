"""The Deployment: how many pods run, and how a change replaces them."""

from collections.abc import Sequence
from typing import Any, cast

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment, DeploymentSpecArgs
from pulumi_kubernetes.core.v1 import PodTemplateSpecArgs
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs

from components.config.models.workload.deployment import DeploymentSettings
from components.workload.naming import Naming
from components.workload.scaling import Scaling

# Kubernetes gives a rollout up first, and says why: Pulumi's own wait is longer.
SECONDS_AFTER_DEADLINE = 5 * 60


def gateway_deployment(
    name: str,
    naming: Naming,
    scaling: Scaling,
    settings: DeploymentSettings,
    template: PodTemplateSpecArgs,
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> Deployment:
    """Declare it.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        scaling: number of pods.
        settings: what the stack's file says of it.
        template: what a pod is made from.
        after: what has to be there before it.
        parent: the component.
    """
    timeout = _duration(settings.progress_deadline_seconds + SECONDS_AFTER_DEADLINE)
    return Deployment(
        f"{name}-deployment",
        metadata=naming.metadata(annotations=scaling.annotations),
        spec=DeploymentSpecArgs(
            # The API server leaves 0 out.
            min_ready_seconds=settings.min_ready_seconds or None,
            replicas=scaling.declared,
            revision_history_limit=settings.revision_history_limit,
            selector=LabelSelectorArgs(match_labels=naming.selector),
            strategy=cast("Any", settings.strategy),
            progress_deadline_seconds=settings.progress_deadline_seconds,
            template=template,
        ),
        opts=pulumi.ResourceOptions(
            parent=parent,
            depends_on=list(after),
            ignore_changes=["spec.replicas"] if scaling.ignored else None,
            custom_timeouts=pulumi.CustomTimeouts(create=timeout, update=timeout),
        ),
    )


def _duration(seconds: int) -> str:
    return f"{seconds}s" if seconds % 60 else f"{seconds // 60}m"

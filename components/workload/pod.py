"""The template that the Deployment makes pods from."""

from typing import Any, cast

import pulumi
from pulumi_kubernetes.core.v1 import ContainerArgs, PodSpecArgs, PodTemplateSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.config.models.workload.pod import PodSettings
from components.workload.configuration import Configuration
from components.workload.naming import Naming
from components.workload.nodes import node_selector
from components.workload.scaling import Scaling
from components.workload.spread import spread_constraints


def pod_template(
    naming: Naming,
    version: tuple[int, ...] | None,
    scaling: Scaling,
    settings: PodSettings,
    service_account: pulumi.Input[str],
    container: ContainerArgs,
    configuration: Configuration,
) -> PodTemplateSpecArgs:
    """A pod with the gateway's container."""
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(
            labels={**settings.labels, **naming.labels},
            annotations={**settings.annotations, **configuration.pod_annotations},
        ),
        spec=PodSpecArgs(
            affinity=cast("Any", settings.affinity),
            automount_service_account_token=settings.automount_service_account_token,
            containers=[container],
            dns_config=cast("Any", settings.dns_config),
            dns_policy=settings.dns_policy,
            host_aliases=cast("Any", settings.host_aliases or None),
            image_pull_secrets=cast("Any", settings.image_pull_secrets or None),
            node_selector=node_selector(version, settings),
            priority_class_name=settings.priority_class_name,
            security_context=cast("Any", settings.security_context),
            service_account_name=service_account,
            termination_grace_period_seconds=settings.termination_grace_period_seconds,
            tolerations=cast("Any", settings.tolerations or None),
            topology_spread_constraints=cast("Any", spread_constraints(naming, scaling, settings) or None),
            volumes=cast("Any", settings.volumes or None),
        ),
    )

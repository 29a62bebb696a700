"""The gateway's container."""

from typing import Any, cast

from pulumi_kubernetes.core.v1 import ContainerArgs

from components.config.models.workload.container import ContainerSettings
from components.config.models.workload.instance_discovery import InstanceDiscoverySettings
from components.workload.configuration import Configuration
from components.workload.ending import accept_connections_for
from components.workload.ports import container_ports


def gateway_container(
    name: str,
    image: str,
    settings: ContainerSettings,
    discovery: InstanceDiscoverySettings,
    configuration: Configuration,
) -> ContainerArgs:
    """The container of that name, with what it reads at its start."""
    return ContainerArgs(
        name=name,
        image=image,
        image_pull_policy=settings.image_pull_policy,
        ports=container_ports(discovery),
        readiness_probe=cast("Any", settings.readiness_probe),
        startup_probe=cast("Any", settings.startup_probe),
        liveness_probe=cast("Any", settings.liveness_probe),
        lifecycle=accept_connections_for(settings.pre_stop_seconds),
        env=[*configuration.environment, *cast("Any", settings.env or [])] or None,
        # Of two that have the same key, the last one wins.
        env_from=[*cast("Any", settings.env_from or []), *configuration.environment_from],
        volume_mounts=cast("Any", settings.volume_mounts or None),
        resources=cast("Any", settings.resources),
        security_context=cast("Any", settings.security_context),
    )

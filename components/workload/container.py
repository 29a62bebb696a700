"""The gateway's container."""

from pulumi_kubernetes.core.v1 import ContainerArgs

from components.workload import ending, probes
from components.workload.configuration import Configuration
from components.workload.ports import container_ports


def gateway_container(name: str, image: str, configuration: Configuration) -> ContainerArgs:
    """The container of that name, with what it reads at its start."""
    return ContainerArgs(
        name=name,
        image=image,
        ports=container_ports(),
        readiness_probe=probes.readiness(),
        lifecycle=ending.accept_connections_meanwhile(),
        env=configuration.environment,
        env_from=configuration.environment_from,
    )

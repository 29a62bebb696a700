"""The container's ports. Services lead to them by number or name."""

from pulumi_kubernetes.core.v1 import ContainerPortArgs

from components.config.models.workload.instance_discovery import InstanceDiscoverySettings

HTTP = 8080
HTTPS = 8081

# Instances find each other here, to share rate limits.
SYNCHRONIZATION_NAME = "rate-limit-dc"
HEARTBEAT_NAME = "dc-heartbeat"


def container_ports(discovery: InstanceDiscoverySettings) -> list[ContainerPortArgs]:
    """All of them."""
    return [
        ContainerPortArgs(name="http", container_port=HTTP),
        ContainerPortArgs(name="https", container_port=HTTPS),
        ContainerPortArgs(name=SYNCHRONIZATION_NAME, container_port=discovery.synchronization_port, protocol="UDP"),
        ContainerPortArgs(name=HEARTBEAT_NAME, container_port=discovery.heartbeat_port, protocol="UDP"),
    ]

"""The container's ports. Services lead to them by number or name."""

from pulumi_kubernetes.core.v1 import ContainerPortArgs

HTTP = 8080
HTTPS = 8081

# Instances find each other here, to share rate limits.
SYNCHRONIZATION = 4290
HEARTBEAT = 4291
SYNCHRONIZATION_NAME = "rate-limit-dc"
HEARTBEAT_NAME = "dc-heartbeat"


def container_ports() -> list[ContainerPortArgs]:
    """All of them."""
    return [
        ContainerPortArgs(name="http", container_port=HTTP),
        ContainerPortArgs(name="https", container_port=HTTPS),
        ContainerPortArgs(name=SYNCHRONIZATION_NAME, container_port=SYNCHRONIZATION, protocol="UDP"),
        ContainerPortArgs(name=HEARTBEAT_NAME, container_port=HEARTBEAT, protocol="UDP"),
    ]

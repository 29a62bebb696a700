"""The headless Service by which the gateway's pods find each other."""

import pulumi
from pulumi_kubernetes.core.v1 import Service, ServicePortArgs, ServiceSpecArgs

from components.workload import ports
from components.workload.naming import Naming

_NOTES = {"azure.apim.kubernetes.io/notes": "Headless service being used for instance discovery of self-hosted gateway"}


def instance_discovery_service(name: str, naming: Naming, parent: pulumi.Resource) -> Service:
    """Declare it.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        parent: the component.
    """
    return Service(
        f"{name}-instance-discovery",
        metadata=naming.metadata("-instance-discovery", _NOTES),
        spec=ServiceSpecArgs(
            type="ClusterIP",
            cluster_ip="None",
            ports=[
                ServicePortArgs(
                    name="rate-limit-discovery",
                    port=ports.SYNCHRONIZATION,
                    target_port=ports.SYNCHRONIZATION_NAME,
                    protocol="UDP",
                ),
                ServicePortArgs(
                    name="discovery-heartbeat", port=ports.HEARTBEAT, target_port=ports.HEARTBEAT_NAME, protocol="UDP"
                ),
            ],
            selector=naming.labels,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )

"""How the gateway's pods find each other: a headless Service, and the settings that lead to it."""

import pulumi
from pulumi_kubernetes.core.v1 import Service, ServicePortArgs, ServiceSpecArgs

from components.config.models.workload.instance_discovery import (
    HEADLESS_SERVICE,
    KNOW_SHORT_NAMES,
    InstanceDiscoverySettings,
)
from components.workload.naming import Naming
from components.workload.ports import HEARTBEAT_NAME, SYNCHRONIZATION_NAME

_SUFFIX = "-instance-discovery"
_NOTES = {"azure.apim.kubernetes.io/notes": "Headless service being used for instance discovery of self-hosted gateway"}


def discovery_settings(naming: Naming, settings: InstanceDiscoverySettings, dns_policy: str | None) -> dict[str, str]:
    """The container's settings by which its pods find each other, as far as they are not its own defaults.

    Args:
        naming: names of the objects.
        settings: what the stack's file says.
        dns_policy: of the pods.
    """
    found: dict[str, str] = {}
    if settings.host == HEADLESS_SERVICE:
        domain = "" if dns_policy in KNOW_SHORT_NAMES else f".{naming.namespace}.svc.cluster.local"
        found["neighborhood.host"] = f"{naming.app}{_SUFFIX}{domain}"
    elif settings.host is not None:
        found["neighborhood.host"] = settings.host
    defaults = InstanceDiscoverySettings()
    if settings.heartbeat_port != defaults.heartbeat_port:
        found["neighborhood.heartbeat.port"] = str(settings.heartbeat_port)
    if settings.synchronization_port != defaults.synchronization_port:
        found["policy.rate-limit.sync.port"] = str(settings.synchronization_port)
    return found


def instance_discovery_service(
    name: str, naming: Naming, settings: InstanceDiscoverySettings, parent: pulumi.Resource
) -> Service:
    """Declare the Service.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        settings: what the stack's file says.
        parent: the component.
    """
    return Service(
        f"{name}{_SUFFIX}",
        metadata=naming.metadata(_SUFFIX, _NOTES),
        spec=ServiceSpecArgs(
            type="ClusterIP",
            cluster_ip="None",
            ports=[
                ServicePortArgs(
                    name="rate-limit-discovery",
                    port=settings.synchronization_port,
                    target_port=SYNCHRONIZATION_NAME,
                    protocol="UDP",
                ),
                ServicePortArgs(
                    name="discovery-heartbeat",
                    port=settings.heartbeat_port,
                    target_port=HEARTBEAT_NAME,
                    protocol="UDP",
                ),
            ],
            selector=naming.selector,
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )

"""The Service that clients reach the gateway by."""

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.core.v1.outputs import ServiceStatus

from components.config.models.workload.service import INTERNAL, ServiceSettings, ServiceType
from components.workload import ports
from components.workload.naming import Naming


def live_traffic_service(
    name: str, naming: Naming, settings: ServiceSettings, deployment: Deployment, parent: pulumi.Resource
) -> Service:
    """Declare it.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        settings: what the stack's file says of it.
        deployment: has the pods behind it.
        parent: the component.
    """
    annotations = {**settings.annotations, **({INTERNAL: "true"} if settings.internal else {})}
    given = {
        "http": (settings.ports.http, ports.HTTP),
        "https": (settings.ports.https, ports.HTTPS),
    }
    return Service(
        f"{name}-live-traffic",
        metadata=naming.metadata("-live-traffic", annotations or None),
        spec=ServiceSpecArgs(
            type=settings.type.value,
            external_traffic_policy=_external_traffic_policy(settings),
            ports=[
                ServicePortArgs(name=port_name, port=port, target_port=target)
                for port_name, (port, target) in given.items()
                if port is not None
            ],
            selector=naming.selector,
        ),
        opts=pulumi.ResourceOptions(
            parent=parent,
            # The provider waits for the address until no endpoint is one that is not ready: after the rollout none is.
            depends_on=[deployment],
            # The cluster gives it. A Service that was imported declares it, and would be replaced without it.
            ignore_changes=["spec.clusterIP"],
        ),
    )


def address(naming: Naming, settings: ServiceSettings, service: Service) -> pulumi.Output[str | None]:
    """IP address or host name that the load balancer gave to the Service; without one, the Service's name in the cluster."""
    if settings.type is not ServiceType.LOAD_BALANCER:
        name = f"{naming.app}-live-traffic.{naming.namespace}.svc"
        return pulumi.Output.from_input(name)
    return service.status.apply(_load_balancer_address)


def _external_traffic_policy(settings: ServiceSettings) -> str | None:
    if settings.type is ServiceType.CLUSTER_IP:
        return None
    # Local keeps the caller's address, which policies may read.
    return settings.external_traffic_policy or "Local"


def _load_balancer_address(status: ServiceStatus | None) -> str | None:
    ingress = (status.load_balancer.ingress if status and status.load_balancer else None) or []
    return (ingress[0].ip or ingress[0].hostname) if ingress else None

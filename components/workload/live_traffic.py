"""The Service that clients reach the gateway by."""

import pulumi
from pulumi_kubernetes.apps.v1 import Deployment
from pulumi_kubernetes.core.v1 import Service, ServicePortArgs, ServiceSpecArgs
from pulumi_kubernetes.core.v1.outputs import ServiceStatus

from components.workload import ports
from components.workload.naming import Naming


def live_traffic_service(name: str, naming: Naming, deployment: Deployment, parent: pulumi.Resource) -> Service:
    """Declare it.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        deployment: has the pods behind it.
        parent: the component.
    """
    return Service(
        f"{name}-live-traffic",
        metadata=naming.metadata("-live-traffic"),
        spec=ServiceSpecArgs(
            type="LoadBalancer",
            external_traffic_policy="Local",
            ports=[
                ServicePortArgs(name="http", port=80, target_port=ports.HTTP),
                ServicePortArgs(name="https", port=443, target_port=ports.HTTPS),
            ],
            selector=naming.labels,
        ),
        opts=pulumi.ResourceOptions(
            parent=parent,
            # The provider waits for the address until no endpoint is one that is not ready: after the rollout none is.
            depends_on=[deployment],
            # The cluster gives it. A Service that was imported declares it, and would be replaced without it.
            ignore_changes=["spec.clusterIP"],
        ),
    )


def address(service: Service) -> pulumi.Output[str | None]:
    """IP address or host name that the load balancer gave to the Service."""
    return service.status.apply(_load_balancer_address)


def _load_balancer_address(status: ServiceStatus | None) -> str | None:
    ingress = (status.load_balancer.ingress if status and status.load_balancer else None) or []
    return (ingress[0].ip or ingress[0].hostname) if ingress else None

"""The running gateway: its Kubernetes objects, composed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.workload import live_traffic
from components.workload.configuration import ClientSecret, gateway_configuration
from components.workload.deployment import gateway_deployment
from components.workload.instance_discovery import instance_discovery_service
from components.workload.naming import Naming
from components.workload.pod import pod_template


@dataclass(frozen=True, kw_only=True)
class GatewayWorkloadArgs:
    """Inputs of `GatewayWorkload`."""

    kubernetes_name: str
    """Name of the Deployment, value of the `app` label, and prefix of the other objects' names."""

    namespace: str
    """Namespace of all objects; it exists already."""

    image: str
    """Container image with its tag."""

    replicas: int
    """Number of pods."""

    gateway_settings: Mapping[str, pulumi.Input[str]]
    """The container's settings, by the names of the settings reference, without the client secret."""

    client_secret: ClientSecret
    """The client secret, and where the pods read it from."""

    ready_after: Sequence[pulumi.Resource]
    """What a pod needs to become ready, the role assignments for example."""


class GatewayWorkload(pulumi.ComponentResource):
    """The running gateway and its addresses in the cluster."""

    service_address: pulumi.Output[str | None]
    """IP address or host name that the load balancer gave to the live-traffic Service."""

    def __init__(self, name: str, args: GatewayWorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:workload:GatewayWorkload", name, None, opts)
        naming = Naming(args.kubernetes_name, args.namespace)

        # Settings and secret.
        configuration = gateway_configuration(name, naming, args.gateway_settings, args.client_secret, self)

        # The gateway.
        template = pod_template(naming, args.image, configuration)
        deployment = gateway_deployment(name, naming, args.replicas, template, args.ready_after, self)

        # Its addresses.
        service = live_traffic.live_traffic_service(name, naming, deployment, self)
        instance_discovery_service(name, naming, self)

        self.service_address = live_traffic.address(service)
        self.register_outputs({"serviceAddress": self.service_address})

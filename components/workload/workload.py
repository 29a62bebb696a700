"""The running gateway: its Kubernetes objects, composed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.config.models.workload.container import ContainerSettings
from components.config.models.workload.deployment import DeploymentSettings
from components.config.models.workload.disruption_budget import DisruptionBudgetSettings
from components.config.models.workload.instance_discovery import InstanceDiscoverySettings
from components.config.models.workload.pod import PodSettings
from components.config.models.workload.scaling import AutoscalingSettings
from components.config.models.workload.service import ServiceSettings
from components.config.models.workload.service_account import ServiceAccountSettings
from components.workload import live_traffic
from components.workload.autoscaler import autoscaler
from components.workload.configuration import ClientSecret, gateway_configuration
from components.workload.container import gateway_container
from components.workload.deployment import gateway_deployment
from components.workload.disruption_budget import disruption_budget
from components.workload.instance_discovery import discovery_settings, instance_discovery_service
from components.workload.naming import Naming
from components.workload.pod import pod_template
from components.workload.scaling import Scaling
from components.workload.service_account import service_account_name


@dataclass(frozen=True, kw_only=True)
class GatewayWorkloadArgs:
    """Inputs of `GatewayWorkload`."""

    kubernetes_name: str
    """Name of the Deployment, value of the `app` label, and prefix of the other objects' names."""

    namespace: str
    """Namespace of all objects; it exists already."""

    common_labels: Mapping[str, str]
    """Further labels of all objects and of the pods."""

    image: str
    """Container image with its tag."""

    version: tuple[int, ...] | None
    """Version of the gateway in the image, as much of it as is known."""

    scaling: Scaling
    """Number of pods."""

    autoscaling: AutoscalingSettings | None
    """What the stack's file says of an autoscaler; None where there is none."""

    deployment: DeploymentSettings
    """What the stack's file says of the Deployment."""

    container: ContainerSettings
    """What the stack's file says of the container."""

    pod: PodSettings
    """What the stack's file says of the pods."""

    service_account: ServiceAccountSettings
    """What the stack's file says of the account that the pods have."""

    disruption_budget: DisruptionBudgetSettings | None
    """What the stack's file says of drains; None where it says nothing."""

    service: ServiceSettings
    """What the stack's file says of the live-traffic Service."""

    instance_discovery: InstanceDiscoverySettings
    """What the stack's file says of how the pods find each other."""

    gateway_settings: Mapping[str, pulumi.Input[str]]
    """The container's settings, by the names of the settings reference, without the client secret."""

    client_secret: ClientSecret
    """The client secret, and where the pods read it from."""

    ready_after: Sequence[pulumi.Resource]
    """What a pod needs to become ready, the role assignments for example."""


class GatewayWorkload(pulumi.ComponentResource):
    """The running gateway and its addresses in the cluster."""

    service_address: pulumi.Output[str | None]
    """IP address or host name that the load balancer gave to the live-traffic Service; its name in the cluster without one."""

    def __init__(self, name: str, args: GatewayWorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:workload:GatewayWorkload", name, None, opts)
        naming = Naming(args.kubernetes_name, args.namespace, args.common_labels)

        # Settings and secret.
        discovery = discovery_settings(naming, args.instance_discovery, args.pod.dns_policy)
        settings = {**args.gateway_settings, **discovery}
        configuration = gateway_configuration(name, naming, settings, args.client_secret, self)

        # The gateway, and what comes and goes with the pods by the stack's file.
        before = [*configuration.objects, *args.ready_after]
        account = service_account_name(name, naming, args.service_account, before, self)
        about_pods: list[pulumi.Resource] = []
        if args.autoscaling is not None:
            about_pods.append(autoscaler(name, naming, args.autoscaling, before, self))
        if args.disruption_budget is not None:
            about_pods.append(disruption_budget(name, naming, args.disruption_budget, before, self))
        container = gateway_container(naming.app, args.image, args.container, args.instance_discovery, configuration)
        template = pod_template(naming, args.version, args.scaling, args.pod, account, container, configuration)
        after = [*before, *about_pods]
        deployment = gateway_deployment(name, naming, args.scaling, args.deployment, template, after, self)

        # Its addresses.
        service = live_traffic.live_traffic_service(name, naming, args.service, deployment, self)
        instance_discovery_service(name, naming, args.instance_discovery, self)

        self.service_address = live_traffic.address(naming, args.service, service)
        self.register_outputs({"serviceAddress": self.service_address})

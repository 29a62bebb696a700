"""The gateway's Kubernetes objects: ConfigMap, Secret, Deployment and two Services, as in the article's YAML."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apps.v1 import (
    Deployment,
    DeploymentSpecArgs,
    DeploymentStrategyArgs,
    RollingUpdateDeploymentArgs,
)
from pulumi_kubernetes.core.v1 import (
    ConfigMap,
    ConfigMapEnvSourceArgs,
    ContainerArgs,
    ContainerPortArgs,
    EnvFromSourceArgs,
    EnvVarArgs,
    EnvVarSourceArgs,
    HTTPGetActionArgs,
    LifecycleArgs,
    LifecycleHandlerArgs,
    PodSpecArgs,
    PodTemplateSpecArgs,
    ProbeArgs,
    Secret,
    SecretKeySelectorArgs,
    Service,
    ServicePortArgs,
    ServiceSpecArgs,
    SleepActionArgs,
)
from pulumi_kubernetes.core.v1.outputs import ServiceStatus
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, ObjectMetaArgs

from components.last_write import LastWrite
from components.settings import SecretStore

CLIENT_SECRET_SETTING = "config.service.auth.azureAd.clientSecret"  # noqa: S105 - a key's name

# A load balancer sends connections to a pod that ends until its probes have noticed: Azure's takes two, 5 s apart.
SECONDS_UNTIL_NO_NEW_CONNECTIONS = 15

# Azure takes up to ten minutes until a role assignment works everywhere, and a pod is ready only then. Kubernetes
# gives a rollout up first, and says why; the engine's own wait is a little longer.
PROGRESS_DEADLINE_SECONDS = 20 * 60
ROLLOUT_TIMEOUT = pulumi.CustomTimeouts(create="25m", update="25m")


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

    client_secret: pulumi.Input[str]
    """The client secret."""

    client_secret_key_id: pulumi.Input[str]
    """Its key id: a change of it rolls the pods."""

    client_secret_store: SecretStore
    """Kind of the object that holds the client secret."""

    ready_after: Sequence[pulumi.Resource]
    """What a pod needs to become ready, the role assignments for example."""


class GatewayWorkload(pulumi.ComponentResource):
    """The running gateway and its addresses in the cluster."""

    service_address: pulumi.Output[str | None]
    """IP address or host name that the load balancer gave to the live-traffic Service."""

    def __init__(self, name: str, args: GatewayWorkloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:workload:GatewayWorkload", name, None, opts)
        app = args.kubernetes_name
        labels = {"app": app}

        def metadata(object_name: str, annotations: Mapping[str, str] | None = None) -> ObjectMetaArgs:
            return ObjectMetaArgs(name=object_name, namespace=args.namespace, labels=labels, annotations=annotations)

        # Settings and secret.
        settings = dict(args.gateway_settings)
        secret_in_environment: list[EnvVarArgs] | None = None
        written: list[pulumi.Output[str]] = []
        checksum = pulumi.Output.json_dumps(
            {"settings": args.gateway_settings, "clientSecretKeyId": args.client_secret_key_id}, sort_keys=True
        ).apply(_sha256)
        if args.client_secret_store is SecretStore.CONFIG_MAP:
            settings[CLIENT_SECRET_SETTING] = args.client_secret
        else:
            last_write = LastWrite(f"{name}-auth")
            secret = Secret(
                f"{name}-auth",
                metadata=metadata(f"{app}-auth"),
                type="Opaque",
                data={"clientSecret": pulumi.Output.secret(args.client_secret).apply(_base64)},
                opts=pulumi.ResourceOptions(parent=self, hooks=last_write.hooks),
            )
            written.append(secret.metadata.apply(last_write.time))
            from_secret = SecretKeySelectorArgs(name=secret.metadata.name, key="clientSecret")
            secret_in_environment = [
                EnvVarArgs(name=CLIENT_SECRET_SETTING, value_from=EnvVarSourceArgs(secret_key_ref=from_secret))
            ]
        last_write = LastWrite(f"{name}-env")
        config_map = ConfigMap(
            f"{name}-env",
            metadata=metadata(f"{app}-env"),
            data=settings,
            opts=pulumi.ResourceOptions(parent=self, hooks=last_write.hooks),
        )
        written.append(config_map.metadata.apply(last_write.time))

        # The gateway.
        deployment = Deployment(
            f"{name}-deployment",
            metadata=metadata(app),
            spec=DeploymentSpecArgs(
                replicas=args.replicas,
                selector=LabelSelectorArgs(match_labels=labels),
                strategy=DeploymentStrategyArgs(
                    type="RollingUpdate",
                    rolling_update=RollingUpdateDeploymentArgs(max_unavailable=0, max_surge="25%"),
                ),
                progress_deadline_seconds=PROGRESS_DEADLINE_SECONDS,
                template=PodTemplateSpecArgs(
                    # Pods read their environment once, when they start. A new checksum replaces them; so does a write
                    # without one: it took back what somebody else had written, and a pod may have started with.
                    metadata=ObjectMetaArgs(
                        labels=labels,
                        annotations={
                            "self-hosted-gateway/settings-checksum": checksum,
                            "self-hosted-gateway/settings-written": pulumi.Output.all(*written).apply(" ".join),
                        },
                    ),
                    spec=PodSpecArgs(
                        termination_grace_period_seconds=60,
                        containers=[
                            ContainerArgs(
                                name=app,
                                image=args.image,
                                ports=[
                                    ContainerPortArgs(name="http", container_port=8080),
                                    ContainerPortArgs(name="https", container_port=8081),
                                    # Instances find each other here, to share rate limits.
                                    ContainerPortArgs(name="rate-limit-dc", container_port=4290, protocol="UDP"),
                                    ContainerPortArgs(name="dc-heartbeat", container_port=4291, protocol="UDP"),
                                ],
                                readiness_probe=ProbeArgs(
                                    http_get=HTTPGetActionArgs(
                                        path="/status-0123456789abcdef", port="http", scheme="HTTP"
                                    ),
                                    # The article's initialDelaySeconds, 0, is what the API server assumes and
                                    # leaves out of the object: declared, it would be missing at every refresh.
                                    period_seconds=5,
                                    failure_threshold=3,
                                    success_threshold=1,
                                ),
                                lifecycle=LifecycleArgs(
                                    pre_stop=LifecycleHandlerArgs(
                                        sleep=SleepActionArgs(seconds=SECONDS_UNTIL_NO_NEW_CONNECTIONS)
                                    )
                                ),
                                env=secret_in_environment,
                                env_from=[
                                    EnvFromSourceArgs(
                                        config_map_ref=ConfigMapEnvSourceArgs(name=config_map.metadata.name)
                                    )
                                ],
                            )
                        ],
                    ),
                ),
            ),
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=list(args.ready_after), custom_timeouts=ROLLOUT_TIMEOUT
            ),
        )

        # Its addresses.
        live_traffic = Service(
            f"{name}-live-traffic",
            metadata=metadata(f"{app}-live-traffic"),
            spec=ServiceSpecArgs(
                type="LoadBalancer",
                external_traffic_policy="Local",
                ports=[
                    ServicePortArgs(name="http", port=80, target_port=8080),
                    ServicePortArgs(name="https", port=443, target_port=8081),
                ],
                selector=labels,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                # The provider waits for the address until no endpoint is one that is not ready: after the rollout none is.
                depends_on=[deployment],
                # The cluster gives it. A Service that was imported declares it, and would be replaced without it.
                ignore_changes=["spec.clusterIP"],
            ),
        )
        Service(
            f"{name}-instance-discovery",
            metadata=metadata(
                f"{app}-instance-discovery",
                {
                    "azure.apim.kubernetes.io/notes": (
                        "Headless service being used for instance discovery of self-hosted gateway"
                    )
                },
            ),
            spec=ServiceSpecArgs(
                type="ClusterIP",
                cluster_ip="None",
                ports=[
                    ServicePortArgs(
                        name="rate-limit-discovery", port=4290, target_port="rate-limit-dc", protocol="UDP"
                    ),
                    ServicePortArgs(name="discovery-heartbeat", port=4291, target_port="dc-heartbeat", protocol="UDP"),
                ],
                selector=labels,
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

        self.service_address = live_traffic.status.apply(_load_balancer_address)
        self.register_outputs({"serviceAddress": self.service_address})


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _load_balancer_address(status: ServiceStatus | None) -> str | None:
    ingress = (status.load_balancer.ingress if status and status.load_balancer else None) or []
    return (ingress[0].ip or ingress[0].hostname) if ingress else None

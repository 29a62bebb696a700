"""One self-hosted gateway."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic import field_validator as check

from components.config.formats.azure import ApiId, GatewayName, LocationName
from components.config.formats.image import Image, ImageVersion, parsed, version_of
from components.config.formats.kubernetes import KubernetesName, NamespaceName
from components.config.formats.labels import none_of_the_programs_labels, well_formed_labels
from components.config.formats.text import distinct
from components.config.kubernetes.value import Kubernetes
from components.config.models.authentication import AuthenticationSettings
from components.config.models.azure import ScopeLevel
from components.config.models.base import Settings
from components.config.models.workload.container import ContainerSettings
from components.config.models.workload.deployment import DeploymentSettings
from components.config.models.workload.disruption_budget import DisruptionBudgetSettings
from components.config.models.workload.instance_discovery import InstanceDiscoverySettings
from components.config.models.workload.pod import PodSettings
from components.config.models.workload.scaling import AutoscalingSettings, Replicas
from components.config.models.workload.service import ServiceSettings
from components.config.models.workload.service_account import ServiceAccountSettings


class GatewaySettings(Settings):
    """One self-hosted gateway."""

    name: GatewayName = Field(description="Name of the gateway resource of the API Management instance.")
    kubernetes_name: KubernetesName = Field(description="Name of the Kubernetes objects; default: the gateway's name.")
    namespace: NamespaceName = Field(default="default", description="Namespace of the Kubernetes objects.")
    common_labels: Annotated[
        dict[str, str],
        Kubernetes(Mapping[str, str]),
        AfterValidator(well_formed_labels),
        AfterValidator(none_of_the_programs_labels),
    ] = Field(default={}, description="Labels of all Kubernetes objects and of the pods, beside `app`.")
    image: Image = Field(
        default="mcr.microsoft.com/azure-api-management/gateway:2.13.2", description="Container image, 2.2 or later."
    )
    image_version: ImageVersion | None = Field(
        default=None,
        description="Version of the gateway in the image, if its tag does not tell it: of a digest, a tag that moves or one of "
        "your own; default: what the tag tells.",
    )
    replicas: Replicas = Field(
        default=1,
        description="Number of pods. `external` if another autoscaler (KEDA) decides it: then an update never changes it.",
    )
    autoscaling: AutoscalingSettings | None = Field(
        default=None, description="Have Kubernetes decide the number of pods, instead of `replicas`; see below."
    )
    reader_scope: ScopeLevel = Field(
        default=ScopeLevel.INSTANCE, description="Where the reader role is assigned to the gateway's application."
    )
    create_gateway_resource: bool = Field(default=False, strict=True, description="Create the gateway resource, too.")
    location_name: LocationName | None = Field(
        default=None,
        validate_default=True,
        description="Location of the gateway resource, free text; needed where it is created, and only there.",
    )
    apis: Annotated[tuple[ApiId, ...], AfterValidator(distinct)] = Field(
        default=(), description="Ids of the APIs to attach to the gateway resource. It serves no others."
    )
    deployment: DeploymentSettings = Field(
        default_factory=DeploymentSettings, description="The Deployment, in Kubernetes' own words; see below."
    )
    container: ContainerSettings = Field(
        default_factory=ContainerSettings, description="The container, in Kubernetes' own words; see below."
    )
    pod: PodSettings = Field(default_factory=PodSettings, description="The pods, in Kubernetes' own words; see below.")
    service_account: ServiceAccountSettings = Field(
        default_factory=ServiceAccountSettings, description="The account that the pods have in the cluster; see below."
    )
    disruption_budget: DisruptionBudgetSettings | None = Field(
        default=None,
        description="How many pods a drain of nodes may end at a time; see below. Without it, all of them.",
    )
    service: ServiceSettings = Field(
        default_factory=ServiceSettings, description="The Service that clients reach the gateway by; see below."
    )
    instance_discovery: InstanceDiscoverySettings = Field(
        default_factory=InstanceDiscoverySettings, description="How the pods find each other; see below."
    )
    authentication: AuthenticationSettings = Field(description="How the gateway authenticates; see below.")

    @property
    def version(self) -> tuple[int, ...] | None:
        """Version of the gateway, as much of it as is known."""
        return version_of(self.image) if self.image_version is None else parsed(self.image_version)

    @property
    def several(self) -> bool:
        """Whether there may be more than one pod."""
        return self.autoscaling is not None or self.replicas == "external" or self.replicas > 1

    @check("location_name")
    @classmethod
    def _where_it_is_created(cls, location_name: str | None, info: ValidationInfo) -> str | None:
        created: bool | None = info.data.get("create_gateway_resource")
        if created is True and location_name is None:
            raise ValueError("needed where `createGatewayResource` is true")
        if created is False and location_name is not None:
            raise ValueError("has no effect unless `createGatewayResource` is true")
        return location_name

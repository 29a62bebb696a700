"""The Service that clients reach the gateway by."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from components.config.formats.labels import well_formed_annotations
from components.config.kubernetes.value import Kubernetes
from components.config.models.base import Settings

INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
"""Annotation by which AKS gives a load balancer an address of the virtual network."""

SOURCE_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
"""Annotation that says from where the load balancer takes calls."""

Port = Annotated[int, Field(ge=1, le=65535, strict=True)]


class ServiceType(StrEnum):
    """How the Service is reached, by Kubernetes' names."""

    LOAD_BALANCER = "LoadBalancer"
    NODE_PORT = "NodePort"
    CLUSTER_IP = "ClusterIP"


class ServicePorts(Settings):
    """The Service's ports."""

    http: Port | None = Field(default=80, description="Port that leads to the gateway's 8080.")
    https: Port | None = Field(default=443, description="Port that leads to the gateway's 8081.")


class ServiceSettings(Settings):
    """The Service that clients reach the gateway by."""

    type: ServiceType = Field(
        default=ServiceType.LOAD_BALANCER,
        description="`ClusterIP` if an Ingress in the cluster leads to it.",
    )
    internal: bool = Field(
        default=False,
        strict=True,
        description="Whether AKS gives the load balancer an address of the virtual network instead of a public one.",
    )
    annotations: Annotated[dict[str, str], Kubernetes(Mapping[str, str]), AfterValidator(well_formed_annotations)] = (
        Field(default={}, description="Annotations of the Service, for its load balancer for example.")
    )
    external_traffic_policy: Literal["Local", "Cluster"] | None = Field(
        default=None,
        description="Whether nodes hand connections on to other nodes, and hide the caller's address; default: `Local` "
        "unless the type is `ClusterIP`, which has none.",
    )
    ports: ServicePorts = Field(default_factory=ServicePorts, description="The ports; see below.")

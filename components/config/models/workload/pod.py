"""The gateway's pods."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    HostAliasArgs,
    LocalObjectReferenceArgs,
    PodDNSConfigArgs,
    PodSecurityContextArgs,
    TolerationArgs,
    TopologySpreadConstraintArgs,
    VolumeArgs,
)
from pydantic import AfterValidator, Field

from components.config.formats.bound import LARGEST
from components.config.formats.kubernetes import ObjectName
from components.config.formats.labels import (
    none_of_the_programs_labels,
    well_formed_annotations,
    well_formed_labels,
)
from components.config.kubernetes.value import Kubernetes
from components.config.models.base import Settings

NODE_SELECTOR = {"kubernetes.io/os": "linux"}


def _none_of_the_programs_annotations(annotations: dict[str, str]) -> dict[str, str]:
    if own := [name for name in annotations if name.startswith("self-hosted-gateway/")]:
        raise ValueError(f"leave `{own[0]}` out: the program restarts the pods by it")
    return annotations


class PodSettings(Settings):
    """The gateway's pods. Names and shapes are those of Kubernetes' `PodSpec`, checked at every depth."""

    annotations: Annotated[
        dict[str, str],
        Kubernetes(Mapping[str, str]),
        AfterValidator(well_formed_annotations),
        AfterValidator(_none_of_the_programs_annotations),
    ] = Field(default={}, description="Annotations of the pods, beside the program's own.")
    labels: Annotated[
        dict[str, str],
        Kubernetes(Mapping[str, str]),
        AfterValidator(well_formed_labels),
        AfterValidator(none_of_the_programs_labels),
    ] = Field(default={}, description="Labels of the pods, beside `app`.")
    node_selector: (
        Annotated[dict[str, str], Kubernetes(Mapping[str, str], NODE_SELECTOR), AfterValidator(well_formed_labels)]
        | None
    ) = Field(
        default=NODE_SELECTOR,
        description="Labels of the nodes that pods run on. Labels that you set are added to the default one. Images before 2.13 "
        "are for amd64 only, so `kubernetes.io/arch: amd64` is added for them.",
    )
    tolerations: Annotated[list[dict[str, Any]], Kubernetes(Sequence[TolerationArgs])] | None = Field(
        default=None, description="Taints of nodes that pods run on nevertheless."
    )
    affinity: Annotated[dict[str, Any], Kubernetes(AffinityArgs)] | None = Field(
        default=None, description="Nodes and other pods that pods run beside, or apart from."
    )
    topology_spread_constraints: (
        Annotated[list[dict[str, Any]], Kubernetes(Sequence[TopologySpreadConstraintArgs])] | None
    ) = Field(
        default=None,
        description="How the pods are spread; default: with more than one replica, evenly over zones and nodes if that is "
        "possible. An empty list turns that off. A constraint without `labelSelector` is about the gateway's own pods.",
    )
    priority_class_name: ObjectName | None = Field(
        default=None, description="Priority class, which exists in the cluster."
    )
    automount_service_account_token: bool | None = Field(
        default=False,
        strict=True,
        description="Whether the pods get a token for the cluster's API, which the gateway does not need. With null the "
        "service account decides.",
    )
    image_pull_secrets: Annotated[list[dict[str, Any]], Kubernetes(Sequence[LocalObjectReferenceArgs])] | None = Field(
        default=None, description="Secrets of the namespace with which the image is pulled."
    )
    host_aliases: Annotated[list[dict[str, Any]], Kubernetes(Sequence[HostAliasArgs])] | None = Field(
        default=None,
        description="Host names that pods resolve to these addresses, those of a private instance for example.",
    )
    dns_policy: Literal["ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"] | None = Field(
        default=None, description="How pods resolve names; default: Kubernetes' own, `ClusterFirst`."
    )
    dns_config: Annotated[dict[str, Any], Kubernetes(PodDNSConfigArgs)] | None = Field(
        default=None, description="Name servers, search domains and options of the pods' resolver."
    )
    volumes: Annotated[list[dict[str, Any]], Kubernetes(Sequence[VolumeArgs])] | None = Field(
        default=None, description="Volumes that `container.volumeMounts` mounts."
    )
    termination_grace_period_seconds: int = Field(
        default=60,
        ge=1,
        le=LARGEST,
        strict=True,
        description="After how many seconds a pod that has to end is killed, `container.preStopSeconds` included.",
    )
    security_context: Annotated[dict[str, Any], Kubernetes(PodSecurityContextArgs)] | None = Field(
        default=None,
        description="Security context of all containers and volumes, for example `fsGroup`. A field of it takes the place of the "
        "default one in `container.securityContext`.",
    )

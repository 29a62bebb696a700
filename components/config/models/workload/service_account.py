"""The account that the pods have in the cluster."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field

from components.config.formats.kubernetes import ObjectName
from components.config.formats.labels import well_formed_annotations
from components.config.kubernetes.value import Kubernetes
from components.config.models.base import Settings


class ServiceAccountSettings(Settings):
    """The account that the pods have in the cluster; without this key, the namespace's default one."""

    create: bool = Field(default=False, strict=True, description="Create the ServiceAccount, too.")
    name: ObjectName | None = Field(
        default=None,
        description="Name of the ServiceAccount; default: where it is created, `kubernetesName`, otherwise `default`, the "
        "namespace's own one.",
    )
    annotations: Annotated[dict[str, str], Kubernetes(Mapping[str, str]), AfterValidator(well_formed_annotations)] = (
        Field(default={}, description="Annotations of the ServiceAccount; only where it is created.")
    )

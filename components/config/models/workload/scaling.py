"""How many pods run, and who decides that."""

from typing import Annotated, Any, Literal

from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscalerBehaviorArgs
from pydantic import BeforeValidator, Field, ValidationInfo
from pydantic import field_validator as check

from components.config.formats.bound import LARGEST
from components.config.kubernetes.value import Kubernetes
from components.config.models.base import Settings

REPLICAS = "a whole number, 0 or more, or `external`"
"""What `replicas` takes, in words."""


def _replicas(value: object) -> object:
    if value == "external" or (isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LARGEST):
        return value
    raise ValueError("expected a whole number, 0 or more, or 'external'")


Replicas = Annotated[
    int | Literal["external"], BeforeValidator(_replicas), Field(json_schema_extra={"expected": REPLICAS})
]

Utilization = Annotated[int, Field(ge=1, le=LARGEST, strict=True)]


class AutoscalingSettings(Settings):
    """A HorizontalPodAutoscaler, which decides how many pods run."""

    min_replicas: int = Field(
        ge=1,
        le=LARGEST,
        strict=True,
        description="Fewest pods; a new Deployment starts with them. Microsoft's guidance has 3.",
    )
    max_replicas: int = Field(ge=1, le=LARGEST, strict=True, description="Most pods.")
    cpu: Utilization | None = Field(
        default=None,
        description="Percentage of `container.resources.requests.cpu` that the pods are to use on average.",
    )
    memory: Utilization | None = Field(
        default=None,
        validate_default=True,
        description="Percentage of `container.resources.requests.memory` that the pods are to use on average. One of the two "
        "is needed.",
    )
    behavior: Annotated[dict[str, Any], Kubernetes(HorizontalPodAutoscalerBehaviorArgs)] | None = Field(
        default=None, description="How fast the number changes."
    )

    @check("memory")
    @classmethod
    def _one_metric(cls, memory: int | None, info: ValidationInfo) -> int | None:
        if memory is None and info.data.get("cpu", "malformed") is None:
            raise ValueError("expected `cpu`, `memory` or both")
        return memory

"""How many pods the Deployment declares, and who else may decide."""

from dataclasses import dataclass
from typing import Literal

from components.config.models.workload.scaling import AutoscalingSettings


@dataclass(frozen=True)
class Scaling:
    """The number of a Deployment's pods."""

    declared: int | None
    """What the Deployment declares; None where another autoscaler decides, and Kubernetes starts one pod."""

    decided_by: Literal["autoscaling", "external"] | None = None
    """The setting by which somebody else decides the number; None where the stack's file does."""

    @property
    def ignored(self) -> bool:
        """Whether an update leaves the number as it is. Without that, an update would set the pods of an autoscaler to 1, or
        to the number that was declared once."""
        return self.decided_by is not None

    @property
    def annotations(self) -> dict[str, str] | None:
        """Annotations of the Deployment. While the number is ignored, Pulumi keeps the last one that was declared, and would
        see no difference if it came back: it writes the Deployment because the annotation goes."""
        return {"self-hosted-gateway/replicas-decided-by": self.decided_by} if self.decided_by else None

    @property
    def several(self) -> bool:
        """Whether there may be more than one pod."""
        return self.ignored or (self.declared or 0) > 1


def scaling(replicas: int | Literal["external"], autoscaling: AutoscalingSettings | None) -> Scaling:
    """The number of pods, as the stack's file has it."""
    if autoscaling is not None:
        return Scaling(autoscaling.min_replicas, "autoscaling")
    if replicas == "external":
        return Scaling(None, "external")
    return Scaling(replicas)

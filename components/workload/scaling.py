"""How many pods the Deployment declares, and who else may decide."""

from dataclasses import dataclass
from typing import Literal

from components.config.models.workload.scaling import AutoscalingSettings


@dataclass(frozen=True)
class Scaling:
    """The number of a Deployment's pods."""

    declared: int | None
    """What the Deployment declares; None where another autoscaler decides, and Kubernetes starts one pod."""

    ignored: bool
    """Whether an update leaves the number as it is. Without that, an update would set the pods of an autoscaler to 1, or to
    the number that was declared once."""

    @property
    def several(self) -> bool:
        """Whether there may be more than one pod."""
        return self.declared is None or self.declared > 1 or self.ignored


def scaling(replicas: int | Literal["external"], autoscaling: AutoscalingSettings | None) -> Scaling:
    """The number of pods, as the stack's file has it."""
    if autoscaling is not None:
        return Scaling(autoscaling.min_replicas, ignored=True)
    if replicas == "external":
        return Scaling(None, ignored=True)
    return Scaling(replicas, ignored=False)

"""The gateway's Deployment."""

from typing import Annotated, Any

from pulumi_kubernetes.apps.v1 import DeploymentStrategyArgs
from pydantic import AfterValidator, BeforeValidator, Field

from components.config.kubernetes.value import Kubernetes, merged
from components.config.models.base import Settings

# The guide's: a rollout never has fewer pods than are declared.
STRATEGY: dict[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}


def _with_defaults(strategy: Any) -> Any:
    recreates = isinstance(strategy, dict) and strategy.get("type") == "Recreate"
    return strategy if recreates else merged(STRATEGY, strategy)


def _possible(strategy: dict[str, Any]) -> dict[str, Any]:
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling is not None:
        raise ValueError("`type: Recreate` and `rollingUpdate` contradict each other")
    nothing = (0, "0%")
    if rolling and rolling.get("maxUnavailable") in nothing and rolling.get("maxSurge") in nothing:
        raise ValueError("`maxUnavailable` and `maxSurge` can't both be 0: no pod could be replaced")
    return strategy


class DeploymentSettings(Settings):
    """The gateway's Deployment. Names and shapes are those of Kubernetes' `DeploymentSpec`, checked at every depth."""

    strategy: Annotated[
        dict[str, Any], AfterValidator(_possible), Kubernetes(DeploymentStrategyArgs), BeforeValidator(_with_defaults)
    ] = Field(
        default=STRATEGY,
        description="How a change replaces the pods. Fields that you set are added to the default ones.",
    )
    min_ready_seconds: int = Field(
        default=0,
        ge=0,
        strict=True,
        description="How many seconds a new pod has to be ready before the next is replaced.",
    )
    progress_deadline_seconds: int = Field(
        default=1200,
        ge=1,
        strict=True,
        description="After how many seconds without progress a rollout has failed. Azure may need ten minutes to activate "
        "the role assignments. Pulumi waits five minutes longer.",
    )
    revision_history_limit: int | None = Field(
        default=None,
        ge=0,
        strict=True,
        description="How many ReplicaSets of earlier rollouts are kept; default: Kubernetes' own, 10.",
    )

"""The gateway's Deployment."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pulumi_kubernetes.apps.v1 import DeploymentStrategyArgs
from pydantic import Field

from components.config.formats.bound import LARGEST
from components.config.kubernetes.value import Kubernetes, origin
from components.config.models.base import Settings

# The guide's: a rollout never has fewer pods than are declared.
STRATEGY: dict[str, Any] = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}


def _without_rolling(strategy: Mapping[str, Any]) -> frozenset[str]:
    """The defaults that have no place where all pods end first."""
    return frozenset(STRATEGY) if strategy.get("type") == "Recreate" else frozenset()


def _impossible(strategy: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    rolling = strategy.get("rollingUpdate")
    if strategy.get("type") == "Recreate" and rolling is not None:
        yield "`type: Recreate` and `rollingUpdate` contradict each other"
    bounds = [(name, (rolling or {}).get(name)) for name in ("maxUnavailable", "maxSurge")]
    if all(bound is not None and int(str(bound).removesuffix("%")) == 0 for _, bound in bounds):
        said = " and ".join(f"`{name}`{origin(given, 'rollingUpdate', name)}" for name, _ in bounds)
        yield f"{said} can't both be 0: no pod could be replaced"


class DeploymentSettings(Settings):
    """The gateway's Deployment. Names and shapes are those of Kubernetes' `DeploymentSpec`, checked at every depth."""

    strategy: Annotated[dict[str, Any], Kubernetes(DeploymentStrategyArgs, STRATEGY, _without_rolling, _impossible)] = (
        Field(
            default=STRATEGY,
            description="How a change replaces the pods. Fields that you set are added to the default ones.",
        )
    )
    min_ready_seconds: int = Field(
        default=0,
        ge=0,
        le=LARGEST,
        strict=True,
        description="How many seconds a new pod has to be ready before the next is replaced.",
    )
    progress_deadline_seconds: int = Field(
        default=1200,
        ge=1,
        le=LARGEST,
        strict=True,
        description="After how many seconds without progress a rollout has failed. Azure may need ten minutes to activate "
        "the role assignments. Pulumi waits five minutes longer.",
    )
    revision_history_limit: int | None = Field(
        default=None,
        ge=0,
        le=LARGEST,
        strict=True,
        description="How many ReplicaSets of earlier rollouts are kept; default: Kubernetes' own, 10.",
    )

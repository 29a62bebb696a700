"""How many pods a drain of nodes may end at a time."""

from typing import Literal

from pydantic import Field, ValidationInfo
from pydantic import field_validator as check

from components.config.formats.bound import Bound
from components.config.models.base import Settings


class DisruptionBudgetSettings(Settings):
    """How many pods a drain of nodes may end at a time: a PodDisruptionBudget, with one of the two bounds."""

    min_available: Bound | None = Field(
        default=None, description="How many pods stay. Either this or `maxUnavailable`."
    )
    max_unavailable: Bound | None = Field(
        default=None, validate_default=True, description="How many pods may end. Microsoft's chart has 25%."
    )
    unhealthy_pod_eviction_policy: Literal["AlwaysAllow", "IfHealthyBudget"] = Field(
        default="AlwaysAllow",
        description="Whether pods that are not ready may always be ended. With `IfHealthyBudget` they may block every drain.",
    )

    @check("max_unavailable")
    @classmethod
    def _one_bound(cls, max_unavailable: int | str | None, info: ValidationInfo) -> int | str | None:
        if (info.data.get("min_available", "malformed") is None) == (max_unavailable is None):
            raise ValueError("expected either `minAvailable` or `maxUnavailable`")
        return max_unavailable

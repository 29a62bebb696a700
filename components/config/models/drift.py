"""Differences that the drift check accepts."""

import re
from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo
from pydantic import field_validator as check

from components.config.formats.dates import day
from components.config.formats.text import NonEmpty
from components.config.models.base import Settings


def _written(reason: str) -> str:
    # The drift report's line to copy has it in angle brackets.
    if re.fullmatch(r"<.*>", reason):
        raise ValueError(f"expected a reason in the place of {reason!r}")
    return reason


class AcceptedDrift(Settings):
    """A difference that `ops drift` lists without alarm. The program ignores it, so updates still undo the difference."""

    resource: NonEmpty = Field(description="Name of the resource, as the drift report shows it.")
    path: NonEmpty | None = Field(
        default=None,
        description="Path of the property, or what was added, exactly as the drift report shows it; default: the resource as "
        "a whole, which was deleted.",
    )
    reason: Annotated[NonEmpty, AfterValidator(_written)] = Field(
        description="Why it is accepted; the drift report shows it."
    )
    until: Annotated[date, BeforeValidator(day)] | None = Field(
        default=None,
        description="Last day (UTC) on which it is accepted, yyyy-mm-dd, in quotes; default: it is accepted without end.",
    )
    value: Any = Field(
        default=None,
        description="Value that is accepted. What the drift report does not show can't be compared: leave it out here; "
        "default: any value.",
    )

    @check("value", mode="before")
    @classmethod
    def _comparable(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            raise ValueError("expected a value: leave the key out to accept any")
        if "path" in info.data and info.data["path"] is None:
            raise ValueError("has no effect without `path`: a resource that is gone has no value")
        return value

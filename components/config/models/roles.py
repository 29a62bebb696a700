"""The two custom roles."""

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo
from pydantic import field_validator as check

from components.config.formats.azure import AssignableScope, RoleDefinitionId, one_management_group
from components.config.formats.text import NonEmpty, at_least_one, distinct
from components.config.models.base import Settings


class ExistingRoles(Settings):
    """Role definitions that another stack, or somebody else, has made: their two ids, or the stack."""

    validator: RoleDefinitionId | None = Field(
        default=None, description="Id of the validator role's definition; needs `reader`."
    )
    reader: RoleDefinitionId | None = Field(
        default=None, description="Id of the reader role's definition; needs `validator`."
    )
    stack: NonEmpty | None = Field(
        default=None,
        validate_default=True,
        description="Stack of this program that owns them, instead of the ids: <organization>/<project>/<stack>.",
    )

    @check("stack")
    @classmethod
    def _ids_or_stack(cls, stack: str | None, info: ValidationInfo) -> str | None:
        # A malformed id is not among the data: it is there, and told of by itself.
        given = [info.data.get(name, "malformed") is not None for name in ("validator", "reader")]
        if all(given) if stack is None else not any(given):
            return stack
        raise ValueError("expected either both `validator` and `reader`, or `stack`")


class RolesSettings(Settings):
    """The two custom roles."""

    assignable_scopes: Annotated[
        tuple[AssignableScope, ...],
        AfterValidator(at_least_one),
        AfterValidator(distinct),
        AfterValidator(one_management_group),
    ] = Field(
        description="Where the roles can be assigned; default: the stack's subscription, and the instance's where that "
        "is another."
    )
    name_suffix: str = Field(
        default="",
        max_length=64,
        description="Appended to both names after a space: a custom role's name is unique in a tenant.",
    )
    existing: ExistingRoles | None = Field(default=None, description="Use these instead of creating two.")

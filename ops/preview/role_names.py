"""Names of custom roles that an update would give, and that somebody else's role has: a name is unique in a tenant (ARM)."""

from typing import TYPE_CHECKING

from ..engine.steps import Step

if TYPE_CHECKING:
    from ..azure.sign_in import Azure

ROLE_DEFINITION = "azure-native:authorization:RoleDefinition"
_VERSION = "2022-04-01"


def named_anew(steps: list[Step]) -> list[Step]:
    """The role definitions that get a name that they have not yet."""
    return [
        step
        for step in steps
        if step.type == ROLE_DEFINITION
        and step.operation in ("create", "update", "create-replacement")
        and step.new.get("roleName")
        and (step.operation == "create" or step.old.get("roleName") != step.new["roleName"])
    ]


def taken_names(step: Step, steps: list[Step], azure: "Azure") -> list[str]:
    """Why a definition can't have its name, in a sentence; nothing where no other has it that the sign-in can see.

    Args:
        step: one of `named_anew`.
        steps: the whole preview, which knows the stack's own definitions.
        azure: where to look.

    Raises:
        OpsError: definitions can't be read.
    """
    # What the update deletes goes last, and has its name until then.
    own = {_guid(other.id) for other in steps if other.type == ROLE_DEFINITION and other.operation != "delete"}
    name = str(step.new["roleName"])
    path = f"{step.new['scope']}/providers/Microsoft.Authorization/roleDefinitions"
    return [
        f"The update would fail: the name '{name}' is taken by the custom role {definition['id']}, and names are unique in "
        "a tenant. Give `roles.nameSuffix`, use that role by `roles.existing`, or adopt it."
        for definition in azure.arm.list(path, api_version=_VERSION, filter="type eq 'CustomRole'")
        if definition["properties"]["roleName"].lower() == name.lower() and _guid(definition["id"]) not in own
    ]


def _guid(id_: str) -> str:
    return id_.rpartition("/")[2].lower()

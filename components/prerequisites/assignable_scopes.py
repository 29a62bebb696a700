"""The management group among the assignable scopes, which ARM takes unseen: with a wrong one nothing is assigned later."""

from collections.abc import Iterator

import pulumi
from pulumi_azure_native import management

from components.config.formats.azure import is_management_group
from components.config.keys import PROJECT
from components.config.models.roles import RolesSettings

from .answers import is_absent, reason


def scope_problems(roles: RolesSettings, azure: pulumi.ProviderResource) -> Iterator[str]:
    """Management groups that do not exist."""
    if roles.existing is not None:
        return
    for index, scope in enumerate(roles.assignable_scopes):
        if not is_management_group(scope):
            continue
        key, group = f"{PROJECT}:roles.assignableScopes[{index}]", scope.rpartition("/")[2]
        try:
            management.get_management_group(group_id=group, opts=pulumi.InvokeOptions(provider=azure))
        except Exception as error:
            if is_absent(error):
                yield f"{key}: management group '{group}' was not found: its id is expected, not its display name."
            else:
                # ARM refuses in the same words where the group does not exist and where it may not be read.
                pulumi.log.warn(
                    f"{key}: management group '{group}' does not exist, or this sign-in may not read it "
                    f"(Microsoft.Management/managementGroups/read). {reason(error)}"
                )

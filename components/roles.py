"""The two custom roles that Microsoft Entra authentication of a self-hosted gateway needs."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_random as random
from pulumi_azure_native import authorization

from components.config.models.roles import ExistingRoles

# Names, descriptions and rights are the article's.
VALIDATOR_ROLE = "API Management Configuration API Access Validator Service Role"
READER_ROLE = "API Management Gateway Configuration Reader Role"


@dataclass(frozen=True, kw_only=True)
class RoleIds:
    """ARM ids of the two role definitions."""

    validator: pulumi.Input[str]
    """For the API Management instance's identity."""

    reader: pulumi.Input[str]
    """For a gateway's service principal."""


def existing_roles(settings: ExistingRoles) -> RoleIds:
    """Role definitions that are not this stack's: given by their ids, or exported by another stack of this program."""
    if settings.validator is not None and settings.reader is not None:
        return RoleIds(validator=settings.validator, reader=settings.reader)
    stack = pulumi.StackReference(settings.stack or "")
    return RoleIds(
        validator=stack.require_output("validatorRoleDefinitionId"),
        reader=stack.require_output("readerRoleDefinitionId"),
    )


@dataclass(frozen=True, kw_only=True)
class GatewayRolesArgs:
    """Inputs of `GatewayRoles`."""

    scope: pulumi.Input[str]
    """ARM id of the subscription that the definitions live in. It stays when `assignable_scopes` change, so that
    those change in place."""

    assignable_scopes: Sequence[pulumi.Input[str]]
    """ARM ids of the scopes where the roles can be assigned."""

    name_suffix: str
    """Appended to both names after a space: a custom role's name is unique in a tenant (ARM)."""


class GatewayRoles(pulumi.ComponentResource):
    """Two role definitions: one lets the instance check access, the other lets a gateway read its configuration."""

    ids: RoleIds
    """ARM ids of the two definitions."""

    def __init__(self, name: str, args: GatewayRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:roles:GatewayRoles", name, None, opts)

        validator = self._define(
            f"{name}-validator",
            args,
            VALIDATOR_ROLE,
            "Can access RBAC permissions on the API Management resource to authorize requests in Configuration API.",
            authorization.PermissionArgs(
                actions=["Microsoft.Authorization/*/read"], not_actions=[], data_actions=[], not_data_actions=[]
            ),
        )
        reader = self._define(
            f"{name}-reader",
            args,
            READER_ROLE,
            "Can read self-hosted gateway configuration from Configuration API",
            authorization.PermissionArgs(
                actions=[],
                not_actions=[],
                data_actions=["Microsoft.ApiManagement/service/gateways/getConfiguration/action"],
                not_data_actions=[],
            ),
        )
        self.ids = RoleIds(validator=validator, reader=reader)
        self.register_outputs({"validatorId": validator, "readerId": reader})

    def _define(
        self,
        name: str,
        args: GatewayRolesArgs,
        role_name: str,
        description: str,
        permission: authorization.PermissionArgs,
    ) -> pulumi.Output[str]:
        # Without keepers the GUID never changes, so neither does the definition's identity.
        guid = random.RandomUuid(f"{name}-guid", opts=pulumi.ResourceOptions(parent=self))
        definition = authorization.RoleDefinition(
            name,
            role_definition_id=guid.result,
            scope=args.scope,
            role_name=f"{role_name} {args.name_suffix}".rstrip(),
            description=description,
            role_type="CustomRole",
            permissions=[permission],
            assignable_scopes=list(args.assignable_scopes),
            # A replacement has the same name, which ARM refuses while the old definition exists.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )
        return definition.id

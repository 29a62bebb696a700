"""The assignment of a role to a service principal."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import authorization


@dataclass(frozen=True, kw_only=True)
class ServicePrincipalRoleArgs:
    """Inputs of `ServicePrincipalRole`."""

    scope: pulumi.Input[str]
    """ARM id at and below which the role applies."""

    role_definition_id: pulumi.Input[str]
    """ARM id of the role definition."""

    principal_id: pulumi.Input[str]
    """Object id of the service principal or managed identity; not its application (client) id."""


class ServicePrincipalRole(pulumi.ComponentResource):
    """One role of one service principal at one scope."""

    assignment_id: pulumi.Output[str]
    """ARM id of the role assignment."""

    def __init__(self, name: str, args: ServicePrincipalRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:role_assignment:ServicePrincipalRole", name, None, opts)

        # The provider names it (a random GUID), so that a replacement can be there before the old one goes.
        assignment = authorization.RoleAssignment(
            f"{name}-assignment",
            scope=args.scope,
            role_definition_id=args.role_definition_id,
            principal_id=args.principal_id,
            # Named, ARM accepts a principal that is not replicated yet.
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            # ARM refuses to delete a definition that is assigned: when it is replaced, this goes first.
            opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["roleDefinitionId"]),
        )
        self.assignment_id = assignment.id
        self.register_outputs({"assignmentId": self.assignment_id})

"""What one identity of the pipelines may do: in ARM, in Microsoft Graph, with the state and with its key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread
from pulumi_azure_native import authorization

from .ending import Refusal
from .state import CRYPTO_USER, StateStore

# Microsoft Graph's own application, the same in every tenant.
_GRAPH = "00000003-0000-0000-c000-000000000000"


@dataclass(frozen=True)
class GraphPermission:
    """An application permission of Microsoft Graph: an app role of its service principal."""

    app_role_id: str
    resource_id: str


def graph_permissions(entra: pulumi.ProviderResource) -> Callable[[str], GraphPermission]:
    """Microsoft Graph's application permissions by name, as the tenant has them.

    Raises:
        Refusal: they can't be read.
    """
    try:
        graph = azuread.get_service_principal(client_id=_GRAPH, opts=pulumi.InvokeOptions(provider=entra))
    except Exception as error:
        raise Refusal(f"Microsoft Graph's service principal can't be read: {error}") from error
    return lambda name: GraphPermission(graph.app_role_ids[name], graph.object_id)


@dataclass(frozen=True, kw_only=True)
class PipelineRightsArgs:
    """Inputs of `PipelineRights`."""

    principal_id: pulumi.Input[str]
    """Object id of the service principal."""

    role_definition_id: pulumi.Input[str]
    """ARM id of its custom role."""

    scopes: Sequence[str]
    """ARM ids of the subscriptions and resource groups where it has that role."""

    graph: GraphPermission
    """Its one permission in Microsoft Graph."""

    state: StateStore
    """The state's place."""

    blob_role: str
    """GUID of its role for the state's blobs."""


class PipelineRights(pulumi.ComponentResource):
    """The role assignments and the Graph permission of one service principal."""

    def __init__(self, name: str, args: PipelineRightsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway-bootstrap:rights:PipelineRights", name, None, opts)
        self._principal_id = args.principal_id

        for scope in args.scopes:
            # Names of subscription and resource group: they stay when the order of the scopes changes.
            place = "-".join(scope.strip("/").split("/")[1::2]).lower()
            self._assign(f"{name}-{place}", scope, args.role_definition_id)
        # The state: its blobs, and its key alone of the vault.
        self._assign(f"{name}-state", args.state.container_id, args.state.built_in_role(args.blob_role))
        self._assign(f"{name}-key", args.state.key_id, args.state.built_in_role(CRYPTO_USER))
        azuread.AppRoleAssignment(
            f"{name}-graph",
            app_role_id=args.graph.app_role_id,
            principal_object_id=args.principal_id,
            resource_object_id=args.graph.resource_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})

    def _assign(self, name: str, scope: pulumi.Input[str], role_definition_id: pulumi.Input[str]) -> None:
        authorization.RoleAssignment(
            name,
            scope=scope,
            role_definition_id=role_definition_id,
            principal_id=self._principal_id,
            # Named, ARM accepts a principal that is not replicated yet.
            principal_type=authorization.PrincipalType.SERVICE_PRINCIPAL,
            # ARM refuses to delete a definition that is assigned: when it is replaced, this goes first.
            opts=pulumi.ResourceOptions(parent=self, replace_on_changes=["roleDefinitionId"]),
        )

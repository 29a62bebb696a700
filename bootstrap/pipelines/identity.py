"""An identity of the pipelines in Microsoft Entra: it has no secret, and takes the tokens of named jobs instead."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_azuread as azuread

from .config import Trust

# What Entra wants a pipeline's token to be for.
AUDIENCE = "api://AzureADTokenExchange"


@dataclass(frozen=True, kw_only=True)
class PipelineIdentityArgs:
    """Inputs of `PipelineIdentity`."""

    display_name: pulumi.Input[str]
    """Display name of the application."""

    trusts: Sequence[Trust]
    """Whose tokens it takes."""


class PipelineIdentity(pulumi.ComponentResource):
    """An Entra application with its service principal and federated identity credentials."""

    client_id: pulumi.Output[str]
    """Application (client) id, which jobs sign in with."""

    principal_id: pulumi.Output[str]
    """Object id of the service principal: what roles are assigned to, and who owns the gateways' applications."""

    def __init__(self, name: str, args: PipelineIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway-bootstrap:identity:PipelineIdentity", name, None, opts)

        # Nobody owns it: an owner could give it a secret.
        application = azuread.Application(
            f"{name}-application",
            display_name=args.display_name,
            opts=pulumi.ResourceOptions(parent=self),
        )
        service_principal = azuread.ServicePrincipal(
            f"{name}-service-principal",
            client_id=application.client_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        for trust in args.trusts:
            azuread.ApplicationFederatedIdentityCredential(
                f"{name}-{trust.name}",
                application_id=application.id,
                display_name=trust.name,
                issuer=trust.issuer,
                subject=trust.subject,
                audiences=[AUDIENCE],
                # A replacement has the same issuer and subject, which Graph takes once.
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )

        self.client_id = application.client_id
        self.principal_id = service_principal.object_id
        self.register_outputs({"clientId": self.client_id, "principalId": self.principal_id})

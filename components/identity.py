"""The gateway's identity in Microsoft Entra: application, service principal and client secret."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pulumi
import pulumi_azuread as azuread


@dataclass(frozen=True, kw_only=True)
class GatewayIdentityArgs:
    """Inputs of `GatewayIdentity`."""

    display_name: pulumi.Input[str]
    """Display name of the application."""

    owners: Sequence[pulumi.Input[str]]
    """Object ids of the owners of application and service principal."""

    secret_rotation: date
    """Date of the client secret's last rotation. Another date makes a new secret."""

    secret_end_date: datetime
    """When the client secret expires; with time zone."""


class GatewayIdentity(pulumi.ComponentResource):
    """An Entra application with its service principal and one client secret."""

    client_id: pulumi.Output[str]
    """Application (client) id."""

    tenant_id: pulumi.Output[str]
    """Id of the tenant that the service principal is in."""

    principal_id: pulumi.Output[str]
    """Object id of the service principal, which roles are assigned to."""

    client_secret: pulumi.Output[str]
    """The client secret; a secret output."""

    client_secret_key_id: pulumi.Output[str]
    """Key id of the client secret, by which Entra lists it."""

    client_secret_end_date: pulumi.Output[str]
    """When the client secret expires, RFC 3339."""

    def __init__(self, name: str, args: GatewayIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:identity:GatewayIdentity", name, None, opts)

        application = azuread.Application(
            f"{name}-application",
            display_name=args.display_name,
            # From configuration, never "who runs this": the provider removes the creator where it is not listed, and
            # a deployer with Application.ReadWrite.OwnedBy loses its rights with that.
            owners=list(args.owners),
            opts=pulumi.ResourceOptions(parent=self),
        )
        service_principal = azuread.ServicePrincipal(
            f"{name}-service-principal",
            client_id=application.client_id,
            owners=list(args.owners),
            opts=pulumi.ResourceOptions(parent=self),
        )
        client_secret = azuread.ApplicationPassword(
            f"{name}-client-secret",
            application_id=application.id,
            display_name=f"rotated {args.secret_rotation:%Y-%m-%d}",
            end_date=f"{args.secret_end_date:%Y-%m-%dT%H:%M:%SZ}",
            # Never protected, unlike the identity it belongs to: a rotation replaces it.
            opts=pulumi.ResourceOptions(parent=self, protect=False),
        )

        self.client_id = application.client_id
        self.tenant_id = service_principal.application_tenant_id
        self.principal_id = service_principal.object_id
        self.client_secret = pulumi.Output.secret(client_secret.value)
        self.client_secret_key_id = client_secret.key_id
        self.client_secret_end_date = client_secret.end_date
        self.register_outputs(
            {
                "clientId": self.client_id,
                "tenantId": self.tenant_id,
                "principalId": self.principal_id,
                "clientSecret": self.client_secret,
                "clientSecretKeyId": self.client_secret_key_id,
                "clientSecretEndDate": self.client_secret_end_date,
            }
        )

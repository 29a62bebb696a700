"""A self-hosted gateway that authenticates with Microsoft Entra: identity, right, gateway resource, workload."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.api_management import GatewayResource, GatewayResourceArgs
from components.config.models.azure import ApiManagementSettings
from components.config.models.gateway import GatewaySettings
from components.identity import GatewayIdentity, GatewayIdentityArgs
from components.role_assignment import ServicePrincipalRole, ServicePrincipalRoleArgs
from components.workload.configuration import ClientSecret
from components.workload.scaling import scaling
from components.workload.workload import GatewayWorkload, GatewayWorkloadArgs


@dataclass(frozen=True, kw_only=True)
class SelfHostedGatewayArgs:
    """Inputs of `SelfHostedGateway`."""

    settings: GatewaySettings
    """What the stack's file says of this gateway."""

    instance: ApiManagementSettings
    """The API Management instance that the gateway belongs to."""

    reader_role_id: pulumi.Input[str]
    """ARM id of the reader role's definition."""

    ready_after: Sequence[pulumi.Resource]
    """What a pod needs to become ready beside this gateway's own resources: the validator role's assignment."""


class SelfHostedGateway(pulumi.ComponentResource):
    """One gateway, from its Entra application to its address in the cluster."""

    identity: GatewayIdentity
    """Its application, service principal and client secret."""

    reader_assignment_id: pulumi.Output[str]
    """ARM id of the reader role's assignment."""

    service_address: pulumi.Output[str | None]
    """IP address or host name that clients reach the gateway by: the load balancer's, or the Service's in the cluster."""

    summary: dict[str, pulumi.Input[str | None]]
    """What a person wants to know of it, without secrets."""

    def __init__(self, name: str, args: SelfHostedGatewayArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:gateway:SelfHostedGateway", name, None, opts)
        settings, instance = args.settings, args.instance
        authentication = settings.authentication
        audience = authentication.token_audience
        child = pulumi.ResourceOptions(parent=self)

        self.identity = GatewayIdentity(
            f"{name}-identity",
            GatewayIdentityArgs(
                display_name=f"{instance.name} self-hosted gateway {settings.name}",
                owners=authentication.owners,
                secret_rotation=authentication.client_secret.rotation,
                secret_end_date=authentication.client_secret.end_date,
            ),
            opts=child,
        )
        reader = ServicePrincipalRole(
            f"{name}-reader",
            ServicePrincipalRoleArgs(
                scope=instance.scope(settings.reader_scope),
                role_definition_id=args.reader_role_id,
                principal_id=self.identity.principal_id,
            ),
            opts=child,
        )
        resource = GatewayResource(
            f"{name}-resource",
            GatewayResourceArgs(
                instance=instance,
                gateway_name=settings.name,
                location_name=settings.location_name if settings.create_gateway_resource else None,
                apis=settings.apis,
            ),
            opts=child,
        )
        workload = GatewayWorkload(
            f"{name}-workload",
            GatewayWorkloadArgs(
                kubernetes_name=settings.kubernetes_name,
                namespace=settings.namespace,
                common_labels=settings.common_labels,
                image=settings.image,
                version=settings.version,
                scaling=scaling(settings.replicas, settings.autoscaling),
                autoscaling=settings.autoscaling,
                deployment=settings.deployment,
                container=settings.container,
                pod=settings.pod,
                service_account=settings.service_account,
                disruption_budget=settings.disruption_budget,
                service=settings.service,
                instance_discovery=settings.instance_discovery,
                gateway_settings={
                    "gateway.name": settings.name,
                    "config.service.endpoint": instance.configuration_endpoint,
                    "config.service.auth": "azureAdApp",
                    "config.service.auth.azureAd.authority": authentication.authority,
                    "config.service.auth.azureAd.tenantId": self.identity.tenant_id,
                    "config.service.auth.azureAd.clientId": self.identity.client_id,
                    **({"config.service.auth.tokenAudience": audience} if audience else {}),
                },
                client_secret=ClientSecret(
                    value=self.identity.client_secret,
                    key_id=self.identity.client_secret_key_id,
                    store=authentication.client_secret.store,
                ),
                ready_after=[*args.ready_after, reader, resource],
            ),
            opts=child,
        )

        self.reader_assignment_id = reader.assignment_id
        self.service_address = workload.service_address
        self.summary = {
            "clientId": self.identity.client_id,
            "tenantId": self.identity.tenant_id,
            "gatewayResourceId": resource.gateway_id,
            "configurationEndpoint": instance.configuration_endpoint,
            "serviceAddress": self.service_address,
            "readerAssignmentId": self.reader_assignment_id,
            "clientSecretKeyId": self.identity.client_secret_key_id,
            "clientSecretEndDate": self.identity.client_secret_end_date,
        }
        self.register_outputs(self.summary)

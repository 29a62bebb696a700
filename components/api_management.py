"""The API Management instance, which exists already, and the gateway resource on it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_azure_native import apimanagement

from components.config.models.azure import ApiManagementSettings, ScopeLevel

# The tiers with self-hosted gateways (article, prerequisites).
SUPPORTED_TIERS = ("Developer", "Premium")


@dataclass(frozen=True, kw_only=True)
class ApiManagementInstance:
    """What the program needs to know of the instance before it declares anything."""

    tier: str
    """Name of the instance's SKU."""

    principal_id: str | None
    """Object id of the system-assigned managed identity; None where it is not enabled."""


def look_up_instance(settings: ApiManagementSettings, provider: pulumi.ProviderResource) -> ApiManagementInstance:
    """Read the instance from ARM, on preview too.

    Raises:
        Exception: what the provider reports, if ARM refuses or the instance is absent.
    """
    instance = apimanagement.get_api_management_service(
        resource_group_name=settings.resource_group,
        service_name=settings.name,
        opts=pulumi.InvokeOptions(provider=provider),
    )
    identity = instance.identity
    system_assigned = identity is not None and "SystemAssigned" in identity.type
    return ApiManagementInstance(
        tier=instance.sku.name, principal_id=identity.principal_id if identity is not None and system_assigned else None
    )


def look_up_gateway(settings: ApiManagementSettings, name: str, provider: pulumi.ProviderResource) -> None:
    """Read a gateway resource from ARM.

    Raises:
        Exception: what the provider reports, if ARM refuses or the gateway resource is absent.
    """
    apimanagement.get_gateway(
        resource_group_name=settings.resource_group,
        service_name=settings.name,
        gateway_id=name,
        opts=pulumi.InvokeOptions(provider=provider),
    )


def look_up_api(settings: ApiManagementSettings, api_id: str, provider: pulumi.ProviderResource) -> None:
    """Read an API of the instance from ARM.

    Raises:
        Exception: what the provider reports, if ARM refuses or the API is absent.
    """
    apimanagement.get_api(
        resource_group_name=settings.resource_group,
        service_name=settings.name,
        api_id=api_id,
        opts=pulumi.InvokeOptions(provider=provider),
    )


@dataclass(frozen=True, kw_only=True)
class GatewayResourceArgs:
    """Inputs of `GatewayResource`."""

    instance: ApiManagementSettings
    """The instance that the gateway resource belongs to."""

    gateway_name: str
    """Name of the gateway resource."""

    location_name: str | None
    """Location to create the gateway resource with, free text; None where it exists already."""

    apis: Sequence[str]
    """Ids of the APIs to attach. A gateway serves no others (API Management)."""


class GatewayResource(pulumi.ComponentResource):
    """The gateway resource's part that this program declares: itself, where asked to, and its APIs."""

    gateway_id: str
    """ARM id of the gateway resource."""

    def __init__(self, name: str, args: GatewayResourceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway:api_management:GatewayResource", name, None, opts)

        gateway: list[pulumi.Resource] = []
        if args.location_name is not None:
            gateway = [
                apimanagement.Gateway(
                    f"{name}-gateway",
                    gateway_id=args.gateway_name,
                    resource_group_name=args.instance.resource_group,
                    service_name=args.instance.name,
                    location_data=apimanagement.ResourceLocationDataContractArgs(name=args.location_name),
                    opts=pulumi.ResourceOptions(parent=self),
                )
            ]
        # One after the other: Azure refuses writes to one gateway that overlap (409 PessimisticConcurrencyConflict). Each
        # depends on all before it, because the engine orders deletions by direct dependencies between what it deletes.
        before = list(gateway)
        for api in args.apis:
            attachment = apimanagement.GatewayApiEntityTag(
                f"{name}-api-{api}",
                api_id=api,
                gateway_id=args.gateway_name,
                resource_group_name=args.instance.resource_group,
                service_name=args.instance.name,
                # Never protected, unlike the gateway resource: APIs come and go.
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(before), protect=False),
            )
            before.append(attachment)
        self.gateway_id = f"{args.instance.scope(ScopeLevel.INSTANCE)}/gateways/{args.gateway_name}"
        self.register_outputs({"gatewayId": self.gateway_id})

"""The API Management instance, its gateway resources and the APIs that are attached to them."""

from collections.abc import Iterator

import pulumi

from components.api_management import (
    SUPPORTED_TIERS,
    ApiManagementInstance,
    look_up_api,
    look_up_gateway,
    look_up_instance,
)
from components.config.formats.image import SETTINGS_SINCE, is_older
from components.config.keys import PROJECT
from components.config.models.azure import ApiManagementSettings
from components.config.models.gateway import GatewaySettings

from .answers import is_absent, is_forbidden, reason


def look_up(
    instance: ApiManagementSettings, gateways: tuple[GatewaySettings, ...], azure: pulumi.ProviderResource
) -> tuple[str, list[str]]:
    """Object id of the instance's system-assigned managed identity, and everything that is wrong."""
    for gateway in gateways:
        if is_older(gateway.version, SETTINGS_SINCE):
            pulumi.log.warn(
                f"Gateway '{gateway.name}' runs image {gateway.image}: the article asks for 2.2, but the settings reference "
                "knows the Entra settings since 2.3. Use 2.3 or later."
            )
    scope = f"resource group '{instance.resource_group}' of subscription {instance.subscription_id}"
    try:
        found = look_up_instance(instance, azure)
    except Exception as error:
        what = f"API Management instance '{instance.name}'"
        return "", [_explain(error, what, f"in {scope}", f"{PROJECT}:apiManagement")]
    problems = [
        *_unsupported(instance, found),
        *_absent_gateways(instance, gateways, azure),
        *_absent_apis(instance, gateways, azure),
    ]
    return found.principal_id or "", problems


def _unsupported(instance: ApiManagementSettings, found: ApiManagementInstance) -> Iterator[str]:
    if found.tier not in SUPPORTED_TIERS:
        yield (
            f"API Management instance '{instance.name}' is in tier {found.tier}: self-hosted gateways need "
            f"{' or '.join(SUPPORTED_TIERS)}."
        )
    if found.principal_id is None:
        yield (
            f"API Management instance '{instance.name}' has no system-assigned managed identity: the configuration API "
            f"checks access with it. Enable it: az apim update --name {instance.name} "
            f"--resource-group {instance.resource_group} --enable-managed-identity true"
        )


def _absent_gateways(
    instance: ApiManagementSettings, gateways: tuple[GatewaySettings, ...], azure: pulumi.ProviderResource
) -> Iterator[str]:
    for gateway in gateways:
        if gateway.create_gateway_resource:
            continue
        try:
            look_up_gateway(instance, gateway.name, azure)
        except Exception as error:
            yield _explain(
                error,
                f"Gateway resource '{gateway.name}'",
                f"on API Management instance '{instance.name}'",
                f"{PROJECT}:gateways, create it first, or set `createGatewayResource: true`",
            )


def _absent_apis(
    instance: ApiManagementSettings, gateways: tuple[GatewaySettings, ...], azure: pulumi.ProviderResource
) -> Iterator[str]:
    named: dict[str, str] = {}
    for index, gateway in enumerate(gateways):
        for api in gateway.apis:
            named.setdefault(api, f"{PROJECT}:gateways[{index}].apis")
    for api, key in named.items():
        try:
            look_up_api(instance, api, azure)
        except Exception as error:
            if not is_absent(error):
                # It is the same for each of them; whoever was given the role of an earlier version goes on.
                pulumi.log.warn(
                    f"Whether the APIs exist that {PROJECT}:gateways names can't be checked; it needs the right "
                    f"Microsoft.ApiManagement/service/apis/read (docs/permissions.md). {reason(error)}"
                )
                return
            yield (
                f"API '{api}' was not found on API Management instance '{instance.name}'. Check {key}: the API's id is "
                "expected, not its display name."
            )


def _explain(error: Exception, what: str, where: str, key: str) -> str:
    if is_absent(error):
        return f"{what} was not found {where}. Check {key}."
    if is_forbidden(error):
        return f"{what} {where} can't be read with this sign-in: {reason(error)}"
    return f"{what} {where} can't be read: {reason(error)}"

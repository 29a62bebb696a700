"""What the article demands before anything is created, checked against Azure on every preview and update."""

import os
import re

import pulumi
import pulumi_azuread as azuread
from pulumi_azure_native import authorization

from components.api_management import SUPPORTED_TIERS, ApiManagementInstance, look_up_gateway, look_up_instance
from components.config import ApiManagementSettings, GatewaySettings, StackSettings
from components.image import SETTINGS_SINCE, is_older


def check_sign_in(settings: StackSettings, azure: pulumi.ProviderResource, entra: pulumi.ProviderResource) -> None:
    """Stop where the providers are signed in to another tenant or subscription than the stack names.

    It keeps a stack from being deployed with the wrong account, and is the first thing that is looked up.

    Raises:
        pulumi.RunError: signed in elsewhere, or the sign-in fails.
    """
    wanted = {"tenant": settings.tenant_id, "subscription": settings.subscription_id}
    _compare(
        wanted,
        {"tenant": os.environ.get("ARM_TENANT_ID", ""), "subscription": os.environ.get("ARM_SUBSCRIPTION_ID", "")},
        "the environment (ARM_TENANT_ID, ARM_SUBSCRIPTION_ID)",
    )
    try:
        arm = authorization.get_client_config(opts=pulumi.InvokeOptions(provider=azure))
        graph = azuread.get_client_config(opts=pulumi.InvokeOptions(provider=entra))
    except Exception as error:
        raise pulumi.RunError(
            f"Signing in to tenant {settings.tenant_id} failed: {_reason(error)}\n"
            "Check the credentials: ARM_CLIENT_ID and ARM_CLIENT_SECRET, OIDC, or `az login`."
        ) from error
    _compare(wanted, {"tenant": arm.tenant_id, "subscription": arm.subscription_id}, "the azure-native provider")
    _compare(wanted, {"tenant": graph.tenant_id}, "the azuread provider")


def check_instance(
    instance: ApiManagementSettings, gateways: tuple[GatewaySettings, ...], azure: pulumi.ProviderResource
) -> str:
    """Check the API Management instance and the gateway resources.

    Returns:
        Object id of the instance's system-assigned managed identity.

    Raises:
        pulumi.RunError: with everything that is missing.
    """
    scope = f"resource group '{instance.resource_group}' of subscription {instance.subscription_id}"
    try:
        found = look_up_instance(instance, azure)
    except Exception as error:
        raise pulumi.RunError(
            _explain(
                error, f"API Management instance '{instance.name}'", f"in {scope}", "self-hosted-gateway:apiManagement"
            )
        ) from error

    problems = _unsupported(instance, found)
    for gateway in gateways:
        if is_older(gateway.image, SETTINGS_SINCE):
            pulumi.log.warn(
                f"Gateway '{gateway.name}' runs image {gateway.image}: the article asks for 2.2, but the settings reference "
                "knows the Entra settings since 2.3. Use 2.3 or later."
            )
        if gateway.create_gateway_resource:
            continue
        try:
            look_up_gateway(instance, gateway.name, azure)
        except Exception as error:
            problems.append(
                _explain(
                    error,
                    f"Gateway resource '{gateway.name}'",
                    f"on API Management instance '{instance.name}'",
                    "self-hosted-gateway:gateways, create it first, or set `createGatewayResource: true`",
                )
            )
    if problems or found.principal_id is None:
        raise pulumi.RunError("\n".join(problems))
    return found.principal_id


def _unsupported(instance: ApiManagementSettings, found: ApiManagementInstance) -> list[str]:
    problems: list[str] = []
    if found.tier not in SUPPORTED_TIERS:
        problems.append(
            f"API Management instance '{instance.name}' is in tier {found.tier}: self-hosted gateways need "
            f"{' or '.join(SUPPORTED_TIERS)}."
        )
    if found.principal_id is None:
        problems.append(
            f"API Management instance '{instance.name}' has no system-assigned managed identity: the configuration API "
            f"checks access with it. Enable it: az apim update --name {instance.name} "
            f"--resource-group {instance.resource_group} --enable-managed-identity true"
        )
    return problems


def _compare(wanted: dict[str, str], actual: dict[str, str], where: str) -> None:
    for kind, value in actual.items():
        if value and value.lower() != wanted[kind].lower():
            raise pulumi.RunError(
                f"Signed in to another {kind}: stack '{pulumi.get_stack()}' belongs to {wanted[kind]} "
                f"(azure-native:{kind}Id), but {where} says {value}. Sign in to the right one, or select another stack."
            )


def _explain(error: Exception, what: str, where: str, key: str) -> str:
    reason = _reason(error)
    if "NotFound" in reason:
        return f"{what} was not found {where}. Check {key}."
    if "AuthorizationFailed" in reason:
        return f"{what} {where} can't be read with this sign-in: {reason}"
    return f"{what} {where} can't be read: {reason}"


def _reason(error: Exception) -> str:
    """The provider's message on one line, without the engine's prefix and the provider's stack."""
    text = re.sub(r"\s+", " ", str(error)).strip()
    return re.sub(r"^(invoke of \S+ failed: )?(invocation of \S+ returned an error: )?", "", text)

"""Who runs the program, and where."""

import os

import pulumi
import pulumi_azuread as azuread
from pulumi_azure_native import authorization

from components.config.models.stack import StackSettings
from components.ending import Refusal

from .answers import reason


def check_sign_in(settings: StackSettings, azure: pulumi.ProviderResource, entra: pulumi.ProviderResource) -> str:
    """Stop where the providers are signed in to another tenant or subscription than the stack names.

    It keeps a stack from being deployed with the wrong account, and is the first thing that is looked up.

    Returns:
        Object id of the principal that is signed in.

    Raises:
        Refusal: signed in elsewhere, or the sign-in fails.
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
        raise Refusal(
            f"Signing in to tenant {settings.tenant_id} failed: {reason(error)}\n"
            "Check the credentials: ARM_CLIENT_ID and ARM_CLIENT_SECRET, OIDC, or `az login`."
        ) from error
    _compare(wanted, {"tenant": arm.tenant_id, "subscription": arm.subscription_id}, "the azure-native provider")
    _compare(wanted, {"tenant": graph.tenant_id}, "the azuread provider")
    return graph.object_id


def _compare(wanted: dict[str, str], actual: dict[str, str], where: str) -> None:
    for kind, value in actual.items():
        if value and value.lower() != wanted[kind].lower():
            raise Refusal(
                f"Signed in to another {kind}: stack '{pulumi.get_stack()}' belongs to {wanted[kind]} "
                f"(azure-native:{kind}Id), but {where} says {value}. Sign in to the right one, or select another stack."
            )

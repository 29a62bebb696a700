"""Who runs this: the first thing that is looked up."""

import pulumi
import pulumi_azuread as azuread
from pulumi_azure_native import authorization

from .config import StackSettings
from .ending import Refusal


def check(settings: StackSettings, azure: pulumi.ProviderResource, entra: pulumi.ProviderResource) -> None:
    """Stop where the providers are signed in to another tenant or subscription than the stack names.

    Raises:
        Refusal: signed in elsewhere, or the sign-in fails.
    """
    try:
        arm = authorization.get_client_config(opts=pulumi.InvokeOptions(provider=azure))
        graph = azuread.get_client_config(opts=pulumi.InvokeOptions(provider=entra))
    except Exception as error:
        raise Refusal(f"Signing in to tenant {settings.tenant_id} failed: {error}") from error
    for kind, wanted, found in (
        ("tenant", settings.tenant_id, arm.tenant_id),
        ("tenant", settings.tenant_id, graph.tenant_id),
        ("subscription", settings.subscription_id, arm.subscription_id),
    ):
        if found.lower() != wanted.lower():
            raise Refusal(
                f"Signed in to another {kind}: the stack belongs to {wanted} (azure-native:{kind}Id), but this is {found}. "
                "Sign in to the right one, or select another stack."
            )

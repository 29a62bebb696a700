"""All that is looked up, and the one message for all that is wrong."""

import pulumi

from components.config.models.stack import StackSettings
from components.ending import Refusal

from .assignable_scopes import scope_problems
from .context import context_problems
from .instance import look_up
from .owners import owner_problems


def check(
    settings: StackSettings,
    signed_in: str,
    azure: pulumi.ProviderResource,
    instance_azure: pulumi.ProviderResource,
    entra: pulumi.ProviderResource,
) -> str:
    """Look up what the stack needs of Azure and of the kubeconfig. What may not be read is warned of.

    Args:
        settings: the stack's configuration.
        signed_in: object id of the principal that is signed in.
        azure: for the stack's subscription.
        instance_azure: for the subscription of the API Management instance.
        entra: for the tenant.

    Returns:
        Object id of the API Management instance's managed identity; empty where the stack has no instance.

    Raises:
        Refusal: with everything that is wrong.
    """
    identity, problems = "", list[str]()
    if settings.api_management is not None:
        identity, problems = look_up(settings.api_management, settings.gateways, instance_azure)
    problems += scope_problems(settings.roles, azure)
    problems += owner_problems(settings.gateways, signed_in, entra)
    problems += context_problems(settings.cluster)
    if problems:
        raise Refusal("\n".join(problems))
    return identity

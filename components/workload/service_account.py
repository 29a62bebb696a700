"""The ServiceAccount: who the pods are in the cluster."""

from collections.abc import Sequence

import pulumi
from pulumi_kubernetes.core.v1 import ServiceAccount

from components.config.models.workload.service_account import ServiceAccountSettings
from components.workload.naming import Naming
from components.workload.unprotected import unprotected

# Every namespace has it. It is declared by its name: Kubernetes keeps the name of another one that is only taken out.
_OF_THE_NAMESPACE = "default"


def service_account_name(
    name: str,
    naming: Naming,
    settings: ServiceAccountSettings,
    after: Sequence[pulumi.Resource],
    parent: pulumi.Resource,
) -> pulumi.Input[str]:
    """Declare it where it is to be created, and return the name of the one that the pods have.

    Args:
        name: of the component; the resource's name begins with it.
        naming: names and labels of the objects.
        settings: what the stack's file says of it.
        after: what has to be there before it, protected objects among it.
        parent: the component.
    """
    if not settings.create:
        return settings.name or _OF_THE_NAMESPACE
    metadata = naming.metadata(annotations=settings.annotations or None)
    metadata.name = settings.name or naming.app
    account = ServiceAccount(
        f"{name}-service-account",
        metadata=metadata,
        # Whether pods get its token, they say themselves.
        automount_service_account_token=False,
        opts=unprotected(parent, after),
    )
    return account.metadata.name

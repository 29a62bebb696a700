"""Which of a stack's provider resources is meant.

There can be several of one package: one for each subscription, one that was replaced and is still to be deleted, and those
that the engine makes itself. The one that a StackReference needs has no inputs.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import OpsError
from .state import StackResource

_TYPE = "pulumi:providers:"


def provider_inputs(package: str, resources: Iterable[StackResource]) -> Mapping[str, Any] | None:
    """Inputs of the provider of a package that the stack's resources use, else of any that stays; None if there is none.

    Args:
        package: the provider's package, `kubernetes` for example.
        resources: the stack's resources, providers included.
    """
    known = list(resources)
    used = {resource.provider for resource in known if not resource.goes}
    of_package = [resource for resource in known if resource.type == f"{_TYPE}{package}" and not resource.goes]
    of_package.sort(key=lambda provider: _reference(provider) not in used)
    return of_package[0].inputs if of_package else None


def provider_of(reference: str, resources: Iterable[StackResource]) -> StackResource:
    """The provider resource that a resource refers to by URN and id.

    Raises:
        OpsError: the state has none of that URN.
    """
    urn = reference.rpartition("::")[0]
    of_urn = [resource for resource in resources if resource.urn == urn]
    if not of_urn:
        raise OpsError(f"The state has no provider {urn.rpartition('::')[2] or reference}.")
    # What is planned refers to a provider that is planned, too, by an id that nobody knows yet.
    of_urn.sort(key=lambda provider: (_reference(provider) != reference, provider.goes))
    return of_urn[0]


def _reference(provider: StackResource) -> str:
    return f"{provider.urn}::{provider.id}"

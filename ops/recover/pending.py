"""What was being created when the engine ended, and whether it came to be.

The engine records a creation before it begins, and does not know afterwards whether it was done. ARM's objects have ids
that the program gives, so the state takes them over. What Entra and the cluster made nobody depends on yet: it is
removed, and the next update makes it again.
"""

from typing import Any

from ..engine.providers import provider_of
from ..engine.state import StackResource, resources_of
from ..errors import OpsError
from ..report.values import masked
from . import in_arm, in_cluster, in_entra
from .leftover import Fate, Leftover, Places


def find_leftovers(state: dict[str, Any], known: set[str], places: Places) -> list[Leftover]:
    """The objects that pending creations have left.

    Args:
        state: the stack's state, as the engine exports it.
        known: what the stacks of the project know, in lower case: ids, key ids and field managers.
        places: where to look.

    Raises:
        OpsError: somewhere can't be looked.
    """
    resources = resources_of(state)
    found: list[Leftover] = []
    for operation in state["deployment"].get("pending_operations") or []:
        if operation["type"] == "creating":
            found += _of(operation["resource"], resources, known, places)
    return found


def _of(pending: dict[str, Any], resources: list[StackResource], known: set[str], places: Places) -> list[Leftover]:
    urn, type_, inputs = pending["urn"], pending["type"], masked(pending.get("inputs") or {})
    name = urn.rsplit("::", 1)[-1]
    if type_.startswith("azure-native:"):
        there = in_arm.left_over(type_, inputs, subscription_of(pending, resources), places.arm)
        if there is None or there[0].lower() in known:
            return []  # or made since, and recorded
        id_, remove = there
        # Of two resources with one URN the state could only keep one, and has the one that was to be replaced.
        if any(resource.urn == urn for resource in resources):
            return [Leftover(name, urn, id_, Fate.REMOVE, remove=remove)]
        return [Leftover(name, urn, id_, Fate.IMPORT, id=id_, record=pending)]
    if type_.startswith("azuread:"):
        left = in_entra.left_over(type_, inputs, known, places.graph, _any_time)
        return [Leftover(name, urn, what, Fate.REMOVE, remove=remove) for what, remove in left]
    if type_.startswith("kubernetes:") and places.cluster is not None:
        there = in_cluster.left_over(type_, inputs, known, places.cluster, _any_time)
        if there is None:
            return []
        what, remove = there
        return [Leftover(name, urn, what, Fate.REMOVE if remove else Fate.KEEP, remove=remove)]
    return []  # a GUID is nowhere but in the state


def _any_time(created: str) -> bool:  # noqa: ARG001
    # When a killed update ended, nobody knows.
    return True


def subscription_of(record: dict[str, Any], resources: list[StackResource]) -> str:
    """The subscription that a resource's provider works in.

    Raises:
        OpsError: the state does not have that provider, or it names no subscription.
    """
    provider = provider_of(str(record["provider"]), resources)
    if not provider.inputs.get("subscriptionId"):
        raise OpsError(f"Provider {provider.name} has no subscription ID: set `azure-native:subscriptionId`.")
    return str(provider.inputs["subscriptionId"])

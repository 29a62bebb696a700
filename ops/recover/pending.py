"""What was being created when the engine ended, and whether it came to be.

The engine records a creation before it begins, and does not know afterwards whether it was done. The objects of ARM and of
the cluster have ids that the program gives, so the state takes them over. What Entra made nobody depends on yet: it is
removed, and the next update makes it again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from ..engine.providers import provider_of
from ..engine.state import StackResource, resources_of
from ..errors import OpsError
from ..report.values import masked
from . import in_arm, in_cluster, in_entra
from .in_cluster import Creation
from .leftover import Fate, Leftover, Places


def find_leftovers(
    state: dict[str, Any], known: set[str], places: Places, declared: Mapping[str, dict[str, Any]] | None = None
) -> list[Leftover]:
    """The objects that pending creations have left.

    Args:
        state: the stack's state, as the engine exports it.
        known: what the stacks of the project know, in lower case: ids, object ids and key ids.
        places: where to look.
        declared: the inputs of what is pending in the cluster by URN, without marks of secrets.

    Raises:
        OpsError: somewhere can't be looked.
    """
    resources = resources_of(state)
    found: list[Leftover] = []
    for operation in state["deployment"].get("pending_operations") or []:
        if operation["type"] == "creating":
            pending = operation["resource"]
            if pending["type"].startswith("kubernetes:"):
                found += _in_cluster(pending, state, places, declared or {})
            else:
                found += _of(pending, resources, known, places)
    return found


def _in_cluster(
    pending: dict[str, Any], state: dict[str, Any], places: Places, declared: Mapping[str, dict[str, Any]]
) -> Iterator[Leftover]:
    if places.cluster is None:
        return
    if pending["urn"] not in declared:
        raise OpsError(f"Stack {places.stack} has changed meanwhile: run this again.")
    creation = Creation(pending["urn"], pending["type"], declared[pending["urn"]], pending)
    if there := in_cluster.left_over(creation, places.cluster, _at_the_time_of(pending, state, places)):
        yield there


def _at_the_time_of(pending: dict[str, Any], state: dict[str, Any], places: Places) -> Places:
    """The places, with the time in which a pending creation can have been carried out.

    Once the lock is gone, nobody knows when the update began. The creation came after that of all that it needs, and what
    was pending then is in what the update wrote last.
    """
    if places.killed is not None:
        return replace(places, updates=[places.killed])
    needed = {pending.get("parent"), *(pending.get("dependencies") or ()), str(pending["provider"]).rpartition("::")[0]}
    began = [resource.created for resource in resources_of(state) if resource.urn in needed and resource.created]
    written = datetime.fromisoformat(state["deployment"]["manifest"]["time"])
    return replace(places, updates=[(max(began), written)] if began else [])


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

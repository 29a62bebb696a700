"""What a creation has left though the engine holds it for failed, or has made twice: the answer to a request was lost.

Nothing of it is pending, so it is looked for by what the program declares. Only what cannot be anybody else's is removed:
in Entra what `in_entra` tells; in ARM roles, whose GUIDs this stack has made up, and assignments of the project's roles or
to its principals. The state takes over gateway resources, attached APIs and the cluster's objects: their ids are declared, and
removing one would interrupt who uses it.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..engine.state import StackResource
from ..engine.steps import Step
from ..report.values import UNKNOWN
from . import in_arm, in_cluster, in_entra
from .in_cluster import Creation
from .leftover import Fate, Leftover, Places
from .pending import subscription_of

_IN_ENTRA = "azuread:"
_DEFINITION = "azure-native:authorization:RoleDefinition"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_TAKEN_OVER = ("azure-native:apimanagement:Gateway", "azure-native:apimanagement:GatewayApiEntityTag")
_IN_CLUSTER = "kubernetes:"


def beside_the_state(resources: Iterable[StackResource], known: set[str], places: Places) -> Iterator[Leftover]:
    """What Entra has of a kind with what the state has.

    Args:
        resources: the stack's resources.
        known: ids and key ids that the stacks of the project know.
        places: where to look.

    Raises:
        OpsError: Graph can't be read.
    """
    for resource in resources:
        if resource.type.startswith(_IN_ENTRA):
            yield from _in_entra(resource.name, resource.urn, resource.type, resource.inputs, known, places)


def instead_of_creations(
    steps: Iterable[Step], resources: list[StackResource], known: set[str], places: Places
) -> Iterator[Leftover]:
    """What is there already of what the next update would create.

    Args:
        steps: a preview.
        resources: the stack's resources.
        known: ids, key ids and principals that the stacks of the project know.
        places: where to look.

    Raises:
        OpsError: ARM, Graph or the cluster can't be read.
    """
    recorded = {resource.urn for resource in resources}
    for step in steps:
        if step.operation != "create":
            continue
        # An update that has come to a creation has recorded the component that it belongs to.
        if step.type.startswith(_IN_CLUSTER):
            if step.parent in recorded and (found := _in_cluster(step, resources, places)):
                yield found
            continue
        if UNKNOWN in step.new.values():
            continue
        if step.type.startswith(_IN_ENTRA):
            yield from _in_entra(step.name, step.urn, step.type, step.new, known, places)
            continue
        if step.type in _TAKEN_OVER:
            if step.parent in recorded:
                yield from _taken_over(step, resources, known, places)
            continue
        there: tuple[str, Callable[[], None]] | None = None
        if step.type == _DEFINITION:
            there = in_arm.left_over(step.type, step.new, "", places.arm)
        elif step.type == _ASSIGNMENT and (
            known & {step.new["roleDefinitionId"].lower(), step.new["principalId"].lower()}
        ):
            there = in_arm.twin_of_assignment(step.new, places.arm)
        if there is not None and there[0].lower() not in known:
            id_, remove = there
            yield Leftover(step.name, step.urn, id_, Fate.REMOVE, remove=remove)


def _in_cluster(step: Step, resources: list[StackResource], places: Places) -> Leftover | None:
    providers = {f"{resource.urn}::{resource.id}" for resource in resources}
    # Nor has an update come to a creation before all that it needs was recorded.
    if (
        not set(step.dependencies) <= {resource.urn for resource in resources}
        or step.record["provider"] not in providers
    ):
        return None
    creation = Creation(step.urn, step.type, step.record["inputs"], step.record)
    return in_cluster.left_over(creation, places.cluster, places) if places.cluster is not None else None


def _taken_over(step: Step, resources: list[StackResource], known: set[str], places: Places) -> Iterator[Leftover]:
    there = in_arm.left_over(step.type, step.new, subscription_of(step.record, resources), places.arm)
    if there is not None and there[0].lower() not in known:
        yield Leftover(step.name, step.urn, there[0], Fate.IMPORT, id=there[0], record=step.record)


def _in_entra(
    name: str, urn: str, type_: str, inputs: dict[str, Any], known: set[str], places: Places
) -> Iterator[Leftover]:
    for what, remove in in_entra.left_over(type_, inputs, known, places.graph, places.made_by_an_update):
        yield Leftover(name, urn, what, Fate.REMOVE, remove=remove)

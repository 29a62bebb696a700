"""What a creation has left though the engine holds it for failed, or has made twice: the answer to a request was lost.

Nothing of it is pending, so it is looked for by what the program declares. Only what cannot be anybody else's is removed:
in Entra what `in_entra` tells; in ARM roles, whose GUIDs this stack has made up, and assignments of the project's roles or
to its principals.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..engine import UNKNOWN, StackResource, Step
from . import in_arm, in_entra
from .leftover import Fate, Leftover, Places

_IN_ENTRA = "azuread:"
_DEFINITION = "azure-native:authorization:RoleDefinition"
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"


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


def instead_of_creations(steps: Iterable[Step], known: set[str], places: Places) -> Iterator[Leftover]:
    """What is there already of what the next update would create.

    Args:
        steps: a preview.
        known: ids, key ids and principals that the stacks of the project know.
        places: where to look.

    Raises:
        OpsError: ARM or Graph can't be read.
    """
    for step in steps:
        if step.operation != "create" or UNKNOWN in step.new.values():
            continue
        if step.type.startswith(_IN_ENTRA):
            yield from _in_entra(step.name, step.urn, step.type, step.new, known, places)
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


def _in_entra(
    name: str, urn: str, type_: str, inputs: dict[str, Any], known: set[str], places: Places
) -> Iterator[Leftover]:
    for what, remove in in_entra.left_over(type_, inputs, known, places.graph):
        yield Leftover(name, urn, what, Fate.REMOVE, remove=remove)

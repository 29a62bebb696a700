"""What the project's other stacks have: it is beside a stack, and yet declared."""

from functools import cached_property

from ..engine.state import export_stack, stacks


class Elsewhere:
    """The other stacks, read when they are first asked for: where all is as declared, nobody asks."""

    def __init__(self, stack: str) -> None:
        self._stack = stack

    def has(self, id_: str) -> bool:
        """Whether another stack of the project has a resource of this id.

        Raises:
            OpsError: the engine can't be run.
        """
        return guid(id_) in self._guids

    @cached_property
    def _guids(self) -> set[str]:
        others = [stack for stack in stacks() if stack != self._stack]
        return {guid(resource.id) for stack in others for resource in export_stack(stack) if resource.id}


def guid(id_: str) -> str:
    """The last part of an id: ARM re-cases ids, and rewrites a role definition's subscription, but not its GUID."""
    return id_.rstrip("/").rsplit("/", 1)[-1].lower()

"""What the engine knows of a stack, read through its command line."""

import json
import subprocess
from dataclasses import dataclass


class EngineError(Exception):
    """What the engine said went wrong."""


@dataclass(frozen=True)
class StackResource:
    """One resource of a stack's state; without its properties, which may be secret."""

    urn: str
    type: str
    parent: str
    dependencies: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rsplit("::", 1)[-1]


def export_stack(stack: str) -> list[StackResource]:
    """The resources of a stack, as its state has them.

    Raises:
        EngineError: the engine can't be run, or there is no such stack.
    """
    try:
        finished = subprocess.run(["pulumi", "stack", "export", "--stack", stack], capture_output=True, text=True)
    except OSError as error:
        raise EngineError(f"pulumi can't be run: {error.strerror}") from None
    if finished.returncode:
        raise EngineError(finished.stderr.strip().removeprefix("error: "))
    resources = json.loads(finished.stdout)["deployment"].get("resources", [])
    return [
        StackResource(
            urn=resource["urn"],
            type=resource["type"],
            parent=resource.get("parent", ""),
            dependencies=tuple(resource.get("dependencies", [])),
        )
        for resource in resources
    ]

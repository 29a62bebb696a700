"""A stack's state, as the engine keeps it."""

import json
from dataclasses import dataclass, field
from typing import Any

from ..report.values import masked, revealed
from .commands import run


@dataclass(frozen=True)
class StackResource:
    """One resource of a stack's state. Secrets are masked."""

    urn: str
    type: str
    parent: str = ""
    dependencies: tuple[str, ...] = ()
    id: str = ""
    provider: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    outputs: dict[str, Any] = field(default_factory=dict)
    goes: bool = False
    """Whether it was replaced by another of the same URN, and is still to be deleted."""

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rsplit("::", 1)[-1]


def export_stack(stack: str, *, keys_of_secrets: bool = False) -> list[StackResource]:
    """The resources of a stack, as its state has them.

    Args:
        stack: name of the stack.
        keys_of_secrets: of an object that is secret as a whole, mask the values only. The engine decrypts it for that.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    decrypt = ["--show-secrets"] if keys_of_secrets else []
    return resources_of(json.loads(run("stack", "export", "--stack", stack, *decrypt)))


def resources_of(state: dict[str, Any]) -> list[StackResource]:
    """The resources of a state as the engine exports it."""
    return [
        StackResource(
            urn=resource["urn"],
            type=resource["type"],
            parent=resource.get("parent", ""),
            dependencies=tuple(resource.get("dependencies", [])),
            id=resource.get("id", ""),
            provider=resource.get("provider", ""),
            inputs=masked(resource.get("inputs", {})),
            outputs=masked(resource.get("outputs", {})),
            goes=bool(resource.get("delete")),
        )
        for resource in state["deployment"].get("resources") or []
    ]


def export_raw(stack: str) -> dict[str, Any]:
    """A stack's state as the engine keeps it; its secrets are encrypted.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    return json.loads(run("stack", "export", "--stack", stack))


def export_in_clear(stack: str) -> dict[str, dict[str, Any]]:
    """A stack's resources by URN as the engine keeps them, with their secrets in clear: to compare them, never to show them.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    deployment = json.loads(run("stack", "export", "--stack", stack, "--show-secrets"))["deployment"]
    # One that was replaced, and is still to be deleted, has the URN of its successor.
    return {r["urn"]: revealed(r) for r in deployment.get("resources") or [] if not r.get("delete")}


def holdings(state: dict[str, Any]) -> tuple[Any, Any]:
    """What a state holds, its date and other circumstances apart: resources and pending operations."""
    deployment = state["deployment"]
    return deployment.get("resources") or [], deployment.get("pending_operations") or []


def import_raw(stack: str, state: dict[str, Any]) -> None:
    """Put a state in the place of a stack's.

    Raises:
        OpsError: the stack is locked, or the engine refuses the state.
    """
    run("stack", "import", "--stack", stack, given=json.dumps(state))


def stacks() -> list[str]:
    """Names of the project's stacks in the backend."""
    return [stack["name"] for stack in json.loads(run("stack", "ls", "--json"))]

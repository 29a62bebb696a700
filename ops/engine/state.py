"""A stack's state, as the engine keeps it."""

import json
from dataclasses import dataclass, field, replace
from datetime import datetime
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
    created: datetime | None = None
    """When an update made it."""
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
    return resources_of(export_raw(stack, in_clear=keys_of_secrets))


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
            created=datetime.fromisoformat(resource["created"]) if resource.get("created") else None,
            goes=bool(resource.get("delete")),
        )
        for resource in state["deployment"].get("resources") or []
    ]


def resources_under_way(state: dict[str, Any]) -> list[StackResource]:
    """The resources of a state with those that are being created or updated, whose inputs are what they are to be.

    What is being created has no id yet, or had none when its update was interrupted.
    """
    resources = {resource.urn: resource for resource in resources_of(state) if not resource.goes}
    for operation in state["deployment"].get("pending_operations") or []:
        (pending,) = resources_of({"deployment": {"resources": [operation["resource"]]}})
        if operation["type"] == "creating":
            resources[pending.urn] = replace(pending, id="")
        elif operation["type"] == "updating" and pending.urn in resources:
            resources[pending.urn] = replace(resources[pending.urn], inputs=pending.inputs)
    return list(resources.values())


def export_raw(stack: str, *, in_clear: bool = False) -> dict[str, Any]:
    """A stack's state as the engine keeps it; its secrets are encrypted, unless asked for in clear.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    decrypt = ["--show-secrets"] if in_clear else []
    return json.loads(run("stack", "export", "--stack", stack, *decrypt))


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

"""Recovery in two steps: what would be done, and doing it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ..azure.sign_in import Azure
from ..cluster.connection import Cluster
from ..engine.commands import run
from ..engine.history import updates
from ..engine.lock import Lock, clear_lock, find_lock, is_owner_gone
from ..engine.providers import provider_inputs
from ..engine.state import StackResource, export_raw, holdings, import_raw, resources_of, stacks
from ..engine.steps import preview
from ..errors import OpsError
from ..report.values import secrets_in, unmarked
from .in_cluster import in_words
from .leftover import Fate, Leftover, Places
from .pending import find_leftovers
from .plugins import WHY_LATER, Outliving, moment, outliving
from .unrecorded import beside_the_state, instead_of_creations

_APPLICATION = "azuread:index/application:Application"


@dataclass
class Plan:
    """What a recovery would do."""

    stack: str
    lock: Lock | None
    leftovers: list[Leftover]
    state: dict[str, Any] = field(repr=False)
    obstacle: str = ""
    """Why it can't be found out what was left behind: then nothing but the lock is cleared."""

    @property
    def pending(self) -> list[str]:
        """The operations that were interrupted, in the engine's words."""
        operations = self.state["deployment"].get("pending_operations") or []
        return [f"{op['resource']['urn'].rsplit('::', 1)[-1]} was interrupted while {op['type']}" for op in operations]

    @property
    def is_needed(self) -> bool:
        """Whether there is anything to do."""
        return self.lock is not None or bool(self.pending or self.leftovers)


def ended_lock(stack: str, *, owner_is_gone: bool = False) -> Lock | None:
    """The lock of an update that has ended, if there is one.

    Args:
        stack: name of the stack.
        owner_is_gone: take it that a lock from another machine has no owner any more.

    Raises:
        OpsError: the update still runs, or nobody knows whether it does.
    """
    lock = find_lock(stack)
    if lock is not None:
        gone = is_owner_gone(lock)
        if gone is False:
            raise OpsError(f"Stack {stack} is being updated by {lock}: wait until it has ended, or interrupt it there.")
        if gone is None and not owner_is_gone:
            safe = still_writing(stack, lock).until
            raise OpsError(
                f"Stack {stack} is locked by {lock}. That is another machine: make sure that the update has ended there, "
                f"then run this again with --owner-is-gone{f', from {moment(safe)} on' if safe else ''}."
                f"{f' {WHY_LATER}' if safe else ''}"
            )
    return lock


def still_writing(stack: str, lock: Lock | None) -> Outliving:
    """What can still write for an update that was killed: what it makes after `plan` has looked is found by nobody.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    return outliving(export_raw(stack), lock)


def plan(stack: str, lock: Lock | None) -> Plan:
    """Find out what an interrupted or failed update has left.

    A lock can be cleared whatever Azure and the cluster say: where they can't be asked, the plan is to clear it alone.

    Args:
        stack: name of the stack.
        lock: the lock that the update has left, if it is there still.

    Raises:
        OpsError: somewhere can't be looked.
    """
    state = export_raw(stack)
    try:
        return Plan(stack, lock, _leftovers(stack, state, lock), state)
    except OpsError as error:
        if lock is None:
            raise
        return Plan(stack, lock, [], state, obstacle=str(error))


def carry_out(planned: Plan) -> None:
    """Clear the lock, remove and import, and let the engine read everything anew.

    Raises:
        OpsError: a step fails, or another update has begun since the plan; running it again goes on from there.
    """
    if planned.lock is not None:
        # The engine clears whatever lock is there, also one that has been taken since.
        _check_lock(planned, planned.lock)
        clear_lock(planned.stack)
    if planned.obstacle:
        return
    # The pending operations are all that tells what to look for. They leave the state last, so that who is interrupted
    # here finds the rest again; until then nothing holds the stack, and each step makes sure that no update has begun.
    for leftover in planned.leftovers:
        if leftover.remove is not None:
            _check_unchanged(planned)
            leftover.remove()
    _check_unchanged(planned)
    if planned.pending or any(leftover.fate is Fate.IMPORT for leftover in planned.leftovers):
        import_raw(planned.stack, _without_pending(planned))
    run("refresh", "--yes", "--skip-preview", "--stack", planned.stack)


def _check_unchanged(planned: Plan) -> None:
    _check_lock(planned, None)
    if holdings(export_raw(planned.stack)) != holdings(planned.state):
        raise OpsError(f"Stack {planned.stack} has changed meanwhile: run this again.")


def _check_lock(planned: Plan, expected: Lock | None) -> None:
    found = find_lock(planned.stack)
    if found != expected:
        now = f"is being updated by {found}" if found else "is not locked any more"
        raise OpsError(
            f"Stack {planned.stack} {now}: somebody was here meanwhile. Wait until they are done, and run this again."
        )


def _leftovers(stack: str, state: dict[str, Any], lock: Lock | None) -> list[Leftover]:
    resources = resources_of(state)
    if provider_inputs("azure-native", resources) is None:
        return []  # no update has come as far as Azure
    states = {name: export_raw(name) for name in {stack.rsplit("/", 1)[-1], *stacks()}}
    in_clear, known = export_raw(stack, in_clear=True), _known(states)
    places = _places(stack, resources, states, secrets_in(in_clear), lock)
    found = [
        *find_leftovers(state, known, places, _declared(in_clear)),
        *beside_the_state(resources, known, places),
    ]
    if not state["deployment"].get("pending_operations"):
        found += instead_of_creations(preview(stack), resources, known, places)
    if any(_APPLICATION in leftover.urn for leftover in found):
        _check_others(stack)
    # An update that was killed twice has recorded the same creation twice.
    return list({leftover.what: leftover for leftover in found}.values())


def _places(
    stack: str,
    resources: list[StackResource],
    states: Mapping[str, dict[str, Any]],
    secrets: Iterable[str],
    lock: Lock | None,
) -> Places:
    azure = Azure(provider_inputs("azure-native", resources) or {})
    kubernetes = provider_inputs("kubernetes", resources)
    killed = (lock.since, datetime.now(UTC)) if lock else None
    return Places(
        azure.arm,
        azure.graph,
        Cluster(kubernetes) if kubernetes is not None else None,
        updates=[*updates(stack), *([killed] if killed else [])],
        killed=killed,
        stack=stack.rsplit("/", 1)[-1],
        holders=_holders(states),
        makers=_makers({name: state for name, state in states.items() if name != stack.rsplit("/", 1)[-1]}),
        secrets=frozenset(secrets),
    )


def _declared(in_clear: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The inputs of what is pending, by URN, without marks of secrets."""
    operations = in_clear["deployment"].get("pending_operations") or []
    return {op["resource"]["urn"]: unmarked(op["resource"].get("inputs") or {}) for op in operations}


def _check_others(stack: str) -> None:
    """An application that another stack's update is making just now can't be told from one that this stack has left.

    Raises:
        OpsError: there is such an update.
    """
    for other in stacks():
        if other == stack.rsplit("/", 1)[-1]:
            continue
        operations = export_raw(other)["deployment"].get("pending_operations") or []
        if any(op["type"] == "creating" and op["resource"]["type"] == _APPLICATION for op in operations):
            lock = find_lock(other)
            if lock is not None and not is_owner_gone(lock):
                raise OpsError(
                    f"Stack {other} is making an application too, and is locked by {lock}: it can't be told from one that "
                    f"{stack} has left. Wait until that update has ended, or recover {other} first; then run this again."
                )


def _known(states: Mapping[str, dict[str, Any]]) -> set[str]:
    """What the project's stacks know, in lower case: ids, object ids, and key ids of client secrets.

    ARM takes its ids in any case, and answers in its own: what the state has need not be written as the inputs are.
    """
    known: set[str] = set()
    for state in states.values():
        for resource in resources_of(state):
            known |= {resource.id, *(str(resource.outputs.get(key)) for key in ("objectId", "keyId"))}
    return {entry.lower() for entry in known - {"", "None"}}


def _holders(states: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The stack that has a Kubernetes object, by its uid: names are the same in every cluster."""
    return {
        str(resource.outputs["metadata"].get("uid")): stack
        for stack, state in states.items()
        for resource in resources_of(state)
        if resource.type.startswith("kubernetes:") and "metadata" in resource.outputs
    }


def _makers(states: Mapping[str, dict[str, Any]]) -> dict[str, str]:
    """The stack that is making a Kubernetes object, or was when it was killed, by the object in words."""
    return {
        in_words(operation["resource"]["type"], operation["resource"]["inputs"]["metadata"]): stack
        for stack, state in states.items()
        for operation in state["deployment"].get("pending_operations") or []
        if operation["type"] == "creating" and operation["resource"]["type"].startswith("kubernetes:")
    }


def _without_pending(planned: Plan) -> dict[str, Any]:
    """The state with what is imported, and nothing pending."""
    deployment = planned.state["deployment"]
    taken_over = {
        leftover.urn: {
            **leftover.record,
            "id": leftover.id,
            "outputs": leftover.outputs or leftover.record["inputs"],
        }
        for leftover in planned.leftovers
        if leftover.fate is Fate.IMPORT
    }
    resources: list[dict[str, Any]] = []
    for resource in deployment.get("resources") or []:
        if resource.get("delete") or resource["urn"] not in taken_over:
            resources.append(resource)
            continue
        # What was being replaced: it went before its successor came, or it goes now.
        successor = taken_over.pop(resource["urn"])
        resources.append(successor)
        if not resource.get("pendingReplacement") and resource["id"] != successor["id"]:
            resources.append({**resource, "delete": True})
    kept = {key: value for key, value in deployment.items() if key != "pending_operations"}
    return {**planned.state, "deployment": {**kept, "resources": [*resources, *taken_over.values()]}}

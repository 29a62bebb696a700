"""What the engine knows of a stack and finds out about it, through its command line."""

import contextlib
import hashlib
import json
import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from ..errors import OpsError
from ..report.values import masked, masked_by_name

_ROOT = "pulumi:pulumi:Stack"
_PLANNED_FROM = "plannedFrom"  # in a saved plan, beside what the engine writes and reads


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

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class Step:
    """What the engine would do to one resource."""

    operation: str
    urn: str
    type: str
    properties: tuple[str, ...]
    """Paths of the properties that differ."""
    old: dict[str, Any]
    """Inputs as declared."""
    new: dict[str, Any]
    """Inputs as found, or as they will be."""
    kinds: dict[str, str] = field(default_factory=dict)
    """What happens to each property: `update`, `add-replace` and so on."""
    id: str = ""
    """The resource's id, where the state has it."""
    parent: str = ""
    """URN of the parent."""
    dependencies: tuple[str, ...] = ()
    """URNs of what it needs."""
    provider: str = ""
    """Logical name of the provider."""
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    """The resource as the state will have it."""

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.rsplit("::", 1)[-1]

    @property
    def parent_name(self) -> str:
        """The parent's logical name."""
        return self.parent.rsplit("::", 1)[-1]


def export_stack(stack: str, *, keys_of_secrets: bool = False) -> list[StackResource]:
    """The resources of a stack, as its state has them.

    Args:
        stack: name of the stack.
        keys_of_secrets: of an object that is secret as a whole, mask the values only. The engine decrypts it for that.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    decrypt = ["--show-secrets"] if keys_of_secrets else []
    deployment = json.loads(run("stack", "export", "--stack", stack, *decrypt))["deployment"]
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
        )
        for resource in deployment.get("resources", [])
    ]


def export_raw(stack: str) -> dict[str, Any]:
    """A stack's state as the engine keeps it; its secrets are encrypted.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    return json.loads(run("stack", "export", "--stack", stack))


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


def updates(stack: str) -> list[tuple[datetime, datetime]]:
    """When a stack's last hundred changes began and ended; where no service keeps them, without those that were killed.

    Raises:
        OpsError: the engine can't be run, or there is no such stack.
    """
    entries = json.loads(run("stack", "history", "--json", "--page-size", "100", "--stack", stack))
    return [
        (datetime.fromisoformat(entry["startTime"]), datetime.fromisoformat(entry["endTime"]))
        for entry in entries
        if entry["kind"] == "update" and entry.get("endTime")
    ]


def refresh(stack: str) -> list[Step]:
    """What a refresh finds changed, without taking it into the state.

    Raises:
        OpsError: it fails: that is no drift, and no all-clear either.
    """
    return _steps("refresh", "--preview-only", "--run-program", "--stack", stack)


def preview(stack: str, *, refresh: bool = False, plan: Path | None = None) -> list[Step]:
    """What an update would do.

    Args:
        stack: name of the stack.
        refresh: compare with reality, as an update with `--refresh` does, instead of with the state.
        plan: where to save the plan that an update can be held to, with the state that it starts from; secrets in it are
            encrypted, and what resources have now is left out.

    Raises:
        OpsError: the preview fails.
    """
    options = ["--refresh"] if refresh else []
    command = ["preview", "--show-sames", "--show-replacement-steps", *options, "--stack", stack]
    steps = _steps(*command) if plan is None else _planned(command, stack, plan)
    # What the refresh read comes first; the program's own steps begin with the stack.
    roots = [index for index, step in enumerate(steps) if step.type == _ROOT]
    return steps[roots[-1] :] if refresh and roots else steps


def _planned(command: list[str], stack: str, plan: Path) -> list[Step]:
    """The steps of a preview; its plan is saved when nothing in it is in clear."""
    planned_from = _fingerprint(stack)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        steps = _steps(*command, "--save-plan", str(file))
        written = json.loads(file.read_text())
    # What each resource has now, which the engine does not read again: somebody's secret may be there in clear.
    for each in (written.get("resourcePlans") or {}).values():
        each.pop("state", None)
    plan.write_text(json.dumps({**written, _PLANNED_FROM: planned_from}))
    return steps


def is_outdated(stack: str, plan: Path) -> bool:
    """Whether the stack has been updated since a plan was made. The engine holds an update to new values only, not to old.

    Raises:
        OpsError: the engine can't be run, there is no such stack, or the file is no plan.
    """
    try:
        planned_from = json.loads(plan.read_text())[_PLANNED_FROM]
    except (ValueError, TypeError, KeyError):
        raise OpsError(f"{plan} is no plan that `ops preview` has saved.") from None
    return planned_from != _fingerprint(stack)


def update(stack: str, plan: Path) -> Iterator[dict[str, Any]]:
    """Update a stack with `--refresh`, held to a saved plan; the engine's events while it goes on.

    Raises:
        OpsError: the engine can't be run, or the update fails.
    """
    arguments = ["up", "--yes", "--json", "--refresh", "--plan", str(plan), "--stack", stack]
    command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
    environment = {**os.environ, "PULUMI_ENABLE_STREAMING_JSON_PREVIEW": "true"}
    with tempfile.TemporaryFile("w+") as errors:
        try:
            process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        except OSError as error:
            raise _not_run(error) from None
        with process:
            yield from _events(process)
        if process.returncode:
            errors.seek(0)
            said = errors.read().strip().removeprefix("error: ")
            raise OpsError(said or f"The update failed: pulumi ended with exit code {process.returncode}.")


def preview_import(stack: str) -> tuple[list[Step], dict[str, Any]]:
    """What an update would do, and the import file of what it would create, with placeholders for the ids.

    Raises:
        OpsError: the preview fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "import.json"
        steps = _steps("preview", "--show-sames", "--import-file", str(file), "--stack", stack)
        return steps, json.loads(file.read_text())


def run(*arguments: str, given: str | None = None) -> str:
    """Run the engine, with a text on its standard input where one is given; what it prints.

    Raises:
        OpsError: it can't be run, or fails.
    """
    finished = _run(*arguments, given=given)
    if finished.returncode:
        raise OpsError(_message(finished))
    return finished.stdout


def _fingerprint(stack: str) -> str:
    return hashlib.sha256(json.dumps(holdings(export_raw(stack)), sort_keys=True).encode()).hexdigest()


def _steps(*arguments: str) -> list[Step]:
    finished = _run(*arguments, "--json")
    try:
        answer = json.loads(finished.stdout)
    except ValueError:
        raise OpsError(_message(finished)) from None
    errors = [entry["message"].strip() for entry in answer.get("diagnostics") or [] if entry["severity"] == "error"]
    if finished.returncode or errors:
        raise OpsError("\n".join(dict.fromkeys(errors)) or _message(finished))
    return [_step(step) for step in answer.get("steps") or []]


def _events(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None  # noqa: S101 - it is a pipe
    # An interrupt at the terminal reaches the engine too, which ends in an orderly way: that is waited for.
    before = signal.signal(signal.SIGINT, lambda *_: None)
    try:
        for line in process.stdout:
            with contextlib.suppress(ValueError):
                yield json.loads(line)
    finally:
        signal.signal(signal.SIGINT, before)


def _step(step: dict[str, Any]) -> Step:
    details = step.get("detailedDiff") or {}
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    return Step(
        operation=step["op"],
        urn=step["urn"],
        type=(old or new).get("type", ""),
        properties=tuple(details),
        old=masked_by_name(old.get("inputs") or {}),
        new=masked_by_name(new.get("inputs") or {}),
        kinds={path: str(detail.get("kind", "")) for path, detail in details.items()},
        id=str(old.get("id", "")),
        parent=str((old or new).get("parent", "")),
        dependencies=tuple((new or old).get("dependencies") or ()),
        # A URN, and the provider's own id.
        provider=str((new or old).get("provider", "")).rpartition("::")[0].rsplit("::", 1)[-1],
        record=new,
    )


def _run(*arguments: str, given: str | None = None) -> subprocess.CompletedProcess[str]:
    command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
    # It stands for --yes, which the engine refuses in a refresh that only looks.
    environment = {name: value for name, value in os.environ.items() if name != "PULUMI_SKIP_CONFIRMATIONS"}
    try:
        return subprocess.run(command, capture_output=True, text=True, input=given, env=environment)
    except OSError as error:
        raise _not_run(error) from None


def _not_run(error: OSError) -> OpsError:
    return OpsError(f"pulumi can't be run: {error.strerror}")


def _message(finished: subprocess.CompletedProcess[str]) -> str:
    said = (finished.stderr.strip() or finished.stdout.strip()).removeprefix("error: ")
    return said or f"pulumi ended with exit code {finished.returncode}"

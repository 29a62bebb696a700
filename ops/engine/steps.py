"""What the engine would do to a stack's resources."""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import OpsError
from ..report.property_path import canonical
from ..report.values import masked, masked_by_name
from .commands import answer_of, message_of, without_prefix
from .plan import fingerprint, save
from .state import StackResource

_ROOT = "pulumi:pulumi:Stack"
# They let the Kubernetes provider take what it can't reach for deleted, or for unchanged.
_PRETENDING = ("PULUMI_K8S_DELETE_UNREACHABLE", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE")

_ALL_STEPS = ("--show-sames", "--show-replacement-steps")
_REFRESH = "refresh"
_AGES = ("old", "new")


class EngineError(OpsError):
    """The engine, the program or a provider failed."""

    def __init__(self, message: str, diagnostics: list[dict[str, Any]]) -> None:
        """An error.

        Args:
            message: all that went wrong.
            diagnostics: what the engine says, each with `message`, `severity` and, of a resource, its `urn`.
        """
        super().__init__(message)
        self.errors = [entry["message"] for entry in diagnostics if entry["severity"] == "error"]
        self.warnings = [entry["message"] for entry in diagnostics if entry["severity"] == "warning"]
        failed = [entry.get("urn", "") for entry in diagnostics if entry["severity"] == "error"]
        self.is_kubernetes = any("kubernetes:" in urn.rpartition("::")[0] for urn in failed)
        """Whether it failed at an object in the cluster."""


@dataclass(frozen=True)
class Step:
    """What the engine would do to one resource."""

    operation: str
    urn: str
    type: str
    properties: tuple[str, ...]
    """Paths of the properties that differ, each key quoted that needs it, whatever the provider writes."""
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
    old_outputs: dict[str, Any] = field(default_factory=dict, repr=False)
    """What the state has of it beside the inputs."""
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


def refresh(stack: str) -> list[Step]:
    """What a refresh finds changed, without taking it into the state.

    Raises:
        OpsError: it fails: that is no drift, and no all-clear either.
    """
    return _steps("refresh", "--preview-only", "--run-program", "--stack", stack, without=_PRETENDING)


def refresh_and_preview(stack: str) -> tuple[list[Step], list[Step]]:
    """What a refresh finds changed, and what an update would do after it, in one run: half of what two runs take.

    Raises:
        OpsError: it fails. A refresh alone may succeed even so: it makes nothing anew that is gone.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "events"
        command = ["preview", "--refresh", "--run-program", *_ALL_STEPS, "--event-log", str(log), "--stack", stack]
        steps = _steps(*command, without=_PRETENDING, DEBUG_COMMANDS="true")
        # Of what it read, the answer says only that it did; the events say what it found.
        events = [json.loads(line) for line in log.read_text().splitlines()]
    found = [(event.get("resOutputsEvent") or {}).get("metadata") or {} for event in events]
    read = [_step(_as_answered(one)) for one in found if one.get("op") == _REFRESH and one.get("provider")]
    return read, [step for step in steps if step.operation != _REFRESH]


def _as_answered(found: dict[str, Any]) -> dict[str, Any]:
    """What a refresh found of one resource, as the answer to a refresh alone has it."""
    operation = "delete" if not found.get("new") else "update" if found.get("detailedDiff") else _REFRESH
    states = {
        f"{age}State": {**state, "inputs": masked(state.get("inputs"))} for age in _AGES if (state := found.get(age))
    }
    return {**found, "op": operation, **states}


def preview(
    stack: str,
    *,
    refresh: bool = False,
    plan: Path | None = None,
    config: Path | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> list[Step]:
    """What an update would do, sorted by the names of the resources.

    Args:
        stack: name of the stack.
        refresh: compare with reality, as an update with `--refresh` does, instead of with the state.
        plan: where to save the plan that an update can be held to, with the state that it starts from; secrets in it are
            encrypted, and what resources have now is left out.
        config: a file to read the configuration from, instead of the stack's own.
        warn: is told what the program and the providers warn of.

    Raises:
        OpsError: the preview fails.
    """
    options = [*(["--refresh"] if refresh else []), *(["--config-file", str(config)] if config else [])]
    command = ["preview", *_ALL_STEPS, *options, "--stack", stack]
    steps = _steps(*command, warn=warn) if plan is None else _planned(command, stack, plan, warn)
    # What the refresh read comes first; the program's own steps begin with the stack.
    roots = [index for index, step in enumerate(steps) if step.type == _ROOT]
    of_program = steps[roots[-1] :] if refresh and roots else steps
    # The engine comes to resources in another order from run to run; the steps of one keep theirs.
    return sorted(of_program, key=lambda step: (step.name, step.type))


def preview_import(stack: str) -> tuple[list[Step], dict[str, Any]]:
    """What an update would do, and the import file of what it would create, with placeholders for the ids.

    Raises:
        OpsError: the preview fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "import.json"
        steps = _steps("preview", "--show-sames", "--import-file", str(file), "--stack", stack)
        return steps, json.loads(file.read_text())


def resources_after(steps: list[Step]) -> list[StackResource]:
    """The resources that an update would leave, as far as a preview knows them, each with its provider."""
    return [
        StackResource(
            urn=step.urn,
            type=step.type,
            id=str(step.record.get("id") or ""),
            provider=str(step.record.get("provider") or ""),
            inputs=step.new,
        )
        for step in steps
        if step.record
    ]


def _planned(command: list[str], stack: str, plan: Path, warn: Callable[[str], None]) -> list[Step]:
    """The steps of a preview; its plan is saved when nothing in it is in clear."""
    planned_from = fingerprint(stack)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "plan.json"
        steps = _steps(*command, "--save-plan", str(file), warn=warn)
        written = json.loads(file.read_text())
    save(written, planned_from, plan)
    return steps


def _steps(
    *arguments: str, without: tuple[str, ...] = (), warn: Callable[[str], None] = lambda _: None, **settings: str
) -> list[Step]:
    finished = answer_of(*arguments, "--json", without=without, **settings)
    try:
        answer = json.loads(finished.stdout)
    except ValueError:
        raise OpsError(message_of(finished)) from None
    diagnostics = answer.get("diagnostics") or []
    errors = [without_prefix(entry["message"]) for entry in diagnostics if entry["severity"] == "error"]
    if finished.returncode or errors:
        raise EngineError("\n".join(dict.fromkeys(errors)) or message_of(finished), diagnostics)
    warnings = [entry["message"].strip() for entry in diagnostics if entry["severity"] == "warning"]
    for warning in dict.fromkeys(warnings):
        warn(warning.removeprefix("warning: "))
    return [_step(step) for step in answer.get("steps") or []]


def _step(step: dict[str, Any]) -> Step:
    old, new = step.get("oldState") or {}, step.get("newState") or {}
    declared, found = old.get("inputs") or {}, new.get("inputs") or {}
    details = {canonical(path, declared, found): detail for path, detail in (step.get("detailedDiff") or {}).items()}
    return Step(
        operation=step["op"],
        urn=step["urn"],
        type=(old or new).get("type", ""),
        properties=tuple(details),
        old=masked_by_name(declared),
        new=masked_by_name(found),
        kinds={path: str(detail.get("kind", "")) for path, detail in details.items()},
        id=str(old.get("id", "")),
        parent=str((old or new).get("parent", "")),
        dependencies=tuple((new or old).get("dependencies") or ()),
        # A URN, and the provider's own id.
        provider=str((new or old).get("provider", "")).rpartition("::")[0].rsplit("::", 1)[-1],
        old_outputs=masked_by_name(old.get("outputs") or {}),
        record=new,
    )

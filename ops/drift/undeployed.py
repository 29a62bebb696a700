"""What the stack's file and the program declare, and no update has deployed yet."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ..engine.history import configuration
from ..engine.state import StackResource
from ..engine.steps import Step, preview
from ..report.property_path import value_at
from ..report.values import SECRET, UNKNOWN
from ..report.written_by_others import NOT_SHOWN, shown
from .accepted import KEY
from .deployed import LastDeployment, deployed_file, program_is_same
from .report import Finding, Kind, Undeployed

_PROVIDER = "pulumi:providers:"
_CHANGING = ("create", "update", "delete")


@dataclass(frozen=True)
class Declared:
    """What the program declares now, held against the last deployment."""

    undeployed: list[Undeployed] = field(default_factory=list)
    drift: list[Finding] = field(default_factory=list)
    """What a refresh took into the state, though nobody declares it."""
    exact: frozenset[str] = frozenset()
    """URNs of the resources of which the state has what was deployed."""
    before: "Before" = field(default_factory=lambda: Before(known=False))

    def deployed(self, resource: StackResource, now: dict[str, Any] | None) -> dict[str, Any] | None:
        """What the last deployment declared of a resource; None where that is not known.

        Args:
            resource: the resource, as the state has it.
            now: what the program declares of it now, if anything.
        """
        if resource.urn in self.exact:
            return resource.inputs
        if not self.before.known:
            return None
        return now if self.before.inputs is None else self.before.inputs.get(resource.urn)

    def with_drift_of_the_state(self, found: list[Finding]) -> list[Finding]:
        """The differences between state and reality, and those between declaration and state that are drift too."""
        actual = {_property(finding): finding for finding in found}
        for taken in self.drift:
            further = actual.pop(_property(taken), None)
            if further is None:
                actual[_property(taken)] = taken
            elif not _is_same(further.actual, taken.declared):
                actual[_property(taken)] = replace(taken, actual=further.actual)
        return list(actual.values())

    def told_apart(self, found: list[Finding]) -> tuple[list[Finding], list[Finding]]:
        """Drift, and differences that undeployed changes decide; not those that are already as such a change wants them."""
        drift: list[Finding] = []
        decided: list[Finding] = []
        for finding in found:
            deciding = [change for change in self.undeployed if _decides(change, finding)]
            if not deciding:
                drift.append(finding)
            elif not any(_carries_out(finding, change) for change in deciding):
                decided.append(finding)
        return drift, decided


def compare(stack: str, planned: list[Step], resources: list[dict[str, Any]], last: LastDeployment) -> Declared:
    """Hold what the program declares now against the state.

    The state has what was declared last, unless a refresh has written what it found in its place. Of such a resource,
    what the last deployment's configuration declares says what is drift. Where that is not known, all of it counts as
    undeployed: it is named, at least.

    Args:
        stack: name of the stack.
        planned: what an update would do.
        resources: the stack's, as its state has them.
        last: the stack's last deployment.

    Raises:
        OpsError: what the last deployment declared can't be previewed.
    """
    changed = changed_by(planned)
    exact = {resource["urn"] for resource in resources if last.has_declared(resource)}
    if not last.refreshed:
        exact.update(changed)
    before = Before(known=False) if exact.issuperset(changed) else _before(stack, last)
    found = Declared(exact=frozenset(exact), before=before)
    for urn, steps in changed.items():
        for path, actual, declared in _differences(steps):
            if urn in exact or not before.declared(urn, path, steps):
                deployed = actual if urn in exact else before.value(urn, path, actual)
                found.undeployed.append(_undeployed(steps, path, deployed, declared, exact=urn in exact))
            elif declared != UNKNOWN:
                # What follows from something that is gone is no drift of its own.
                found.drift.append(_drift(steps, path, actual, declared))
    return found


@dataclass(frozen=True)
class Before:
    """What the last deployment declared."""

    known: bool
    inputs: dict[str, dict[str, Any]] | None = None
    """By URN; None if it is what is declared now."""

    def declared(self, urn: str, path: str, steps: list[Step]) -> bool:
        """Whether it declared the same as now: of a property, or, with the empty path, that there is the resource."""
        if not self.known or (not path and _operation(steps) != "create"):
            return False
        if self.inputs is None:
            return True
        if urn not in self.inputs:
            return False
        return not path or _is_same(value_at(self.inputs[urn], path), value_at(_new(steps), path))

    def value(self, urn: str, path: str, actual: Any) -> Any:
        """What it declared of a property; the state's value where that is not known."""
        inputs = self.inputs or {}
        return value_at(inputs[urn], path) if path and urn in inputs else actual


def _before(stack: str, last: LastDeployment) -> Before:
    if last.update is None or not program_is_same(last):
        return Before(known=False)
    if _of_the_program(last.update.config) == _of_the_program(configuration(stack)):
        return Before(known=True)
    content = deployed_file(stack, last.update)
    if content is None:
        return Before(known=False)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "deployed.yaml"
        file.write_text(yaml.safe_dump(content))
        return Before(known=True, inputs={step.urn: step.new for step in preview(stack, config=file) if step.new})


def _of_the_program(config: dict[str, Any]) -> dict[str, Any]:
    """A configuration without what the program ignores."""
    return {key: value for key, value in config.items() if key != KEY}


def changed_by(steps: list[Step]) -> dict[str, list[Step]]:
    """The steps that change a resource; an update without a difference only waits until it is ready."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        is_resource = step.provider or step.type.startswith(_PROVIDER)
        if is_resource and (_operation([step]) == "replace" or step.operation in _CHANGING):
            found.setdefault(step.urn, []).append(step)
    return {urn: of_one for urn, of_one in found.items() if _operation(of_one) != "update" or _paths(of_one)}


def _undeployed(steps: list[Step], path: str, deployed: Any, declared: Any, *, exact: bool) -> Undeployed:
    first = steps[0]
    if first.type.startswith(_PROVIDER):
        # A kubeconfig may hold a token.
        deployed, declared = _hidden(deployed), _hidden(declared)
    elif not exact and first.type.startswith("kubernetes:"):
        deployed = shown(path, deployed, declared)
    return Undeployed(first.name, first.type, _operation(steps), path, deployed, declared)


def _drift(steps: list[Step], path: str, actual: Any, declared: Any) -> Finding:
    first = steps[0]
    if not path:
        return Finding(first.name, first.type, Kind.DELETED)
    if first.type.startswith("kubernetes:"):
        actual = shown(path, actual, declared)
    return Finding(first.name, first.type, Kind.CHANGED, path, declared, actual)


def _differences(steps: list[Step]) -> Iterator[tuple[str, Any, Any]]:
    """Path, value of the state and declared value of each difference; the empty path for the whole resource."""
    old = next((step.old for step in steps if step.old), {})
    paths = _paths(steps) if _operation(steps) in ("update", "replace") else []
    for path in paths or [""]:
        yield path, value_at(old, path) if path else None, value_at(_new(steps), path) if path else None


def _new(steps: list[Step]) -> dict[str, Any]:
    return next((step.new for step in reversed(steps) if step.new), {})


def _paths(steps: list[Step]) -> list[str]:
    return list(dict.fromkeys(path for step in steps for path in step.properties))


def _operation(steps: list[Step]) -> str:
    return next(("replace" for step in steps if "replace" in step.operation), steps[0].operation)


def _hidden(value: Any) -> Any:
    return None if value is None else NOT_SHOWN


def _decides(change: Undeployed, finding: Finding) -> bool:
    if (change.resource, change.type) != (finding.resource, finding.type) or finding.kind is Kind.ADDED:
        # What is beside the declared is told apart where it is found.
        return False
    if not change.what:
        # What is to go may be gone or changed; what is to be made or replaced as a whole decides no field of what is there.
        return change.operation == "delete"
    return _within(change.what, finding.what) or _within(finding.what, change.what)


def _within(path: str, other: str) -> bool:
    return bool(path and other) and (path == other or path.startswith((f"{other}.", f"{other}[")))


def _carries_out(finding: Finding, change: Undeployed) -> bool:
    """Whether somebody has done by hand what a change wants."""
    if finding.kind is Kind.DELETED:
        return change.operation == "delete"
    return finding.what == change.what and _is_same(finding.actual, change.declared)


def _is_same(value: Any, other: Any) -> bool:
    """Whether two values are known to be the same."""
    return value == other and value not in (SECRET, UNKNOWN, NOT_SHOWN)


def _property(finding: Finding) -> tuple[str, str, Kind, str]:
    return finding.resource, finding.type, finding.kind, finding.what

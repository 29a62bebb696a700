"""Drift of the stack's objects in the cluster: what a refresh cannot see, and what it sees in the wrong place.

A refresh reads an object back as declared and does not see what stands beside it, and goes through lists by index. Here the
live object is held against what the program declares now, which no refresh has touched, element by element as the API server
knows them. What is not declared is an addition, unless it is nobody's (`server_fields.py`), by who owns it: the API server
keeps that (`managedFields`). As a writer names itself there, what decides how a pod runs is an addition whoever owns it.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ...cluster.connection import Cluster
from ...cluster.field_owners import APPLY, PROVIDER, FieldOwners
from ...cluster.fields import ABSENT, Field, counterpart, differing, undeclared
from ...cluster.server_fields import is_nobodys
from ...engine.state import StackResource
from ...report.property_path import Step, parse, path_of
from ...report.values import SECRET, masked_by_name
from ...report.written_by_others import shown
from ..report import Finding, Kind
from .pods import decides_how_pods_run

_CONTAINERS = ("containers", "initContainers")
# `kubectl scale` leaves no owner, and a refresh records what it has set.
_COUNT = ("spec", "replicas")


def drift_of_objects(
    resources: Iterable[StackResource],
    declared: Mapping[str, Mapping[str, Any]],
    ignored: Mapping[str, Iterable[str]],
    cluster: Cluster,
    changed: Iterable[Finding],
    deployed: Mapping[str, Mapping[str, Any] | None] | None = None,
) -> list[Finding]:
    """The findings of the stack's objects.

    Args:
        resources: the stack's; those of other kinds are passed over. Of what is secret as a whole they have the keys.
        declared: by URN the inputs that the program declares now.
        ignored: by URN the paths that the program leaves to others (`ignore_changes`).
        cluster: the stack's.
        changed: what the engine's refresh found of all resources.
        deployed: by URN the inputs that the last deployment declared, where they are known.

    Returns:
        All findings: of objects in the place of the engine's, of other resources the engine's.

    Raises:
        OpsError: an object can't be read.
    """
    found = list(changed)
    for resource in resources:
        if not resource.type.startswith("kubernetes:") or resource.goes:
            continue
        namespace, _, name = resource.id.rpartition("/")
        live = cluster.find(resource.outputs["apiVersion"], resource.outputs["kind"], namespace, name)
        if live is None:
            continue  # the refresh has said so
        inputs = _with_keys_of_secrets(declared.get(resource.urn) or resource.inputs, resource.inputs)
        last = (deployed or {}).get(resource.urn)
        last = None if last is None else _with_keys_of_secrets(last, resource.inputs)
        it = _Object(resource, live, inputs, last, ignored.get(resource.urn, ()))
        of_it = [finding for finding in found if finding.resource == resource.name and finding.type == resource.type]
        found = [finding for finding in found if finding not in of_it]
        found += it.changed(of_it)
        found += it.added()
        found += it.written_in_the_providers_name()
    return found


class _Object:
    """One object."""

    def __init__(
        self,
        resource: StackResource,
        live: dict[str, Any],
        declared: Mapping[str, Any],
        deployed: Mapping[str, Any] | None,
        ignored: Iterable[str],
    ) -> None:
        self._resource = resource
        self._live = live
        self._declared = declared
        self._deployed = deployed
        self._ignored = [parse(path.replace("[*]", '["*"]')) for path in ignored]
        self._ownership = FieldOwners(live, resource.outputs.get("__fieldManager"))
        self._kind = str(resource.outputs["kind"])

    def changed(self, by_the_engine: Iterable[Finding]) -> Iterator[Finding]:
        """What is not as declared. In lists the engine compares by index: there it is found here."""
        for finding in by_the_engine:
            if not self._is_in_a_list(finding.what):
                yield finding
        for field in differing(self._live, self._declared, self._ownership.owners):
            in_a_list = isinstance(field.declared, list) or any(isinstance(step, int) for step in field.steps)
            if in_a_list and not self._is_ignored(field.steps) and not self._waits_for_deployment(field):
                actual = None if field.live is ABSENT else self._shown(field.steps, field.live, field.declared)
                yield self._finding(Kind.CHANGED, field.path, field.declared, actual)

    def added(self) -> Iterator[Finding]:
        """What is there beside what is declared: one finding for each thing that was added, however many fields it has."""
        said: set[tuple[Step, ...]] = set()
        for field in undeclared(self._live, self._declared, self._ownership.owners):
            if field.part_of in said or self._is_ignored(field.steps) or not self._was_added(field):
                continue
            said.add(field.part_of)
            value = _at(self._live, field.part_of)
            advice = self._advice_for_immutable() if field.steps == ("immutable",) else ""
            yield self._finding(Kind.ADDED, path_of(field.part_of), None, self._shown(field.part_of, value), advice)

    def written_in_the_providers_name(self) -> Iterator[Finding]:
        """Somebody else's write in the provider's name, of which nothing tells the fields once they were refreshed."""
        owner = self._ownership.written_in_its_name()
        if owner is not None:
            created, written = self._live["metadata"]["creationTimestamp"], f"{owner.time:%Y-%m-%dT%H:%M:%SZ}"
            advice = (
                f"Look at it with `kubectl get {self._named()} -o yaml --show-managed-fields` and remove what the program "
                f"does not declare. This is reported until an update writes the object."
            )
            what = f"written by somebody as {PROVIDER}"
            yield self._finding(Kind.CHANGED, what, f"last written {created}", f"written {written}", advice)

    def _was_added(self, field: Field) -> bool:
        if is_nobodys(field.steps, field.live, field.beside):
            return False
        if self._deployed is not None and counterpart(self._live, self._deployed, field.steps) is not ABSENT:
            return False  # the next deployment takes it away
        if decides_how_pods_run(self._kind, field.steps) or field.steps == _COUNT:
            return True
        own = [self._ownership.is_own(owner) for owner in field.owners]
        if not all(own) or any(owner.operation == APPLY for owner in field.owners):
            return True
        recorded = counterpart(self._live, self._resource.outputs, field.steps)
        if recorded is ABSENT and self._is_as_stored(field.steps):
            return False  # a default that another version of the API server has
        return masked_by_name(_at(self._live, field.steps)) != recorded

    def _is_as_stored(self, steps: tuple[Step, ...]) -> bool:
        """Whether nobody has written a field since the object was recorded: what it has besides, the API server adds."""
        live, recorded = self._live["metadata"], self._resource.outputs.get("metadata") or {}
        # Each change of a specification counts further, where a kind has a count; each write makes another version.
        counted = steps[0] == "spec" and live.get("generation") and live["generation"] == recorded.get("generation")
        version = live.get("resourceVersion")
        return bool(counted or (version and version == recorded.get("resourceVersion")))

    def _waits_for_deployment(self, field: Field) -> bool:
        """Whether it is as was deployed, and the program has changed since."""
        if self._deployed is not None and field.live is ABSENT:
            return counterpart(self._declared, self._deployed, field.steps) is ABSENT
        if self._deployed is not None:
            differs = differing(self._live, self._deployed, self._ownership.owners)
            return all(other.steps != field.steps for other in differs)
        before = counterpart(self._live, self._resource.inputs, field.steps) if field.live is not ABSENT else ABSENT
        if before is ABSENT or before != masked_by_name(field.live):
            return False
        # A refresh takes what was added to a list for deployed.
        both_lists = isinstance(field.live, list) and isinstance(field.declared, list)
        return not (both_lists and all(item in field.live for item in field.declared))

    def _is_in_a_list(self, path: str) -> bool:
        steps = parse(path)
        value = _at(self._declared, tuple(steps))
        return isinstance(value, list) or any(isinstance(step, int) for step in steps)

    def _is_ignored(self, steps: tuple[Step, ...]) -> bool:
        return any(
            len(path) <= len(steps) and all(wanted in ("*", step) for wanted, step in zip(path, steps, strict=False))
            for path in self._ignored
        )

    def _shown(self, steps: tuple[Step, ...], value: Any, declared: Any = None) -> Any:
        if self._kind == "Secret" and steps[0] in ("data", "stringData"):
            return SECRET
        if len(steps) > 1 and steps[-2] in _CONTAINERS and declared is None:
            value = {key: value[key] for key in ("name", "image") if key in value}
        return shown(path_of(steps), value, declared)

    def _advice_for_immutable(self) -> str:
        return (
            f"Kubernetes lets nobody take that back, and every later change of the object fails. Run `kubectl delete "
            f"{self._named()}`, then `pulumi up --refresh`, which creates it again; running pods keep what they have."
        )

    def _named(self) -> str:
        namespace, _, name = self._resource.id.rpartition("/")
        return f"{self._kind.lower()} {name} -n {namespace}"

    def _finding(self, kind: Kind, what: str, declared: Any, actual: Any, advice: str = "") -> Finding:
        return Finding(self._resource.name, self._resource.type, kind, what, declared, actual, advice)


def _with_keys_of_secrets(declared: Any, recorded: Any) -> Any:
    """What is declared, where it is secret as a whole with the keys of the record."""
    if declared == SECRET:
        return recorded if isinstance(recorded, Mapping) else declared
    if isinstance(declared, Mapping) and isinstance(recorded, Mapping):
        return {key: _with_keys_of_secrets(value, recorded.get(key)) for key, value in declared.items()}
    return declared


def _at(document: Any, steps: tuple[Step, ...]) -> Any:
    for step in steps:
        if isinstance(document, list):
            document = document[step] if isinstance(step, int) and step < len(document) else None
        else:
            document = document.get(step) if isinstance(document, Mapping) else None
    return document

"""Keys and fields that somebody added to a Kubernetes object beside the declared ones.

A refresh reads an object back as declared and does not see them, though a key added to the ConfigMap enters the pods.
The API server keeps who wrote each field (`managedFields`): what is neither declared nor a controller's is reported. As the
writer names itself there, what decides how a pod runs is also held against the declaration (`undeclared.py`).
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from ...cluster.connection import Cluster
from ...engine.state import StackResource
from ...report.property_path import member
from ...report.values import SECRET
from ...report.written_by_others import shown
from ..report import Finding, Kind
from .pods import undeclared

# Who writes to objects as part of the cluster: revisions of Deployments, finalizers and annotations of load balancers.
_CONTROLLERS = ("kube-controller-manager", "cloud-controller-manager", "azure-cloud-controller-manager")
_MISSING = object()


def added_to_objects(resources: list[StackResource], cluster: Cluster, changed: Iterable[Finding]) -> Iterator[Finding]:
    """What was added to the stack's objects.

    Args:
        resources: the stack's.
        cluster: the stack's.
        changed: what was found changed, which is not said again.
    """
    told: dict[str, list[str]] = {}
    for finding in changed:
        told.setdefault(finding.resource, []).append(finding.what)
    for resource in resources:
        if not resource.type.startswith("kubernetes:"):
            continue
        namespace, _, name = resource.id.rpartition("/")
        live = cluster.find(resource.outputs["apiVersion"], resource.outputs["kind"], namespace, name)
        if live is None:
            continue  # the refresh has said so
        own = resource.outputs.get("__fieldManager")
        added = dict(_added(live, resource.inputs, own))
        others = [*told.get(resource.name, []), *added]
        added |= {
            path: value
            for path, value in undeclared(resource.outputs["kind"], live, resource.inputs)
            if not any(_within(other, path) or _within(path, other) for other in others)
        }
        secret = resource.type.endswith(":Secret")
        for path, value in added.items():
            actual = SECRET if secret else shown(path, value)
            yield Finding(resource.name, resource.type, Kind.ADDED, path, actual=actual)


def _within(path: str, other: str) -> bool:
    return path == other or path.startswith((f"{other}.", f"{other}["))


def _added(live: dict[str, Any], declared: dict[str, Any], own: str | None) -> Iterator[tuple[str, Any]]:
    for entry in live["metadata"].get("managedFields", []):
        if entry.get("subresource") == "status" or entry["manager"] in (own, *_CONTROLLERS):
            continue
        fields = {key: value for key, value in entry.get("fieldsV1", {}).items() if key != "f:status"}
        yield from _undeclared(fields, live, declared, "")


def _undeclared(fields: dict[str, Any], live: Any, declared: Any, path: str) -> Iterator[tuple[str, Any]]:
    for key, below in fields.items():
        if key == ".":
            continue
        name, value, wanted = _step(key, live, declared, path)
        if value is _MISSING:
            continue  # somebody has removed it again
        if wanted is _MISSING:
            yield from _leaves(below, value, name)
        else:
            yield from _undeclared(below, value, wanted, name)


def _leaves(fields: dict[str, Any], value: Any, path: str) -> Iterator[tuple[str, Any]]:
    deeper = {key: below for key, below in fields.items() if key != "."}
    if not deeper:
        yield path, value
    else:
        yield from _undeclared(deeper, value, None, path)


def _step(key: str, live: Any, declared: Any, path: str) -> tuple[str, Any, Any]:
    """Path, live value and declared value of one step of `fieldsV1`: a field, a list's element by its keys, a value."""
    kind, _, text = key.partition(":")
    if kind == "f":
        value = live.get(text, _MISSING) if isinstance(live, dict) else _MISSING
        wanted = declared.get(text, _MISSING) if isinstance(declared, dict) else _MISSING
        return member(path, text), value, wanted
    if kind == "k":
        keys = json.loads(text)
        index = _index(live, lambda item: all(item.get(name) == value for name, value in keys.items()))
        # What is declared may leave out a key that has a default, as a port its protocol.
        other = _index(declared, lambda item: all(item.get(name, value) == value for name, value in keys.items()))
    else:
        plain = json.loads(text)
        index, other = _index(live, lambda item: item == plain), _index(declared, lambda item: item == plain)
    value = _MISSING if index is None else live[index]
    wanted = _MISSING if other is None else declared[other]
    return f"{path}[{index}]", value, wanted


def _index(items: Any, fits: Any) -> int | None:
    if not isinstance(items, list):
        return None
    return next((index for index, item in enumerate(items) if fits(item)), None)

"""What the API server is too old for, of the objects that a stack declares.

A server that does not know a field refuses the object, or leaves the field out without a word, as it does with what is not
on by default yet. Neither the program nor Pulumi's preview asks for its version.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Version = tuple[int, int]


@dataclass(frozen=True)
class Unfit:
    """A field that the API server is too old for."""

    found: str
    """What it does not have, in a sentence."""
    instead: str
    """What to do, in a sentence."""


@dataclass(frozen=True)
class _Need:
    """A field that a version has brought, or has turned on."""

    kind: str
    path: tuple[str, ...]
    """Where it is; `*` for any element of a list."""
    since: Version
    instead: str
    """What to set in the stack's file."""


_POD = ("spec", "template", "spec")
_CONTAINER = (*_POD, "containers", "*")
_SPREAD = (*_POD, "topologySpreadConstraints", "*")
_OWN_SPREAD = "Set `pod.topologySpreadConstraints` without it."


def _probes(*path: str, since: Version, instead: str) -> tuple[_Need, ...]:
    return tuple(
        _Need("Deployment", (*_CONTAINER, probe, *path), since, instead.format(probe=probe))
        for probe in ("readinessProbe", "livenessProbe", "startupProbe")
    )


_NEEDS = (
    _Need("Deployment", (*_CONTAINER, "lifecycle", "preStop", "sleep"), (1, 30), "Set `container.preStopSeconds: 0`."),
    _Need("Deployment", (*_SPREAD, "matchLabelKeys"), (1, 27), _OWN_SPREAD),
    _Need("Deployment", (*_SPREAD, "minDomains"), (1, 27), _OWN_SPREAD),
    _Need("Deployment", (*_SPREAD, "nodeAffinityPolicy"), (1, 26), _OWN_SPREAD),
    _Need("Deployment", (*_SPREAD, "nodeTaintsPolicy"), (1, 26), _OWN_SPREAD),
    *_probes(
        "terminationGracePeriodSeconds",
        since=(1, 25),
        instead="Leave it out of `container.{probe}`.",
    ),
    *_probes("grpc", since=(1, 24), instead="Leave it out of `container.{probe}`, and ask by `httpGet`."),
    *(
        _Need("Deployment", (*_POD, "affinity", affinity, *term, keys), (1, 31), "Leave it out of `pod.affinity`.")
        for affinity in ("podAffinity", "podAntiAffinity")
        for term in (
            ("requiredDuringSchedulingIgnoredDuringExecution", "*"),
            ("preferredDuringSchedulingIgnoredDuringExecution", "*", "podAffinityTerm"),
        )
        for keys in ("matchLabelKeys", "mismatchLabelKeys")
    ),
    *(
        _Need(
            "HorizontalPodAutoscaler",
            ("spec", "behavior", way, "tolerance"),
            (1, 35),
            "Leave it out of `autoscaling.behavior`.",
        )
        for way in ("scaleUp", "scaleDown")
    ),
    _Need(
        "PodDisruptionBudget",
        ("spec", "unhealthyPodEvictionPolicy"),
        (1, 27),
        "Upgrade the cluster, or leave `disruptionBudget` out: without the field, pods that are not ready block every drain.",
    ),
)


def version_of(text: str) -> Version | None:
    """Major and minor version of an API server.

    Args:
        text: as it says it, `v1.30.0` or `v1.29.4-gke.1043000` for example.
    """
    found = re.match(r"v?(\d+)\.(\d+)", text)
    return None if found is None else (int(found[1]), int(found[2]))


def depends_on_the_version(objects: Iterable[Mapping[str, Any]]) -> bool:
    """Whether any object has a field that some version does not know: otherwise the server need not be asked."""
    return any(_has(each, need.path) for each in objects for need in _NEEDS if each.get("kind") == need.kind)


def unfit(objects: Iterable[Mapping[str, Any]], server: str) -> list[Unfit]:
    """The fields of objects that the API server is too old for.

    Args:
        objects: as they are declared.
        server: the API server's version, as it says it.
    """
    version = version_of(server)
    if version is None:
        return []
    return [field for each in objects for field in _of_object(each, version)]


def _of_object(declared: Mapping[str, Any], version: Version) -> Iterator[Unfit]:
    metadata = declared.get("metadata") or {}
    name = f"{declared.get('kind')} {metadata.get('namespace', 'default')}/{metadata.get('name')}"
    for need in _NEEDS:
        if declared.get("kind") == need.kind and version < need.since and _has(declared, need.path):
            yield Unfit(
                f"{name}: Kubernetes {_written(version)} does not have `{_field(need.path)}`, which came with "
                f"{_written(need.since)}. It refuses the object, or leaves the field out.",
                need.instead,
            )


def _has(value: Any, path: tuple[str, ...]) -> bool:
    if not path:
        return value is not None
    step, *others = path
    if step == "*":
        return isinstance(value, list) and any(_has(each, tuple(others)) for each in value)
    return isinstance(value, Mapping) and _has(value.get(step), tuple(others))


def _field(path: tuple[str, ...]) -> str:
    """A field's name with what it is in, without the list."""
    return ".".join([step for step in path if step not in ("*", "spec")][-2:])


def _written(version: Version) -> str:
    return f"{version[0]}.{version[1]}"

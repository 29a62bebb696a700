"""What an object of the cluster holds beside what is declared, whoever is said to have written it.

`managedFields` names the writer that a request gives itself, and can be emptied. So what decides how a pod runs is also
held against the declaration: keys of ConfigMaps and Secrets, and of a pod template what no default fills in.
"""

from collections.abc import Callable, Iterator
from typing import Any

from ...report.property_path import member

_KEYS = {"ConfigMap": ("data", "binaryData"), "Secret": ("data",)}
# Of a container, in this order; the API server fills in none of them.
_OF_CONTAINER = ("command", "args", "lifecycle")

Entry = dict[str, Any]


def undeclared(kind: str, live: dict[str, Any], declared: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Paths and values of what is not declared.

    Args:
        kind: the object's.
        live: the object as it is.
        declared: the object as the program declares it.
    """
    for field in _KEYS.get(kind, ()):
        for key, value in (live.get(field) or {}).items():
            if key not in (declared.get(field) or {}):
                yield member(field, key), value
    if kind == "Deployment":
        path = "spec.template.spec"
        yield from _of_pods(path, live["spec"]["template"]["spec"], declared["spec"]["template"]["spec"])


def _of_pods(path: str, live: Entry, declared: Entry) -> Iterator[tuple[str, Any]]:
    yield from _entries(path, "volumes", live, declared, _name)
    yield from _entries(path, "hostAliases", live, declared, _whole)
    for field in ("initContainers", "containers"):
        for place, container, wanted in _matched(path, field, live, declared, _name):
            if wanted is None:
                yield place, {key: container[key] for key in ("name", "image") if key in container}
            else:
                yield from _of_container(place, container, wanted)


def _of_container(path: str, live: Entry, declared: Entry) -> Iterator[tuple[str, Any]]:
    for field in _OF_CONTAINER:
        if live.get(field) and field not in declared:
            yield member(path, field), live[field]
    yield from _entries(path, "env", live, declared, _name)
    yield from _entries(path, "envFrom", live, declared, _whole)
    yield from _entries(path, "ports", live, declared, _port)
    yield from _entries(path, "volumeMounts", live, declared, _mount)


def _entries(
    path: str, field: str, live: Entry, declared: Entry, key: Callable[[Entry], Any]
) -> Iterator[tuple[str, Any]]:
    for place, entry, wanted in _matched(path, field, live, declared, key):
        if wanted is None:
            yield place, entry


def _matched(
    path: str, field: str, live: Entry, declared: Entry, key: Callable[[Entry], Any]
) -> Iterator[tuple[str, Entry, Entry | None]]:
    """A list's entries, each with the declared one of its key. A key that comes again is nobody's."""
    left = [(key(entry), entry) for entry in declared.get(field) or []]
    for index, entry in enumerate(live.get(field) or []):
        found = next((pair for pair in left if pair[0] == key(entry)), None)
        if found is not None:
            left.remove(found)
        yield f"{member(path, field)}[{index}]", entry, found[1] if found else None


def _name(entry: Entry) -> Any:
    return entry.get("name")


def _port(entry: Entry) -> Any:
    return entry.get("containerPort"), entry.get("protocol") or "TCP"


def _mount(entry: Entry) -> Any:
    return entry.get("mountPath")


def _whole(entry: Entry) -> Any:
    return entry

"""A live object against its declaration, field by field: what is undeclared, what differs, and who owns it.

Elements of lists are matched as the API server matches them: by their keys, or not at all.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..report.property_path import Step, path_of
from ..report.values import SECRET, UNKNOWN
from .field_owners import Owner
from .server_fields import is_default

ABSENT: Any = object()
"""In the place of a value that is not there."""

# The keys of the lists whose elements have owners of their own, by the list's field. All others have one owner as a whole.
LIST_KEYS: dict[str, tuple[str, ...]] = {
    "claims": ("name",),
    "conditions": ("type",),
    "containers": ("name",),
    "env": ("name",),
    "ephemeralContainers": ("name",),
    "evictionResponders": ("name",),
    "hostAliases": ("ip",),
    "imagePullSecrets": ("name",),
    "initContainers": ("name",),
    "ownerReferences": ("uid",),
    "resourceClaims": ("name",),
    "schedulingGates": ("name",),
    "topologySpreadConstraints": ("topologyKey", "whenUnsatisfiable"),
    "volumeDevices": ("devicePath",),
    "volumeMounts": ("mountPath",),
    "volumes": ("name",),
}
_PORTS = (("containerPort", "protocol"), ("port", "protocol"))
_KEY_DEFAULTS = {"protocol": "TCP"}
_SETS = {"finalizers"}
_WHOLE_MAPS = {"nodeSelector", "selector"}
# What holds things of their own: nobody adds an annotation as a part of `metadata`.
_HOLDERS = {"metadata", "spec", "template", "labels", "annotations", "data", "binaryData", "matchLabels"}


@dataclass(frozen=True)
class Field:
    """A field, an element of a list, or a list without owners of its elements."""

    steps: tuple[Step, ...]
    """Its place in the live object; of what is missing there, in the declaration."""
    declared: Any
    """`ABSENT` where it is not declared."""
    live: Any
    """`ABSENT` where it is missing."""
    owners: tuple[Owner, ...]
    """Who owns it or a part of it."""
    keepers: tuple[Owner, ...]
    """Without whom it goes: of a list's element the owners of its key, else all owners."""
    part_of: tuple[Step, ...]
    """Place of the whole that was added or is missing with it, a probe or a container: its own where it is the whole."""
    beside: Mapping[str, Any]
    """The live fields that it is one of."""
    is_in_a_whole: bool = False
    """Whether its owners own it with all that is around it: of a selector the labels have one owner, and come and go at once."""

    @property
    def path(self) -> str:
        """Its place as a property path."""
        return path_of(self.steps)


def undeclared(
    live: Mapping[str, Any],
    declared: Mapping[str, Any],
    owners: Sequence[Owner],
    *,
    opens: Callable[[Field], bool] | None = None,
) -> Iterator[Field]:
    """What a live object has beside its declaration, defaults and status included, `managedFields` and empty maps not.

    A map comes as its members, an undeclared element of a list as one field.

    Args:
        live: the object.
        declared: its declaration; a value in it that is not known yet declares everything below.
        owners: the object's.
        opens: says of an undeclared element whether its members come in its place.
    """
    return (field for field in _compared(live, declared, owners, opens) if field.declared is ABSENT)


def differing(live: Mapping[str, Any], declared: Mapping[str, Any], owners: Sequence[Owner]) -> Iterator[Field]:
    """The declared fields that have another value or are missing. Masked and unknown values are not compared."""
    return (field for field in _compared(live, declared, owners) if field.declared is not ABSENT)


def counterpart(live: Any, other: Any, steps: Sequence[Step]) -> Any:
    """The value that another form of an object has in the place of a live field; elements are found by their keys."""
    name = ""
    for step in steps:
        if isinstance(step, int):
            if not isinstance(other, list):
                return ABSENT
            other = next((item for item in other if _same_element(name, live[step], item)), ABSENT)
        else:
            other, name = other.get(step, ABSENT) if isinstance(other, Mapping) else ABSENT, step
        if other is ABSENT:
            return ABSENT
        live = live[step]
    return other


def list_keys(name: str, items: Sequence[Any]) -> tuple[str, ...]:
    """The keys of a list's elements; none where the list is owned as a whole."""
    if name == "ports":
        fitting = (keys for keys in _PORTS if items and all(isinstance(i, Mapping) and keys[0] in i for i in items))
        return next(fitting, ())
    return LIST_KEYS.get(name, ())


@dataclass(frozen=True)
class _Place:
    """Where the comparison is, with each owner's part of it."""

    steps: tuple[Step, ...]
    parts: tuple[tuple[Owner, Mapping[str, Any]], ...]
    above: tuple[Owner, ...] = ()
    """Who owns something around it as a whole."""
    beside: Mapping[str, Any] | None = None
    whole: tuple[Step, ...] | None = None
    opens: Callable[[Field], bool] | None = None

    @property
    def name(self) -> str:
        return next((step for step in reversed(self.steps) if isinstance(step, str)), "")

    def below(self, step: Step, find: Any, beside: Mapping[str, Any] | None) -> "_Place":
        above = tuple(owner for owner, part in self.parts if not part)
        found = ((owner, find(part)) for owner, part in self.parts)
        parts = tuple((owner, part) for owner, part in found if part is not None)
        return _Place((*self.steps, step), parts, (*self.above, *above), beside, self.whole, self.opens)

    def member(self, name: str, beside: Mapping[str, Any]) -> "_Place":
        return self.below(name, lambda part: part.get(f"f:{name}"), beside)

    def element(self, index: int, item: Any) -> "_Place":
        return self.below(index, lambda part: _element_part(part, item), None)

    def as_whole(self) -> "_Place":
        return self if self.whole is not None or self.name in _HOLDERS else replace(self, whole=self.steps)

    def field(self, declared: Any, live: Any) -> Field:
        owners = tuple(owner for owner, _ in self.parts) or self.above
        keepers = owners
        if self.steps and isinstance(self.steps[-1], int):
            keepers = tuple(owner for owner, part in self.parts if not part or "." in part)
        is_in_a_whole = not self.parts and bool(self.above)
        whole, beside = self.whole or self.steps, self.beside or {}
        return Field(self.steps, declared, live, owners, keepers, whole, beside, is_in_a_whole)


def _compared(
    live: Mapping[str, Any],
    declared: Mapping[str, Any],
    owners: Sequence[Owner],
    opens: Callable[[Field], bool] | None = None,
) -> Iterator[Field]:
    root = _Place((), tuple((owner, owner.fields) for owner in owners if owner.fields), opens=opens)
    yield from _map(root, live, declared)


def _map(place: _Place, live: Mapping[str, Any], declared: Mapping[str, Any]) -> Iterator[Field]:
    for name, value in live.items():
        if value is None or (*place.steps, name) == ("metadata", "managedFields"):
            continue
        below = place.member(name, live)
        wanted = declared.get(name)
        yield from _undeclared(below, value) if wanted is None else _value(below, value, wanted)
    for name, wanted in declared.items():
        # What the engine keeps for the provider begins so.
        if live.get(name) is None and not _is_empty(wanted) and not name.startswith("__"):
            yield place.member(name, live).field(wanted, ABSENT)


def _value(place: _Place, live: Any, declared: Any) -> Iterator[Field]:
    if declared in (SECRET, UNKNOWN):
        return
    if isinstance(live, Mapping) and isinstance(declared, Mapping):
        yield from _map(place, live, declared)
    elif isinstance(live, list) and isinstance(declared, list):
        yield from _list(place, live, declared)
    elif live != declared:
        yield place.field(declared, live)


def _list(place: _Place, live: list[Any], declared: list[Any]) -> Iterator[Field]:
    if place.name not in _SETS and not list_keys(place.name, [*live, *declared]):
        if not _covers(place, live, declared):
            yield place.field(declared, live)
        return
    left = list(enumerate(declared))
    for index, item in enumerate(live):
        below = place.element(index, item)
        found = next((pair for pair in left if _same_element(place.name, item, pair[1])), None)
        if found is None:
            yield from _undeclared(below, item)
        else:
            left.remove(found)  # a key that comes again is nobody's
            yield from _value(below, item, found[1])
    for index, wanted in left:
        yield place.element(index, wanted).field(wanted, ABSENT)


def _undeclared(place: _Place, live: Any) -> Iterator[Field]:
    if _is_empty(live):
        return
    place = place.as_whole()
    if isinstance(place.steps[-1], int) or not isinstance(live, Mapping | list):
        field = place.field(ABSENT, live)
        if place.opens is not None and isinstance(live, Mapping) and place.opens(field):
            yield from _map(replace(place, whole=None), live, {})
        else:
            yield field
    elif isinstance(live, Mapping):
        if place.name in _WHOLE_MAPS:
            yield place.field(ABSENT, live)
        else:
            yield from _map(place, live, {})
    elif place.name in _SETS or list_keys(place.name, live):
        # Each element is a thing of its own, unless all of them are parts of one.
        outside = replace(place, whole=None if place.whole == place.steps else place.whole)
        for index, item in enumerate(live):
            yield from _undeclared(outside.element(index, item), item)
    else:
        yield place.field(ABSENT, live)


def _covers(place: _Place, live: Any, declared: Any) -> bool:
    """Whether a value is as declared, the API server's defaults in it apart."""
    if declared in (SECRET, UNKNOWN):
        return True
    if isinstance(live, Mapping) and isinstance(declared, Mapping):
        beside = {name: value for name, value in live.items() if name not in declared and not _is_empty(value)}
        return all(is_default((*place.steps, name), value, live) for name, value in beside.items()) and all(
            _is_empty(value) if name not in live else _covers(place.member(name, live), live[name], value)
            for name, value in declared.items()
        )
    if isinstance(live, list) and isinstance(declared, list):
        return len(live) == len(declared) and all(
            _covers(place.element(index, item), item, declared[index]) for index, item in enumerate(live)
        )
    return live == declared


def _same_element(name: str, live: Any, other: Any) -> bool:
    keys = list_keys(name, [live, other])
    if not keys or not isinstance(live, Mapping) or not isinstance(other, Mapping):
        return live == other
    return all(live.get(key, _KEY_DEFAULTS.get(key)) == other.get(key, _KEY_DEFAULTS.get(key)) for key in keys)


def _element_part(part: Mapping[str, Any], item: Any) -> Mapping[str, Any] | None:
    for key, below in part.items():
        kind, _, text = key.partition(":")
        if kind == "v" and json.loads(text) == item:
            return below
        if kind == "k" and isinstance(item, Mapping):
            keys: dict[str, Any] = json.loads(text)
            if all(item.get(name, _KEY_DEFAULTS.get(name)) == value for name, value in keys.items()):
                return below
    return None


def _is_empty(value: Any) -> bool:
    return value is None or value == {} or value == []

"""What the provider's next write takes away from a Kubernetes object, told from who owns which field.

The provider takes over what kubectl and its own creation own, and applies what is declared. The API server then removes what
the provider owned and does not declare, unless somebody else owns it too; an element of a list goes with all that is in it
where nobody else owns its key. A dry run would tell the same, but needs the right to write.
"""

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..report.property_path import Step, parse, path_of
from ..report.values import SECRET, UNKNOWN
from .field_owners import UPDATE, FieldOwners, Owner
from .fields import ABSENT, Field, counterpart, differing, undeclared
from .server_fields import is_nobodys

_PLAIN = re.compile(r"[A-Za-z_$][\w$]*")


@dataclass(frozen=True)
class Loss:
    """One field that a write removes or changes back."""

    path: str
    """Its path in the object as it is; as it is declared, where somebody has removed it."""
    there: Any
    """Its value, defaults apart; None where somebody has removed it, and the write puts it back."""
    becomes: Any = None
    """Its value after the write, masked where it is secret; None where the field goes."""
    is_dropped: bool = False
    """Whether it goes because the program, or an import, declared it before: the engine's preview shows that."""


@dataclass(frozen=True)
class Write:
    """One write of the provider."""

    live: Mapping[str, Any]
    """The object as it is."""
    declared: Mapping[str, Any]
    """What is written, as the engine's previews have it: secrets masked, and marks for what is not known yet."""
    inputs: Mapping[str, Any]
    """What was declared before, as the state has it; secrets in clear."""
    outputs: Mapping[str, Any]
    """The object as the state has it; secrets in clear."""
    ignored: Sequence[str] = ()
    """Paths of the resource's `ignore_changes`."""
    replaces: bool = False
    """Whether the object is deleted and made anew, with nothing that anybody has added."""


def losses(write: Write) -> list[Loss]:
    """What a write removes or changes back. Values of undeclared fields are in clear, whatever they are."""
    owners = FieldOwners(write.live, write.outputs.get("__fieldManager"))
    declared = _with_ignored(_opened(write.declared, write.inputs), write, owners)
    return [*_removed(write, declared, owners), *_changed_back(write, declared, owners)]


def _removed(write: Write, declared: Mapping[str, Any], owners: FieldOwners) -> Iterator[Loss]:
    wholes: dict[tuple[Step, ...], list[Field]] = {}
    for field in undeclared(write.live, declared, owners.owners, opens=lambda element: _stays(element, write, owners)):
        if not is_nobodys(field.steps, field.live, field.beside):
            wholes.setdefault(field.part_of, []).append(field)
    for whole, parts in wholes.items():
        gone = [field for field in parts if _goes(field, write, owners)]
        if len(gone) == len(parts):
            value = _without_nobodys(whole, _at(write.live, whole))
            yield Loss(path_of(whole), value, is_dropped=all(_was_declared(field, write, owners) for field in gone))
        else:
            for field in gone:
                value = _without_nobodys(field.steps, field.live)
                yield Loss(field.path, value, is_dropped=_was_declared(field, write, owners))


def _goes(field: Field, write: Write, owners: FieldOwners) -> bool:
    if _stays(field, write, owners):
        return False
    if not all(owners.is_own(owner) and owner.operation == UPDATE for owner in field.keepers):
        return True
    # What came with the creation, and was not declared then, comes back.
    is_later = counterpart(write.live, write.outputs, field.steps) != field.live
    return is_later or owners.written_in_its_name() is not None or _was_declared(field, write, owners)


def _stays(field: Field, write: Write, owners: FieldOwners) -> bool:
    kept = not write.replaces and not all(owners.is_released(owner) for owner in field.keepers)
    return (kept and not _is_overwritten(field, write)) or not field.keepers


def _is_overwritten(field: Field, write: Write) -> bool:
    """Whether it goes whoever owns it: what it is in is declared, and has one value as a whole."""
    return field.is_in_a_whole and counterpart(write.live, write.declared, field.steps[:-1]) is not ABSENT


def _was_declared(field: Field, write: Write, owners: FieldOwners) -> bool:
    is_own = all(owners.is_own(owner) for owner in field.keepers)
    return is_own and counterpart(write.live, write.inputs, field.steps) is not ABSENT


def _changed_back(write: Write, declared: Mapping[str, Any], owners: FieldOwners) -> Iterator[Loss]:
    for field in differing(write.live, declared, owners.owners):
        # The recorded value is the one that the engine's preview compares with; also the API server's own spelling.
        if field.live is ABSENT:
            if counterpart(declared, write.outputs, field.steps) is not ABSENT:
                yield Loss(field.path, None, _becomes(counterpart(declared, write.declared, field.steps)))
        elif field.live != counterpart(write.live, write.outputs, field.steps):
            yield Loss(field.path, field.live, _becomes(counterpart(write.live, write.declared, field.steps)))


def _becomes(declared: Any) -> Any:
    """What is declared in the engine's preview, where a masked value hides all that is in it."""
    return SECRET if declared is ABSENT else declared


def _opened(declared: Mapping[str, Any], inputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """The declaration with what was declared before in the place of what is masked or not known yet."""

    def opened(value: Any, steps: tuple[Step, ...]) -> Any:
        if isinstance(value, Mapping):
            return {key: opened(item, (*steps, key)) for key, item in value.items()}
        if isinstance(value, list):
            return [opened(item, (*steps, index)) for index, item in enumerate(value)]
        before = counterpart(declared, inputs, steps) if value in (SECRET, UNKNOWN) else ABSENT
        return value if before is ABSENT else before

    return opened(declared, ())


def _with_ignored(declared: Mapping[str, Any], write: Write, owners: FieldOwners) -> Mapping[str, Any]:
    """The declaration as the provider applies it, with the live values of what `ignore_changes` names."""
    changed = copy.deepcopy(dict(declared))
    for path in write.ignored:
        steps = parse(path)
        # The provider finds no elements of lists, and no keys with dots or slashes: of those, `ignore_changes` keeps nothing.
        if not all(isinstance(step, str) and _PLAIN.fullmatch(step) for step in steps):
            continue
        names = [str(step) for step in steps]
        owning = [owner for owner in owners.owners if _owns(owner, names)]
        if owning and not any(owners.is_released(owner) for owner in owning):
            _unset(changed, names)
        elif (value := _at(write.live, names)) is not ABSENT:
            _set(changed, names, value)
    return changed


def _owns(owner: Owner, names: Iterable[str]) -> bool:
    fields: Any = owner.fields
    for name in names:
        fields = fields.get(f"f:{name}")
        if fields is None:
            return False
    return True


def _at(value: Any, steps: Iterable[Step]) -> Any:
    for step in steps:
        value = (
            value[step] if isinstance(step, int) else value.get(step, ABSENT) if isinstance(value, Mapping) else ABSENT
        )
    return value


def _unset(document: dict[str, Any], names: list[str]) -> None:
    above = _at(document, names[:-1])
    if isinstance(above, dict):
        above.pop(names[-1], None)


def _set(document: dict[str, Any], names: list[str], value: Any) -> None:
    for name in names[:-1]:
        document = document.setdefault(name, {})
    document[names[-1]] = value


def _without_nobodys(steps: tuple[Step, ...], value: Any) -> Any:
    """A value without the API server's defaults in it."""
    if isinstance(value, Mapping):
        members = {name: _without_nobodys((*steps, name), item) for name, item in value.items()}
        return {name: item for name, item in members.items() if not is_nobodys((*steps, name), item, value)}
    if isinstance(value, list):
        return [_without_nobodys((*steps, index), item) for index, item in enumerate(value)]
    return value

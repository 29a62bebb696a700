"""What an update takes away from a stack's Kubernetes objects, read with the rights of a reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ..engine.state import export_in_clear
from ..engine.steps import Step
from ..errors import OpsError
from ..report.property_path import parse, path_of, value_at
from ..report.values import SECRET, masked_by_name
from ..report.written_by_others import shown
from .dangers import danger
from .losses import Loss, Write, losses

if TYPE_CHECKING:
    from .connection import Cluster

_WRITING = ("update", "replace")
_PROVIDERS = "pulumi:providers:"
_OF_SECRETS = ("data", "stringData")


class Change(StrEnum):
    """What happens to a field."""

    REMOVED = "removed"
    CHANGED_BACK = "changed back"
    PUT_BACK = "put back"


@dataclass(frozen=True)
class TakenAway:
    """A field of an object that an update removes, changes back or puts back. Secrets are masked."""

    resource: str
    """Logical name of the object's resource."""
    kind: str
    """The object's kind, `Service` for example."""
    path: str
    change: Change
    there: Any = None
    """Its value, without the texts that the program does not declare."""
    becomes: Any = None
    danger: str = ""
    """What can go wrong by it, in a sentence; the empty text where nothing does."""
    is_dropped: bool = False
    """Whether the program or an import declared it before, so that the engine's preview shows it."""
    list_that_moves: str = ""
    """The list that it goes from, where the program declares that as before: after a refresh, the engine's preview calls each
    element changed that stands at another place."""


@dataclass
class Losses:
    """What an update takes away."""

    fields: list[TakenAway] = field(default_factory=list[TakenAway])
    unknown: dict[str, str] = field(default_factory=dict[str, str])
    """Why it is not known what an update takes away from an object, by logical names of resources."""


def taken_away(stack: str, steps: Sequence[Step]) -> Losses:
    """What an update takes away beside the changes that the engine's preview shows.

    An object that the update does not write keeps everything. It writes those that change, and those that were not ready at
    the last refresh or update, which the engine updates without a change. A replaced object loses everything.

    Args:
        stack: name of the stack.
        steps: the preview of the update.

    Raises:
        OpsError: the stack's state can't be read.
    """
    found = Losses()
    written = [step for step in steps if step.operation in _WRITING and step.type.startswith("kubernetes:")]
    if not written:
        return found
    providers = {step.name: step for step in steps if step.type.startswith(_PROVIDERS)}
    state = export_in_clear(stack)
    clusters = {name: _connected(providers[name].new) for name in dict.fromkeys(step.provider for step in written)}
    for step in written:
        cluster = clusters[step.provider]
        try:
            live = None if isinstance(cluster, OpsError) else _live(cluster, step)
        except OpsError as error:
            cluster, live = error, None
        if isinstance(cluster, OpsError):
            found.unknown[step.name] = str(cluster)
        elif live is not None:
            found.fields += _of_object(step, live, state.get(step.urn, {}))
    return found


def _connected(provider: Mapping[str, Any]) -> "Cluster | OpsError":
    # Most previews write no object, and the client takes a second to import.
    from .connection import Cluster

    try:
        return Cluster(provider)
    except OpsError as error:
        return error


def _live(cluster: "Cluster", step: Step) -> dict[str, Any] | None:
    namespace, _, name = step.id.rpartition("/")
    return cluster.find(str(step.new["apiVersion"]), str(step.new["kind"]), namespace, name)


def _of_object(step: Step, live: dict[str, Any], recorded: Mapping[str, Any]) -> list[TakenAway]:
    write = Write(
        live,
        declared=step.new,
        inputs=recorded.get("inputs") or {},
        outputs=recorded.get("outputs") or {},
        ignored=step.record.get("ignoreChanges") or (),
        replaces=step.operation == "replace",
    )
    before = masked_by_name(write.inputs)
    return [_told(step, live["kind"], loss, _list_that_moves(loss, before, step.new)) for loss in losses(write)]


def _list_that_moves(loss: Loss, before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    *above, last = parse(loss.path)
    if loss.becomes is not None or not isinstance(last, int):
        return ""
    path = path_of(above)
    declared = value_at(now, path)
    return path if declared is not None and declared == value_at(before, path) else ""


def _told(step: Step, kind: str, loss: Loss, list_that_moves: str) -> TakenAway:
    change = Change.REMOVED if loss.becomes is None else Change.PUT_BACK if loss.there is None else Change.CHANGED_BACK
    return TakenAway(
        step.name,
        kind,
        loss.path,
        change,
        there=_masked(kind, loss),
        becomes=loss.becomes,
        danger=danger(kind, loss),
        is_dropped=loss.is_dropped,
        list_that_moves=list_that_moves,
    )


def _masked(kind: str, loss: Loss) -> Any:
    """A live value as a report may show it."""
    if loss.there is None:
        return None
    if loss.becomes == SECRET or (kind == "Secret" and loss.path.startswith(_OF_SECRETS)):
        return SECRET
    key = str(parse(loss.path)[-1])
    return shown(loss.path, masked_by_name({key: loss.there})[key], loss.becomes)

"""Objects that a creation has left in the cluster: the program gives them their names, and so may somebody else.

Nothing in an object says which stack made it: every Pulumi program creates as `pulumi-kubernetes`. One that this stack's
update must have made is taken into the state. Any other is kept: it can be another team's.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any

from ..cluster.as_declared import first_difference
from ..cluster.connection import Cluster
from ..cluster.field_owners import PROVIDER, created_by_pulumi, owners
from ..report.values import SECRET, marked_secret
from .leftover import Fate, Leftover, Places

# The provider and its requests can outlast the engine.
_AFTER_THE_END = timedelta(minutes=5)


@dataclass(frozen=True)
class Creation:
    """A creation that the state knows of, or that the program declares."""

    urn: str
    type: str
    declared: Mapping[str, Any] = field(repr=False)
    """Inputs without marks of secrets; `[secret]` for what is not shown."""
    record: Mapping[str, Any] = field(repr=False)
    """The resource as the state would have it, its secrets marked; `[secret]` for what is not shown."""

    @property
    def name(self) -> str:
        """The resource's logical name."""
        return self.urn.rsplit("::", 1)[-1]


def left_over(creation: Creation, cluster: Cluster, places: Places) -> Leftover | None:
    """The object that a creation names, with what becomes of it; None if there is none, or this stack has it.

    Raises:
        OpsError: the cluster can't be read.
    """
    kind, metadata = creation.type.rpartition(":")[2], creation.declared["metadata"]
    api_version = creation.type.removeprefix("kubernetes:").rpartition(":")[0].removeprefix("core/")
    namespace, name = metadata.get("namespace", "default"), metadata["name"]
    live = cluster.find(api_version, kind, namespace, name)
    if live is None:
        return None
    holder = places.holders.get(str(live["metadata"]["uid"]))
    if holder == places.stack:
        return None  # made since and recorded, or what would have been replaced
    what, id_ = in_words(creation.type, metadata), f"{namespace}/{name}"
    if reason := _who_else_has_it(holder, places.makers.get(what)) or _why_it_is_not_ours(creation, live, places):
        return Leftover(creation.name, creation.urn, what, Fate.KEEP, reason=reason)
    inputs = _inputs(creation, live)
    return Leftover(
        creation.name,
        creation.urn,
        what,
        Fate.IMPORT,
        id=id_,
        record={**creation.record, "inputs": inputs},
        outputs=_outputs(inputs, live),
    )


def in_words(type_: str, metadata: Mapping[str, Any]) -> str:
    """An object by its kind and name."""
    return f"{type_.rpartition(':')[2]} {metadata.get('namespace', 'default')}/{metadata['name']}"


def _who_else_has_it(holder: str | None, maker: str | None) -> str:
    if holder is None and maker is not None:
        return f"stack {maker} was making an object of that name, too"
    return "" if holder is None else f"stack {holder} has it"


def _why_it_is_not_ours(creation: Creation, live: dict[str, Any], places: Places) -> str:
    """Why an object is not taken for one that this stack's update has made; the empty text where it is."""
    metadata = live["metadata"]
    if not created_by_pulumi(live):
        writers = ", ".join(dict.fromkeys(owner.manager for owner in owners(live) if not owner.subresource))
        return f"Pulumi did not create it, or has updated it since (written by {writers or 'nobody that says so'})"
    created = str(metadata["creationTimestamp"])
    if not places.made_by_an_update(created, _AFTER_THE_END):
        moment = datetime.fromisoformat(created)
        return f"it was created at {moment:%Y-%m-%d %H:%M:%S %Z}, when no update of this stack is known to have run"
    if metadata.get("deletionTimestamp"):
        return "it is being deleted: run this again when it is gone"
    difference = first_difference(dict(creation.declared), live, places.secrets)
    return f"{difference} is not as this stack declares it" if difference else ""


def _inputs(creation: Creation, live: dict[str, Any]) -> dict[str, Any]:
    """The inputs that the creation had, with what the object has in the place of what is not shown."""
    data = (live.get("data") or {}) if live["kind"] == "Secret" else {}
    texts = {key: base64.b64decode(value).decode(errors="replace") for key, value in data.items()}
    return _with_secrets(creation.record["inputs"], {**live, "stringData": texts})


def _outputs(inputs: dict[str, Any], live: dict[str, Any]) -> dict[str, Any]:
    """The outputs that the provider records of what it has created, as far as program and provider need them.

    The refresh that follows fills in the rest.
    """
    return {
        **inputs,
        # Who wrote when is in the metadata: pods are rolled by it.
        **{key: live[key] for key in ("metadata", "status") if key in live},
        "__inputs": inputs,
        "__initialApiVersion": live["apiVersion"],
        # A name of its own for each object, which the provider makes up when it creates.
        "__fieldManager": f"{PROVIDER}-{token_hex(4)}",
    }


def _with_secrets(declared: Any, live: Any) -> Any:
    if declared == SECRET:
        return marked_secret(live)
    if isinstance(declared, dict) and isinstance(live, dict):
        return {key: _with_secrets(value, live.get(key)) for key, value in declared.items()}
    return declared

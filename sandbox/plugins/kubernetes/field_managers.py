"""Who writes an object: its creator, and the manager that updates apply under, after taking over what had other names.

The creation writes under one name for all programs, and owns the API server's defaults as well. The first real update
takes its fields over, and those of kubectl, however kubectl wrote them: what of them nobody declares goes with the apply.
Other managers keep their fields.
"""

import copy
import secrets
from typing import Any

from ..engine.values import Properties, reveal
from .checkpoint import FIELD_MANAGER
from .connection import Connection

CREATOR = "pulumi-kubernetes"
_FORCE = "pulumi.com/patchForce"
_OWN_NAME = "pulumi.com/patchFieldManager"
# Manager's prefix and operation.
_TAKEN_OVER = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    (CREATOR, "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)
# Whose fields a preview overrides, because the update would take them over first; kubectl's it does not.
_OVERRIDDEN_IN_PREVIEWS = ("pulumi-resource-kubernetes", CREATOR, f"{CREATOR}.exe")


def field_manager(state: Properties, inputs: dict[str, Any]) -> str:
    """The manager that applies: the one that the object asks for, else the state's, else a new one."""
    if own := annotations(inputs).get(_OWN_NAME):
        return own
    return reveal(state.get(FIELD_MANAGER)) or f"{CREATOR}-{secrets.token_hex(4)}"


def take_over(connection: Connection, path: str, live: dict[str, Any], manager: str) -> dict[str, Any]:
    """Give the manager what the creator and kubectl own; the object afterwards.

    Raises:
        StatusError: the API server refuses.
    """
    entries = live["metadata"].get("managedFields", [])
    if not any(_is_taken_over(entry) for entry in entries):
        return live
    patch = [{"op": "replace", "path": "/metadata/managedFields", "value": _with_taken_over(entries, manager)}]
    return connection.request("PATCH", path, patch, content_type="application/json-patch+json")


def must_force(inputs: dict[str, Any], live: dict[str, Any] | None, *, enabled: bool, preview: bool) -> bool:
    """Whether an apply takes fields from other managers. Of an object that is to be created nothing is known."""
    if enabled or annotations(inputs).get(_FORCE) == "true":
        return True
    if live is None:
        return preview
    entries = live["metadata"].get("managedFields", [])
    overridden = any(
        entry["operation"] == "Update" and entry["manager"] in _OVERRIDDEN_IN_PREVIEWS for entry in entries
    )
    return not entries or (preview and overridden)


def annotations(inputs: dict[str, Any]) -> dict[str, str]:
    """An object's annotations, none where nothing is known of them."""
    metadata = inputs.get("metadata")
    found = metadata.get("annotations") if isinstance(metadata, dict) else None
    return found if isinstance(found, dict) else {}


def _with_taken_over(entries: list[dict[str, Any]], manager: str) -> list[dict[str, Any]]:
    """The entries with one of the manager's, last, that has what it had and what it takes over."""
    kept = [entry for entry in entries if not _is_of(entry, manager) and not _is_taken_over(entry)]
    before = [entry for entry in entries if _is_of(entry, manager)]
    first, *more = [*before, *(entry for entry in entries if _is_taken_over(entry))]
    own = {**copy.deepcopy(first), "manager": manager, "operation": "Apply"}
    for entry in more:
        _merge(own["fieldsV1"], entry["fieldsV1"])
    return [*kept, own]


def _is_of(entry: dict[str, Any], manager: str) -> bool:
    return (entry["manager"], entry["operation"], entry.get("subresource", "")) == (manager, "Apply", "")


def _is_taken_over(entry: dict[str, Any]) -> bool:
    if entry.get("subresource"):
        return False
    return any(
        entry["manager"].startswith(prefix) and entry["operation"] == operation for prefix, operation in _TAKEN_OVER
    )


def _merge(fields: dict[str, Any], more: dict[str, Any]) -> None:
    for key, below in more.items():
        _merge(fields.setdefault(key, {}), copy.deepcopy(below))

"""Whose fields the released plugin takes over before it applies, so that nothing conflicts and nothing stays behind.

It takes what it created itself, and whatever kubectl wrote, however it wrote it. Other managers keep their fields.
"""

import copy
from typing import Any

from .connection import Connection

# Manager's prefix and operation.
_TAKEN_OVER = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)


def take_over(connection: Connection, path: str, field_manager: str) -> None:
    """Make the apply own what the creation and kubectl wrote: what of it is not declared goes with the apply.

    Raises:
        StatusError: the object is not there, or the API server refuses.
    """
    live = connection.request("GET", path)
    if not takes_over(live, field_manager):
        return
    patch = [
        {"op": "test", "path": "/metadata/resourceVersion", "value": live["metadata"]["resourceVersion"]},
        {"op": "replace", "path": "/metadata/managedFields", "value": _with_taken_over(live, field_manager)},
    ]
    connection.request("PATCH", path, patch, content_type="application/json-patch+json", fieldManager=field_manager)


def takes_over(live: dict[str, Any], field_manager: str) -> bool:
    """Whether an object has such fields."""
    return _with_taken_over(live, field_manager) != live["metadata"].get("managedFields", [])


def _with_taken_over(live: dict[str, Any], field_manager: str) -> list[dict[str, Any]]:
    """An object's `managedFields` in which the plugin's apply owns those managers' fields, too."""
    own: dict[str, Any] | None = None
    others: list[dict[str, Any]] = []
    for entry in copy.deepcopy(live["metadata"].get("managedFields", [])):
        is_own = entry["manager"] == field_manager and entry["operation"] == "Apply"
        if not is_own and not _is_taken_over(entry):
            others.append(entry)
        elif own is None:
            own = {**entry, "manager": field_manager, "operation": "Apply"}
        else:
            _merge(own["fieldsV1"], entry["fieldsV1"])
    return others if own is None else [*others, own]


def _is_taken_over(entry: dict[str, Any]) -> bool:
    if entry.get("subresource"):
        return False
    return any(
        entry["manager"].startswith(prefix) and entry["operation"] == operation for prefix, operation in _TAKEN_OVER
    )


def _merge(fields: dict[str, Any], more: dict[str, Any]) -> None:
    for key, below in more.items():
        _merge(fields.setdefault(key, {}), below)

"""Whose fields the released plugin takes over before it applies, so that nothing conflicts and nothing stays behind.

It takes what it created itself, and whatever kubectl wrote, however it wrote it. Other managers keep their fields.
"""

import copy
from typing import Any

# Manager's prefix and operation.
_TAKEN_OVER = (
    ("kubectl", "Apply"),
    ("kubectl", "Update"),
    ("before-first-apply", "Update"),
    ("pulumi-kubernetes", "Update"),
    ("pulumi-resource-kubernetes", "Update"),
)


def with_taken_over(managed: list[dict[str, Any]], field_manager: str) -> list[dict[str, Any]]:
    """An object's `managedFields` in which the plugin's apply owns those managers' fields, too."""
    own: dict[str, Any] | None = None
    others: list[dict[str, Any]] = []
    for entry in copy.deepcopy(managed):
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

"""Who owns an object's fields: the managers that its `managedFields` name, and which of them are the stack's provider.

The provider creates an object as `pulumi-kubernetes` with an Update, which owns the API server's defaults too. With its first
update it takes over what it and kubectl have written, and from then on applies as the state's `__fieldManager`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

PROVIDER = "pulumi-kubernetes"
"""The name of every Pulumi program that creates an object."""

APPLY, UPDATE = "Apply", "Update"

# Beginning of the manager's name, and operation, of what the provider takes over before it applies.
_TAKEN_OVER = (
    ("kubectl", APPLY),
    ("kubectl", UPDATE),
    ("before-first-apply", UPDATE),
    ("pulumi-kubernetes", UPDATE),
    ("pulumi-resource-kubernetes", UPDATE),
)
# Both times are whole seconds, taken one after the other while the API server handles the creation.
_SAME_TIME = timedelta(seconds=2)


@dataclass(frozen=True)
class Owner:
    """One entry of `managedFields`."""

    manager: str
    operation: str
    """`Apply` or `Update`."""
    time: datetime | None
    """When it last changed what it owns."""
    subresource: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False, compare=False)
    """Its fields as `fieldsV1` has them."""


class FieldOwners:
    """The owners of one object's fields, as the provider that has the object in its state sees them."""

    def __init__(self, live: Mapping[str, Any], field_manager: str | None) -> None:
        """Read them.

        Args:
            live: the object, with its `managedFields`.
            field_manager: `__fieldManager` of its outputs in the state.
        """
        self.owners = owners(live)
        self._created = _time(live["metadata"].get("creationTimestamp"))
        applied = (field_manager, APPLY, "")
        self._applied = next((o for o in self.owners if (o.manager, o.operation, o.subresource) == applied), None)

    @property
    def was_updated(self) -> bool:
        """Whether the provider has written the object since it created or imported it."""
        return self._applied is not None

    def is_own(self, owner: Owner) -> bool:
        """Whether an owner is the stack's provider. Beside its applied fields, an Update in its name is a stranger's."""
        if self._applied is not None:
            return owner == self._applied
        return _is_creation(owner)

    def takes_over(self, owner: Owner) -> bool:
        """Whether the provider's next update makes an owner's fields its own first, and so removes what is undeclared."""
        return not owner.subresource and any(
            owner.manager.startswith(prefix) and owner.operation == operation for prefix, operation in _TAKEN_OVER
        )

    def is_released(self, owner: Owner) -> bool:
        """Whether the next update removes an undeclared field that this owner alone owns."""
        return self.is_own(owner) or self.takes_over(owner)

    def written_in_its_name(self) -> Owner | None:
        """The provider's creation, where somebody else has written in its name since then; the provider has not."""
        own = next((owner for owner in self.owners if self.is_own(owner) and owner.operation == UPDATE), None)
        return None if own is None or _at_creation(own, self._created) else own


def owners(live: Mapping[str, Any]) -> tuple[Owner, ...]:
    """The entries of an object's `managedFields`."""
    return tuple(
        Owner(
            manager=str(entry.get("manager") or ""),
            operation=str(entry.get("operation") or UPDATE),
            time=_time(entry.get("time")),
            subresource=str(entry.get("subresource") or ""),
            fields=entry.get("fieldsV1") or {},
        )
        for entry in live["metadata"].get("managedFields") or []
    )


def created_by_pulumi(live: Mapping[str, Any]) -> bool:
    """Whether a Pulumi program has created an object and not updated it since. Which program, nothing tells."""
    created = _time(live["metadata"].get("creationTimestamp"))
    return any(_is_creation(owner) and _at_creation(owner, created) for owner in owners(live))


def _is_creation(owner: Owner) -> bool:
    return (owner.manager, owner.operation, owner.subresource) == (PROVIDER, UPDATE, "")


def _at_creation(owner: Owner, created: datetime | None) -> bool:
    return owner.time is None or created is None or owner.time - created <= _SAME_TIME


def _time(text: Any) -> datetime | None:
    return datetime.fromisoformat(str(text)) if text else None

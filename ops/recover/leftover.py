"""An object that an update has left behind, and what becomes of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from ..azure.api import Api
from ..cluster.connection import Cluster

_CLOCKS_DIFFER = timedelta(seconds=30)


class Fate(StrEnum):
    """What becomes of an object."""

    IMPORT = "import"
    """The state takes it over."""
    REMOVE = "remove"
    KEEP = "keep"
    """Somebody else may have made it: the next update will say so."""


@dataclass(frozen=True)
class Leftover:
    """An object that is there, and that the state does not know."""

    resource: str
    """Logical name of the resource that was being created."""
    urn: str
    what: str
    """The object, in words."""
    fate: Fate
    id: str = ""
    """The resource's id, where the state takes it over."""
    record: dict[str, Any] = field(default_factory=dict, repr=False)
    """The resource as the state will have it, where the state takes it over."""
    outputs: dict[str, Any] = field(default_factory=dict, repr=False)
    """Its outputs, where its inputs do not do for them until the next refresh."""
    reason: str = ""
    """Why it is kept."""
    remove: Callable[[], None] | None = None


@dataclass(frozen=True)
class Places:
    """Where objects can be left."""

    arm: Api
    graph: Api
    cluster: Cluster | None
    """None where the stack has no cluster, or no update has come as far."""
    updates: Sequence[tuple[datetime, datetime]] = ()
    """When updates of this stack began and ended."""
    killed: tuple[datetime, datetime] | None = None
    """When the update that holds the lock began, and now: when it ended nobody knows."""
    stack: str = ""
    """Name of the stack."""
    holders: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    """The project's stack that has a Kubernetes object, by the object's uid."""
    makers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Another stack of the project that is making a Kubernetes object, or was when it was killed, by the object in words."""
    secrets: frozenset[str] = field(default=frozenset(), repr=False)
    """The values that are secret in this stack's state."""

    def made_by_an_update(self, created: str, late: timedelta = timedelta()) -> bool:
        """Whether something was made while this stack was updated: what looks like its own at another time is not.

        Args:
            created: when it was made, as its service says.
            late: how long after its end an update can still make something.
        """
        moment = datetime.fromisoformat(created)
        return any(start - _CLOCKS_DIFFER <= moment <= end + late + _CLOCKS_DIFFER for start, end in self.updates)

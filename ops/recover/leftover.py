"""An object that an update has left behind, and what becomes of it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from ..azure import Api
from ..cluster import Cluster


class Fate(StrEnum):
    """What becomes of an object."""

    IMPORT = "import"
    """The state takes it over."""
    REMOVE = "remove"
    KEEP = "keep"
    """Somebody else made it: the next update will say so."""


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
    remove: Callable[[], None] | None = None


@dataclass(frozen=True)
class Places:
    """Where objects can be left."""

    arm: Api
    graph: Api
    cluster: Cluster | None
    """None where the stack has no cluster, or no update has come as far."""

"""ARM's own casing of ids: who asks for CONTOSO-RG is answered with contoso-rg, as it was created."""

from ..database import Database
from ..rbac import covers

# From the longest id to the shortest.
_KINDS = ("gateway", "service", "resourceGroup")


def as_created(id_: str, database: Database) -> str:
    """An id with the casing of what it names, as far as that exists."""
    for kind in _KINDS:
        for document in database.all(kind):
            if covers(document["id"], id_):
                return document["id"] + id_[len(document["id"]) :]
    return id_

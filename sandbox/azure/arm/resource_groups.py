"""Microsoft.Resources: resource groups, which go with all that is in them."""

import time

from starlette.responses import Response

from ..azure import Azure
from ..database import Database, Document
from ..responses import arm_error
from .entry import Call, Operation, operation, respond
from .long_running import LongRunning

# A group, as the start of a path; the group `scope` is closed by who goes on with it.
GROUP = "(?P<scope>(?P<group>/subscriptions/[^/]+/resourceGroups/[^/]+)"

_VERSIONS = frozenset({"2021-04-01", "2022-09-01", "2024-03-01"})
# What is kept of resources, by the kinds of the database.
_RESOURCES = ("service", "gateway", "api", "attachedApi", "storageAccount", "blobService", "blobContainer", "vaultKey")


class ResourceGroups:
    """The resource provider, as far as groups go."""

    def __init__(self, azure: Azure, long_running: LongRunning) -> None:
        self._azure = azure
        self._database = azure.database
        self._long_running = long_running
        group, v = "Microsoft.Resources/subscriptions/resourceGroups", _VERSIONS
        self.operations: list[Operation] = [
            operation("GET", f"{GROUP})", f"{group}/read", v, self.get),
            operation("PUT", f"{GROUP})", f"{group}/write", v, self.put),
            operation("DELETE", f"{GROUP})", f"{group}/delete", v, self.delete),
        ]

    def get(self, call: Call) -> Response:
        """GET a group."""
        return respond(_shown(find_group(self._database, call)))

    def put(self, call: Call) -> Response:
        """PUT: 201 for a new group, 200 for a changed one; it never moves."""
        name, location = call.groups["group"].rsplit("/", 1)[-1], call.body.get("location")
        if not location:
            raise arm_error(400, "LocationRequired", "The location property is required for this definition.")
        existing = self._database.get("resourceGroup", call.scope)
        if existing is not None and existing["location"] != location:
            raise arm_error(
                409,
                "InvalidResourceGroupLocation",
                f"Invalid resource group location '{location}'. The Resource group already exists in location "
                f"'{existing['location']}'.",
            )
        document = {"id": call.scope, "name": name, "location": location, "tags": call.body.get("tags") or {}}
        self._database.put("resourceGroup", call.scope, document)
        return respond(_shown(document), 200 if existing else 201)

    def delete(self, call: Call) -> Response:
        """DELETE: 202, with everything that is in it; 404 where there is none."""
        group = find_group(self._database, call)
        below = f"{group['id']}/".lower()
        with self._database.transaction():
            for kind in _RESOURCES:
                for document in self._database.all(kind):
                    if document["id"].lower().startswith(below):
                        self._database.delete(kind, document["id"])
            for vault in self._database.all("vault"):
                if vault["id"].lower().startswith(below):
                    delete_vault(self._database, vault)
            self._database.delete("resourceGroup", group["id"])
        return self._long_running.accept(None)


def find_group(database: Database, call: Call) -> Document:
    """The resource group of a path.

    Raises:
        ApiError: 404, there is none.
    """
    group = database.get("resourceGroup", call.groups["group"])
    if group is None:
        name = call.groups["group"].rsplit("/", 1)[-1]
        raise arm_error(404, "ResourceGroupNotFound", f"Resource group '{name}' could not be found.")
    return group


def delete_vault(database: Database, vault: Document) -> None:
    """Delete a key vault with its keys. Soft deletion can't be switched off: its name stays taken."""
    database.delete("vault", vault["id"])
    for key in database.all("vaultKey"):
        if key["id"].lower().startswith(f"{vault['id']}/".lower()):
            database.delete("vaultKey", key["id"])
    database.put("deletedVault", vault["name"], {**vault, "_deletedAt": time.time()})


def _shown(group: Document) -> Document:
    return {
        "id": group["id"],
        "name": group["name"],
        "type": "Microsoft.Resources/resourceGroups",
        "location": group["location"],
        "tags": group.get("tags", {}),
        "properties": {"provisioningState": "Succeeded"},
    }

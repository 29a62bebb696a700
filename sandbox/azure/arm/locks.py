"""Microsoft.Authorization: management locks, which keep even who may from deleting or writing what is below them."""

from starlette.responses import Response

from ..azure import Azure
from ..database import Database, Document
from ..rbac import covers
from ..responses import arm_error
from .entry import Call, Operation, operation, respond

_VERSIONS = frozenset({"2016-09-01", "2017-04-01", "2020-05-01"})
_TYPE = "Microsoft.Authorization/locks"
_LEVELS = ("CanNotDelete", "ReadOnly")


class Locks:
    """The resource provider, as far as locks go."""

    def __init__(self, azure: Azure) -> None:
        self._database = azure.database
        locks = f"{{+scope}}/providers/{_TYPE}"
        v, o = _VERSIONS, operation
        self.operations: list[Operation] = [
            o("GET", locks, f"{_TYPE}/read", v, self.list),
            o("GET", f"{locks}/{{name}}", f"{_TYPE}/read", v, self.get),
            o("PUT", f"{locks}/{{name}}", f"{_TYPE}/write", v, self.put),
            o("DELETE", f"{locks}/{{name}}", f"{_TYPE}/delete", v, self.delete),
        ]

    def list(self, call: Call) -> Response:
        """GET the locks at a scope and below it."""
        found = [lock for lock in self._database.all("lock") if covers(call.scope, lock["_scope"])]
        return respond({"value": [_shown(lock) for lock in found]})

    def get(self, call: Call) -> Response:
        """GET one."""
        lock = self._database.get("lock", _id(call))
        if lock is None:
            raise arm_error(404, "LockNotFound", f"The lock '{call.groups['name']}' could not be found.")
        return respond(_shown(lock))

    def put(self, call: Call) -> Response:
        """PUT: 201 for a new lock, 200 for a changed one."""
        level = (call.body.get("properties") or {}).get("level")
        if level not in _LEVELS:
            raise arm_error(400, "LockLevelInvalid", f"The lock level '{level}' is not valid.")
        id_ = _id(call)
        existing = self._database.get("lock", id_)
        lock = {
            "id": id_,
            "type": _TYPE,
            "name": call.groups["name"],
            "_scope": call.scope,
            "properties": {"level": level},
        }
        self._database.put("lock", id_, lock)
        return respond(_shown(lock), 200 if existing else 201)

    def delete(self, call: Call) -> Response:
        """DELETE: 200, or 204 where there is none."""
        return Response(status_code=200 if self._database.delete("lock", _id(call)) else 204)


def check_locks(database: Database, method: str, path: str) -> None:
    """Refuse what a lock at the path or above it forbids; of a deletion, also one below it.

    Raises:
        ApiError: 409 ScopeLocked.
    """
    if method not in ("DELETE", "PUT", "PATCH") or f"/providers/{_TYPE}/".lower() in path.lower():
        return
    forbidding = _LEVELS if method == "DELETE" else ("ReadOnly",)
    scopes = [
        lock["_scope"]
        for lock in database.all("lock")
        if lock["properties"]["level"] in forbidding
        and (covers(lock["_scope"], path) or (method == "DELETE" and covers(path, lock["_scope"])))
    ]
    if scopes:
        doing = "delete" if method == "DELETE" else "write"
        raise arm_error(
            409,
            "ScopeLocked",
            f"The scope '{path}' cannot perform {doing} operation because following scope(s) are locked: "
            f"'{','.join(scopes)}'. Please remove the lock and try again.",
        )


def _id(call: Call) -> str:
    return f"{call.scope}/providers/{_TYPE}/{call.groups['name']}"


def _shown(lock: Document) -> Document:
    return {key: value for key, value in lock.items() if not key.startswith("_")}

"""What the released plugin lists and watches before it waits for an object: without these rights it waits for ever.

Rules: `provider/pkg/await` of pulumi-kubernetes 4; what a missing right does: its issue 4580. The warnings among the
events are watched for everything that is made, changed or deleted; all that is watched in a namespace is waited for
together. Whether every wait suffers from it is not established: here, each does.
"""

from ..engine.provider import ProviderError, Request
from .connection import Connection, StatusError, UnreachableError
from .kinds import Kind

_SECONDS_BETWEEN_TRIES = 1.0
_RELATED = {
    "Deployment": (
        "/apis/apps/v1/namespaces/{namespace}/replicasets",
        "/api/v1/namespaces/{namespace}/pods",
        "/api/v1/namespaces/{namespace}/persistentvolumeclaims",
    ),
    "Service": ("/api/v1/namespaces/{namespace}/endpoints",),
}


class CancelledError(ProviderError):
    """The engine was interrupted before everything could be listed and watched."""


def related(kind: Kind, namespace: str) -> list[str]:
    """The collections that tell, beside an object of a kind itself, whether it is ready."""
    return [path.format(namespace=namespace) for path in _RELATED.get(kind.kind, ())]


def events(namespace: str) -> str:
    """The collection of a namespace's events; of all, for what is in none."""
    return f"/api/v1/namespaces/{namespace}/events" if namespace else "/api/v1/events"


def wait_until_synced(connection: Connection, collections: list[str], request: Request) -> None:
    """Return once these collections may be listed and watched.

    Raises:
        CancelledError: the update was interrupted; with the refusal that stood in the way.
    """
    for collection in collections:
        while refusal := _refusal(connection, collection):
            request.log(refusal)
            if request.cancelled.wait(_SECONDS_BETWEEN_TRIES):
                raise CancelledError(refusal)


def _refusal(connection: Connection, collection: str) -> str:
    """Why a collection can't be listed or watched, or the empty text."""
    try:
        listed = connection.request("GET", collection, limit="1")
        connection.check_watch(collection, resourceVersion=listed["metadata"]["resourceVersion"])
    except StatusError as error:
        return f"failed to list and watch: {error.message}"
    except UnreachableError:
        return ""  # who waits for the object finds that out
    return ""

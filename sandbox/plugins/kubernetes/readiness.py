"""Waiting until what was declared works: a Deployment has rolled out, a Service has endpoints and an address."""

import time
from collections.abc import Callable
from typing import Any

from ..engine.provider import Request
from .connection import Connection, StatusError, UnreachableError
from .informers import CancelledError, events, related, wait_until_synced
from .kinds import KINDS, Kind

DEFAULT_TIMEOUT_SECONDS = 600.0
SKIP = "pulumi.com/skipAwait"
TIMEOUT = "pulumi.com/timeoutSeconds"


def wait_until_ready(
    connection: Connection, kind: Kind, live: dict[str, Any], request: Request
) -> tuple[dict[str, Any], list[str]]:
    """The object once it is ready; or its last version and the reasons why it is not, at the end of the time."""
    check = _check(kind, live)
    annotations = live["metadata"].get("annotations") or {}
    timeout = request.timeout or float(annotations.get(TIMEOUT, DEFAULT_TIMEOUT_SECONDS))
    deadline = time.monotonic() + timeout
    namespace, name = live["metadata"].get("namespace", ""), live["metadata"]["name"]
    path = kind.path(namespace)
    watched = [path, *related(kind, namespace)] if check else []
    try:
        wait_until_synced(connection, [*watched, events(namespace)], request)
    except CancelledError as error:
        return live, ["the update was cancelled while waiting", str(error)]
    if check is None:
        return live, []
    reasons: list[str] = []
    while True:
        try:
            live = connection.find(f"{path}/{name}") or live
            reasons = check(connection, live)
            if not reasons:
                return live, []
            if request.cancelled.is_set():
                return live, ["the update was cancelled while waiting", *reasons]
            if time.monotonic() >= deadline:
                return live, [f"'{name}' timed out waiting to be Ready", *reasons, *_pod_reasons(connection, live)]
            request.log("; ".join(reasons))
            _next_change(connection, kind, live, deadline)
        except (StatusError, UnreachableError) as error:
            if time.monotonic() >= deadline or request.cancelled.is_set():
                return live, [f"'{name}' timed out waiting to be Ready", str(error)]
            time.sleep(1)  # the API server is away: nothing can be watched


def reasons_against(connection: Connection, kind: Kind, live: dict[str, Any]) -> list[str]:
    """Why an object that a refresh reads is not ready, without waiting for it."""
    check = _check(kind, live)
    if check is None:
        return []
    try:
        for collection in related(kind, live["metadata"].get("namespace", "")):
            connection.request("GET", collection, limit="1")
        return check(connection, live)
    except StatusError as error:
        # The released plugin goes on without what it may not list, and then misses it.
        return [f"whether '{live['metadata']['name']}' is ready can't be told: {error.message}"]


def wait_until_gone(connection: Connection, path: str, namespace: str, request: Request) -> bool:
    """Wait for the end of a deletion; whether it came in time.

    Raises:
        CancelledError: interrupted, while the collection may not be watched.
    """
    deadline = time.monotonic() + (request.timeout or DEFAULT_TIMEOUT_SECONDS)
    collection, name = path.rsplit("/", 1)
    wait_until_synced(connection, [collection, events(namespace)], request)
    while live := connection.find(path):
        if time.monotonic() >= deadline:
            return False
        query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": live["metadata"]["resourceVersion"]}
        for event in connection.watch(collection, **query):
            if event["type"] == "DELETED" or time.monotonic() >= deadline:
                break
    return True


def _check(kind: Kind, live: dict[str, Any]) -> Callable[[Connection, dict[str, Any]], list[str]] | None:
    annotations = live["metadata"].get("annotations") or {}
    return None if annotations.get(SKIP) == "true" else _CHECKS.get(kind.kind)


def _next_change(connection: Connection, kind: Kind, live: dict[str, Any], deadline: float) -> None:
    """Return at the next change of what readiness depends on, or after a few seconds."""
    namespace, name = live["metadata"].get("namespace", ""), live["metadata"]["name"]
    version = live["metadata"]["resourceVersion"]
    if kind.kind == "Service" and not _has_endpoints(connection, live):
        query = {"fieldSelector": f"metadata.name={name}"}
        # Without a version, a watch starts with what is there: only what follows is a change.
        for event in connection.watch(f"/api/v1/namespaces/{namespace}/endpoints", **query):
            if _count_ready(event["object"]) or time.monotonic() >= deadline:
                return
        return
    query = {"fieldSelector": f"metadata.name={name}", "resourceVersion": version}
    for _ in connection.watch(kind.path(namespace), **query):
        return


def _deployment_reasons(_: Connection, live: dict[str, Any]) -> list[str]:
    spec, status = live["spec"], live.get("status") or {}
    wanted = spec.get("replicas", 1)
    if status.get("observedGeneration", 0) < live["metadata"]["generation"]:
        return ["the Deployment controller has not seen the change yet"]
    reasons = []
    conditions = {condition["type"]: condition for condition in status.get("conditions", [])}
    progressing = conditions.get("Progressing")
    if progressing is None or progressing.get("reason") != "NewReplicaSetAvailable" or progressing["status"] != "True":
        message = (progressing or {}).get("message", "the new ReplicaSet is not there yet")
        reasons.append(f"[{(progressing or {}).get('reason', 'Progressing')}] {message}")
    available = conditions.get("Available")
    if available is not None and available["status"] != "True":
        reasons.append(f"[{available.get('reason', 'Unavailable')}] {available.get('message', '')}")
    for field in ("updatedReplicas", "availableReplicas"):
        if status.get(field, 0) < wanted:
            reasons.append(f"{status.get(field, 0)} of {wanted} {field}")
            break
    if not reasons and status.get("replicas", 0) > wanted:
        reasons.append(f"{status['replicas'] - wanted} pods of the previous revision still run")
    return reasons


def _service_reasons(connection: Connection, live: dict[str, Any]) -> list[str]:
    spec = live["spec"]
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None":
        return []
    reasons = []
    if spec.get("selector") and not _has_endpoints(connection, live):
        reasons.append(
            "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match "
            "labels on any Pods"
        )
    ingress = ((live.get("status") or {}).get("loadBalancer") or {}).get("ingress")
    if spec.get("type") == "LoadBalancer" and not ingress:
        reasons.append("Service was not allocated an IP address; does your cloud provider support this?")
    return reasons


def _has_endpoints(connection: Connection, live: dict[str, Any]) -> bool:
    # Endpoints, not EndpointSlices: the released plugin's issue 3623.
    namespace, name = live["metadata"]["namespace"], live["metadata"]["name"]
    query = {"fieldSelector": f"metadata.name={name}"}
    listed = connection.request("GET", f"/api/v1/namespaces/{namespace}/endpoints", **query)
    return any(_count_ready(endpoints) for endpoints in listed.get("items", []))


def _count_ready(endpoints: dict[str, Any]) -> int:
    return sum(len(subset.get("addresses") or []) for subset in endpoints.get("subsets") or [])


def _pod_reasons(connection: Connection, live: dict[str, Any]) -> list[str]:
    """Why the pods of a Deployment are not ready, as their statuses tell."""
    if live.get("kind") != KINDS["kubernetes:apps/v1:Deployment"].kind:
        return []
    labels = live["spec"]["selector"].get("matchLabels") or {}
    selector = ",".join(f"{key}={value}" for key, value in labels.items())
    namespace = live["metadata"]["namespace"]
    try:
        pods = connection.request("GET", f"/api/v1/namespaces/{namespace}/pods", labelSelector=selector)["items"]
    except (StatusError, UnreachableError):
        return []
    reasons = []
    for pod in pods:
        name = pod["metadata"]["name"]
        for container in (pod.get("status") or {}).get("containerStatuses", []):
            if container["ready"]:
                continue
            state = container.get("state") or {}
            detail = state.get("waiting") or state.get("terminated") or {}
            last = (container.get("lastState") or {}).get("terminated") or {}
            words = [detail.get("reason"), detail.get("message"), last.get("message")]
            text = ": ".join(word for word in words if word)
            reasons.append(f"[Pod {name}]: containers with unready status: [{container['name']}] {text}".rstrip())
    return reasons


_CHECKS: dict[str, Callable[[Connection, dict[str, Any]], list[str]]] = {
    "Deployment": _deployment_reasons,
    "Service": _service_reasons,
}

"""Events: what `kubectl describe` and `kubectl get events` tell. The same event again raises its count."""

import asyncio
import logging
import uuid
from collections import OrderedDict
from typing import Literal

from . import NODE_NAME, KubernetesObject, clock
from .cluster import MERGE_PATCH, Cluster, ClusterError

_log = logging.getLogger(__name__)

REMEMBERED = 1000
LONGEST_MESSAGE = 1024  # the API server takes no more


class Events:
    """Records events in the order in which they happen, without holding up who reports them."""

    def __init__(self, cluster: Cluster, component: str) -> None:
        self._cluster = cluster
        self._component = component
        self._queue: asyncio.Queue[tuple[KubernetesObject, str, str, str]] = asyncio.Queue()
        self._known: OrderedDict[tuple[str, ...], tuple[str, int]] = OrderedDict()

    def record(
        self,
        about: KubernetesObject,
        kind: Literal["Normal", "Warning"],
        reason: str,
        message: str,
        field_path: str | None = None,
    ) -> None:
        """Reports an event about an object; `field_path` names a part of it, `spec.containers{mygw}` for example."""
        metadata = about["metadata"]
        involved = {
            "apiVersion": about.get("apiVersion") or "v1",
            "kind": about.get("kind") or "Pod",  # the items of a list do not say their kind
            "name": metadata["name"],
            "namespace": metadata.get("namespace") or "default",
            "uid": metadata["uid"],
        }
        if field_path is not None:
            involved["fieldPath"] = field_path
        self._queue.put_nowait((involved, kind, reason, message[:LONGEST_MESSAGE]))

    async def run(self) -> None:
        """Writes what is reported, for as long as the node lives."""
        while True:
            involved, kind, reason, message = await self._queue.get()
            try:
                await self._write(involved, kind, reason, message)
            except ClusterError as error:  # an event is not worth holding up the next
                if "is being terminated" in str(error):
                    continue  # a namespace that goes takes no more events
                _log.warning("The event %s of %s was not written: %s", reason, involved["name"], error)

    async def _write(self, involved: KubernetesObject, kind: str, reason: str, message: str) -> None:
        path = f"/api/v1/namespaces/{involved['namespace']}/events"
        key = (involved["uid"], involved.get("fieldPath", ""), kind, reason, message)
        now = clock.now()
        if key in self._known:
            name, count = self._known[key]
            try:
                await self._cluster.patch(f"{path}/{name}", {"count": count + 1, "lastTimestamp": now}, MERGE_PATCH)
            except ClusterError as error:
                if not error.absent:  # events expire
                    raise
            else:
                self._known[key] = name, count + 1
                self._known.move_to_end(key)
                return
        name = f"{involved['name']}.{uuid.uuid4().hex[:16]}"
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": name, "namespace": involved["namespace"]},
            "involvedObject": involved,
            "type": kind,
            "reason": reason,
            "message": message,
            "source": {"component": self._component, "host": NODE_NAME},
            "reportingComponent": self._component,
            "reportingInstance": NODE_NAME,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        await self._cluster.create(path, event)
        self._known[key] = name, 1
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

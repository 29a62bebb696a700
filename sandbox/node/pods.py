"""The pods that are bound to this node, followed and run."""

import asyncio
import logging
import shutil

from . import NODE_NAME, KubernetesObject
from .cluster import Listed
from .pod import NodeParts, Pod

_log = logging.getLogger(__name__)


class Pods:
    """Starts what is bound to the node, and ends what is gone."""

    def __init__(self, node: NodeParts) -> None:
        self._node = node
        self._pods: dict[str, Pod] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Runs pods for as long as the node lives."""
        first = True
        async for news in self._node.cluster.follow("/api/v1/pods", fieldSelector=f"spec.nodeName={NODE_NAME}"):
            if isinstance(news, Listed):
                if first:
                    self._forget_others(news.objects)
                    first = False
                self._take_all(news.objects)
            elif news.kind == "DELETED":
                self._remove(news.object["metadata"]["uid"])
            else:
                self._take(news.object)

    def find(self, namespace: str, name: str) -> Pod | None:
        """The pod of that name that is on this node."""
        for pod in self._pods.values():
            metadata = pod.object["metadata"]
            if (metadata["namespace"], metadata["name"]) == (namespace, name):
                return pod
        return None

    async def power_off(self) -> None:
        """Ends all processes at once. The pods stay: the next node of this name runs them again."""
        tasks = list(self._tasks.values())
        containers = [container for pod in self._pods.values() for container in pod.containers]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for container in containers:
            container.kill()
            await container.gone()

    def _forget_others(self, pods: list[KubernetesObject]) -> None:
        """At the start: keeps the addresses of pods that were here, and removes what is left of those that are gone."""
        uids = {pod["metadata"]["uid"] for pod in pods}
        for pod in pods:
            self._node.network.reserve((pod.get("status") or {}).get("podIP") or "")
        for folder in self._node.folder.iterdir():
            if folder.name not in uids:
                shutil.rmtree(folder, ignore_errors=True)

    def _take_all(self, pods: list[KubernetesObject]) -> None:
        uids = {pod["metadata"]["uid"] for pod in pods}
        for uid in self._pods.keys() - uids:
            self._remove(uid)
        for pod in pods:
            self._take(pod)

    def _take(self, pod: KubernetesObject) -> None:
        uid = pod["metadata"]["uid"]
        if uid in self._pods:
            self._pods[uid].update(pod)
            return
        running = self._pods[uid] = Pod(pod, self._node, lambda: self._forget(uid))
        task = self._tasks[uid] = asyncio.create_task(running.run())
        task.add_done_callback(_report)

    def _remove(self, uid: str) -> None:
        if uid in self._pods:
            self._pods[uid].remove()

    def _forget(self, uid: str) -> None:
        self._pods.pop(uid, None)
        self._tasks.pop(uid, None)


def _report(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("A pod could not be run", exc_info=error)

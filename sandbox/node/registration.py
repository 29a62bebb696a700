"""The Node object and its lease: what says that this node is there, and that it lives."""

import asyncio
import logging
import platform
from http import HTTPStatus

from . import NODE_NAME, KubernetesObject, clock
from .cluster import Cluster, ClusterError
from .images import ARCHITECTURE
from .resources import CAPACITY

_log = logging.getLogger(__name__)

LEASE_PATH = "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases"
LEASE_SECONDS = 40
RENEW_SECONDS = 10
STATUS_SECONDS = 60

_LABELS = {
    "kubernetes.io/hostname": NODE_NAME,
    "kubernetes.io/os": "linux",
    "kubernetes.io/arch": ARCHITECTURE,
    "beta.kubernetes.io/os": "linux",
    "beta.kubernetes.io/arch": ARCHITECTURE,
    # A cloud's controller gives a node these.
    "topology.kubernetes.io/region": "local",
    "topology.kubernetes.io/zone": "local-1",
}
CONDITIONS = {
    "MemoryPressure": ("False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
    "DiskPressure": ("False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
    "PIDPressure": ("False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
    "Ready": ("True", "KubeletReady", "kubelet is posting ready status"),
}


class Registration:
    """Registers the node and keeps it Ready."""

    def __init__(self, cluster: Cluster, *, kubelet_port: int, version: str) -> None:
        self._cluster = cluster
        self._kubelet_port = kubelet_port
        self._version = version
        self._since: dict[str, str] = {}

    async def run(self) -> None:
        """Renews the lease and the status, for as long as the node lives; also where the API server is away at times."""
        status_at = 0.0
        loop = asyncio.get_running_loop()
        while True:
            try:
                if loop.time() >= status_at:
                    await self._post_status()
                    status_at = loop.time() + STATUS_SECONDS
                await self._renew_lease()
            except ClusterError as error:
                _log.warning("The node's state was not posted: %s", error)
                status_at = 0.0
                await asyncio.sleep(1)
            else:
                await asyncio.sleep(RENEW_SECONDS)

    async def _post_status(self) -> None:
        path = f"/api/v1/nodes/{NODE_NAME}"
        body = {"status": self._status()}
        try:
            node = await self._cluster.patch(f"{path}/status", body)
        except ClusterError as error:
            if not error.absent:
                raise
            await self._cluster.create("/api/v1/nodes", self._node())
            node = await self._cluster.patch(f"{path}/status", body)
        if not self._since:
            await self._cluster.patch(path, {"metadata": {"labels": _LABELS}})  # of a node from before, too
        self._since = {
            condition["type"]: condition["lastTransitionTime"]
            for condition in node["status"]["conditions"]
            if condition["type"] in CONDITIONS
        }

    def _node(self) -> KubernetesObject:
        return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE_NAME, "labels": _LABELS}}

    def _status(self) -> KubernetesObject:
        now = clock.now()
        conditions = [
            {
                "type": name,
                "status": status,
                "reason": reason,
                "message": message,
                "lastHeartbeatTime": now,
                "lastTransitionTime": self._since.get(name, now),
            }
            for name, (status, reason, message) in CONDITIONS.items()
        ]
        return {
            "capacity": CAPACITY,
            "allocatable": CAPACITY,
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": "127.0.0.1"},
                {"type": "Hostname", "address": NODE_NAME},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._kubelet_port}},
            "nodeInfo": {
                "machineID": "",
                "systemUUID": "",
                "bootID": "",
                "kernelVersion": platform.release(),
                "osImage": "sandbox (pods are local processes)",
                "containerRuntimeVersion": "sandbox://1",
                "kubeletVersion": self._version,
                "kubeProxyVersion": "",
                "operatingSystem": "linux",
                "architecture": ARCHITECTURE,
            },
        }

    async def _renew_lease(self) -> None:
        spec = {"holderIdentity": NODE_NAME, "leaseDurationSeconds": LEASE_SECONDS, "renewTime": clock.now_micro()}
        try:
            await self._cluster.patch(f"{LEASE_PATH}/{NODE_NAME}", {"spec": spec})
        except ClusterError as error:
            if not error.absent:
                raise
            node = await self._cluster.get(f"/api/v1/nodes/{NODE_NAME}")
            owner = {"apiVersion": "v1", "kind": "Node", "name": NODE_NAME, "uid": node["metadata"]["uid"]}
            lease = {
                "apiVersion": "coordination.k8s.io/v1",
                "kind": "Lease",
                "metadata": {"name": NODE_NAME, "namespace": "kube-node-lease", "ownerReferences": [owner]},
                "spec": spec,
            }
            await self._create_lease(lease)

    async def _create_lease(self, lease: KubernetesObject) -> None:
        try:
            await self._cluster.create(LEASE_PATH, lease)
        except ClusterError as error:
            # A cluster that has just started makes the namespace a moment later; the next round finds it.
            if error.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
                raise

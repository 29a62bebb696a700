"""One pod on this node: from its binding to the removal of its object."""

import asyncio
import contextlib
import json
import logging
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tenacity import AsyncRetrying, retry_if_exception, stop_after_delay, wait_fixed

from ..waits import beside_controllers
from . import KubernetesObject, clock, volumes
from .cluster import Cluster, ClusterError
from .container import Container, PullSecrets, Surroundings
from .environment import Environment, environment_of, field_value
from .events import Events
from .images import Image, Images
from .pod_names import CLUSTER_NAME_SERVER, NODE_NAME_SERVER, host_name, hosts_file, resolver_file
from .pod_network import PodNetwork
from .pod_status import phase_of, status_of
from .probes import Prober
from .resources import resource_value
from .security import writes_root

_log = logging.getLogger(__name__)

VOLUME_RETRY_SECONDS = 2.0
VOLUME_REFRESH_SECONDS = 60.0
STATUS_RETRY_SECONDS = 1.0
TRUST_STORE = Path("etc/ssl/certs/ca-certificates.crt")


@dataclass(frozen=True, kw_only=True)
class NodeParts:
    """What pods need of their node."""

    cluster: Cluster
    events: Events
    images: Images
    network: PodNetwork
    network_file: Path
    """What names resolve to and whom images trust: `--network` of the command line."""

    cluster_dns: Path
    """The zone of the cluster's DNS."""

    folder: Path
    """Folder of all pods."""

    claims: Path
    """Folder of the volumes that outlive their pods."""


class Pod:
    """Runs one pod and tells its status."""

    def __init__(self, pod: KubernetesObject, node: NodeParts, ended: Callable[[], None]) -> None:
        self.object = pod
        self._node = node
        self._on_end = ended
        metadata = pod["metadata"]
        self._path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}"
        self.folder = node.folder / metadata["uid"]
        status = pod.get("status") or {}
        self._start_time = status.get("startTime") or clock.now()
        self.ip = status.get("podIP") or node.network.allocate()
        self.containers = self._make_containers(status)
        self._volumes = volumes.Volumes(
            self.folder / "volumes", node.claims, self._read, self._request_token, self._downward
        )
        self._changed = asyncio.Event()
        self._terminating = asyncio.Event()
        self._removed = asyncio.Event()
        self._published: KubernetesObject | None = None
        self.update(pod)

    def update(self, pod: KubernetesObject) -> None:
        """Takes the object's new version."""
        self.object = pod
        if "deletionTimestamp" in pod["metadata"]:
            self._terminating.set()

    def remove(self) -> None:
        """Ends the pod: its object is gone."""
        self._removed.set()
        self._terminating.set()

    async def run(self) -> None:
        """Runs the pod until it is gone."""
        publishing = asyncio.create_task(self._publish())
        try:
            if phase_of(self.object, self.containers) not in ("Succeeded", "Failed"):
                await self._run_until_terminated()
            else:
                self._changed.set()
                await self._terminating.wait()
            shutil.rmtree(self.folder, ignore_errors=True)
            await self._delete(publishing)
        finally:
            publishing.cancel()
            self.kill()
            self._node.network.release(self.ip)
            self._on_end()

    def kill(self) -> None:
        """Ends its processes at once: the node ends."""
        for container in self.containers:
            container.kill()

    # Life.

    async def _run_until_terminated(self) -> None:
        self._changed.set()
        running = asyncio.create_task(self._run_containers())
        terminating = asyncio.create_task(self._terminating.wait())
        await asyncio.wait((running, terminating), return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
        await terminating
        self._node.network.note_ending(self.ip)
        # A pod whose object is gone was deleted by force: nobody waits for it.
        grace = 1.0 if self._removed.is_set() else float(self.object["metadata"].get("deletionGracePeriodSeconds") or 0)
        stopping = asyncio.gather(*(container.stop(grace) for container in self.containers))
        removed = asyncio.create_task(self._removed.wait())
        await asyncio.wait((stopping, removed), return_when=asyncio.FIRST_COMPLETED)
        if not stopping.done():
            self.kill()
        await stopping
        removed.cancel()
        if not running.done():
            running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running

    async def _run_containers(self) -> None:
        if not await self._fill_volumes():
            return
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(container.run()) for container in self.containers]
            refreshing = group.create_task(self._refresh_volumes())
            await asyncio.wait(tasks)
            refreshing.cancel()

    async def _fill_volumes(self) -> bool:
        while not self._terminating.is_set():
            try:
                if self.object["spec"].get("initContainers"):
                    raise volumes.VolumeError("the sandbox's node does not play init containers")
                await self._volumes.fill(self.object)
            except (volumes.VolumeError, ClusterError) as error:
                self._event("Warning", "FailedMount", str(error))
                await self._pause(beside_controllers(VOLUME_RETRY_SECONDS))
            else:
                return True
        return False

    async def _refresh_volumes(self) -> None:
        while True:
            await asyncio.sleep(beside_controllers(VOLUME_REFRESH_SECONDS))
            try:
                await self._volumes.fill(self.object)
            except (volumes.VolumeError, ClusterError) as error:
                self._event("Warning", "FailedMount", str(error))

    async def _delete(self, publishing: "asyncio.Task[None]") -> None:
        """Tells how the containers ended, then lets the object go."""
        publishing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await publishing
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": self.object["metadata"]["uid"]}}
        while not self._removed.is_set():
            try:
                await self._patch_status()
                await self._node.cluster.delete(self._path, options)
            except ClusterError as error:
                if error.absent or error.status == HTTPStatus.CONFLICT:
                    return
                _log.warning("Pod %s was not removed: %s. Trying again.", self._text, error)
                await asyncio.sleep(STATUS_RETRY_SECONDS)
            else:
                return

    # Status.

    async def _publish(self) -> None:
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._patch_status()
            except ClusterError as error:
                if error.absent or error.status == HTTPStatus.CONFLICT:
                    continue  # the watch tells that it is gone
                _log.warning("The status of pod %s was not written: %s. Trying again.", self._text, error)
                await asyncio.sleep(STATUS_RETRY_SECONDS)
                self._changed.set()

    async def _patch_status(self) -> None:
        status = status_of(self.object, self.containers, self.ip, self._start_time, self._published)
        if json.dumps(status) == json.dumps(self._published):
            return
        # The uid refuses the patch where another pod has the name by now.
        body = {"metadata": {"uid": self.object["metadata"]["uid"]}, "status": status}
        await self._node.cluster.patch(f"{self._path}/status", body)
        self._published = status

    # What the containers get.

    def _make_containers(self, status: KubernetesObject) -> list[Container]:
        before = {each["name"]: each for each in status.get("containerStatuses") or []}
        policy = self.object["spec"].get("restartPolicy") or "Always"
        return [
            Container(spec, policy, before.get(spec["name"]), self._surroundings(spec))
            for spec in self.object["spec"]["containers"]
        ]

    def _surroundings(self, spec: KubernetesObject) -> Surroundings:
        field_path = f"spec.containers{{{spec['name']}}}"
        return Surroundings(
            folder=self.folder / "containers" / spec["name"],
            images=self._node.images,
            prober=Prober(self._node.network, self.ip),
            environment=self._environment,
            prepare_root=self._prepare_root,
            pull_secrets=self._pull_secrets,
            report_event=lambda kind, reason, message: self._event(kind, reason, message, field_path),
            report_pod_event=self._event,
            changed=lambda: self._changed.set(),
            grace_seconds=float(self.object["spec"].get("terminationGracePeriodSeconds", 30)),
            security=self.object["spec"].get("securityContext") or {},
            pod_text=self._text,
        )

    async def _environment(self, spec: KubernetesObject) -> Environment:
        return await environment_of(self.object, spec, self.ip, self._read)

    def _prepare_root(self, spec: KubernetesObject, image: Image, root: Path) -> None:
        network = json.loads(self._node.network_file.read_text())
        declared = {port["containerPort"] for port in spec.get("ports") or [] if port.get("protocol", "TCP") == "TCP"}
        listen = self._node.network.publish(self.ip, declared | set(image.ports))
        own = {
            "hostname": host_name(self.object),
            "address": self.ip,
            "listen": listen,
            "resolve": network["resolve"],
            "addresses": network.get("addresses") or {},
            "nameServers": {CLUSTER_NAME_SERVER: "cluster", NODE_NAME_SERVER: "public"},
            "clusterDns": str(self._node.cluster_dns),
            "writesRoot": writes_root(spec),
        }
        (root / "network.json").write_text(json.dumps(own, indent=2))
        trusted = Path(network["trustedCertificates"])
        trust_store = root / TRUST_STORE
        trust_store.parent.mkdir(parents=True)
        shutil.copyfile(self._node.network_file.parent / trusted, trust_store)  # an absolute path stays what it is
        for folder in ("dev", "tmp"):
            (root / folder).mkdir()
        (root / "etc/hosts").write_text(hosts_file(self.object, self.ip))
        (root / "etc/resolv.conf").write_text(resolver_file(self.object))
        self._volumes.mount(spec, root)

    async def _read(self, kind: str, name: str) -> KubernetesObject | None:
        """A ConfigMap, Secret or PersistentVolumeClaim of the pod's namespace."""
        collection = f"{kind.lower()}s"
        path = f"/api/v1/namespaces/{self.object['metadata']['namespace']}/{collection}/{name}"
        # The API server lets a node read what its pods name, and may learn of the pod a moment later than the node.
        attempts = AsyncRetrying(
            retry=retry_if_exception(_forbidden), wait=wait_fixed(0.2), stop=stop_after_delay(5), reraise=True
        )
        try:
            return await attempts(self._node.cluster.get, path)
        except ClusterError as error:
            if error.absent:
                return None
            raise volumes.VolumeError(str(error)) from None

    def _downward(self, item: dict[str, Any]) -> str:
        """What an item of the downward API gives."""
        if "fieldRef" in item:
            return field_value(self.object, item["fieldRef"]["fieldPath"], self.ip)
        return resource_value(self.object, item["resourceFieldRef"])

    async def _pull_secrets(self) -> PullSecrets:
        secrets = PullSecrets()
        for reference in self.object["spec"].get("imagePullSecrets") or []:
            name = reference.get("name") or ""
            try:
                found = await self._read("Secret", name) if name else None
            except volumes.VolumeError:
                found = None
            if found is not None:
                secrets.found.append(found)
            elif name:
                secrets.missing.append(name)
        return secrets

    async def _request_token(self, source: dict[str, Any]) -> str:
        metadata = self.object["metadata"]
        account = self.object["spec"].get("serviceAccountName") or "default"
        path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}/token"
        bound = {"kind": "Pod", "apiVersion": "v1", "name": metadata["name"], "uid": metadata["uid"]}
        spec: dict[str, Any] = {
            "audiences": [source["audience"]] if source.get("audience") else [],
            "expirationSeconds": source.get("expirationSeconds") or volumes.SERVICE_ACCOUNT_TOKEN_SECONDS,
            "boundObjectRef": bound,
        }
        request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec}
        try:
            return (await self._node.cluster.create(path, request))["status"]["token"]
        except ClusterError as error:
            raise volumes.VolumeError(f"failed to fetch token: {error}") from None

    # Small parts.

    @property
    def _text(self) -> str:
        metadata = self.object["metadata"]
        return f"{metadata['name']}_{metadata['namespace']}({metadata['uid']})"

    def _event(self, kind: Any, reason: str, message: str, field_path: str | None = None) -> None:
        self._node.events.record(self.object, kind, reason, message, field_path)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._terminating.wait(), seconds)


def _forbidden(error: BaseException) -> bool:
    return isinstance(error, ClusterError) and error.status == HTTPStatus.FORBIDDEN

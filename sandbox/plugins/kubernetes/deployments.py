"""When a rollout counts as done: the Deployment is available, and the ReplicaSet of its revision has its pods ready.

Pods of the previous revision may still be ending. From the second revision on, the rollout has also to say of itself that
its new ReplicaSet is available.
"""

import time
from typing import Any

from ...waits import between_tries
from . import pods
from .informers import Event
from .status_lines import StatusLines

REVISION = "deployment.kubernetes.io/revision"
SECONDS_BETWEEN_POD_WARNINGS = 10.0
_UNKNOWN_REVISION = "0"
_FIRST_REVISION = "1"


class Rollout:
    """What is known of one Deployment's rollout."""

    def __init__(self, live: dict[str, Any], lines: StatusLines) -> None:
        self.live = live
        self._written = live
        self._lines = lines
        self._waits_for_controller = False
        self._waiting: list[Event] = []
        self._is_available = False
        self._says_available = False
        self._has_pods = False
        self._claims_are_bound = False
        self._revision = _UNKNOWN_REVISION
        self._warnings: dict[str, str] = {}
        self._replica_sets: dict[str, dict[str, Any]] = {}
        self._pods: dict[str, dict[str, Any]] = {}
        self._claims: dict[str, dict[str, Any]] = {}
        self._next_warning = time.monotonic() + between_tries(SECONDS_BETWEEN_POD_WARNINGS)
        namespace = live["metadata"]["namespace"]
        self._deployments = f"/apis/apps/v1/namespaces/{namespace}/deployments"
        self._of_collection = {
            f"/apis/apps/v1/namespaces/{namespace}/replicasets": self._take_replica_set,
            f"/api/v1/namespaces/{namespace}/pods": self._take_pod,
            f"/api/v1/namespaces/{namespace}/persistentvolumeclaims": self._take_claim,
        }

    def collections(self) -> tuple[str, ...]:
        return (self._deployments, *self._of_collection)

    def begin(self) -> None:
        self._waits_for_controller = True

    def take(self, event: Event) -> None:
        if self._waits_for_controller:
            self._take_early(event)
        elif event.collection == self._deployments:
            self._take_deployment(event)
        else:
            self._of_collection[event.collection](event)

    def pass_time(self) -> None:
        if time.monotonic() >= self._next_warning:
            self._next_warning += between_tries(SECONDS_BETWEEN_POD_WARNINGS)
            for text in self._pod_warnings():
                self._lines.warn(text)

    def is_ready(self) -> bool:
        says_available = self._revision == _FIRST_REVISION or self._says_available
        if not (self._is_available and says_available and self._has_pods and self._are_claims_ready()):
            return False
        self._lines.say("Deployment initialization complete")
        return True

    def assume_rest(self) -> None:
        pass

    def is_good_enough(self) -> bool:
        return False

    def reasons(self) -> list[str]:
        reasons = list(self._warnings.values())
        if not self._are_claims_ready():
            unbound = ",".join(claim["metadata"]["name"] for claim in self._claims.values() if not _is_bound(claim))
            reasons.append(f'Failed to bind PersistentVolumeClaim(s): "{unbound}"')
        if not self._is_available:
            reasons.append("Minimum number of live Pods was not attained")
        elif not (self._has_pods if self._revision == _FIRST_REVISION else self._says_available):
            reasons.append("Minimum number of Pods to consider the application live was not attained")
        elif not self._has_pods:
            reasons.append(
                "Attempted to roll forward to new ReplicaSet, but minimum number of Pods did not become live"
            )
        return [*reasons, *self._pod_warnings()]

    def _take_early(self, event: Event) -> None:
        """Until its controller has seen what was written, what depends on the Deployment has to wait."""
        if event.collection != self._deployments:
            self._waiting.append(event)
            return
        found = event.object
        seen = (found.get("status") or {}).get("observedGeneration")
        is_this = found["metadata"]["name"] == self._written["metadata"]["name"]
        if is_this and seen == found["metadata"]["generation"]:
            self._waits_for_controller = False
            for each in (event, *self._waiting):
                self.take(each)

    def _take_deployment(self, event: Event) -> None:
        found = event.object
        # Whichever Deployment of the namespace it is.
        self._warnings = {}
        if found["metadata"]["name"] != self._written["metadata"]["name"]:
            return
        if found["metadata"]["generation"] < self._written["metadata"]["generation"] or event.type == "DELETED":
            return
        self.live = found
        self._revision = _revision(found)
        if not self._revision:
            return  # its controller has not made a ReplicaSet yet
        for condition in (found.get("status") or {}).get("conditions") or []:
            holds = condition["status"] == "True"
            if condition["type"] not in ("Progressing", "Available"):
                continue
            if not holds and condition.get("reason") and "message" in condition:
                text = f"[{condition['reason']}] {condition['message']}"
                self._warnings[condition["reason"]] = text
                self._lines.warn(text)
            if condition["type"] == "Available":
                self._is_available = holds
            else:
                self._says_available = holds and condition.get("reason") == "NewReplicaSetAvailable"
        self._look_at_replica_set()
        self._look_at_claims()

    def _take_replica_set(self, event: Event) -> None:
        if not _is_owned(event.object, self._written):
            return
        revision = _revision(event.object)
        if event.type == "DELETED":
            self._replica_sets.pop(revision, None)
            return
        self._replica_sets[revision] = event.object
        self._look_at_replica_set()

    def _take_pod(self, event: Event) -> None:
        if not _is_owned(event.object, self._replica_sets.get(self._revision)):
            return
        name = event.object["metadata"]["name"]
        if event.type == "DELETED":
            self._pods.pop(name, None)
        else:
            self._pods[name] = event.object

    def _take_claim(self, event: Event) -> None:
        uid, name = event.object["metadata"]["uid"], event.object["metadata"]["name"]
        if event.type == "DELETED":
            self._claims.pop(uid, None)
            return
        volumes = self.live["spec"]["template"]["spec"].get("volumes") or []
        if name in [(volume.get("persistentVolumeClaim") or {}).get("claimName") for volume in volumes]:
            self._claims[uid] = event.object
        self._look_at_claims()

    def _look_at_replica_set(self) -> None:
        replica_set = self._replica_sets.get(self._revision)
        if replica_set is None or self._revision == _UNKNOWN_REVISION:
            return
        # Of the ReplicaSet, not of the declaration: somebody may have scaled it.
        wanted = replica_set["spec"].get("replicas", 1)
        ready = (replica_set.get("status") or {}).get("readyReplicas")
        enough = ready >= wanted if ready is not None else wanted == 0
        self._has_pods = enough
        if not self._has_pods:
            self._lines.say(f"Waiting for app ReplicaSet to be available ({ready or 0}/{wanted} Pods available)")
        elif wanted == 0 and "replicas" in replica_set["spec"]:
            self._lines.warn(f'Replicas scaled to 0 for Deployment "{self.live["metadata"]["name"]}"')

    def _look_at_claims(self) -> None:
        bound = True
        for claim in self._claims.values():
            phase = (claim.get("status") or {}).get("phase")
            if phase is None:
                return
            if not _is_bound(claim):
                bound = False
                name = claim["metadata"]["name"]
                self._lines.warn(f"PersistentVolumeClaim: [{name}] is not ready. status.phase currently at: {phase}")
        self._claims_are_bound = bound

    def _are_claims_ready(self) -> bool:
        return not self._claims or self._claims_are_bound

    def _pod_warnings(self) -> list[str]:
        replica_set = self._replica_sets.get(self._revision)
        return [text for pod in self._pods.values() if _is_owned(pod, replica_set) for text in pods.warnings(pod)]


def _revision(live: dict[str, Any]) -> str:
    return (live["metadata"].get("annotations") or {}).get(REVISION, "")


def _is_owned(found: dict[str, Any], owner: dict[str, Any] | None) -> bool:
    if owner is None:
        return False
    owners = found["metadata"].get("ownerReferences") or []
    return any(each["uid"] == owner["metadata"]["uid"] for each in owners)


def _is_bound(claim: dict[str, Any]) -> bool:
    return (claim.get("status") or {}).get("phase") == "Bound"

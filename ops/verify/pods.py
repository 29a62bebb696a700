"""Are the pods ready, and if not: what refuses them, or what do they wait for?

Whatever it is, the cluster says it at once in the conditions of Deployment, ReplicaSet and pods, long before an update
gives up. Events say more, where they may be read.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from ..cluster.connection import Cluster
from ..errors import OpsError
from .absent import absent
from .gateways import NOT_YET, Gateway, KubernetesObject
from .report import Answer, Check

QUESTION = "pods"
_REVISION = "deployment.kubernetes.io/revision"
# Of more than one pod, kubectl shows the events only where it is told to.
_DESCRIBE = "`kubectl describe pod -n {namespace} -l app={name} --show-events=true` says what they wait for."
# What stands in the way, by what the cluster says of it: its name, its sign, and what to do.
_CAUSES = (
    (
        "quota",
        re.compile(r"exceeded quota|failed quota"),
        "The namespace's ResourceQuota refuses the pods: `kubectl describe quota -n {namespace}` says what is left of it. "
        "Raise it, or lower `replicas`.",
    ),
    (
        "pod security",
        re.compile(r"violates PodSecurity"),
        "The namespace's label `pod-security.kubernetes.io/enforce` refuses the pods: set it to `baseline`, or take another "
        "`namespace`.",
    ),
    (
        "security context constraint",
        re.compile(r"unable to validate against any security context constraint"),
        "OpenShift lets the namespace's pods run as its own users only: set `container.securityContext.runAsUser` to null, and "
        "it chooses one. If the message names another field of a security context, set that one to null too, or ask the "
        "cluster's administrator for another constraint.",
    ),
    (
        "admission webhook",
        re.compile(r"admission webhook"),
        "A policy of the cluster refuses the pods: ask its administrator.",
    ),
    (
        "service account",
        re.compile(r"error looking up service account|serviceaccount \"[^\"]*\" not found"),
        "The pods' account does not exist: check `serviceAccount.name`, or set `serviceAccount.create`.",
    ),
    (
        "priority class",
        re.compile(r"no PriorityClass with name"),
        "The cluster has no such priority class: `kubectl get priorityclasses` lists them. Check `pod.priorityClassName`.",
    ),
    (
        "no node",
        re.compile(r"Unschedulable|nodes are available"),
        "No node takes the pods, and the message says what each lacks: `kubectl get nodes`.",
    ),
    (
        "image",
        re.compile(r"ImagePull|InvalidImageName|[Ff]ailed to pull image|Back-off pulling image"),
        "Check `image`: a later `pulumi up` with the right one rolls the pods.",
    ),
    (
        "settings",
        re.compile(r"CreateContainerConfigError"),
        "The ConfigMap or the Secret is gone or lacks a key: `pulumi up --refresh`.",
    ),
    (
        "crash",
        re.compile(r"CrashLoopBackOff|RunContainerError|CreateContainerError"),
        "`kubectl logs -n {namespace} -l app={name} --prefix --previous` says why the container ends.",
    ),
    (
        "rollout",
        re.compile(r"ProgressDeadlineExceeded"),
        _DESCRIBE,
    ),
)


def check_pods(gateway: Gateway, cluster: Cluster) -> Check:
    """Whether as many pods of the last revision are ready as the Deployment asks for.

    Raises:
        OpsError: the Deployment can't be read.
    """
    if gateway.deployment is None:
        return Check(gateway.name, QUESTION, Answer.FAILED, "no Deployment is made yet", NOT_YET)
    namespace, name = gateway.deployment.namespace, gateway.deployment.name
    deployment = cluster.find("apps/v1", "Deployment", namespace, name)
    if deployment is None:
        return absent(gateway.name, QUESTION, "Deployment", gateway.deployment)
    wanted, current = deployment["spec"]["replicas"], _ready_of_last_revision(deployment)
    if current >= wanted:
        return Check(gateway.name, QUESTION, Answer.OK, f"{current} of {wanted} ready in {namespace}/{name}")
    reasons = dict.fromkeys(_reasons(deployment, gateway.deployment, cluster))
    found = f"{current} of {wanted} of the last revision ready in {namespace}/{name}" + "".join(
        f"; {r}" for r in reasons
    )
    cause, next_step = _cause_and_next_step(found, gateway.deployment)
    return Check(gateway.name, QUESTION, Answer.FAILED, found, next_step, cause)


def cause_of(text: str) -> str:
    """What stands in the way of pods, by a text of the cluster's; the empty text where it says nothing of the kind."""
    return next((cause for cause, sign, _ in _CAUSES if sign.search(text)), "")


def pods_of(deployment: KubernetesObject, cluster: Cluster) -> list[dict[str, Any]]:
    """A gateway's pods, without those that end.

    Raises:
        OpsError: they can't be read.
    """
    found = cluster.select("v1", "Pod", deployment.namespace, f"app={deployment.name}")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def is_ready(pod: dict[str, Any]) -> bool:
    """Whether a pod is ready."""
    return _condition(pod, "Ready").get("status") == "True"


def ready_since(pod: dict[str, Any]) -> datetime | None:
    """Since when a pod is ready; None where it is not, or nobody says when."""
    condition = _condition(pod, "Ready")
    since = condition.get("lastTransitionTime")
    return datetime.fromisoformat(since) if since and condition.get("status") == "True" else None


def _reasons(deployment: dict[str, Any], named: KubernetesObject, cluster: Cluster) -> Iterator[str]:
    """Why there are too few pods, as far as it can be found out with the rights that there are."""
    refused = _condition(deployment, "ReplicaFailure")
    try:
        if refused.get("status") != "True":
            refused = _condition(_last_replica_set(deployment, named, cluster), "ReplicaFailure")
        waiting = [reason for pod in pods_of(named, cluster) if (reason := _waits_for(pod))]
    except OpsError as error:
        waiting = [str(error)]
    if refused.get("status") == "True":
        # The condition keeps its first message for as long as it lasts, whatever refuses the pods by now.
        last = [e for e in _warnings(named, cluster) if e.get("reason") == refused.get("reason")][-1:]
        message = (last[0] if last else refused).get("message", "")
        waiting.insert(0, f"pods are refused: {refused.get('reason', '')}: {message}")
    progressing = _condition(deployment, "Progressing")
    if not waiting and progressing.get("status") == "False":
        waiting = [f"{progressing.get('reason', '')}: {progressing.get('message', '')}"]
    yield from waiting
    if not any(": " in reason for reason in waiting):
        for event in _warnings(named, cluster):
            about = event["involvedObject"]
            yield f"{about.get('kind', '')} {about['name']}: {event.get('reason', '')}: {event.get('message', '')}"


def _last_replica_set(deployment: dict[str, Any], named: KubernetesObject, cluster: Cluster) -> dict[str, Any]:
    """The ReplicaSet of a Deployment's last revision; an empty object where there is none."""
    owned = [
        replica_set
        for replica_set in cluster.select("apps/v1", "ReplicaSet", named.namespace, f"app={named.name}")
        if any(
            owner["uid"] == deployment["metadata"]["uid"]
            for owner in replica_set["metadata"].get("ownerReferences", ())
        )
    ]
    return max(owned, key=_revision, default={})


def _revision(replica_set: dict[str, Any]) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(_REVISION, 0))


def _warnings(named: KubernetesObject, cluster: Cluster) -> list[dict[str, Any]]:
    """The events of a gateway's objects that warn, the last one last. Who may not read them gets on without."""
    try:
        events = cluster.warnings(named.namespace)
    except OpsError:
        return []
    return [
        event
        for event in events
        if (about := str(event["involvedObject"].get("name", ""))) == named.name or about.startswith(f"{named.name}-")
    ]


def _ready_of_last_revision(deployment: dict[str, Any]) -> int:
    status = deployment.get("status") or {}
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return 0
    # A rollout takes an old pod away only when a new one is ready.
    old = status.get("replicas", 0) - status.get("updatedReplicas", 0)
    return max(0, status.get("readyReplicas", 0) - old)


def _cause_and_next_step(found: str, deployment: KubernetesObject) -> tuple[str, str]:
    cause, step = next(((cause, step) for cause, sign, step in _CAUSES if sign.search(found)), ("", _DESCRIBE))
    return cause, step.format(namespace=deployment.namespace, name=deployment.name)


def _waits_for(pod: dict[str, Any]) -> str:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            return f"pod {name}: {waiting.get('reason', 'waiting')}: {waiting.get('message', '')}".rstrip(": ")
    scheduled = _condition(pod, "PodScheduled")
    if scheduled.get("status") == "False":
        return f"pod {name}: {scheduled.get('reason', '')}: {scheduled.get('message', '')}"
    return "" if is_ready(pod) else f"pod {name} is not ready"


def _condition(object_: dict[str, Any], type_: str) -> dict[str, Any]:
    conditions = (object_.get("status") or {}).get("conditions") or []
    return next((condition for condition in conditions if condition["type"] == type_), {})

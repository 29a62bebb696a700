"""Why pods are not ready: what refuses them, and what they wait for, from conditions that are there at once."""

from typing import Any

import pytest

from ops.errors import OpsError
from ops.verify.gateways import Gateway, KubernetesObject
from ops.verify.pods import check_pods
from ops.verify.report import Answer

GATEWAY = Gateway("mygw", deployment=KubernetesObject("default", "mygw", is_made=False))
QUOTA = 'pods "mygw-7d9c-abcde" is forbidden: exceeded quota: contoso, requested: pods=1, used: pods=0, limited: pods=0'
RESTRICTED = (
    'pods "mygw-7d9c-abcde" is forbidden: violates PodSecurity "restricted:latest": allowPrivilegeEscalation != false'
)
CONSTRAINT = (
    'pods "mygw-7d9c-abcde" is forbidden: unable to validate against any security context constraint: [provider "anyuid": '
    "Forbidden: not usable by user or serviceaccount, provider restricted-v2: .containers[0].runAsUser: Invalid value: 1001: "
    "must be in the ranges: [1000700000, 1000709999]]"
)
DESCRIBE = "`kubectl describe pod -n default -l app=mygw --show-events=true` says what they wait for."


def condition(type_: str, status: str, reason: str = "", message: str = "") -> dict[str, Any]:
    return {"type": type_, "status": status, "reason": reason, "message": message}


def replica_set(revision: str, *conditions: dict[str, Any], owner: str = "d") -> dict[str, Any]:
    metadata = {
        "annotations": {"deployment.kubernetes.io/revision": revision},
        "ownerReferences": [{"uid": owner}],
    }
    return {"metadata": metadata, "status": {"conditions": list(conditions)}}


def pod(phase: str = "Pending", *conditions: dict[str, Any], **status: Any) -> dict[str, Any]:
    metadata = {"name": "mygw-7d9c-abcde", "namespace": "default"}
    return {"metadata": metadata, "status": {"phase": phase, "conditions": list(conditions), **status}}


class Cluster:
    """A cluster as far as a verification reads it."""

    def __init__(self, *conditions: dict[str, Any], may: str = "Pod ReplicaSet Event", **found: Any) -> None:
        self._conditions = list(conditions)
        self._may = may.split()
        self._found = found

    def find(self, *_: str) -> dict[str, Any]:
        status = {"observedGeneration": 1, "conditions": self._conditions}
        return {"metadata": {"uid": "d", "generation": 1}, "spec": {"replicas": 1}, "status": status}

    def select(self, api_version: str, kind: str, namespace: str, label_selector: str) -> list[dict[str, Any]]:
        assert (namespace, label_selector) == ("default", "app=mygw")
        self._check(kind)
        return self._found.get("pods" if kind == "Pod" else "replica_sets", [])

    def warnings(self, namespace: str) -> list[dict[str, Any]]:
        self._check("Event")
        return self._found.get("events", [])

    def _check(self, kind: str) -> None:
        if kind not in self._may:
            raise OpsError(f"{kind}s can't be read: forbidden")


def asked(cluster: Any) -> tuple[str, str]:
    check = check_pods(GATEWAY, cluster)
    assert check.answer is Answer.FAILED
    start = "0 of 1 of the last revision ready in default/mygw"
    assert check.found.startswith(start)
    return check.found.removeprefix(start), check.next_step


@pytest.mark.parametrize(
    ("message", "next_step"),
    [
        (
            QUOTA,
            "The namespace's ResourceQuota refuses the pods: `kubectl describe quota -n default` says what is left of it. "
            "Raise it, or lower `replicas`.",
        ),
        (
            RESTRICTED,
            "The namespace's label `pod-security.kubernetes.io/enforce` refuses the pods: set it to `baseline`, or take "
            "another `namespace`.",
        ),
        (
            CONSTRAINT,
            "OpenShift lets the namespace's pods run as its own users only: set `container.securityContext.runAsUser` to null, "
            "and it chooses one. If the message names another field of a security context, set that one to null too, or ask "
            "the cluster's administrator for another constraint.",
        ),
        (
            'admission webhook "policy.contoso.example" denied the request: no limits',
            "A policy of the cluster refuses the pods: ask its administrator.",
        ),
        (
            'pods "mygw-" is forbidden: error looking up service account default/pods: serviceaccount "pods" not found',
            "The pods' account does not exist: check `serviceAccount.name`, or set `serviceAccount.create`.",
        ),
        (
            'pods "mygw-" is forbidden: no PriorityClass with name contoso was found',
            "The cluster has no such priority class: `kubectl get priorityclasses` lists them. Check `pod.priorityClassName`.",
        ),
    ],
)
def test_what_refuses_every_pod(message: str, next_step: str) -> None:
    refused = condition("ReplicaFailure", "True", "FailedCreate", message)
    expected = (f"; pods are refused: FailedCreate: {message}", next_step)
    # Of the Deployment, or of its last ReplicaSet before that; nothing else has to be readable.
    assert asked(Cluster(refused)) == expected
    replica_sets = [
        replica_set("9"),
        replica_set("10", refused),
        replica_set("11", condition("ReplicaFailure", "True", "FailedCreate", "another's"), owner="another"),
    ]
    assert asked(Cluster(replica_sets=replica_sets)) == expected
    assert asked(Cluster(refused, may="")) == (
        f"{expected[0]}; Pods can't be read: forbidden",
        next_step,
    )


def test_the_last_refusal_counts_where_events_may_be_read() -> None:
    refused = condition("ReplicaFailure", "True", "FailedCreate", RESTRICTED)
    about = {"kind": "ReplicaSet", "name": "mygw-7d9c"}
    events = [{"involvedObject": about, "reason": "FailedCreate", "message": text} for text in (RESTRICTED, QUOTA)]
    assert asked(Cluster(refused, events=events))[0] == f"; pods are refused: FailedCreate: {QUOTA}"
    assert asked(Cluster(refused, events=events, may="Pod"))[0] == f"; pods are refused: FailedCreate: {RESTRICTED}"


def test_a_pod_for_which_there_is_no_node() -> None:
    message = "0/1 nodes are available: 1 node(s) were unschedulable."
    waiting = pod("Pending", condition("PodScheduled", "False", "Unschedulable", message))
    assert asked(Cluster(pods=[waiting])) == (
        f"; pod mygw-7d9c-abcde: Unschedulable: {message}",
        "No node takes the pods, and the message says what each lacks: `kubectl get nodes`.",
    )


def test_an_image_that_cannot_be_pulled() -> None:
    state = {"waiting": {"reason": "ImagePullBackOff", "message": "not found"}}
    assert asked(Cluster(pods=[pod(containerStatuses=[{"state": state}])])) == (
        "; pod mygw-7d9c-abcde: ImagePullBackOff: not found",
        "Check `image`: a later `pulumi up` with the right one rolls the pods.",
    )


def test_events_say_more_where_they_may_be_read_and_nothing_else_does() -> None:
    mount = {
        "involvedObject": {"kind": "Pod", "name": "mygw-7d9c-abcde"},
        "reason": "FailedMount",
        "message": "no volume",
    }
    other = {"involvedObject": {"kind": "Pod", "name": "shop"}, "reason": "BackOff", "message": "theirs"}
    silent = pod("Pending")
    assert asked(Cluster(pods=[silent], events=[mount, other])) == (
        "; pod mygw-7d9c-abcde is not ready; Pod mygw-7d9c-abcde: FailedMount: no volume",
        DESCRIBE,
    )
    assert asked(Cluster(pods=[silent], events=[mount], may="Pod ReplicaSet")) == (
        "; pod mygw-7d9c-abcde is not ready",
        DESCRIBE,
    )
    stuck = condition("Progressing", "False", "ProgressDeadlineExceeded", "timed out")
    assert asked(Cluster(stuck))[0] == "; ProgressDeadlineExceeded: timed out"


def test_an_object_that_was_never_made_is_not_put_back_by_a_refresh() -> None:
    class Empty(Cluster):
        def find(self, *_: str) -> Any:
            return None

    nothing: Any = Empty()
    check = check_pods(GATEWAY, nothing)
    assert (check.found, check.next_step) == (
        "there is no Deployment default/mygw",
        "If an update runs, wait for it; else run `pulumi up`: its message says what stands in the way.",
    )
    made = Gateway("mygw", deployment=KubernetesObject("default", "mygw"))
    assert check_pods(made, nothing).next_step == "`pulumi up --refresh` makes it again."

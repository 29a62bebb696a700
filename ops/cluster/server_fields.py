"""What an object has without anybody's doing: what the cluster writes itself, the API server's defaults, tools' own notes.

All of it is told by the field and its value. A writer's name tells nothing: k3s and MicroK8s write as `k3s` and `kubelite`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..report.property_path import Step

Pattern = tuple[str, ...]

_METADATA = {
    "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields",
    "resourceVersion", "selfLink", "uid",
}  # fmt: skip
# Allocated by the API server or the load balancer; `*` is any element of a list.
_ALLOCATED: set[Pattern] = {
    ("spec", "clusterIP"),
    ("spec", "clusterIPs"),
    ("spec", "ipFamilies"),
    ("spec", "healthCheckNodePort"),
    ("spec", "ports", "*", "nodePort"),
}
# Kubernetes before 1.24 and OpenShift give a ServiceAccount Secrets of its own, and name them after it.
_OF_AN_ACCOUNT = ("secrets", "imagePullSecrets")
_CREDENTIAL = re.compile(r".+-(?:token|dockercfg)-[a-z0-9]{5}")
_FINALIZERS = {
    "foregroundDeletion",
    "orphan",
    "kubernetes.io/pv-protection",
    "kubernetes.io/pvc-protection",
    "service.kubernetes.io/load-balancer-cleanup",
}
_OF_THE_CLUSTER = ("deployment.kubernetes.io/",)
# Of kubectl and Helm: what was applied, when pods were last restarted, and which release an object came with.
_NOTES = {
    "kubectl.kubernetes.io/last-applied-configuration",
    "kubectl.kubernetes.io/restartedAt",
    "meta.helm.sh/release-name",
    "meta.helm.sh/release-namespace",
}
_MANAGED_BY = ("app.kubernetes.io/managed-by", "Helm")

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_CONTAINERS = ("containers", "initContainers")
_POD: Pattern = ("spec", "template", "spec")


# As many pods again, or all of them, in a quarter of a minute.
_ALL_AT_ONCE = {"type": "Percent", "value": 100, "periodSeconds": 15}


def _probe(prefix: Pattern) -> dict[Pattern, Any]:
    return {
        (*prefix, "timeoutSeconds"): 1,
        (*prefix, "periodSeconds"): 10,
        (*prefix, "successThreshold"): 1,
        (*prefix, "failureThreshold"): 3,
        (*prefix, "httpGet", "scheme"): "HTTP",
        (*prefix, "httpGet", "path"): "/",
        (*prefix, "grpc", "service"): "",
    }


def _container(prefix: Pattern) -> dict[Pattern, Any]:
    defaults: dict[Pattern, Any] = {
        (*prefix, "imagePullPolicy"): lambda beside: _pull_policy(str(beside.get("image", ""))),
        (*prefix, "terminationMessagePath"): "/dev/termination-log",
        (*prefix, "terminationMessagePolicy"): "File",
        (*prefix, "ports", "*", "protocol"): "TCP",
        (*prefix, "env", "*", "valueFrom", "fieldRef", "apiVersion"): "v1",
    }
    for probe in _PROBES:
        defaults |= _probe((*prefix, probe))
    for moment in ("postStart", "preStop"):
        defaults[(*prefix, "lifecycle", moment, "httpGet", "scheme")] = "HTTP"
        defaults[(*prefix, "lifecycle", moment, "httpGet", "path")] = "/"
    return defaults


def _pull_policy(image: str) -> str:
    name, at, _ = image.partition("@")
    _, colon, tag = name.rpartition("/")[2].partition(":")
    latest = tag == "latest" or (not colon and not at)
    return "Always" if latest else "IfNotPresent"


def _target_port(beside: Mapping[str, Any]) -> Any:
    return beside.get("port")


def _service_account(beside: Mapping[str, Any]) -> Any:
    return beside.get("serviceAccountName")


DEFAULTS: dict[Pattern, Any] = {
    ("type",): "Opaque",
    # Deployment
    ("spec", "replicas"): 1,
    ("spec", "revisionHistoryLimit"): 10,
    ("spec", "progressDeadlineSeconds"): 600,
    ("spec", "strategy", "type"): "RollingUpdate",
    ("spec", "strategy", "rollingUpdate", "maxSurge"): "25%",
    ("spec", "strategy", "rollingUpdate", "maxUnavailable"): "25%",
    (*_POD, "restartPolicy"): "Always",
    (*_POD, "dnsPolicy"): "ClusterFirst",
    (*_POD, "schedulerName"): "default-scheduler",
    (*_POD, "terminationGracePeriodSeconds"): 30,
    # An old name, which the API server keeps the same.
    (*_POD, "serviceAccount"): _service_account,
    (*_POD, "volumes", "*", "configMap", "defaultMode"): 0o644,
    (*_POD, "volumes", "*", "secret", "defaultMode"): 0o644,
    (*_POD, "volumes", "*", "downwardAPI", "defaultMode"): 0o644,
    (*_POD, "volumes", "*", "projected", "defaultMode"): 0o644,
    (*_POD, "volumes", "*", "hostPath", "type"): "",
    **_container((*_POD, "containers", "*")),
    **_container((*_POD, "initContainers", "*")),
    # Service
    ("spec", "type"): "ClusterIP",
    ("spec", "sessionAffinity"): "None",
    ("spec", "sessionAffinityConfig", "clientIP", "timeoutSeconds"): 10800,
    ("spec", "externalTrafficPolicy"): "Cluster",
    ("spec", "internalTrafficPolicy"): "Cluster",
    ("spec", "allocateLoadBalancerNodePorts"): True,
    ("spec", "ipFamilyPolicy"): "SingleStack",
    ("spec", "ports", "*", "protocol"): "TCP",
    ("spec", "ports", "*", "targetPort"): _target_port,
    # HorizontalPodAutoscaler
    ("spec", "minReplicas"): 1,
    ("spec", "metrics"): [
        {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    ],
    ("spec", "behavior", "scaleUp", "stabilizationWindowSeconds"): 0,
    ("spec", "behavior", "scaleUp", "selectPolicy"): "Max",
    ("spec", "behavior", "scaleUp", "policies"): [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        _ALL_AT_ONCE,
    ],
    ("spec", "behavior", "scaleDown", "selectPolicy"): "Max",
    ("spec", "behavior", "scaleDown", "policies"): [_ALL_AT_ONCE],
}
"""The API server's defaults by field: values, or functions of the fields beside them."""


def is_nobodys(steps: Sequence[Step], value: Any, beside: Mapping[str, Any]) -> bool:
    """Whether an undeclared field is no addition, whoever owns it.

    Args:
        steps: its place in the object.
        value: its live value.
        beside: the live fields that it is one of.
    """
    return is_of_the_cluster(steps, value) or is_note(steps, value) or is_default(steps, value, beside)


def is_of_the_cluster(steps: Sequence[Step], value: Any) -> bool:
    """Whether the cluster writes or allocates a field itself."""
    if steps[0] in ("apiVersion", "kind", "status") or pattern(steps) in _ALLOCATED:
        return True
    if steps[0] in _OF_AN_ACCOUNT:
        return all(_is_a_credential_of_the_account(each) for each in (value if isinstance(value, list) else [value]))
    if steps[0] != "metadata":
        return False
    if steps[1] == "finalizers":
        return value in _FINALIZERS
    is_annotation = len(steps) == 3 and steps[1] == "annotations"
    return steps[1] in _METADATA or (is_annotation and str(steps[2]).startswith(_OF_THE_CLUSTER))


def _is_a_credential_of_the_account(reference: Any) -> bool:
    return isinstance(reference, Mapping) and _CREDENTIAL.fullmatch(str(reference.get("name"))) is not None


def is_note(steps: Sequence[Step], value: Any) -> bool:
    """Whether a label or an annotation is a tool's own note, which changes nothing."""
    holder = steps[-2] if len(steps) > 1 else ""
    if holder == "annotations":
        return steps[-1] in _NOTES
    return holder == "labels" and (steps[-1], value) == _MANAGED_BY


def is_default(steps: Sequence[Step], value: Any, beside: Mapping[str, Any]) -> bool:
    """Whether a field has the value that the API server gives it where nobody does."""
    place = pattern(steps)
    if place not in DEFAULTS:
        return False
    default: Any = DEFAULTS[place]
    function: Callable[[Mapping[str, Any]], Any] | None = default if callable(default) else None
    return value == (function(beside) if function else default)


def pattern(steps: Sequence[Step]) -> Pattern:
    """A field's place without the indices."""
    return tuple("*" if isinstance(step, int) else step for step in steps)

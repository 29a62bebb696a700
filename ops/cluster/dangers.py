"""What is dangerous about a field that a write removes from a Kubernetes object, or changes back."""

import re
from typing import Any

from ..report.values import is_client_secret
from .losses import Loss

_PDB_BOUND = re.compile(r"spec\.(?:minAvailable|maxUnavailable)$")
_POD = r"spec\.template\.spec"
_CONTAINER = rf"{_POD}\.(?:containers|initContainers)\[\d+\]"
_ANNOTATION = r'metadata\.annotations\["'

_INTERNAL = (
    "The load balancer is no longer internal: the gateway gets another address, which is public unless the cluster gives "
    "private ones."
)
_SOURCES = "The load balancer no longer refuses other sources: every address can reach the gateway."
_ADDRESS = "The gateway can get another address."
_SETTINGS = "Pods that start then do so without this setting."
_MOVES = "Pods can start on other nodes."
_EVICTED = "Pods run without these requests and limits, so a full node evicts them first."
_NETWORK = "Pods reach other hosts, or resolve their names otherwise."
_SELECTED = "What selects pods by this label, a network policy for example, no longer does."
_RIGHTS = "Pods run with other rights, and a namespace with a pod security standard can refuse them."

_IDENTITY = "Pods that start then no longer get this account's identity in the cloud."

# By kind, what the path begins with (a regular expression), and the value where it matters; the first that fits tells.
_REMOVED: tuple[tuple[str, str, Any, str], ...] = (
    ("Service", rf"{_ANNOTATION}service\.beta\.kubernetes\.io/azure-load-balancer-internal\"", "true", _INTERNAL),
    ("Service", rf"{_ANNOTATION}service\.beta\.kubernetes\.io/aws-load-balancer-internal\"", None, _INTERNAL),
    ("Service", rf"{_ANNOTATION}service\.beta\.kubernetes\.io/aws-load-balancer-scheme\"", "internal", _INTERNAL),
    ("Service", rf"{_ANNOTATION}(?:networking|cloud)\.gke\.io/load-balancer-type\"", "Internal", _INTERNAL),
    ("Service", rf"{_ANNOTATION}service\.beta\.kubernetes\.io/[a-z]+-allowed-", None, _SOURCES),
    ("Service", r"spec\.loadBalancerSourceRanges", None, _SOURCES),
    ("Service", rf"{_ANNOTATION}service\.beta\.kubernetes\.io/", None, "The load balancer is set up otherwise. " + _ADDRESS),
    ("Service", r"spec\.(?:loadBalancerIP|loadBalancerClass|externalIPs)", None, _ADDRESS),
    ("Service", r"spec\.ports", None, "The port is closed."),
    ("Service", rf"{_ANNOTATION}external-dns\.", None, "The DNS name can go."),
    ("ConfigMap", r"(?:data|binaryData)", None, _SETTINGS),
    ("Deployment", rf"{_CONTAINER}\.resources", None, _EVICTED),
    ("Deployment", rf"{_CONTAINER}\.env", None, _SETTINGS),
    ("Deployment", rf"{_CONTAINER}\.(?:volumeMounts|volumeDevices)|{_POD}\.volumes", None, "Pods start without these files."),
    ("Deployment", rf"{_CONTAINER}\.(?:livenessProbe|startupProbe|readinessProbe)", None, "Pods are no longer probed so."),
    ("Deployment", rf"{_CONTAINER}\.securityContext|{_POD}\.securityContext", None, _RIGHTS),
    ("Deployment", rf"{_CONTAINER}$", None, "Pods start without this container."),
    ("Deployment", rf"{_POD}\.(?:serviceAccountName|automountServiceAccountToken)", None, "Pods run as another service account."),
    ("Deployment", rf"{_POD}\.imagePullSecrets", None, "Nodes can no longer pull the image from a private registry."),
    ("Deployment", rf"{_POD}\.(?:nodeSelector|affinity|tolerations|topologySpreadConstraints|priorityClassName)", None, _MOVES),
    ("Deployment", rf"{_POD}\.(?:hostAliases|dnsPolicy|dnsConfig|hostNetwork)", None, _NETWORK),
    ("Deployment", r"spec\.template\.metadata\.labels", None, _SELECTED),
    ("ServiceAccount", r"imagePullSecrets", None, "Nodes can no longer pull the image from a private registry."),
    ("ServiceAccount", rf"{_ANNOTATION}(?:azure\.workload\.identity|eks\.amazonaws\.com|iam\.gke\.io)/", None, _IDENTITY),
    ("HorizontalPodAutoscaler", r"spec\.behavior", None, "The number of pods changes at another pace."),
    ("HorizontalPodAutoscaler", r"spec\.metrics", None, "The autoscaler no longer goes by this metric."),
)  # fmt: skip


def danger(kind: str, loss: Loss) -> str:
    """What can go wrong when a write takes a field away or changes it back; the empty text where nothing does.

    Args:
        kind: the object's.
        loss: the field.
    """
    if loss.becomes is not None:
        return _of_change(kind, loss)
    if kind == "ConfigMap" and is_client_secret(loss.path):
        return ""  # the pods take it from the Secret
    fitting = (
        text
        for of_kind, path, value, text in _REMOVED
        if of_kind == kind and re.match(path, loss.path) and value in (None, loss.there)
    )
    return next(fitting, "")


def _of_change(kind: str, loss: Loss) -> str:
    if (kind, loss.path) == ("Deployment", "spec.replicas") and _is_fewer(loss.becomes, loss.there):
        return f"Fewer pods serve: {loss.becomes} instead of {loss.there}."
    if (kind, loss.path) == ("Deployment", "spec.template.spec.serviceAccountName"):
        return f"Pods run as another service account: {loss.becomes} instead of {loss.there}."
    if (kind, loss.path) == ("HorizontalPodAutoscaler", "spec.maxReplicas") and _is_fewer(loss.becomes, loss.there):
        return f"Fewer pods may run: {loss.becomes} at most instead of {loss.there}."
    if (kind, loss.path) == ("HorizontalPodAutoscaler", "spec.minReplicas") and _is_fewer(loss.becomes, loss.there):
        return f"Fewer pods may be left: {loss.becomes} instead of {loss.there}."
    if kind == "PodDisruptionBudget" and _PDB_BOUND.match(loss.path):
        return f"A drain of nodes goes by another bound: {loss.becomes} instead of {loss.there}."
    if (kind, loss.path, loss.becomes) == ("Service", "spec.type", "LoadBalancer"):
        return "The gateway gets a load balancer, whose address is public unless the cluster gives private ones."
    return ""


def _is_fewer(becomes: Any, there: Any) -> bool:
    return isinstance(becomes, int | float) and isinstance(there, int | float) and becomes < there

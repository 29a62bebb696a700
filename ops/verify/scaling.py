"""Can the autoscaler do what it is for?"""

from datetime import datetime, timedelta
from typing import Any

from ..cluster.connection import Cluster
from .absent import absent
from .gateways import KubernetesObject
from .report import Answer, Check

QUESTION = "autoscaler"
# Azure activates rights within ten minutes, and metrics of pods that have become ready take a few more.
_PATIENCE = timedelta(minutes=15)
_NO_METRICS = "It reads them from the cluster's metrics server: `kubectl top pods -n {namespace}` has to show the pods."


def check_autoscaler(gateway: str, scaler: KubernetesObject, cluster: Cluster, now: datetime) -> Check:
    """Whether the autoscaler gets what it measures.

    Args:
        gateway: name of the gateway.
        scaler: its autoscaler.
        cluster: where that is.
        now: the time, with its zone.

    Raises:
        OpsError: the autoscaler can't be read.
    """
    namespace, name = scaler.namespace, scaler.name
    found = cluster.find("autoscaling/v2", "HorizontalPodAutoscaler", namespace, name)
    if found is None:
        return absent(gateway, QUESTION, "HorizontalPodAutoscaler", scaler)
    spec, status = found["spec"], found.get("status") or {}
    pods = f"{status.get('currentReplicas', 0)} pod(s), of {spec.get('minReplicas', 1)} to {spec['maxReplicas']}"
    able, active = _condition(status, "AbleToScale"), _condition(status, "ScalingActive")
    if active.get("reason") == "ScalingDisabled":
        next_step = (
            f"`kubectl scale deployment {name} -n {namespace} --replicas={spec.get('minReplicas', 1)}` starts it again."
        )
        return Check(gateway, QUESTION, Answer.FAILED, "somebody has set the Deployment to 0 pods", next_step)
    if able.get("status") == "False":
        next_step = f"`kubectl describe hpa {name} -n {namespace}` says more."
        return Check(gateway, QUESTION, Answer.FAILED, f"{pods}; it can't scale: {_said(able)}", next_step)
    if active.get("status") == "False":
        if _is_young(active, now):
            return Check(gateway, QUESTION, Answer.OK, f"{pods}; it has no metrics yet")
        next_step = _NO_METRICS.format(namespace=namespace)
        return Check(gateway, QUESTION, Answer.FAILED, f"{pods}; it gets no metrics: {_said(active)}", next_step)
    if _condition(status, "ScalingLimited").get("reason") == "TooManyReplicas":
        next_step = "If the pods are too busy, raise `autoscaling.maxReplicas`."
        return Check(gateway, QUESTION, Answer.OK, f"{pods}; it would start more if it might", next_step)
    return Check(gateway, QUESTION, Answer.OK, pods)


def _is_young(condition: dict[str, Any], now: datetime) -> bool:
    since = condition.get("lastTransitionTime")
    return since is not None and now - datetime.fromisoformat(since) <= _PATIENCE


def _said(condition: dict[str, Any]) -> str:
    return f"{condition.get('reason', '')}: {condition.get('message', '')}"


def _condition(status: dict[str, Any], type_: str) -> dict[str, Any]:
    return next((each for each in status.get("conditions") or [] if each["type"] == type_), {})

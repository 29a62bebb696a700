"""Are the pods ready, and did they load configuration?"""

import re
from typing import Any

from ..cluster.connection import Cluster
from .deployed import DeployedGateway
from .report import Answer, Check

PODS_QUESTION = "pods"
CONFIGURATION_QUESTION = "configuration"
_LINES = 300
# A gateway asks for its configuration more often than that. What was wrong before is over, whatever the log says then.
_SECONDS = 300
# What a gateway's log says when it gets no configuration, and when it has one (again). The first is known from reports
# in the image's repository; with what words it says the second is not established.
_TROUBLE = re.compile(r"ConfigurationApi\w*NotAvailable|TokenUnavailable|AADSTS\d+")
_WELL = re.compile(r"ConfigurationApi\w*Available|ConfigurationLoaded|ConfigurationChanged|Heartbeat")


def check_pods(gateway: DeployedGateway, cluster: Cluster) -> Check:
    """Whether as many pods of the last revision are ready as the Deployment asks for.

    Raises:
        OpsError: the cluster can't be read.
    """
    where = f"{gateway.deployment.namespace}/{gateway.deployment.name}"
    deployment = cluster.find("apps/v1", "Deployment", gateway.deployment.namespace, gateway.deployment.name)
    if deployment is None:
        found = f"there is no Deployment {where}"
        return Check(gateway.name, PODS_QUESTION, Answer.FAILED, found, "`pulumi up --refresh` makes it again.")
    wanted, current = deployment["spec"]["replicas"], _ready_of_last_revision(deployment)
    if current >= wanted:
        return Check(gateway.name, PODS_QUESTION, Answer.OK, f"{current} of {wanted} ready in {where}")
    reasons = dict.fromkeys(reason for pod in _pods(gateway, cluster) if (reason := _waits_for(pod)))
    found = f"{current} of {wanted} of the last revision ready in {where}" + "".join(f"; {r}" for r in reasons)
    next_step = (
        "Check `image`: a later `pulumi up` with the right one rolls the pods."
        if "ImagePull" in found or "InvalidImageName" in found
        else f"`kubectl describe pod -n {gateway.deployment.namespace} -l app={gateway.deployment.name}` says what they wait for."
    )
    return Check(gateway.name, PODS_QUESTION, Answer.FAILED, found, next_step)


def check_configuration(gateway: DeployedGateway, cluster: Cluster) -> Check:
    """Whether the running pods have their configuration, by their readiness and what they log.

    Raises:
        OpsError: the cluster can't be read.
    """
    running = [pod for pod in _pods(gateway, cluster) if (pod.get("status") or {}).get("phase") == "Running"]
    for pod in running:
        name = pod["metadata"]["name"]
        line = last_trouble(cluster.log(gateway.deployment.namespace, name, _LINES, _SECONDS))
        if line is not None:
            next_step = _next_step(line)
            return Check(gateway.name, CONFIGURATION_QUESTION, Answer.FAILED, f"pod {name} logs: {line}", next_step)
        if not _is_ready(pod):
            next_step = f"`kubectl logs -n {gateway.deployment.namespace} {name}`"
            return Check(gateway.name, CONFIGURATION_QUESTION, Answer.FAILED, f"pod {name} is not ready", next_step)
    if not running:
        return Check(gateway.name, CONFIGURATION_QUESTION, Answer.UNKNOWN, "no pod runs", "Let the pods start first.")
    found = f"{len(running)} pod(s) are ready and log no trouble with it"
    return Check(gateway.name, CONFIGURATION_QUESTION, Answer.OK, found)


def last_trouble(lines: list[str]) -> str | None:
    """The last line of a log that tells of trouble with the configuration, unless a later one says it is over."""
    for line in reversed(lines):
        if _TROUBLE.search(line):
            return line.strip()
        if _WELL.search(line):
            return None
    return None


def _ready_of_last_revision(deployment: dict[str, Any]) -> int:
    status = deployment.get("status") or {}
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return 0
    # A rollout takes an old pod away only when a new one is ready.
    old = status.get("replicas", 0) - status.get("updatedReplicas", 0)
    return max(0, status.get("readyReplicas", 0) - old)


def _next_step(line: str) -> str:
    if "AADSTS" in line or "TokenUnavailable" in line:
        return "See the line about the token."
    if re.search(r"\b40[13]\b|Forbidden|Unauthorized", line):
        return "See the lines about the two roles; a new assignment takes up to ten minutes to work everywhere."
    if re.search(r"\b404\b", line):
        return "See the line about the gateway resource: its name has to be `gateway.name`."
    return "The pods need outbound access to the configuration endpoint, TCP 443."


def _pods(gateway: DeployedGateway, cluster: Cluster) -> list[dict[str, Any]]:
    deployment = gateway.deployment
    found = cluster.select("v1", "Pod", deployment.namespace, f"app={deployment.name}")
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def _is_ready(pod: dict[str, Any]) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _waits_for(pod: dict[str, Any]) -> str:
    name, status = pod["metadata"]["name"], pod.get("status") or {}
    for container in status.get("containerStatuses") or []:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting:
            return f"pod {name}: {waiting.get('reason', 'waiting')}: {waiting.get('message', '')}".rstrip(": ")
    for condition in status.get("conditions") or []:
        if condition["type"] == "PodScheduled" and condition["status"] == "False":
            return f"pod {name}: {condition.get('reason', '')}: {condition.get('message', '')}"
    return "" if _is_ready(pod) else f"pod {name} is not ready"

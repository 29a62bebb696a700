"""A pod's status, computed from its containers: phase, conditions, container statuses."""

from . import KubernetesObject, clock
from .container import Container


def status_of(
    pod: KubernetesObject,
    containers: list[Container],
    pod_ip: str | None,
    start_time: str,
    written: KubernetesObject | None,
) -> KubernetesObject:
    """The part of the status that the node writes, as a strategic merge patch has it.

    `written` is the status written last: a condition that has not changed since keeps its time.
    """
    phase = phase_of(pod, containers)
    status: KubernetesObject = {
        "observedGeneration": pod["metadata"].get("generation"),
        "phase": phase,
        "startTime": start_time,
        "hostIP": "127.0.0.1",
        "hostIPs": [{"ip": "127.0.0.1"}],
        "conditions": _conditions(pod, containers, phase, pod_ip, written or {}),
        "containerStatuses": [_container_status(container) for container in containers],
        "qosClass": (pod.get("status") or {}).get("qosClass"),
    }
    if pod_ip is not None:
        status["podIP"] = pod_ip
        status["podIPs"] = [{"$patch": "replace"}, {"ip": pod_ip}]
    return status


def phase_of(pod: KubernetesObject, containers: list[Container]) -> str:
    """Pending until every container was started once; Succeeded or Failed where all have ended for good."""
    states = [container.state for container in containers]
    policy = pod["spec"].get("restartPolicy") or "Always"
    stopping = "deletionTimestamp" in pod["metadata"]
    ended = [state.terminated for state in states]
    if all(ended) and (policy == "Never" or stopping):
        return "Succeeded" if all(each and each["exitCode"] == 0 for each in ended) else "Failed"
    if all(ended) and policy == "OnFailure" and all(each and each["exitCode"] == 0 for each in ended):
        return "Succeeded"
    if any(not state.running and state.terminated is None and not state.last_state for state in states):
        return "Pending"
    return "Running"


def _conditions(
    pod: KubernetesObject, containers: list[Container], phase: str, pod_ip: str | None, written: KubernetesObject
) -> list[KubernetesObject]:
    unready = [container.spec["name"] for container in containers if not container.state.ready]
    why: tuple[str, str] | None = None
    if phase in ("Succeeded", "Failed"):
        why = ("PodCompleted" if phase == "Succeeded" else "PodFailed", "")
    elif unready:
        why = ("ContainersNotReady", f"containers with unready status: [{' '.join(unready)}]")
    known = [*((pod.get("status") or {}).get("conditions") or []), *(written.get("conditions") or [])]
    before = {each["type"]: each for each in known}
    gates = [gate["conditionType"] for gate in pod["spec"].get("readinessGates") or []]
    shut = [gate for gate in gates if before.get(gate, {}).get("status") != "True"]
    ready = why or (
        ("ReadinessGatesNotReady", f'the status of pod readiness gate {shut} is not "True"') if shut else None
    )
    wanted = {
        "PodReadyToStartContainers": None if pod_ip is not None else ("", ""),
        "Initialized": None,
        "ContainersReady": why,
        "Ready": ready,
    }
    conditions = []
    for name, problem in wanted.items():
        status = "True" if problem is None else "False"
        since = before.get(name, {})
        reason, message = problem or (None, None)
        condition = {
            "type": name,
            "status": status,
            "reason": reason or None,
            "message": message or None,
            "observedGeneration": pod["metadata"].get("generation"),
            "lastTransitionTime": since["lastTransitionTime"] if since.get("status") == status else clock.now(),
        }
        conditions.append(condition)
    return conditions


def _container_status(container: Container) -> KubernetesObject:
    state = container.state
    return {
        "name": container.spec["name"],
        "image": state.image,
        "imageID": state.image_id,
        "containerID": state.container_id,
        "ready": state.ready,
        "started": state.started,
        "restartCount": state.restart_count,
        "state": state.state,
        "lastState": state.last_state,
    }

"""Why a pod is not ready, in the released plugin's words."""

from typing import Any

_IMAGE_PREFIX = "rpc error: code = Unknown desc = Error response from daemon: "
_IMAGE_SUFFIX = ": manifest unknown"


def warnings(pod: dict[str, Any]) -> list[str]:
    """One text at most. A pod that has no node has none, whatever the scheduler says of it."""
    status = pod.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or []}
    if conditions.get("PodScheduled", {}).get("status") != "True":
        return []
    for type_ in ("Initialized", "Ready"):
        condition = conditions.get(type_)
        if condition is None:
            return []
        if condition["status"] == "True" or (type_ == "Ready" and status.get("phase") == "Succeeded"):
            continue
        errors = [error for container in status.get("containerStatuses") or [] for error in _errors(container)]
        if not errors and not condition.get("message"):
            return []
        message = condition.get("message", "") if condition.get("reason") else ""
        return [f"[Pod {_name(pod)}]: {message}" + "\n".join(errors)]
    return []


def _errors(container: dict[str, Any]) -> list[str]:
    if container.get("ready"):
        return []
    errors = []
    state = container.get("state") or {}
    waiting, ended = state.get("waiting"), state.get("terminated")
    if waiting and waiting.get("reason") != "ContainerCreating":
        errors.append(f"[{waiting.get('reason', '')}] {_trimmed(waiting.get('message', ''))}")
    if ended and ended.get("reason"):
        if ended.get("message"):
            errors.append(f"[{ended['reason']}] {_trimmed(ended['message'])}")
        else:
            errors.append(f'container "{container["name"]}" completed with exit code {ended["exitCode"]}')
    if last := (container.get("lastState") or {}).get("terminated"):
        errors.append(
            f'container "{container["name"]}" terminated at {last.get("finishedAt")} ({last.get("reason", "")}: exit code '
            f"{last['exitCode']})"
        )
        if last.get("message"):
            errors.append(last["message"])
    return errors


def _trimmed(message: str) -> str:
    return message.removeprefix(_IMAGE_PREFIX).removesuffix(_IMAGE_SUFFIX)


def _name(pod: dict[str, Any]) -> str:
    namespace, name = pod["metadata"].get("namespace", ""), pod["metadata"]["name"]
    return name if namespace in ("", "default") else f"{namespace}/{name}"

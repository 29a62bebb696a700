"""What a report shows of what somebody else has written into a Kubernetes object: it may be a secret, or hold one."""

from typing import Any

from .property_path import member, parse
from .values import SECRET

NOT_SHOWN = "[not shown]"
# Texts that say what somebody has added, and are no secrets.
_TELLING = {
    "dnsPolicy", "externalTrafficPolicy", "image", "imagePullPolicy", "mountPath", "name", "priorityClassName", "protocol",
    "restartPolicy", "runtimeClassName", "schedulerName", "serviceAccountName", "sessionAffinity", "type",
}  # fmt: skip


def shown(path: str, value: Any, declared: Any = None) -> Any:
    """A value, without the texts in it that are not declared.

    Numbers, booleans, and names of what a pod or a Service consists of are shown. What somebody has written in the place
    of a declared value is, too.
    """
    if isinstance(value, dict):
        wanted = declared if isinstance(declared, dict) else {}
        return {key: shown(member(path, key), item, wanted.get(key)) for key, item in value.items()}
    if isinstance(value, list):
        wanted = declared if isinstance(declared, list) else []
        return [
            shown(f"{path}[{index}]", item, wanted[index] if index < len(wanted) else None)
            for index, item in enumerate(value)
        ]
    is_foreign = declared is None and isinstance(value, str) and value != SECRET
    return NOT_SHOWN if is_foreign and not _is_telling(path) else value


def _is_telling(path: str) -> bool:
    steps = parse(path)
    return steps[0] == "spec" and "annotations" not in steps and steps[-1] in _TELLING

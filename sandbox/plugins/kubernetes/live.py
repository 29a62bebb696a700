"""What of a live object concerns the program: the fields that it declares."""

from typing import Any

_NOT_IMPORTED = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")


def prune(live: Any, declared: Any) -> Any:
    """A live value without what nobody declared: the API server's defaults, status, and what others added.

    Maps lose undeclared keys. Lists of the declared length are pruned item by item; one with more or fewer items is
    kept whole, because nobody can tell which of them are meant.
    """
    if isinstance(declared, dict) and isinstance(live, dict):
        return {key: prune(live[key], value) for key, value in declared.items() if key in live}
    if isinstance(declared, list) and isinstance(live, list) and len(declared) == len(live):
        return [prune(item, declared[index]) for index, item in enumerate(live)]
    return live


def importable(live: dict[str, Any]) -> dict[str, Any]:
    """The inputs of an object that is imported: all but what the API server alone writes."""
    kept = ("name", "namespace", "labels", "annotations")
    metadata = {key: value for key, value in live["metadata"].items() if key in kept}
    if "annotations" in metadata:
        own = metadata["annotations"].items()
        metadata["annotations"] = {key: value for key, value in own if key not in _NOT_IMPORTED}
    rest = {key: value for key, value in live.items() if key not in ("metadata", "status")}
    return {**rest, "metadata": metadata}


def state_of(live: dict[str, Any], field_manager: str) -> dict[str, Any]:
    """What the state keeps of a live object."""
    return {**live, "__fieldManager": field_manager, "__initialApiVersion": live["apiVersion"]}

"""What of a live object stands for the inputs: its part in their shape, and all that an import takes in."""

import copy
from typing import Any

_NOT_IMPORTED = ("creationTimestamp", "generation", "managedFields", "resourceVersion", "uid")
_ANNOTATIONS_NOT_IMPORTED = ("deployment.kubernetes.io/revision", "kubectl.kubernetes.io/last-applied-configuration")


def prune(live: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    """A live value in the shape of inputs: without the API server's defaults, status, and what others added.

    Maps lose the keys that the inputs do not have. Lists are cut by index, whatever their items are: a container that
    somebody puts first takes the place of the declared one.
    """
    return {key: _prune(value, shape[key]) for key, value in live.items() if key in shape}


def importable(live: dict[str, Any], properties: tuple[str, ...]) -> dict[str, Any]:
    """The inputs of an object that is imported: all that its type has as inputs, but what the API server alone writes."""
    inputs = copy.deepcopy({key: live[key] for key in properties if key in live})
    metadata = inputs["metadata"]
    for key in _NOT_IMPORTED:
        metadata.pop(key, None)
    for key in _ANNOTATIONS_NOT_IMPORTED:
        metadata.get("annotations", {}).pop(key, None)
    return inputs


def _prune(live: Any, shape: Any) -> Any:
    if isinstance(live, dict) and isinstance(shape, dict):
        return prune(live, shape)
    if isinstance(live, list) and isinstance(shape, list):
        return _prune_list(live, shape)
    return live


def _prune_list(live: list[Any], shape: list[Any]) -> list[Any]:
    if not live or not shape:
        return []
    if type(live[0]) is not type(shape[0]):
        return copy.deepcopy(live)
    return [_prune(item, wanted) for item, wanted in zip(live, shape, strict=False)]

"""Objects that a creation has left in the cluster: the program gives them their names, and so may somebody else."""

from collections.abc import Callable
from typing import Any

from ..cluster.connection import Cluster, field_managers

_OURS = "pulumi-kubernetes-"


def left_over(
    type_: str, inputs: dict[str, Any], known: set[str], cluster: Cluster, made_here: Callable[[str], bool]
) -> tuple[str, Callable[[], None] | None] | None:
    """The object of that name in words, with how it is removed, or None where somebody else made it; None if there is none.

    Args:
        type_: type token of the resource.
        inputs: inputs of the resource.
        known: field managers that the stacks of the project know.
        cluster: the cluster.
        made_here: whether it can be this stack's, by the time of its creation.

    Raises:
        OpsError: the cluster can't be read.
    """
    kind, metadata = type_.rpartition(":")[2], inputs["metadata"]
    api_version = type_.removeprefix("kubernetes:").rpartition(":")[0].removeprefix("core/")
    namespace, name = metadata.get("namespace", "default"), metadata["name"]
    live = cluster.find(api_version, kind, namespace, name)
    if live is None:
        return None
    managers = field_managers(live)
    ours = [manager for manager in managers if manager.startswith(_OURS) and manager not in known]
    what = f"{kind} {namespace}/{name}"
    if any(manager in known for manager in managers):
        return None  # one that the state has, and that would have been replaced
    if not ours or not made_here(str(live["metadata"]["creationTimestamp"])):
        return what, None
    return what, lambda: cluster.delete(api_version, kind, namespace, name)

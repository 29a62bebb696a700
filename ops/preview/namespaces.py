"""Namespaces in which an update creates objects, and that are not there."""

from typing import TYPE_CHECKING

from ..engine.steps import Step

if TYPE_CHECKING:
    from ..cluster.connection import Cluster


def created_in(steps: list[Step]) -> dict[tuple[str, str], Step]:
    """The first object that is created in each namespace, by the name of its provider and the namespace."""
    found: dict[tuple[str, str], Step] = {}
    for step in steps:
        if step.operation == "create" and step.type.startswith("kubernetes:"):
            namespace = str(step.new["metadata"].get("namespace") or "default")
            found.setdefault((step.provider, namespace), step)
    return found


def is_absent(namespace: str, created: Step, cluster: "Cluster") -> bool:
    """Whether a namespace is not there.

    Raises:
        ForbiddenError: there is no such namespace, or the sign-in has no rights in it: the API server says the same.
        OpsError: the cluster does not answer.
    """
    # Who may read in the namespace has been given a right there, or may read in all of them.
    cluster.find(
        str(created.new["apiVersion"]), str(created.new["kind"]), namespace, str(created.new["metadata"]["name"])
    )
    return cluster.lacks_namespace(namespace)

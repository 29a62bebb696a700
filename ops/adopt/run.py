"""Adoption: what is there, the import file, and what an update changes afterwards."""

from dataclasses import dataclass
from typing import Any

from ..azure.sign_in import Azure
from ..cluster.connection import Cluster
from ..cluster.updates import Losses, taken_away
from ..engine.providers import provider_inputs
from ..engine.state import export_raw, export_stack, holdings
from ..engine.steps import Step, preview_import, resources_after
from ..report.values import in_clear
from .azure import Arm, Entra
from .search import Found, Search

_PLACEHOLDER = "<PLACEHOLDER>"


@dataclass(frozen=True)
class Adoption:
    """What can be taken over, and what the next update does."""

    stack: str
    found: Found
    changes: tuple[Step, ...]
    """What an update would do to what the stack has already."""
    losses: Losses
    """What it takes away from the Kubernetes objects among it."""
    import_file: dict[str, Any]
    in_clear: tuple[str, ...]
    """Logical names of what has a client secret in clear in the state."""


def adopt(stack: str, applications: dict[str, str]) -> Adoption:
    """Look for what the stack's configuration names; nothing is changed anywhere.

    Args:
        stack: name of the stack.
        applications: client ids by the gateways' names, where names do not tell the applications.

    Raises:
        AmbiguousError: there is several times what has to be there once.
        OpsError: somewhere can't be looked.
    """
    steps, skeleton = preview_import(stack)
    planned = resources_after(steps)
    azure_native, kubernetes = (provider_inputs(package, planned) for package in ("azure-native", "kubernetes"))
    azure = Azure(azure_native or {})
    cluster = Cluster(kubernetes) if kubernetes is not None else None
    known = {resource.outputs.get("keyId") for resource in export_stack(stack)}
    found = Search(steps, applications, Arm(azure.arm), Entra(azure.graph), cluster, known).run()
    changes = tuple(step for step in steps if step.operation not in ("create", "same", "read"))
    return Adoption(
        stack, found, changes, taken_away(stack, steps), _import_file(skeleton, found), _in_clear(export_raw(stack))
    )


def _in_clear(state: dict[str, Any]) -> tuple[str, ...]:
    resources, _ = holdings(state)
    return tuple(
        resource["urn"].rsplit("::", 1)[-1]
        for resource in resources
        if in_clear(resource.get("inputs")) or in_clear(resource.get("outputs"))
    )


def _import_file(skeleton: dict[str, Any], found: Found) -> dict[str, Any]:
    """The engine's skeleton with the ids that were found, and without what was not."""
    resources: list[dict[str, Any]] = []
    for resource in skeleton.get("resources") or []:
        if resource.get("id") != _PLACEHOLDER:
            resources.append(resource)
        elif resource["name"] in found.ids:
            resources.append({**resource, "id": found.ids[resource["name"]]})
    return {**skeleton, "resources": resources}

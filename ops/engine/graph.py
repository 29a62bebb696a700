"""A stack's dependency graph as Mermaid: an arrow goes from what is needed to what needs it."""

from collections.abc import Collection, Iterator

from .state import StackResource
from .steps import Step

_COLOURS = {
    "azure": "fill:#cfe4fa,stroke:#0f6cbd",
    "entra": "fill:#e8dff5,stroke:#5c2e91",
    "kubernetes": "fill:#d5f0e3,stroke:#0e7a4b",
    "other": "fill:#eeeeee,stroke:#777777",
}
_CHANGED = "stroke:#c50f1f,stroke-width:4px"
_KINDS = {"azure-native": "azure", "azuread": "entra", "kubernetes": "kubernetes"}


def mermaid(resources: list[StackResource], changed: Collection[str] = ()) -> str:
    """The graph of a stack's resources, without providers, grouped by component.

    Args:
        resources: the resources.
        changed: URNs of those that are told apart by their border.
    """
    # In the order of their names: the state's own differs from deployment to deployment.
    shown = sorted((r for r in resources if not r.type.startswith("pulumi:")), key=lambda resource: resource.urn)
    ids = {resource.urn: f"r{index}" for index, resource in enumerate(shown)}
    parents = {resource.parent for resource in shown}
    lines = ["flowchart LR", *_group(shown, ids, parents, "", "  ")]
    for resource in shown:
        needed = sorted(urn for urn in resource.dependencies if urn in ids)
        lines += [f"  {ids[urn]} --> {ids[resource.urn]}" for urn in _direct(needed, shown)]
    lines += [f"  classDef {kind} {style}" for kind, style in _COLOURS.items()]
    if marked := sorted(ids[urn] for urn in changed if urn in ids):
        lines += [f"  classDef changed {_CHANGED}", f"  class {','.join(marked)} changed"]
    return "\n".join(lines)


def resources_of(steps: list[Step]) -> list[StackResource]:
    """A preview's resources, each once: those that would be there, and those that would go."""
    by_urn = {step.urn: step for step in steps}
    return [StackResource(step.urn, step.type, step.parent, step.dependencies) for step in by_urn.values()]


def _group(
    shown: list[StackResource], ids: dict[str, str], parents: set[str], parent: str, indent: str
) -> Iterator[str]:
    """The members of a component, components within it as frames."""
    urns = set(ids)
    for resource in shown:
        if (resource.parent if resource.parent in urns else "") != parent:
            continue
        if resource.urn in parents:
            yield f'{indent}subgraph {ids[resource.urn]}["{resource.name}"]'
            yield from _group(shown, ids, parents, resource.urn, f"{indent}  ")
            yield f"{indent}end"
        elif not resource.type.startswith("self-hosted-gateway:"):
            type_name = resource.type.rsplit(":", 1)[-1]
            kind = _KINDS.get(resource.type.split(":", 1)[0], "other")
            yield f'{indent}{ids[resource.urn]}["{type_name}<br/>{resource.name}"]:::{kind}'


def _direct(needed: list[str], shown: list[StackResource]) -> list[str]:
    """Without what is needed through something else that is needed."""
    dependencies = {resource.urn: resource.dependencies for resource in shown}

    def reaches(start: str, goal: str) -> bool:
        return any(urn == goal or reaches(urn, goal) for urn in dependencies.get(start, ()))

    return [urn for urn in needed if not any(other != urn and reaches(other, urn) for other in needed)]

"""Names that deployed stacks know their resources by: each stays, or lives on as an alias. A new one replaces nothing."""

from pathlib import Path
from typing import Any

import pytest

from tests.unit import program

LAYOUTS = sorted((Path(__file__).parent / "layouts").glob("*.txt"))


def everything() -> program.Graph:
    """A stack with every kind of resource that the program can declare."""
    return program.run(
        program.configuration(
            gateways=[
                program.gateway(
                    createGatewayResource=True,
                    locationName="contoso branch",
                    apis=["echo"],
                    serviceAccount={"create": True},
                    disruptionBudget={"maxUnavailable": 1},
                    autoscaling={"minReplicas": 3, "maxReplicas": 5, "cpu": 80},
                    container={"resources": {"requests": {"cpu": 2}}},
                )
            ]
        )
    )


def declared() -> list[str]:
    """The URNs of everything but the stack itself, without stack and project."""
    return sorted(tail(r.urn) for r in everything().resources if r.type != "pulumi:pulumi:Stack")


def tail(urn: str) -> str:
    """A URN without stack and project: types from parent to child, and the name."""
    return "::".join(urn.split("::")[2:])


def known_as(resource: program.Registration) -> set[str]:
    """The URNs that the engine finds a resource under."""
    types, name = tail(resource.urn).split("::")
    parents, _, type_ = types.rpartition("$")

    def alias(spec: Any) -> str:
        own = f"{parents}$" if parents and not spec.noParent else ""
        parent = f"{tail(spec.parentUrn).split('::')[0].rsplit('$', 1)[-1]}$" if spec.parentUrn else own
        return f"{parent}{spec.type or type_}::{spec.name or name}"

    aliases = {tail(given.urn) if given.urn else alias(given.spec) for given in resource.request.aliases}
    return {f"{types}::{name}", *aliases}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda file: file.stem)
def test_a_stack_of_an_earlier_layout_finds_all_of_its_resources(layout: Path) -> None:
    known = {urn for resource in everything().resources for urn in known_as(resource)}
    assert [urn for urn in layout.read_text().splitlines() if urn not in known] == []


def test_the_layout_of_today_is_among_those_that_are_kept() -> None:
    today = declared()
    assert any(today == sorted(layout.read_text().splitlines()) for layout in LAYOUTS)

"""Who decides how many pods run: what is declared of a stack's file, and what is refused."""

from typing import Any

import pytest

from tests.unit import program
from tests.unit.test_workload_settings import problems

AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
REQUESTS = {"resources": {"requests": {"cpu": 1, "memory": "1Gi"}}}
BOUNDS = {"minReplicas": 3, "maxReplicas": 10, "cpu": 80}


def graph(**gateway: Any) -> program.Graph:
    return program.run(program.configuration(gateways=[program.gateway(**gateway)]))


@pytest.mark.parametrize(
    ("settings", "declared", "decided_by"),
    [
        ({}, 1, None),
        ({"replicas": 3}, 3, None),
        ({"replicas": 0}, 0, None),
        ({"replicas": "external"}, None, "external"),
        # The number with which a new Deployment starts: an update leaves it to the autoscaler.
        ({"autoscaling": BOUNDS, "container": REQUESTS}, 3, "autoscaling"),
        ({"autoscaling": {**BOUNDS, "maxReplicas": 3}, "container": REQUESTS}, 3, "autoscaling"),
    ],
)
def test_nobody_but_the_autoscaler_decides_the_number(
    settings: dict[str, Any], declared: int | None, decided_by: str | None
) -> None:
    found = graph(**settings).one("kubernetes:apps/v1:Deployment")
    assert found.inputs["spec"].get("replicas") == declared
    assert list(found.request.ignoreChanges) == (["spec.replicas"] if decided_by else [])
    # It goes with a number, so that the update to the number of before writes it.
    annotations = {"self-hosted-gateway/replicas-decided-by": decided_by} if decided_by else None
    assert found.inputs["metadata"].get("annotations") == annotations
    several = settings.get("replicas", 3 if settings else 1) not in (0, 1)
    assert ("topologySpreadConstraints" in found.inputs["spec"]["template"]["spec"]) is several


def test_an_autoscaler_counts_the_gateways_pods() -> None:
    behavior = {"scaleDown": {"stabilizationWindowSeconds": 0, "policies": []}}
    scaling = {**BOUNDS, "memory": 70, "behavior": behavior}
    objects = graph(autoscaling=scaling, container=REQUESTS)
    found = objects.one(AUTOSCALER)
    assert found.urn in objects.one("kubernetes:apps/v1:Deployment").request.dependencies
    assert found.name == "mygw-workload-autoscaler"
    assert found.inputs["metadata"] == {"name": "mygw", "namespace": "default", "labels": {"app": "mygw"}}
    assert found.inputs["spec"] == {
        "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mygw"},
        "minReplicas": 3,
        "maxReplicas": 10,
        "metrics": [
            {
                "type": "Resource",
                "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": utilization}},
            }
            for name, utilization in (("cpu", 80), ("memory", 70))
        ],
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 0}},
    }


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"replicas": -1}, ["replicas: expected a whole number, 0 or more, or 'external'"]),
        ({"replicas": "keda"}, ["replicas: expected a whole number, 0 or more, or 'external'"]),
        ({"autoscaling": {"minReplicas": 1, "maxReplicas": 2}}, ["autoscaling.memory: expected `cpu`, `memory` or both"]),
        ({"autoscaling": {"minReplicas": 0, "cpu": 80}}, [
            "autoscaling.minReplicas: expected 1 or more",
            "autoscaling.maxReplicas: required, but missing",
        ]),
        ({"replicas": 3, "autoscaling": BOUNDS, "container": REQUESTS}, [
            "replicas: leave it out: `autoscaling` decides how many pods run"
        ]),
        ({"autoscaling": {**BOUNDS, "minReplicas": 11}, "container": REQUESTS}, [
            "autoscaling.minReplicas: expected at most 10, `maxReplicas`; found 11"
        ]),
        ({"autoscaling": BOUNDS}, [
            "autoscaling.cpu: needs `container.resources.requests.cpu`: it is a percentage of it"
        ]),
        ({"autoscaling": {**BOUNDS, "memory": 70}, "container": {"resources": {"limits": {"cpu": 1}}}}, [
            "autoscaling.memory: needs `container.resources.requests.memory`: it is a percentage of it"
        ]),
        ({"autoscaling": {**BOUNDS, "behavior": {"scaleDown": {"selectPolicy": "Least"}}}, "container": REQUESTS}, [
            "autoscaling.behavior.scaleDown.selectPolicy: expected 'Disabled', 'Max' or 'Min'"
        ]),
        ({"autoscaling": BOUNDS, "container": REQUESTS, "disruptionBudget": {"minAvailable": 3}}, [
            "disruptionBudget.minAvailable: expected fewer than `autoscaling.minReplicas` (3): 3 means 3 of them, and no "
            "node with a pod could be drained"
        ]),
    ],
)  # fmt: skip
def test_a_number_that_two_decide_or_nobody_can_reach_is_refused(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(**settings) == expected


def test_a_budget_is_not_held_against_a_number_that_somebody_else_decides() -> None:
    found = graph(replicas="external", disruptionBudget={"minAvailable": 3})
    assert len(found.of_type("kubernetes:policy/v1:PodDisruptionBudget")) == 1

"""Drains and the account of the pods: what is declared of a stack's file, and what is refused."""

from typing import Any

import pytest

from tests.unit import program
from tests.unit.test_configuration import problems_of
from tests.unit.test_workload_settings import pod, problems

BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"


def graph(**gateway: Any) -> program.Graph:
    return program.run(program.configuration(gateways=[program.gateway(**gateway)]))


def test_no_kind_is_declared_that_roles_of_before_do_not_cover() -> None:
    kinds = {each.type for each in program.run().resources if each.type.startswith("kubernetes:")}
    assert kinds == {
        "kubernetes:apps/v1:Deployment",
        "kubernetes:core/v1:ConfigMap",
        "kubernetes:core/v1:Secret",
        "kubernetes:core/v1:Service",
    }


@pytest.mark.parametrize(
    ("bound", "declared"),
    [
        ({"maxUnavailable": "25%"}, {"maxUnavailable": "25%"}),
        ({"minAvailable": 2}, {"minAvailable": 2}),
        ({"maxUnavailable": 1, "unhealthyPodEvictionPolicy": "IfHealthyBudget"}, {"maxUnavailable": 1}),
    ],
)
def test_a_disruption_budget_is_about_the_gateways_pods(bound: dict[str, Any], declared: dict[str, Any]) -> None:
    found = graph(replicas=3, disruptionBudget=bound).one(BUDGET)
    assert found.name == "mygw-workload-disruption-budget"
    assert (found.inputs["metadata"]["name"], found.inputs["metadata"]["namespace"]) == ("mygw", "default")
    assert found.inputs["spec"] == {
        **declared,
        "selector": {"matchLabels": {"app": "mygw"}},
        # Otherwise pods that are not ready would block every drain.
        "unhealthyPodEvictionPolicy": bound.get("unhealthyPodEvictionPolicy", "AlwaysAllow"),
    }


@pytest.mark.parametrize(
    ("replicas", "budget", "expected"),
    [
        (3, {}, "maxUnavailable: expected either `minAvailable` or `maxUnavailable`"),
        (3, {"minAvailable": 1, "maxUnavailable": 1}, "maxUnavailable: expected either `minAvailable` or `maxUnavailable`"),
        (
            3,
            {"maxUnavailable": "a quarter"},
            "maxUnavailable: expected a whole number of pods, or a percentage such as 25%, up to 100%",
        ),
        (3, {"maxUnavailable": "0%"}, "maxUnavailable: expected more than 0: no node with a pod could be drained"),
        (3, {"maxUnavailable": 0}, "maxUnavailable: expected more than 0: no node with a pod could be drained"),
        (1, {"minAvailable": 1}, (
            "minAvailable: expected fewer than `replicas` (1): 1 means 1 of them, and no node with a pod could be drained"
        )),
        (3, {"minAvailable": "67%"}, (
            "minAvailable: expected fewer than `replicas` (3): 67% means 3 of them, and no node with a pod could be drained"
        )),
        ("external", {"maxUnavailable": "0%"}, "maxUnavailable: expected more than 0: no node with a pod could be drained"),
        ("external", {"minAvailable": "100%"}, (
            "minAvailable: expected fewer than all pods: 100% means each of them, and no node with a pod could be drained"
        )),
    ],
)  # fmt: skip
def test_a_budget_that_blocks_every_drain_is_refused(replicas: object, budget: dict[str, Any], expected: str) -> None:
    assert problems(replicas=replicas, disruptionBudget=budget) == [f"disruptionBudget.{expected}"]


@pytest.mark.parametrize(
    ("replicas", "budget"),
    [
        (3, {"maxUnavailable": "1%"}),
        (3, {"minAvailable": "66%"}),
        (3, {"minAvailable": 0}),
        # A gateway that is stopped has no pod that could block a drain.
        (0, {"minAvailable": 1}),
    ],
)
def test_a_budget_that_lets_one_pod_go_is_accepted(replicas: int, budget: dict[str, Any]) -> None:
    assert len(graph(replicas=replicas, disruptionBudget=budget).of_type(BUDGET)) == 1


def test_a_budget_is_not_held_against_a_number_that_is_none() -> None:
    assert problems(replicas="two", disruptionBudget={"maxUnavailable": "1%"}) == [
        "replicas: expected a whole number, 0 or more, or 'external'"
    ]


def test_pods_have_the_account_that_is_named_or_created() -> None:
    # By its name: Kubernetes keeps the name of another that is only taken out.
    assert pod()["serviceAccountName"] == "default"
    assert pod(serviceAccount={"name": "contoso"})["serviceAccountName"] == "contoso"
    assert pod(serviceAccount={"create": True})["serviceAccountName"] == "mygw"
    account = graph(serviceAccount={"create": True, "name": "pods", "annotations": {"a": "b"}}).one(ACCOUNT)
    assert account.name == "mygw-workload-service-account"
    assert account.inputs["automountServiceAccountToken"] is False
    assert account.inputs["metadata"] == {
        "name": "pods", "namespace": "default", "labels": {"app": "mygw"}, "annotations": {"a": "b"},
    }  # fmt: skip


def test_an_account_that_would_not_be_made_as_configured_is_refused() -> None:
    assert problems(serviceAccount={"annotations": {"a": "b"}}) == [
        "serviceAccount.annotations: have no effect unless `create` is true"
    ]
    assert problems(serviceAccount={"create": True, "name": "default"}) == [
        "serviceAccount.name: 'default' is the namespace's own account: leave `create` out, or give another name"
    ]


@pytest.mark.parametrize("first", [{"create": True, "name": "pods"}, {"create": True}])
def test_one_gateway_creates_an_account_that_others_in_its_namespace_may_use(first: dict[str, Any]) -> None:
    def of_two(**second: Any) -> dict[str, Any]:
        branch = program.gateway(name="branch", **second)
        return program.configuration(gateways=[program.gateway(serviceAccount=first), branch])

    name = first.get("name", "mygw")
    assert problems_of(of_two(serviceAccount={"create": True, "name": name})) == [
        f"self-hosted-gateway:gateways[1].serviceAccount.name: {name!r} is created by gateways[0] in its namespace: only one "
        "can create it"
    ]
    assert len(program.run(of_two(serviceAccount={"name": name})).of_type(ACCOUNT)) == 1
    elsewhere = of_two(namespace="branch", serviceAccount={"create": True, "name": name})
    assert len(program.run(elsewhere).of_type(ACCOUNT)) == 2

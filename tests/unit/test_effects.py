"""What a change does to those who are served, as a preview and the pull request's comment say it."""

import json
from typing import Any

import pytest

from ops.cluster.updates import Change, Losses, TakenAway
from ops.engine.steps import Step
from ops.preview import comment as preview_comment
from ops.preview import text as preview_text
from ops.preview.effects import effects
from ops.preview.replacements import Interruption, replacements
from tests.unit import program
from tests.unit.test_preview_text import GATEWAY, WORKLOAD, removed, urn

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
SERVICE = "kubernetes:core/v1:Service"
AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
PORTS = [{"port": 80}, {"port": 443}]
IN_TURN = {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": "25%"}}


def step(operation: str, type_: str, old: Any = None, new: Any = None, *properties: str, **more: Any) -> Step:
    named = {"metadata": {"name": "it"}}
    inputs: dict[str, Any] = {
        "old": {**named, **(old or {})},
        "new": {**named, **(new or {})},
        "provider": "kubernetes",
        **more,
    }
    parent = urn("mygw-workload", WORKLOAD)
    return Step(operation, urn("it", f"{WORKLOAD}${type_}"), type_, properties, parent=parent, **inputs)


def said(*steps: Step) -> list[tuple[str, bool]]:
    return [(effect.does, effect.interrupts) for effect in effects(list(steps))]


def deployment(old: dict[str, Any], new: dict[str, Any], *properties: str) -> list[tuple[str, bool]]:
    return said(step("update", DEPLOYMENT, {"spec": old}, {"spec": new}, *properties))


IMAGE = "spec.template.spec.containers[0].image"


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        (
            {"replicas": 1, "strategy": IN_TURN},
            [("The pods are replaced. An old one ends when a new one is ready, so nothing is interrupted.", False)],
        ),
        (
            {"replicas": 4, "strategy": {**IN_TURN, "rollingUpdate": {"maxUnavailable": 1}}},
            [("The pods are replaced, and up to 1 of them are missing meanwhile.", False)],
        ),
        (
            {"strategy": {"type": "RollingUpdate"}},
            [("The pods are replaced, and up to 25% of them are missing meanwhile.", False)],
        ),
        (
            {"replicas": 3, "strategy": {"type": "Recreate"}},
            [("All pods end before new ones start, so nobody is served until a new one is ready.", True)],
        ),
        ({"replicas": 0, "strategy": {"type": "Recreate"}}, []),
    ],
)
def test_a_change_of_the_pods_says_whether_the_rollout_interrupts(
    spec: dict[str, Any], expected: list[tuple[str, bool]]
) -> None:
    assert deployment(spec, spec, IMAGE) == expected
    assert deployment(spec, spec, "metadata.labels.team") == []


def test_pods_that_end_because_fewer_are_declared_are_counted() -> None:
    after = {"strategy": IN_TURN}
    assert deployment({"replicas": 5}, {**after, "replicas": 2}, "spec.replicas") == [("3 of 5 pods end.", False)]
    assert deployment({"replicas": 5}, {**after, "replicas": 0}, "spec.replicas") == [
        ("All pods end, and nobody is served until `replicas` is raised.", True)
    ]
    assert deployment({"replicas": 2}, {**after, "replicas": 5}, "spec.replicas") == []
    # An autoscaler decides.
    assert deployment({"replicas": 5}, {**after, "replicas": 2}) == []


@pytest.fixture(scope="module")
def declared() -> dict[str, dict[str, Any]]:
    """Deployments of gateways that differ in who decides the number of pods, and in their account, by a word for it."""
    settings: dict[str, dict[str, Any]] = {
        "autoscaling": {"autoscaling": {"minReplicas": 2, "maxReplicas": 9, "cpu": 80}},
        "external": {"replicas": "external"},
        "zero": {"replicas": 0},
        "three": {"replicas": 3},
        "account": {"replicas": 3, "serviceAccount": {"create": True}},
    }
    requests = {"resources": {"requests": {"cpu": 1}}}
    gateways = [program.gateway(name=name, container=requests, **own) for name, own in settings.items()]
    graph = program.run(program.configuration(gateways=gateways))
    inputs = {name: graph.one(DEPLOYMENT, f"{name}-workload-deployment").inputs for name in settings}
    # Mocks have floats for whole numbers, the engine's previews have not.
    return json.loads(json.dumps(inputs), parse_float=lambda text: int(float(text)))


STAYS = "From then on the number of pods stays until another autoscaler changes it."
BECOMES = "The number of pods becomes 3, however many run now."


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # The state has the number of before the autoscaler, whatever runs.
        ("autoscaling", "three", [(BECOMES, False)]),
        ("external", "three", [(BECOMES, False)]),
        ("autoscaling", "zero", [("All pods end, and nobody is served until `replicas` is raised.", True)]),
        ("three", "autoscaling", []),
        ("three", "external", [(STAYS, False)]),
        ("autoscaling", "external", [(STAYS, False)]),
    ],
)
def test_another_who_decides_the_number_of_pods_is_told(
    declared: dict[str, dict[str, Any]], before: str, after: str, expected: list[tuple[str, bool]]
) -> None:
    assert said(step("update", DEPLOYMENT, declared[before], declared[after], "metadata.annotations")) == expected


def test_pods_that_are_scaled_back_are_told_once(declared: dict[str, dict[str, Any]]) -> None:
    fewer = TakenAway(
        "it", "Deployment", "spec.replicas", Change.CHANGED_BACK, 9, 3, "Fewer pods serve: 3 instead of 9."
    )
    back = step("update", DEPLOYMENT, declared["autoscaling"], declared["three"], "metadata.annotations")
    assert effects([back], Losses([fewer])) == []


def test_another_account_of_the_pods_is_told(declared: dict[str, dict[str, Any]]) -> None:
    changed = "spec.template.spec.serviceAccountName"
    rolled = ("The pods are replaced. An old one ends when a new one is ready, so nothing is interrupted.", False)
    assert said(step("update", DEPLOYMENT, declared["account"], declared["three"], changed)) == [
        ("The pods run as the service account `default` instead of `account`.", False),
        rolled,
    ]
    # A stack of the version before has no name for it.
    before: dict[str, Any] = {"spec": {"replicas": 3, "template": {"spec": {}}}}
    assert said(step("update", DEPLOYMENT, before, declared["three"], changed)) == [rolled]


def service(
    old: dict[str, Any],
    new: dict[str, Any],
    *properties: str,
    annotations: tuple[dict[str, str], dict[str, str]] = ({}, {}),
) -> list[tuple[str, bool]]:
    metadata = {"name": "mygw-live-traffic", "namespace": "apim"}
    outputs = {"metadata": metadata, "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}}
    before, after = (
        {"metadata": {**metadata, "annotations": own}, "spec": {"ports": PORTS, **spec}}
        for own, spec in zip(annotations, (old, new), strict=True)
    )
    return said(step("update", SERVICE, before, after, *properties, old_outputs=outputs))


BALANCED = {"type": "LoadBalancer"}
BOTH = "203.0.113.7:80, 203.0.113.7:443"


def test_a_service_says_which_addresses_clients_no_longer_reach() -> None:
    assert service(BALANCED, {"type": "ClusterIP"}, "spec.type") == [
        (f"Its load balancer goes, and clients no longer reach {BOTH}.", True)
    ]
    assert service(BALANCED, {**BALANCED, "ports": [{"port": 443}]}, "spec.ports") == [
        ("Clients no longer reach it at port 80.", True)
    ]
    assert service(BALANCED, BALANCED, annotations=({}, {INTERNAL: "true"})) == [
        (f"It gets another address, which only the virtual network reaches, and clients no longer reach {BOTH}.", True)
    ]
    assert service(BALANCED, BALANCED, annotations=({INTERNAL: "true"}, {})) == [
        (
            "It gets another address, which is public unless the cluster gives private ones, and clients no longer reach "
            f"{BOTH}.",
            True,
        )
    ]
    pip = "service.beta.kubernetes.io/azure-pip-name"
    assert service(BALANCED, BALANCED, annotations=({pip: "one"}, {pip: "two"})) == [
        (f"Its load balancer is set up otherwise, and can get another address than {BOTH}.", True)
    ]


def test_a_service_that_gets_a_load_balancer_says_who_reaches_it() -> None:
    public = "It gets a load balancer, which is public unless the cluster gives private ones."
    assert service({"type": "ClusterIP"}, BALANCED, "spec.type") == [(public, False)]
    assert service({"type": "ClusterIP"}, BALANCED, "spec.type", annotations=({}, {INTERNAL: "true"})) == [
        ("It gets a load balancer, which only the virtual network reaches.", False)
    ]


def test_a_change_that_nobody_is_hurt_by_says_nothing() -> None:
    assert service(BALANCED, BALANCED, annotations=({}, {"contoso.example/owner": "a"})) == []
    assert service(BALANCED, {**BALANCED, "ports": [*PORTS, {"port": 8443}]}, "spec.ports") == []
    assert service(
        {**BALANCED, "externalTrafficPolicy": "Local"}, {**BALANCED, "externalTrafficPolicy": "Cluster"}
    ) == [("The gateway sees addresses of nodes instead of its callers'.", False)]


def test_other_ports_between_the_pods_part_old_ones_and_new_ones() -> None:
    before, after = ({"spec": {"clusterIP": "None", "ports": [{"port": port}]}} for port in (4290, 5290))
    assert said(step("update", SERVICE, before, after, "spec.ports[0].port")) == [
        ("Until all pods are replaced, old and new ones do not find each other, and count calls apart.", False)
    ]


BOUNDS = {"spec": {"minReplicas": 3, "maxReplicas": 10}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (step("create", AUTOSCALER, new=BOUNDS), "Kubernetes decides from then on how many pods run, from 3 to 10."),
        (step("delete", AUTOSCALER, old=BOUNDS), "It no longer decides how many pods run."),
        (
            step("update", AUTOSCALER, BOUNDS, {"spec": {"minReplicas": 3, "maxReplicas": 5}}, "spec.maxReplicas"),
            "If more than 5 pods run, the others end.",
        ),
        (step("delete", BUDGET), "From then on, a drain of nodes may end all pods at once."),
        (
            step("delete", ACCOUNT),
            "Pods that still run as this account lose the rights that it has in the cluster.",
        ),
    ],
)
def test_what_comes_and_goes_beside_the_pods_says_what_it_means(change: Step, expected: str) -> None:
    assert said(change) == [(expected, False)]


def test_of_a_gateway_that_comes_or_goes_as_a_whole_nothing_is_said_apart() -> None:
    assert said(step("create", DEPLOYMENT), step("create", AUTOSCALER, new=BOUNDS)) == []
    assert said(step("delete", BUDGET), step("delete", AUTOSCALER), *removed("mygw")) == []
    assert said(step("delete", BUDGET), *removed("another")) != []
    assert GATEWAY in urn("mygw", GATEWAY)


@pytest.mark.parametrize("type_", [AUTOSCALER, BUDGET, ACCOUNT])
def test_the_replacement_of_a_new_kind_has_words_of_its_own(type_: str) -> None:
    (found,) = replacements([step(each, type_) for each in ("create-replacement", "replace", "delete-replaced")])
    assert found.meaning.interrupts is Interruption.NONE
    assert "Find out what depends on it" not in found.meaning.instead


def test_what_interrupts_stands_first_and_is_a_caution_in_the_comment() -> None:
    spec = {"replicas": 3, "strategy": {"type": "Recreate"}}
    rolled = step("update", DEPLOYMENT, {"spec": spec}, {"spec": spec}, IMAGE)
    steps = [step("delete", BUDGET), rolled]
    interrupts = "All pods end before new ones start, so nobody is served until a new one is ready."
    drained = "From then on, a drain of nodes may end all pods at once."
    assert preview_text.text("dev", steps, Losses()).splitlines()[1:5] == [
        "",
        f"it: {interrupts}",
        "",
        f"it: {drained}",
    ]
    comment = preview_comment.markdown("dev", steps, Losses())
    assert f"\n\n> [!CAUTION]\n> `it`: {interrupts}\n\n- `it`: {drained}\n" in comment
    assert json.loads(preview_text.as_json("dev", steps, Losses()))["effects"] == [
        {"resource": "it", "does": drained, "interrupts": False},
        {"resource": "it", "does": interrupts, "interrupts": True},
    ]

"""What an API server is too old for, of what a stack declares: fields that it refuses, or leaves out without a word."""

from typing import Any

import pytest

from ops.cluster.server_version import depends_on_the_version, unfit, version_of
from ops.engine.state import StackResource
from ops.errors import OpsError
from ops.preview import foreseen
from ops.preview.foreseen import Foreseen, foresee
from ops.verify.gateways import Gateway, gateways_of
from ops.verify.report import Answer, Check
from ops.verify.server_version import check_server_version
from tests.unit import program
from tests.unit.test_foreseen import step

REFUSES = "It refuses the object, or leaves the field out."
SLEEP = f"Deployment default/mygw: Kubernetes 1.29 does not have `preStop.sleep`, which came with 1.30. {REFUSES}"


def declared(**gateway: Any) -> list[dict[str, Any]]:
    """What a gateway declares in the cluster, the program having said it."""
    graph = program.run(program.configuration(gateways=[program.gateway(**gateway)]))
    return [each.inputs for each in graph.resources if each.type.startswith("kubernetes:")]


def too_new(server: str, **gateway: Any) -> list[tuple[str, str]]:
    return sorted((each.found, each.instead) for each in unfit(declared(**gateway), server))


@pytest.mark.parametrize(
    ("said", "version"),
    [("v1.30.0", (1, 30)), ("v1.29.4-gke.1043000", (1, 29)), ("1.27+", (1, 27)), ("unknown", None)],
)
def test_a_version_is_read_however_a_cloud_writes_it(said: str, version: tuple[int, int] | None) -> None:
    assert version_of(said) == version


def test_a_new_cluster_takes_everything() -> None:
    whole = {"replicas": 3, "disruptionBudget": {"maxUnavailable": 1}}
    assert depends_on_the_version(declared(**whole))
    assert too_new("v1.30.0", **whole) == []
    assert too_new("unknown", **whole) == []


def test_what_an_old_cluster_does_not_have_is_named_with_the_setting() -> None:
    whole = {
        "replicas": 3,
        "disruptionBudget": {"maxUnavailable": 1},
        "container": {"livenessProbe": {"terminationGracePeriodSeconds": 30}},
    }
    assert too_new("v1.29.9", **whole) == [(SLEEP, "Set `container.preStopSeconds: 0`.")]
    assert too_new("v1.24.0", **whole) == [
        (
            "Deployment default/mygw: Kubernetes 1.24 does not have `livenessProbe.terminationGracePeriodSeconds`, which came "
            f"with 1.25. {REFUSES}",
            "Leave it out of `container.livenessProbe`.",
        ),
        (
            f"Deployment default/mygw: Kubernetes 1.24 does not have `preStop.sleep`, which came with 1.30. {REFUSES}",
            "Set `container.preStopSeconds: 0`.",
        ),
        (
            "Deployment default/mygw: Kubernetes 1.24 does not have `topologySpreadConstraints.matchLabelKeys`, which came "
            f"with 1.27. {REFUSES}",
            "Set `pod.topologySpreadConstraints` without it.",
        ),
        (
            "PodDisruptionBudget default/mygw: Kubernetes 1.24 does not have `unhealthyPodEvictionPolicy`, which came with "
            f"1.27. {REFUSES}",
            "Upgrade the cluster, or leave `disruptionBudget` out: without the field, pods that are not ready block every "
            "drain.",
        ),
    ]


def test_what_an_autoscaler_tolerates_is_new() -> None:
    scaler = {
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "mygw"},
        "spec": {"behavior": {"scaleUp": {"tolerance": "50m"}}},
    }
    assert [each.found for each in unfit([scaler], "v1.34.1")] == [
        "HorizontalPodAutoscaler default/mygw: Kubernetes 1.34 does not have `scaleUp.tolerance`, which came with 1.35. "
        f"{REFUSES}"
    ]


def test_a_setting_that_mends_it_leaves_nothing_to_ask() -> None:
    assert not depends_on_the_version(declared(container={"preStopSeconds": 0}))
    assert too_new("v1.20.0", container={"preStopSeconds": 0}) == []


class Cluster:
    """A cluster of a version, or one that does not answer."""

    def __init__(self, version: str | OpsError) -> None:
        self.version = version

    def find(self, *_: str) -> dict[str, Any]:
        return {}

    def lacks_namespace(self, _: str) -> bool:
        return False

    def server_version(self) -> str:
        if isinstance(self.version, OpsError):
            raise self.version
        return self.version


def previewed(monkeypatch: pytest.MonkeyPatch, operation: str, version: str | OpsError) -> Foreseen:
    monkeypatch.setattr(foreseen, "_connected", lambda _: Cluster(version))
    (deployment,) = (each for each in declared() if each["kind"] == "Deployment")
    operations = ("create-replacement", "replace") if operation == "replace" else (operation,)
    return foresee([step(each, "mygw", "kubernetes:apps/v1:Deployment", new=deployment) for each in operations])


@pytest.mark.parametrize("operation", ["create", "update", "replace"])
def test_a_preview_tells_it_of_what_the_update_writes(monkeypatch: pytest.MonkeyPatch, operation: str) -> None:
    warnings = [f"{SLEEP} Set `container.preStopSeconds: 0`."]
    assert previewed(monkeypatch, operation, "v1.29.4") == Foreseen(warnings=warnings)
    assert previewed(monkeypatch, operation, "v1.30.0") == Foreseen()


def test_a_preview_asks_no_cluster_about_what_it_does_not_write(monkeypatch: pytest.MonkeyPatch) -> None:
    assert previewed(monkeypatch, "same", OpsError("not asked")) == Foreseen()
    assert previewed(monkeypatch, "delete", OpsError("not asked")) == Foreseen()


def test_a_preview_says_that_it_could_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    found = previewed(monkeypatch, "update", OpsError("The API server's version can't be read: refused"))
    assert found.warnings == [
        "Whether the cluster is new enough can't be checked. The API server's version can't be read: refused"
    ]


def test_a_verification_tells_it_and_is_silent_where_all_is_well() -> None:
    gateway = Gateway("mygw", declared=tuple(declared()))
    old: Any = Cluster("v1.29.4")
    assert list(check_server_version(gateway, old)) == [
        Check("mygw", "Kubernetes version", Answer.FAILED, SLEEP, "Set `container.preStopSeconds: 0`.")
    ]
    new: Any = Cluster("v1.37.2")
    assert list(check_server_version(gateway, new)) == []


def test_a_gateways_declared_objects_are_its_own() -> None:
    component = StackResource("urn:g", "self-hosted-gateway:gateway:SelfHostedGateway")
    inputs = {"kind": "Deployment", "metadata": {"name": "mygw"}}
    deployment = StackResource("urn:d", "kubernetes:apps/v1:Deployment", parent="urn:g", inputs=inputs)
    replaced = StackResource("urn:d", "kubernetes:apps/v1:Deployment", parent="urn:g", inputs=inputs, goes=True)
    another = StackResource("urn:o", "kubernetes:apps/v1:Deployment", parent="urn:other", inputs=inputs)
    (found,) = gateways_of("dev", [component, deployment, replaced, another])
    assert found.declared == (inputs,)

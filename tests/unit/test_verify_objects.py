"""Address, autoscaler and disruption budget of a gateway: what a verification reads, and what it says."""

from datetime import UTC, datetime
from typing import Any

import pytest

from ops.verify.address import check_address
from ops.verify.disruptions import check_disruption_budget
from ops.verify.gateways import Gateway, KubernetesObject
from ops.verify.report import Answer
from ops.verify.scaling import check_autoscaler

NOW = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
SERVICE = KubernetesObject("apim", "mygw-live-traffic")
NAMED = KubernetesObject("apim", "mygw")
NOT_YET = "If an update runs, wait for it; else run `pulumi up`: its message says what stands in the way."
HEALED = "`pulumi up --refresh` makes it again."
PORTS = [{"port": 80, "nodePort": 30080}, {"port": 443, "nodePort": 30443}]


class Cluster:
    """A cluster with one object at most."""

    def __init__(self, found: dict[str, Any] | None) -> None:
        self.found = found

    def find(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any] | None:
        expected = {
            "Service": ("v1", "apim", "mygw-live-traffic"),
            "HorizontalPodAutoscaler": ("autoscaling/v2", "apim", "mygw"),
            "PodDisruptionBudget": ("policy/v1", "apim", "mygw"),
        }
        assert expected[kind] == (api_version, namespace, name)
        return self.found


def address(found: dict[str, Any] | None, service: KubernetesObject | None = SERVICE) -> tuple[Answer, str, str]:
    cluster: Any = Cluster(found)
    check = check_address(Gateway("mygw", service=service), cluster)
    return check.answer, check.found, check.next_step


def of_service(type_: str, *ingress: dict[str, str], **spec: Any) -> dict[str, Any]:
    return {"spec": {"type": type_, "ports": PORTS, **spec}, "status": {"loadBalancer": {"ingress": list(ingress)}}}


@pytest.mark.parametrize(
    ("service", "found"),
    [
        (of_service("LoadBalancer", {"ip": "203.0.113.7"}), "clients reach it at 203.0.113.7:80 or 203.0.113.7:443"),
        (
            of_service("LoadBalancer", {"hostname": "contoso.example"}, ports=PORTS[1:]),
            "clients reach it at contoso.example:443",
        ),
        (
            of_service("ClusterIP"),
            "it has no load balancer: clients in the cluster reach it at mygw-live-traffic.apim.svc:80 or "
            "mygw-live-traffic.apim.svc:443",
        ),
        (of_service("NodePort"), "clients reach it at every node, port 30080 or 30443"),
        (
            of_service("NodePort", externalTrafficPolicy="Local"),
            "clients reach it at the nodes with a pod, port 30080 or 30443",
        ),
    ],
)
def test_the_address_is_the_one_that_there_is(service: dict[str, Any], found: str) -> None:
    assert address(service) == (Answer.OK, found, "")


def test_a_load_balancer_without_an_address_is_no_success() -> None:
    assert address(of_service("LoadBalancer")) == (
        Answer.FAILED,
        "the load balancer of Service apim/mygw-live-traffic has no address",
        "`kubectl describe service mygw-live-traffic -n apim` says what the load balancer waits for. Without one in the "
        "cluster, set `service.type`.",
    )


def test_a_service_that_is_gone_or_not_made_yet() -> None:
    assert address(None) == (Answer.FAILED, "there is no Service apim/mygw-live-traffic", HEALED)
    assert address(None, None) == (Answer.FAILED, "no Service is made yet", NOT_YET)


def condition(type_: str, status: str, reason: str, message: str = "", minute: int = 0) -> dict[str, Any]:
    since = f"2026-11-27T11:{minute:02}:00Z"
    return {"type": type_, "status": status, "reason": reason, "message": message, "lastTransitionTime": since}


def scaler(*conditions: dict[str, Any]) -> dict[str, Any]:
    status = {"currentReplicas": 3, "conditions": list(conditions)}
    return {"spec": {"minReplicas": 3, "maxReplicas": 10}, "status": status}


ABLE = condition("AbleToScale", "True", "ReadyForNewScale")
NO_METRICS = "unable to get metrics for resource cpu: no metrics returned from resource metrics API"


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (scaler(ABLE, condition("ScalingActive", "True", "ValidMetricFound")), (Answer.OK, "3 pod(s), of 3 to 10", "")),
        (
            scaler(ABLE, condition("ScalingLimited", "True", "TooManyReplicas")),
            (
                Answer.OK,
                "3 pod(s), of 3 to 10; it would start more if it might",
                "If the pods are too busy, raise `autoscaling.maxReplicas`.",
            ),
        ),
        (
            scaler(ABLE, condition("ScalingActive", "False", "FailedGetResourceMetric", NO_METRICS, 44)),
            (
                Answer.FAILED,
                f"3 pod(s), of 3 to 10; it gets no metrics: FailedGetResourceMetric: {NO_METRICS}",
                "It reads them from the cluster's metrics server: `kubectl top pods -n apim` has to show the pods.",
            ),
        ),
        # Pods that start wait for their rights, and metrics for them.
        (
            scaler(ABLE, condition("ScalingActive", "False", "FailedGetResourceMetric", NO_METRICS, 45)),
            (Answer.OK, "3 pod(s), of 3 to 10; it has no metrics yet", ""),
        ),
        (
            scaler(condition("AbleToScale", "False", "FailedGetScale", "not found")),
            (
                Answer.FAILED,
                "3 pod(s), of 3 to 10; it can't scale: FailedGetScale: not found",
                "`kubectl describe hpa mygw -n apim` says more.",
            ),
        ),
        (
            scaler(ABLE, condition("ScalingActive", "False", "ScalingDisabled", "the replica count is zero", 59)),
            (
                Answer.FAILED,
                "somebody has set the Deployment to 0 pods",
                "`kubectl scale deployment mygw -n apim --replicas=3` starts it again.",
            ),
        ),
        (
            {"spec": {"maxReplicas": 2}},
            (Answer.OK, "0 pod(s), of 1 to 2", ""),
        ),
        (None, (Answer.FAILED, "there is no HorizontalPodAutoscaler apim/mygw", HEALED)),
    ],
)
def test_an_autoscaler_is_well_if_it_can_measure_and_scale(
    found: dict[str, Any] | None, expected: tuple[Answer, str, str]
) -> None:
    cluster: Any = Cluster(found)
    check = check_autoscaler("mygw", NAMED, cluster, NOW)
    assert (check.answer, check.found, check.next_step) == expected


def budget(pods: int, ready: int, may_end: int) -> dict[str, Any]:
    return {"status": {"expectedPods": pods, "currentHealthy": ready, "disruptionsAllowed": may_end}}


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (budget(3, 3, 1), (Answer.OK, "a drain may end 1 of 3 pod(s) now", "")),
        # That a pod is not ready, another line says.
        (budget(3, 2, 0), (Answer.OK, "a drain may end 0 of 3 pod(s) now", "")),
        (budget(0, 0, 0), (Answer.OK, "a drain may end 0 of 0 pod(s) now", "")),
        (
            budget(3, 3, 0),
            (
                Answer.FAILED,
                "all 3 pod(s) are ready, and none may be ended: no node with one of them can be drained",
                "Run more pods, or give `disruptionBudget` another bound.",
            ),
        ),
        ({}, (Answer.OK, "a drain may end 0 of 0 pod(s) now", "")),
        (None, (Answer.FAILED, "there is no PodDisruptionBudget apim/mygw", HEALED)),
    ],
)
def test_a_budget_is_well_if_a_node_can_be_drained(
    found: dict[str, Any] | None, expected: tuple[Answer, str, str]
) -> None:
    cluster: Any = Cluster(found)
    check = check_disruption_budget("mygw", NAMED, cluster)
    assert (check.answer, check.found, check.next_step) == expected

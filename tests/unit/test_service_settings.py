"""How clients reach the gateway: what is declared of a stack's file, and what is refused."""

from typing import Any

import pytest

from tests.unit import program
from tests.unit.test_workload_settings import problems

INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
HTTP = {"name": "http", "port": 80, "targetPort": 8080}
HTTPS = {"name": "https", "port": 443, "targetPort": 8081}


def graph(**service: Any) -> program.Graph:
    gateway = program.gateway(namespace="apim", service=service)
    return program.run(program.configuration(gateways=[gateway]))


def inputs(**service: Any) -> dict[str, Any]:
    return graph(**service).one("kubernetes:core/v1:Service", "mygw-workload-live-traffic").inputs


@pytest.mark.parametrize(
    ("given", "type_", "policy", "ports"),
    [
        ({}, "LoadBalancer", "Local", [HTTP, HTTPS]),
        ({"externalTrafficPolicy": "Cluster"}, "LoadBalancer", "Cluster", [HTTP, HTTPS]),
        ({"type": "NodePort"}, "NodePort", "Local", [HTTP, HTTPS]),
        ({"type": "ClusterIP", "ports": {"https": None}}, "ClusterIP", None, [HTTP]),
        (
            {"ports": {"http": 8080, "https": 8443}},
            "LoadBalancer",
            "Local",
            [{**HTTP, "port": 8080}, {**HTTPS, "port": 8443}],
        ),
    ],
)
def test_the_service_is_as_configured_and_its_traffic_policy_follows_its_type(
    given: dict[str, Any], type_: str, policy: str | None, ports: list[dict[str, Any]]
) -> None:
    spec = inputs(**given)["spec"]
    assert (spec["type"], spec.get("externalTrafficPolicy"), spec["ports"]) == (type_, policy, ports)


def test_annotations_and_the_internal_load_balancers_stand_beside_each_other() -> None:
    group = "service.beta.kubernetes.io/azure-load-balancer-resource-group"
    assert "annotations" not in inputs()["metadata"]
    assert inputs(internal=True, annotations={group: "contoso-network"})["metadata"]["annotations"] == {
        group: "contoso-network",
        INTERNAL: "true",
    }


@pytest.mark.parametrize(
    ("type_", "address"),
    [
        ("LoadBalancer", "192.0.2.10"),
        ("NodePort", "mygw-live-traffic.apim.svc"),
        ("ClusterIP", "mygw-live-traffic.apim.svc"),
    ],
)
def test_the_outputs_have_the_address_that_there_is(type_: str, address: str) -> None:
    assert graph(type=type_).outputs["gateways"]["mygw"]["serviceAddress"] == address


@pytest.mark.parametrize(
    ("status", "address"),
    [
        ({"loadBalancer": {"ingress": [{"hostname": "gateway.contoso.example"}]}}, "gateway.contoso.example"),
        # Until the load balancer is there.
        ({"loadBalancer": {}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_a_load_balancer_may_have_a_name_or_no_address_yet(
    status: dict[str, Any] | None, address: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(program.OUTPUTS, "kubernetes:core/v1:Service", {"status": status})
    assert graph().outputs["gateways"]["mygw"].get("serviceAddress") == address


@pytest.mark.parametrize(
    ("service", "expected"),
    [
        ({"type": "Loadbalancer"}, ["service.type: expected 'LoadBalancer', 'NodePort' or 'ClusterIP'"]),
        ({"ports": {"http": 0}}, ["service.ports.http: expected 1 or more"]),
        ({"ports": {"grpc": 9090}}, ["service.ports.grpc: unknown key"]),
        ({"ports": {"http": None, "https": None}}, ["service.ports: expected `http` or `https`: a Service needs a port"]),
        ({"ports": {"https": 80}}, ["service.ports: `http` (default) and `https` are both 80: a Service has each port once"]),
        ({"type": "ClusterIP", "externalTrafficPolicy": "Local"}, [
            "service.externalTrafficPolicy: has no meaning with `type: ClusterIP`, and the API server refuses it"
        ]),
        ({"type": "ClusterIP", "internal": True}, [
            "service.internal: has no effect with `type: ClusterIP`, which has no load balancer"
        ]),
        ({"internal": True, "annotations": {INTERNAL: "false"}}, [
            f"service.annotations: leave `{INTERNAL}` out: `internal` sets it"
        ]),
        ({"annotations": {INTERNAL: True}}, [f'service.annotations["{INTERNAL}"]: expected a text: put it in quotes']),
        ({"externalTrafficPolicy": None}, [
            "service.externalTrafficPolicy: null takes a default away, and there is none here: leave it out"
        ]),
    ],
)  # fmt: skip
def test_what_no_service_can_be_is_refused(service: dict[str, Any], expected: list[str]) -> None:
    assert problems(service=service) == expected

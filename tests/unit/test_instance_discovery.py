"""The pods of a gateway find each other: settings, container and Service have the same name and ports."""

from typing import Any

import pytest

from tests.unit import program
from tests.unit.test_workload_settings import problems


def graph(**gateway: Any) -> program.Graph:
    return program.run(program.configuration(gateways=[program.gateway(namespace="apim", **gateway)]))


def data(**gateway: Any) -> dict[str, str]:
    found = graph(**gateway).one("kubernetes:core/v1:ConfigMap").inputs["data"]
    return {key: value for key, value in found.items() if key.startswith(("neighborhood", "policy"))}


@pytest.mark.parametrize(
    ("policy", "host"),
    [
        ({}, "mygw-instance-discovery"),
        ({"dnsPolicy": "ClusterFirstWithHostNet"}, "mygw-instance-discovery"),
        (
            {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["10.0.0.10"]}},
            "mygw-instance-discovery.apim.svc.cluster.local",
        ),
    ],
)
def test_the_gateway_is_told_the_name_of_the_headless_service(policy: dict[str, Any], host: str) -> None:
    assert data(pod=policy) == {"neighborhood.host": host}


def test_another_name_is_taken_as_it_is_and_null_leaves_each_pod_to_itself() -> None:
    for policy in ({}, {"dnsPolicy": "Default"}):
        assert data(instanceDiscovery={"host": "peers.apim.svc.contoso.example"}, pod=policy) == {
            "neighborhood.host": "peers.apim.svc.contoso.example"
        }
    assert data(instanceDiscovery={"host": None}) == {}


def test_other_ports_are_those_of_settings_container_and_service() -> None:
    found = graph(instanceDiscovery={"heartbeatPort": 5291, "synchronizationPort": 5290})
    settings = found.one("kubernetes:core/v1:ConfigMap").inputs["data"]
    assert settings["neighborhood.heartbeat.port"] == "5291"
    assert settings["policy.rate-limit.sync.port"] == "5290"
    (container,) = found.one("kubernetes:apps/v1:Deployment").inputs["spec"]["template"]["spec"]["containers"]
    assert container["ports"][2:] == [
        {"name": "rate-limit-dc", "containerPort": 5290, "protocol": "UDP"},
        {"name": "dc-heartbeat", "containerPort": 5291, "protocol": "UDP"},
    ]
    service = found.one("kubernetes:core/v1:Service", "mygw-workload-instance-discovery")
    assert service.inputs["spec"]["ports"] == [
        {"name": "rate-limit-discovery", "port": 5290, "targetPort": "rate-limit-dc", "protocol": "UDP"},
        {"name": "discovery-heartbeat", "port": 5291, "targetPort": "dc-heartbeat", "protocol": "UDP"},
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"host": "my gateway"},
            "instanceDiscovery.host: expected the name of a headless Service of the gateway's pods",
        ),
        ({"heartbeatPort": "4291"}, "instanceDiscovery.heartbeatPort: expected a whole number"),
        (
            {"heartbeatPort": 4290},
            "instanceDiscovery: `heartbeatPort` and `synchronizationPort` (default) are both 4290: a Service has each port once",
        ),
    ],
)
def test_what_no_pod_could_be_found_by_is_refused(settings: dict[str, Any], expected: str) -> None:
    assert problems(instanceDiscovery=settings) == [expected]


def test_pods_that_do_not_know_the_clusters_names_are_left_to_themselves_on_request() -> None:
    nodes = {"dnsPolicy": "Default"}
    assert problems(pod=nodes) == [
        "pod.dnsPolicy: with 'Default' the pods do not know the cluster's names, so they would not find each other: set "
        "`instanceDiscovery.host` to null, and rate limits count for each pod by itself"
    ]
    assert data(pod=nodes, instanceDiscovery={"host": None}) == {}


@pytest.mark.parametrize("name", ["neighborhood.host", "neighborhood.heartbeat.port", "policy.rate-limit.sync.port"])
def test_no_variable_contradicts_container_and_service(name: str) -> None:
    assert problems(container={"env": [{"name": name, "value": "1"}]}) == [
        f"container.env: leave `{name}` out: `instanceDiscovery` decides it"
    ]


def test_a_port_is_one_that_there_is() -> None:
    assert problems(instanceDiscovery={"heartbeatPort": 65536}) == [
        "instanceDiscovery.heartbeatPort: expected 65535 at most"
    ]


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (
            {"instanceDiscovery": {"host": "mygw-live-traffic.apim.svc.cluster.local"}},
            [
                "instanceDiscovery.host: 'mygw-live-traffic.apim.svc.cluster.local' is the Service that clients reach, by which "
                "pods do not find each other: leave it out, so that it is `mygw-instance-discovery`"
            ],
        ),
        (
            {"instanceDiscovery": {"host": "peers"}, "pod": {"dnsPolicy": "Default"}},
            [
                "instanceDiscovery.host: 'peers' is a short name, which pods with `pod.dnsPolicy: Default` can't resolve: "
                "expected a name with its domain"
            ],
        ),
    ],
)
def test_a_name_that_leads_to_no_other_pod_is_refused(settings: dict[str, Any], expected: list[str]) -> None:
    assert problems(**settings) == expected


@pytest.mark.parametrize(
    "pod",
    [
        {"dnsPolicy": "ClusterFirst"},
        {"dnsPolicy": "None", "dnsConfig": {"nameservers": ["192.0.2.53"], "searches": ["apim.svc.cluster.local"]}},
    ],
)
def test_a_short_name_is_taken_where_pods_can_resolve_it(pod: dict[str, Any]) -> None:
    assert data(instanceDiscovery={"host": "peers"}, pod=pod) == {"neighborhood.host": "peers"}

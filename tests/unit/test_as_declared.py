"""Whether an object is as declared: what the API server makes of a declaration is no difference, all else is."""

from typing import Any

import pytest

from ops.cluster.as_declared import first_difference

SERVICE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "mygw-live-traffic", "namespace": "default", "labels": {"app": "mygw"}},
    "spec": {
        "type": "LoadBalancer",
        "ports": [
            {"name": "http", "port": 80, "targetPort": 8080},
            {"name": "https", "port": 443, "targetPort": 8081},
        ],
        "selector": {"app": "mygw"},
    },
}
# As the API server has it: with defaults, and with what it allocates.
LIVE: dict[str, Any] = {
    **SERVICE,
    "metadata": {**SERVICE["metadata"], "uid": "4f5e", "creationTimestamp": "2026-11-25T10:02:00Z"},
    "spec": {
        **SERVICE["spec"],
        "clusterIP": "10.0.0.7",
        "sessionAffinity": "None",
        "ports": [
            {"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP", "nodePort": 31234},
            {"name": "https", "port": 443, "targetPort": 8081, "protocol": "TCP", "nodePort": 31235},
        ],
    },
}


def test_defaults_and_what_the_cluster_allocates_are_no_difference() -> None:
    assert first_difference(SERVICE, LIVE) is None


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"type": "ClusterIP"}, "spec.type"),
        ({"selector": {"app": "theirs"}}, "spec.selector.app"),
        ({"ports": LIVE["spec"]["ports"][:1]}, "spec.ports[1]"),
        ({"ports": [{**LIVE["spec"]["ports"][0], "port": 8080}, LIVE["spec"]["ports"][1]]}, "spec.ports[0].port"),
    ],
)
def test_a_declared_field_that_is_otherwise_is_named(change: dict[str, Any], path: str) -> None:
    assert first_difference(SERVICE, {**LIVE, "spec": {**LIVE["spec"], **change}}) == path


def test_elements_with_names_are_known_by_them() -> None:
    ports = [{"name": "added", "port": 9}, *reversed(LIVE["spec"]["ports"])]
    assert first_difference(SERVICE, {**LIVE, "spec": {**LIVE["spec"], "ports": ports}}) is None


@pytest.mark.parametrize(
    ("declared", "live", "path"),
    [
        ({"cpu": "0.5", "memory": "1024Mi"}, {"cpu": "500m", "memory": "1Gi"}, None),
        ({"cpu": 2}, {"cpu": "2"}, None),
        ({"cpu": "0.5"}, {"cpu": "600m"}, "spec.resources.limits.cpu"),
    ],
)
def test_quantities_are_compared_by_their_value(declared: Any, live: Any, path: str | None) -> None:
    before, after = ({"spec": {"resources": {"limits": limits}}} for limits in (declared, live))
    assert first_difference(before, after) == path


def test_what_is_empty_is_left_out_by_the_api_server() -> None:
    declared = {"metadata": {"annotations": {}}, "spec": {"initialDelaySeconds": 0, "hostNetwork": False, "host": None}}
    assert first_difference(declared, {"metadata": {}, "spec": {}}) is None


def test_a_version_is_no_quantity() -> None:
    assert first_difference({"spec": {"image": "2.10"}}, {"spec": {"image": "2.1"}}) == "spec.image"
    assert first_difference({"data": {"gateway.name": "a"}}, {"data": {"gateway.name": "b"}}) == 'data["gateway.name"]'


@pytest.mark.parametrize(
    ("declared", "same"),
    [
        ({"data": {"clientSecret": "czNjcmV0"}}, True),
        ({"stringData": {"clientSecret": "s3cret"}}, True),
        ({"data": {"clientSecret": "b2xk"}, "stringData": {"clientSecret": "s3cret"}}, True),
        ({"data": {"clientSecret": "b2xk"}}, False),
        ({"stringData": {"clientSecret": "old"}}, False),
        # A preview shows no secrets: one of the stack's has to be there.
        ({"data": "[secret]"}, True),
        ({"data": {"clientSecret": "[secret]"}}, True),
        ({"stringData": "[secret]"}, True),
    ],
)
def test_a_secret_is_compared_in_whatever_way_it_is_declared(declared: dict[str, Any], same: bool) -> None:
    live = {"kind": "Secret", "data": {"clientSecret": "czNjcmV0"}}
    assert (first_difference(declared, live, {"s3cret"}) is None) == same


def test_a_secret_that_is_not_the_stacks_is_a_difference() -> None:
    live = {"kind": "Secret", "data": {"clientSecret": "czNjcmV0"}}
    assert first_difference({"data": "[secret]"}, live, {"another"}) == "data"
    assert first_difference({"data": "[secret]"}, {"kind": "Secret"}, {"another"}) == "data"
    in_a_config_map = {"kind": "ConfigMap", "data": {"clientSecret": "s3cret"}}
    assert first_difference({"data": {"clientSecret": "[secret]"}}, in_a_config_map, {"s3cret"}) is None


def test_what_is_not_known_yet_is_not_as_declared() -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert first_difference({"data": {"clientId": unknown}}, {"data": {"clientId": "1"}}) == "data.clientId"

"""What names mean in a pod."""

import json
from typing import Any

import pytest

from sandbox.node.cluster_dns import ClusterDns
from sandbox.node.pod_names import hosts_file, resolver_file

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import in_namespace, is_ready, pod


def in_contoso(**spec: Any) -> dict[str, Any]:
    return {"metadata": {"name": "mygw-1", "namespace": "contoso"}, "spec": spec}


CLUSTER_FIRST = (
    "search contoso.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
)


@pytest.mark.parametrize(
    ("spec", "file"),
    [
        ({"dnsPolicy": "ClusterFirst"}, CLUSTER_FIRST),
        ({"dnsPolicy": "ClusterFirst", "hostNetwork": True}, "nameserver 168.63.129.16\n"),
        ({"dnsPolicy": "ClusterFirstWithHostNet", "hostNetwork": True}, CLUSTER_FIRST),
        ({"dnsPolicy": "Default"}, "nameserver 168.63.129.16\n"),
        (
            {
                "dnsPolicy": "None",
                "dnsConfig": {
                    "nameservers": ["10.0.0.10"],
                    "searches": ["contoso.com"],
                    "options": [{"name": "edns0"}],
                },
            },
            "search contoso.com\nnameserver 10.0.0.10\noptions edns0\n",
        ),
        (
            {
                "dnsPolicy": "ClusterFirst",
                "dnsConfig": {
                    "nameservers": ["10.96.0.10", "10.0.0.10"],
                    "searches": ["contoso.com", "cluster.local"],
                    "options": [{"name": "ndots", "value": "2"}, {"name": "timeout", "value": "1"}],
                },
            },
            "search contoso.svc.cluster.local svc.cluster.local cluster.local contoso.com\n"
            "nameserver 10.96.0.10\nnameserver 10.0.0.10\noptions ndots:2 timeout:1\n",
        ),
    ],
)
def test_the_policy_and_the_configuration_make_the_resolvers_file(spec: dict[str, Any], file: str) -> None:
    assert resolver_file(in_contoso(**spec)) == file


def test_the_hosts_file_ends_with_the_aliases() -> None:
    aliases = [{"ip": "10.1.0.4", "hostnames": ["contoso.azure-api.net", "contoso.configuration.azure-api.net"]}]
    assert hosts_file(in_contoso(hostAliases=aliases), "10.244.0.5").splitlines()[-4:] == [
        "10.244.0.5\tmygw-1",
        "",
        "# Entries added by HostAliases.",
        "10.1.0.4\tcontoso.azure-api.net\tcontoso.configuration.azure-api.net",
    ]
    with_domain = hosts_file(in_contoso(hostname="one", subdomain="mygw"), "10.244.0.5")
    assert with_domain.splitlines()[-1] == "10.244.0.5\tone.mygw.contoso.svc.cluster.local\tone"


def service(name: str, cluster_ip: str | None) -> dict[str, Any]:
    spec = {"clusterIP": cluster_ip} if cluster_ip else {"externalName": "contoso.com"}
    return {"metadata": {"name": name, "namespace": "contoso"}, "spec": spec}


def endpoints(of: str, **ready: bool) -> dict[str, Any]:
    return {
        "metadata": {"name": f"{of}-x", "namespace": "contoso", "labels": {"kubernetes.io/service-name": of}},
        "endpoints": [
            {"addresses": [f"10.244.0.{name[1:]}"], "conditions": {"ready": is_ready}}
            for name, is_ready in ready.items()
        ],
    }


def test_a_headless_services_name_has_its_ready_pods(tmp_path: Any) -> None:
    dns = ClusterDns(tmp_path / "cluster-dns.json")
    services = [service("one", "10.96.7.7"), service("two", "None"), service("three", "None"), service("four", None)]
    dns.update(services, [endpoints("one", a2=True), endpoints("two", a3=True, a4=False, a5=True)])
    assert json.loads(dns.file.read_text()) == {
        "names": {
            "one.contoso.svc.cluster.local": ["10.96.7.7"],
            "three.contoso.svc.cluster.local": [],
            "two.contoso.svc.cluster.local": ["10.244.0.3", "10.244.0.5"],
        },
        "reverse": {"10.96.7.7": "one.contoso.svc.cluster.local"},
    }


def test_a_container_has_both_files(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    aliases = [{"ip": "10.1.0.4", "hostnames": ["contoso.com"]}]
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1", hostAliases=aliases)))
    running = kubernetes.await_pod(namespace, "pod", is_ready)
    hosts = (node.root(running) / "etc/hosts").read_text()
    assert f"{running['status']['podIP']}\tpod\n" in hosts
    assert hosts.endswith("10.1.0.4\tcontoso.com\n")
    assert (node.root(running) / "etc/resolv.conf").read_text().splitlines() == [
        f"search {namespace}.svc.cluster.local svc.cluster.local cluster.local",
        "nameserver 10.96.0.10",
        "options ndots:5",
    ]

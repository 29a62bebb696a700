"""How the gateway finds the other instances, and what names mean to it."""

import json
from pathlib import Path
from typing import Any

import pytest

from .azure import Azure
from .conftest import Start
from .container import STATUS, Container, get

HEADLESS = "mygw-instance-discovery.contoso.svc.cluster.local"
BALANCED = "mygw-live-traffic.contoso.svc.cluster.local"
SEARCHES = "search contoso.svc.cluster.local svc.cluster.local cluster.local\n"
CLUSTER_FIRST = f"{SEARCHES}nameserver 10.96.0.10\noptions ndots:5\n"
OF_THE_NODE = "nameserver 168.63.129.16\n"


class Cluster:
    """The cluster's DNS, as the node keeps it."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.network: dict[str, Any] = {
            "clusterDns": str(file),
            "nameServers": {"10.96.0.10": "cluster", "168.63.129.16": "public"},
            "address": "10.244.0.2",
        }

    def has(self, *pods: str, headless: bool = True) -> None:
        names = {BALANCED: ["10.96.7.7"], **({HEADLESS: list(pods)} if headless else {})}
        self._file.write_text(json.dumps({"names": names, "reverse": {"10.96.7.7": BALANCED}}))


@pytest.fixture
def cluster(tmp_path: Path) -> Cluster:
    return Cluster(tmp_path / "cluster-dns.json")


def at(host: str, **more: str) -> dict[str, str]:
    return {"neighborhood.host": host, **more}


async def test_without_the_setting_it_looks_for_nobody(gateway: Container) -> None:
    assert (await get(gateway.url(STATUS))).status_code == 200
    assert not [line for line in gateway.log if "instances" in line and "InstancesDiscovered" in line]


@pytest.mark.parametrize(
    ("host", "resolver"),
    [
        ("mygw-instance-discovery", CLUSTER_FIRST),
        ("mygw-instance-discovery.contoso", CLUSTER_FIRST),
        (HEADLESS, CLUSTER_FIRST),
        (HEADLESS, "nameserver 10.96.0.10\n"),  # dnsPolicy None, without searches
    ],
)
async def test_it_says_which_other_instances_there_are(
    start: Start, cluster: Cluster, host: str, resolver: str
) -> None:
    cluster.has("10.244.0.2", "10.244.0.3")
    async with start(at(host), network=cluster.network, files={"etc/resolv.conf": resolver}) as gateway:
        line = await gateway.logged("[InstancesDiscovered]")
        assert f"other instances at {host}: 10.244.0.3; heartbeats at UDP 4291, counts at UDP 4290" in line
        await gateway.logged("[ConfigurationLoaded]")
        assert (await get(gateway.url(STATUS))).status_code == 200
        cluster.has("10.244.0.2", "10.244.0.3", "10.244.0.9")
        await gateway.logged("[InstancesDiscovered]", "10.244.0.3, 10.244.0.9")


async def test_a_service_without_ready_pods_is_found(start: Start, cluster: Cluster) -> None:
    # Otherwise the first pod would never be ready.
    cluster.has()
    files = {"etc/resolv.conf": CLUSTER_FIRST}
    async with start(at("mygw-instance-discovery"), network=cluster.network, files=files) as gateway:
        await gateway.logged("[InstancesDiscovered]", "other instances at mygw-instance-discovery: none")
        await gateway.logged("[ConfigurationLoaded]")
        assert (await get(gateway.url(STATUS))).status_code == 200


async def test_it_refuses_the_name_of_another_service(start: Start, cluster: Cluster) -> None:
    cluster.has("10.244.0.2")
    files = {"etc/resolv.conf": CLUSTER_FIRST}
    async with start(at("mygw-live-traffic"), network=cluster.network, files=files) as gateway:
        line = await gateway.logged("[InvalidSettings]")
        assert await gateway.ended() == 1
    assert (
        "neighborhood.host is 'mygw-live-traffic': its address 10.96.7.7 is that of the Service "
        "mygw-live-traffic.contoso.svc.cluster.local, which hides the pods behind it. It has to be the name of the "
        "headless Service."
    ) in line


@pytest.mark.parametrize(
    ("host", "resolver"),
    [
        ("mygw-discovery", CLUSTER_FIRST),
        ("mygw-instance-discovery.other", CLUSTER_FIRST),
        ("mygw-instance-discovery", "nameserver 10.96.0.10\n"),
        (HEADLESS, OF_THE_NODE),
    ],
)
async def test_a_name_that_is_not_there_keeps_it_from_being_ready(
    start: Start, cluster: Cluster, host: str, resolver: str
) -> None:
    cluster.has("10.244.0.2")
    async with start(at(host), network=cluster.network, files={"etc/resolv.conf": resolver}) as gateway:
        await gateway.logged("[DnsDiscoveryFailed]", f"Failed to discover external instances on DNS name {host}.")
        await gateway.logged("[ConfigurationLoaded]")
        answer = await get(gateway.url(STATUS))
    assert answer.status_code == 503
    assert answer.text.startswith(f"Not ready: Failed to discover external instances on DNS name {host}")


async def test_once_found_it_stays_ready_when_the_name_goes(start: Start, cluster: Cluster) -> None:
    cluster.has(headless=False)
    files = {"etc/resolv.conf": CLUSTER_FIRST}
    async with start(at("mygw-instance-discovery"), network=cluster.network, files=files) as gateway:
        await gateway.logged("[DnsDiscoveryFailed]")
        cluster.has("10.244.0.2")
        await gateway.logged("[InstancesDiscovered]")
        gateway.log.clear()
        cluster.has(headless=False)
        await gateway.logged("[DnsDiscoveryFailed]")
        assert (await get(gateway.url(STATUS))).status_code == 200


async def test_its_ports_are_those_of_the_settings(start: Start, cluster: Cluster) -> None:
    cluster.has("10.244.0.2")
    ports = {"neighborhood.heartbeat.port": "5291", "policy.rate-limit.sync.port": "5290"}
    settings, files = at("mygw-instance-discovery", **ports), {"etc/resolv.conf": CLUSTER_FIRST}
    async with start(settings, network=cluster.network, files=files) as gateway:
        await gateway.logged("[InstancesDiscovered]", "heartbeats at UDP 5291, counts at UDP 5290")


@pytest.mark.parametrize(
    ("ports", "said"),
    [
        ({"neighborhood.heartbeat.port": "0"}, "neighborhood.heartbeat.port is '0': it has to be a port, 1 to 65535"),
        ({"policy.rate-limit.sync.port": "udp"}, "policy.rate-limit.sync.port is 'udp': it has to be a port"),
        (
            {"neighborhood.heartbeat.port": "4290"},
            "neighborhood.heartbeat.port and policy.rate-limit.sync.port are both 4290",
        ),
    ],
)
async def test_wrong_ports_stop_it(start: Start, ports: dict[str, str], said: str) -> None:
    async with start(at("mygw-instance-discovery", **ports)) as gateway:
        assert await gateway.ended() == 1
    assert said in gateway.log[0]


@pytest.mark.parametrize("resolver", [CLUSTER_FIRST, OF_THE_NODE])
async def test_both_kinds_of_servers_know_public_names(start: Start, cluster: Cluster, resolver: str) -> None:
    async with start(network=cluster.network, files={"etc/resolv.conf": resolver}) as gateway:
        await gateway.logged("[ConfigurationLoaded]")


async def test_a_server_that_is_not_there_answers_nothing(start: Start, cluster: Cluster) -> None:
    async with start(network=cluster.network, files={"etc/resolv.conf": "nameserver 10.0.0.10\n"}) as gateway:
        await gateway.logged("[ErrorResolvingHostname]", "login.microsoftonline.com could not be resolved")


async def test_an_alias_leads_to_a_private_address(azure: Azure, start: Start, cluster: Cluster) -> None:
    # The name has no public address here.
    names = {"login.microsoftonline.com": f"127.0.0.1:{azure.port}"}
    hosts = "127.0.0.1\tlocalhost\n10.1.0.4\tcontoso.configuration.azure-api.net\n"
    files = {"etc/hosts": hosts, "etc/resolv.conf": CLUSTER_FIRST}
    network = {**cluster.network, "addresses": {"10.1.0.4": f"127.0.0.1:{azure.port}"}}
    async with start(resolve=names, network=network, files=files) as gateway:
        await gateway.logged("[ConfigurationLoaded]")
    async with start(resolve=names, network=cluster.network, files=files) as gateway:
        line = await gateway.logged("[ConfigurationApiV2NotAvailable]")
    assert "contoso.configuration.azure-api.net is 10.1.0.4, which was not reached" in line


async def test_it_does_not_run_on_a_root_that_it_cannot_write(start: Start) -> None:
    async with start(network={"writesRoot": False}) as gateway:
        assert await gateway.ended() == 1
    assert "Read-only file system: '/etc/ssl/certs/ca-certificates.crt'" in gateway.log[-1]

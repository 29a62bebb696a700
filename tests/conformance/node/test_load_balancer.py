"""The load balancer: addresses, and which pods connections reach."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import pytest

from sandbox.node.cluster import Changed, Listed
from sandbox.node.cluster_dns import ClusterDns
from sandbox.node.endpoints import NOTICE_SECONDS, Endpoints
from sandbox.node.load_balancer import LoadBalancer
from sandbox.node.pod_network import PodNetwork
from sandbox.node.published_ports import PublishedPorts
from sandbox.supervisor.deploy import services
from sandbox.supervisor.home import Home

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import in_namespace, is_ready, load_balancer, pod, reach

# Of three failures, as by default: a single slow answer takes no pod out.
READY = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1, "failureThreshold": 3}
NAME = [{"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
PATIENCE_SECONDS = 30


def program(name: str) -> dict:
    """A pod of the Service `live`."""
    each = pod("example.com/program:1", name, container_readinessProbe=READY, container_env=NAME)
    each["metadata"]["labels"] = {"app": "live"}
    return each


async def is_open(port: int) -> bool:
    """Whether somebody listens there."""
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionRefusedError:
        return False
    writer.close()
    return True


def get(url: str) -> str:
    """The answer to a new connection, or `refused`: where it was reset or closed, not where an answer takes too long."""
    try:
        # To read whom TLS trusts costs more than the request, which is plain HTTP's.
        return httpx.get(url, trust_env=False, verify=False, timeout=PATIENCE_SECONDS).text  # noqa: S501
    except (httpx.ConnectError, httpx.ReadError, httpx.RemoteProtocolError):
        return "refused"


def test_a_service_gets_an_address_and_reaches_its_pods(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, load_balancer("live", "live"), program("one"), program("two")))
    service = kubernetes.await_service(namespace, "live", lambda each: each["status"]["loadBalancer"].get("ingress"))
    assert [each["ip"] for each in service["status"]["loadBalancer"]["ingress"]] == ["127.0.0.1"]
    for name in ("one", "two"):
        kubernetes.await_pod(namespace, name, is_ready)
    base = f"http://{node.address(namespace, 'live')}"
    served: set[str] = set()
    while served != {"one", "two"}:  # the test's time limit is the load balancer's too
        served.add(reach(f"{base}/name").text)


def test_without_a_ready_pod_connections_are_refused(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    unready = program("one")
    unready["spec"]["containers"][0]["env"] = [{"name": "READY", "value": "no"}]
    kubernetes.apply(*in_namespace(namespace, load_balancer("live", "live"), unready))
    kubernetes.await_event(namespace, "Unhealthy", "503")
    assert get(f"http://{node.address(namespace, 'live')}/name") == "refused"


def test_a_service_made_again_has_the_address_it_had(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, load_balancer("live", "live")))
    before = node.address(namespace, "live")
    kubernetes.kubectl("delete", "service", "live", "-n", namespace)
    kubernetes.kubectl("delete", "events", "--all", "-n", namespace)
    kubernetes.apply(*in_namespace(namespace, load_balancer("live", "live")))
    assert node.address(namespace, "live") == before


def test_an_established_connection_is_drained_when_its_pod_becomes_unready(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    kubernetes.apply(*in_namespace(namespace, load_balancer("live", "live"), program("one")))
    kubernetes.await_pod(namespace, "one", is_ready)
    base = f"http://{node.address(namespace, 'live')}"
    assert reach(f"{base}/name").text == "one"
    with httpx.Client(trust_env=False, timeout=PATIENCE_SECONDS) as kept:
        kept.get(f"{base}/set?ready=no")
        kubernetes.await_pod(namespace, "one", lambda each: not is_ready(each))
        assert kept.get(f"{base}/slow").text == "slow"
        deadline = time.monotonic() + PATIENCE_SECONDS
        while get(f"{base}/name") != "refused":  # once the load balancer knows it too
            assert time.monotonic() < deadline
        assert kept.get(f"{base}/name").text == "one"


@pytest.mark.parametrize("sleep_seconds", [15, 0])
def test_a_pod_that_ends_is_sent_connections_until_the_load_balancer_notices(
    kubernetes: Kubernetes, node: Node, namespace: str, sleep_seconds: int
) -> None:
    ending = program("one")
    ending["spec"]["terminationGracePeriodSeconds"] = 30
    ending["spec"]["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": sleep_seconds}}}
    kubernetes.apply(*in_namespace(namespace, load_balancer("live", "live"), ending, program("two")))
    for name in ("one", "two"):
        kubernetes.await_pod(namespace, name, is_ready)
    url = f"http://{node.address(namespace, 'live')}/name"
    while reach(url).text != "one":
        pass
    kubernetes.kubectl("delete", "pod", "one", "-n", namespace, "--wait=false")
    answers: list[str] = []
    noticed = time.monotonic() + NOTICE_SECONDS + 3
    while time.monotonic() < noticed:
        answers.append(get(url))
        time.sleep(0.05)
    assert "two" in answers
    assert ("refused" in answers) is (sleep_seconds == 0)
    assert {get(url) for _ in range(10)} == {"two"}


def test_a_service_of_another_type_or_class_is_left_alone(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    other = load_balancer("other", "live")
    other["spec"]["loadBalancerClass"] = "example.com/other"
    cluster_ip = load_balancer("cluster", "live")
    cluster_ip["spec"] = {"selector": {"app": "live"}, "ports": [{"port": 80}]}
    kubernetes.apply(*in_namespace(namespace, other, cluster_ip, load_balancer("live", "live")))
    node.address(namespace, "live")
    kubernetes.await_service(namespace, "live", lambda each: each["status"]["loadBalancer"].get("ingress"))
    for name in ("other", "cluster"):
        status = kubernetes.kubectl("get", "service", name, "-n", namespace, "-o", "jsonpath={.status.loadBalancer}")
        assert status == "{}"


async def test_a_service_deleted_while_its_ports_are_opened_ends_nothing(tmp_path: Path) -> None:
    [service] = in_namespace("contoso", load_balancer("live", "live"))
    service["metadata"]["uid"] = "1"
    service["spec"]["ports"].append({"name": "https", "port": 443, "targetPort": 8081})
    (tmp_path / "node").mkdir()
    published, opened = PublishedPorts(tmp_path / "node" / "load-balancer.json"), asyncio.Event()

    class Deleting:
        """A cluster whose Service goes as soon as its first port has a number."""

        async def follow(self, path: str) -> AsyncIterator[Listed | Changed]:
            if path.endswith("/services"):
                yield Listed([service])
                while not published.kept():
                    await asyncio.sleep(0)
                yield Changed("DELETED", service)
            await asyncio.Event().wait()

    cluster: Any = Deleting()
    network = PodNetwork(published)
    events = Mock()
    events.record.side_effect = lambda *_: opened.set()
    balancer = LoadBalancer(
        cluster, events, network, published, Endpoints(network), ClusterDns(tmp_path / "cluster-dns.json")
    )
    async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
        running = group.create_task(balancer.run())
        await opened.wait()
        # It goes on: what nobody asks for any more is closed.
        while await is_open(*published.kept()):
            await asyncio.sleep(0)
        running.cancel()
    [recorded] = events.record.call_args_list
    assert "port 80 is published" in recorded.args[3]
    # Its port is kept, and `python -m sandbox status` lists it no more.
    file = tmp_path / "node" / "load-balancer.json"
    assert [(entry["port"], entry["served"]) for entry in json.loads(file.read_text())] == [(80, False)]
    assert services(Home(tmp_path)) == []

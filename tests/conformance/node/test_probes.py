"""Probes: what makes a pod ready and unready, and what restarts it."""

import asyncio
import time
from typing import Any

from sandbox.node.probes import Outcome, Prober

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import in_namespace, is_ready, load_balancer, pod, reach

READY = {"httpGet": {"path": "/ready", "port": "http"}, "periodSeconds": 1, "failureThreshold": 2}
STARTUP = {**READY, "failureThreshold": 60}
PORTS = [{"name": "http", "containerPort": 8080}]
UNREADY = [{"name": "READY", "value": "no"}]


def service(namespace: str) -> dict:
    """A Service that reaches unready pods as well, for the test to talk to them."""
    balancer = load_balancer("all", "pod")
    balancer["spec"]["publishNotReadyAddresses"] = True
    return balancer


def test_a_pod_is_ready_while_its_readiness_probe_succeeds(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    probed = pod("example.com/program:1", container_readinessProbe=READY, container_ports=PORTS, container_env=UNREADY)
    kubernetes.apply(*in_namespace(namespace, probed, service(namespace)))
    event = kubernetes.await_event(namespace, "Unhealthy", "503")
    assert event["message"] == (
        "Readiness probe failed: HTTP probe failed with statuscode: 503: not ready: it was told so"
    )
    assert event["type"] == "Warning"
    running = kubernetes.await_pod(namespace, "pod", lambda pod: pod["status"]["phase"] == "Running")
    assert not is_ready(running)
    assert kubernetes.kubectl("get", "pods", "-n", namespace).splitlines()[1].split()[:3] == ["pod", "0/1", "Running"]
    [unready] = [each for each in running["status"]["conditions"] if each["type"] == "Ready"]
    assert unready["reason"] == "ContainersNotReady"
    assert unready["message"] == "containers with unready status: [main]"

    base = f"http://{node.address(namespace, 'all')}"
    reach(f"{base}/set?ready=yes")
    kubernetes.await_pod(namespace, "pod", is_ready)
    reach(f"{base}/set?ready=no")
    kubernetes.await_pod(namespace, "pod", lambda pod: not is_ready(pod))


def test_a_refused_connection_is_told_with_the_pods_address(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    probe = {"httpGet": {"path": "/ready", "port": 9999}, "periodSeconds": 1}
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1", container_readinessProbe=probe)))
    event = kubernetes.await_event(namespace, "Unhealthy", "connection refused")
    assert "dial tcp 10.244.0." in event["message"]
    assert ":9999: connect: connection refused" in event["message"]


def test_a_failing_liveness_probe_restarts_the_container(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    # Its first liveness probes would find a container that does not listen yet.
    probed = pod(
        "example.com/program:1",
        container_startupProbe=STARTUP,
        container_livenessProbe=READY,
        container_ports=PORTS,
    )
    kubernetes.apply(*in_namespace(namespace, probed, service(namespace)))
    kubernetes.await_pod(namespace, "pod", is_ready)
    reach(f"http://{node.address(namespace, 'all')}/set?ready=no")
    kubernetes.await_event(namespace, "Killing", "Container main failed liveness probe, will be restarted")
    again = kubernetes.await_pod(
        namespace, "pod", lambda pod: is_ready(pod) and pod["status"]["containerStatuses"][0]["restartCount"] == 1
    )
    last = again["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (0, "Completed")


def test_a_container_that_hangs_is_restarted(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    probed = pod(
        "example.com/program:1",
        container_startupProbe=STARTUP,
        container_livenessProbe={**READY, "timeoutSeconds": 1, "terminationGracePeriodSeconds": 3},
        container_ports=PORTS,
        container_lifecycle={"preStop": {"sleep": {"seconds": 1}}},
    )
    kubernetes.apply(*in_namespace(namespace, probed))
    running = kubernetes.await_pod(namespace, "pod", is_ready)
    (hanging,) = [each for each in node.processes(running) if "tests.conformance.node.program" in each.cmdline()[4:6]]
    hanging.suspend()
    event = kubernetes.await_event(namespace, "Unhealthy", "Liveness probe failed")
    assert "context deadline exceeded" in event["message"]
    kubernetes.await_event(namespace, "Killing", "Container main failed liveness probe, will be restarted")
    again = kubernetes.await_pod(
        namespace, "pod", lambda pod: is_ready(pod) and pod["status"]["containerStatuses"][0]["restartCount"] == 1
    )
    last = again["status"]["containerStatuses"][0]["lastState"]["terminated"]
    # Nothing was heard of SIGTERM.
    assert (last["exitCode"], last["reason"]) == (137, "Error")


def test_readiness_waits_for_the_startup_probe(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    probed = pod("example.com/program:1", container_startupProbe=STARTUP, container_ports=PORTS, container_env=UNREADY)
    kubernetes.apply(*in_namespace(namespace, probed, service(namespace)))
    kubernetes.await_event(namespace, "Unhealthy", "Startup probe failed")
    waiting = kubernetes.await_pod(namespace, "pod", lambda pod: pod["status"]["phase"] == "Running")
    assert waiting["status"]["containerStatuses"][0]["started"] is False
    assert not is_ready(waiting)
    reach(f"http://{node.address(namespace, 'all')}/set?ready=yes")
    kubernetes.await_pod(namespace, "pod", is_ready)


async def test_a_probe_is_asked_after_its_delay_and_then_once_a_period() -> None:
    loop = asyncio.get_running_loop()
    asked = [loop.time()]
    unused: Any = None

    class Asked(Prober):
        async def ask(self, container: dict[str, Any], probe: dict[str, Any]) -> Outcome:
            asked.append(loop.time())
            return Outcome(success=True)

    probe = {"initialDelaySeconds": 1, "periodSeconds": 2}
    running = asyncio.create_task(Asked(unused, "").run({}, probe, lambda *_: None))
    async with asyncio.timeout(30):
        while len(asked) < 4:
            await asyncio.sleep(0.05)
    running.cancel()
    # One that comes late does not put off those after it.
    assert [asked[number] - asked[0] >= seconds - 0.01 for number, seconds in ((1, 1), (2, 3), (3, 5))] == [True] * 3


async def test_the_delay_counts_from_the_containers_start() -> None:
    unused: Any = None
    asked = asyncio.Event()

    class Asked(Prober):
        async def ask(self, container: dict[str, Any], probe: dict[str, Any]) -> Outcome:
            asked.set()
            return Outcome(success=True)

    probing = Asked(unused, "").run({}, {"initialDelaySeconds": 3600}, lambda *_: None, since=time.monotonic() - 3600)
    running = asyncio.create_task(probing)
    async with asyncio.timeout(30):
        await asked.wait()
    running.cancel()

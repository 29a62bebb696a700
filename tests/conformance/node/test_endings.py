"""How pods end, and that nothing of them stays: also when the node or the API server ends first."""

import time

import psutil

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import in_namespace, is_ready, pod, state


def alive_after_a_while(processes: list[psutil.Process]) -> list[psutil.Process]:
    return psutil.wait_procs(processes, timeout=10)[1]


def test_a_deleted_pod_is_asked_to_end_and_then_gone(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1")))
    running = kubernetes.await_pod(namespace, "pod", is_ready)
    processes = node.processes(running)
    assert processes
    kubernetes.kubectl("delete", "pod", "pod", "-n", namespace, "--wait=false")
    kubernetes.await_event(namespace, "Killing", "Stopping container main")
    kubernetes.await_pod_gone(namespace, "pod")
    assert alive_after_a_while(processes) == []
    assert not node.root(running).exists()


def test_a_pod_that_does_not_end_is_killed_after_its_grace_period(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/stubborn:1", terminationGracePeriodSeconds=2)))
    kubernetes.await_pod(namespace, "pod", is_ready)
    with kubernetes.follow_logs(namespace, "pod") as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "started\n"  # from here on it ignores SIGTERM
        started = time.monotonic()
        kubernetes.kubectl("delete", "pod", "pod", "-n", namespace)
        assert 2 <= time.monotonic() - started < 20
        following.wait(20)


def test_a_completed_pod_stays_with_its_result(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/completing:1", restartPolicy="Never")))
    done = kubernetes.await_pod(namespace, "pod", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert state(done)["terminated"]["reason"] == "Completed"
    assert state(done)["terminated"]["exitCode"] == 0
    assert kubernetes.kubectl("logs", "pod", "-n", namespace) == "done\n"


def test_a_failed_pod_that_is_not_restarted_says_so(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/failing:1", restartPolicy="Never")))
    failed = kubernetes.await_pod(namespace, "pod", lambda pod: pod["status"]["phase"] == "Failed")
    assert state(failed)["terminated"]["exitCode"] == 3


def test_pods_end_with_a_killed_node_and_run_again_with_the_next(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    probe = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1}
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1", container_readinessProbe=probe)))
    before = kubernetes.await_pod(namespace, "pod", is_ready)
    processes = node.processes(before)
    assert processes
    with node.away(kill=True):
        assert alive_after_a_while(processes) == []
    again = kubernetes.await_pod(
        namespace, "pod", lambda pod: is_ready(pod) and pod["status"]["containerStatuses"][0]["restartCount"] == 1
    )
    last = again["status"]["containerStatuses"][0]["lastState"]["terminated"]
    assert (last["exitCode"], last["reason"]) == (255, "Unknown")
    assert again["status"]["podIP"] == before["status"]["podIP"]
    assert kubernetes.kubectl("logs", "pod", "--previous", "-n", namespace).startswith("started\n")


def test_pods_end_with_a_node_that_is_stopped(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1")))
    processes = node.processes(kubernetes.await_pod(namespace, "pod", is_ready))
    assert processes
    with node.away(kill=False):
        assert alive_after_a_while(processes) == []
    kubernetes.await_pod(namespace, "pod", lambda pod: pod["status"]["containerStatuses"][0]["restartCount"] == 1)


def test_a_pod_deleted_while_the_node_was_away_is_removed_when_it_is_back(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1")))
    running = kubernetes.await_pod(namespace, "pod", is_ready)
    with node.away(kill=True):
        kubernetes.kubectl("delete", "pod", "pod", "-n", namespace, "--wait=false")
    kubernetes.await_pod_gone(namespace, "pod")
    assert not node.root(running).exists()


def test_the_node_outlives_a_restart_of_the_api_server(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1", "first")))
    before = kubernetes.await_pod(namespace, "first", is_ready)
    processes = node.processes(before)
    kubernetes.restart_api_server()
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1", "second")))
    kubernetes.await_pod(namespace, "second", is_ready)
    assert [each.is_running() for each in processes] == [True] * len(processes)
    kubernetes.kubectl("delete", "pod", "first", "-n", namespace)
    assert alive_after_a_while(processes) == []

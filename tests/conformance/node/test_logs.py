"""`kubectl logs`."""

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import in_namespace, is_ready, pod, waits


def test_logs_are_shown_cut_and_dated(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    probe = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1}
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1", container_readinessProbe=probe)))
    kubernetes.await_pod(namespace, "pod", is_ready)
    lines = kubernetes.kubectl("logs", "pod", "-n", namespace).splitlines()
    assert lines[0] == "started"
    assert lines[1] == '"GET /ready HTTP/1.1" 200 -'
    assert kubernetes.kubectl("logs", "pod", "--tail=1", "-n", namespace) == '"GET /ready HTTP/1.1" 200 -\n'
    dated = kubernetes.kubectl("logs", "pod", "--timestamps", "--limit-bytes=38", "-n", namespace)
    assert dated.startswith("20")
    assert dated.endswith("Z started")
    assert kubernetes.kubectl("logs", "pod", "--since-time=2099-01-01T00:00:00Z", "-n", namespace) == ""


def test_logs_can_be_followed_to_the_end(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1")))
    kubernetes.await_pod(namespace, "pod", is_ready)
    with kubernetes.follow_logs(namespace, "pod") as following:
        assert following.stdout is not None
        assert following.stdout.readline() == "started\n"
        kubernetes.kubectl("delete", "pod", "pod", "-n", namespace, "--wait=false")
        assert following.stdout.read() == "ended\n"
        assert following.wait(20) == 0


def test_a_container_that_has_not_started_has_no_log(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    waiting = pod("example.com/program:1", container_envFrom=[{"configMapRef": {"name": "absent"}}])
    kubernetes.apply(*in_namespace(namespace, waiting))
    kubernetes.await_pod(namespace, "pod", waits("CreateContainerConfigError"))
    finished = kubernetes.try_kubectl("logs", "pod", "-n", namespace)
    assert finished.returncode == 1
    assert 'container "main" in pod "pod" is waiting to start: CreateContainerConfigError' in finished.stderr

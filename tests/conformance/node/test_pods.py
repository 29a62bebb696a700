"""Pods: started, configured, restarted, ended, and what kubectl tells of them."""

from datetime import datetime, timedelta

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import config_map, in_namespace, is_ready, pod, secret, state, waits


def test_a_pod_runs_and_is_ready(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:1")))
    running = kubernetes.await_pod(namespace, "pod", is_ready)
    assert running["status"]["phase"] == "Running"
    assert running["status"]["podIP"].startswith("10.244.0.")
    assert running["status"]["hostIP"] == "127.0.0.1"
    assert running["status"]["containerStatuses"][0]["restartCount"] == 0
    shown = kubernetes.kubectl("get", "pods", "-n", namespace)
    assert shown.splitlines()[1].split()[:4] == ["pod", "1/1", "Running", "0"]


def test_the_environment_is_exactly_what_the_pod_asks_for(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    objects = [
        config_map("settings", **{"config.service.auth": "azureAdApp", "gateway.name": "mygw"}),
        secret("secrets", clientSecret="not~a.real_secret"),
        pod(
            "example.com/environment:1",
            restartPolicy="Never",
            container_envFrom=[
                {"configMapRef": {"name": "settings"}},
                {"prefix": "S_", "secretRef": {"name": "secrets"}},
            ],
            container_env=[
                {"name": "gateway.name", "value": "other"},
                {"name": "GREETING", "value": "I am $(NAME), not $(NOBODY), $$(NAME)"},
                {"name": "NAME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "LATER", "value": "$(NAME)"},
                {"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "secrets", "key": "clientSecret"}}},
                {"name": "NONE", "valueFrom": {"secretKeyRef": {"name": "absent", "key": "k", "optional": True}}},
                {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}},
                {"name": "CPU", "valueFrom": {"resourceFieldRef": {"resource": "limits.cpu"}}},
                {"name": "MIB", "valueFrom": {"resourceFieldRef": {"resource": "requests.memory", "divisor": "1Mi"}}},
                {"name": "GIB", "valueFrom": {"resourceFieldRef": {"resource": "limits.memory", "divisor": "1Gi"}}},
            ],
            container_resources={"requests": {"memory": "100M"}, "limits": {"cpu": "1500m"}},
        ),
    ]
    kubernetes.apply(*in_namespace(namespace, *objects))
    kubernetes.await_pod(namespace, "pod", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert sorted(kubernetes.kubectl("logs", "pod", "-n", namespace).splitlines()) == [
        "APP=pod",
        "CPU=2",
        "GIB=64",  # not limited: the node's
        "GREETING=I am $(NAME), not $(NOBODY), $(NAME)",
        "LATER=pod",
        "MIB=96",
        "NAME=pod",
        "SECRET=not~a.real_secret",
        "S_clientSecret=not~a.real_secret",
        "config.service.auth=azureAdApp",
        "gateway.name=other",
    ]


def test_a_missing_config_map_keeps_the_container_from_its_creation(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    waiting = pod("example.com/program:1", container_envFrom=[{"configMapRef": {"name": "mygw-env"}}])
    kubernetes.apply(*in_namespace(namespace, waiting))
    found = kubernetes.await_pod(namespace, "pod", waits("CreateContainerConfigError"))
    assert state(found)["waiting"]["message"] == 'configmap "mygw-env" not found'
    assert found["status"]["phase"] == "Pending"
    kubernetes.await_event(namespace, "Failed", 'Error: configmap "mygw-env" not found')
    kubernetes.apply(*in_namespace(namespace, config_map("mygw-env")))
    kubernetes.await_pod(namespace, "pod", is_ready)


def test_a_missing_key_keeps_the_container_from_its_creation(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    value = {"name": "NAME", "valueFrom": {"secretKeyRef": {"name": "secrets", "key": "clientSecret"}}}
    waiting = pod("example.com/program:1", container_env=[value])
    kubernetes.apply(*in_namespace(namespace, secret("secrets", other="value"), waiting))
    found = kubernetes.await_pod(namespace, "pod", waits("CreateContainerConfigError"))
    assert state(found)["waiting"]["message"] == f"couldn't find key clientSecret in Secret {namespace}/secrets"


def test_a_pod_that_does_not_fit_waits_for_a_node(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    objects = [
        pod("example.com/program:1", "large", container_resources={"requests": {"cpu": "17"}}),
        pod("example.com/program:1", "elsewhere", nodeSelector={"kubernetes.io/arch": "s390x"}),
        pod("example.com/program:1", "fits", nodeSelector={"kubernetes.io/os": "linux"}),
    ]
    kubernetes.apply(*in_namespace(namespace, *objects))
    kubernetes.await_event(namespace, "FailedScheduling", "0/1 nodes are available: 1 Insufficient cpu.")
    kubernetes.await_event(namespace, "FailedScheduling", "didn't match Pod's node affinity/selector")
    kubernetes.await_pod(namespace, "fits", is_ready)
    for name in ("large", "elsewhere"):
        waiting = kubernetes.await_pod(namespace, name, lambda pod: pod["status"]["phase"] == "Pending")
        assert "nodeName" not in waiting["spec"]


def test_an_image_that_is_not_there_is_not_pulled(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    kubernetes.apply(*in_namespace(namespace, pod("example.com/program:2")))
    found = kubernetes.await_pod(namespace, "pod", waits("ErrImagePull"))
    assert state(found)["waiting"]["message"].endswith("example.com/program:2: not found")
    kubernetes.await_pod(namespace, "pod", waits("ImagePullBackOff"))
    kubernetes.await_event(namespace, "Failed", 'Failed to pull image "example.com/program:2"')


def test_a_container_that_fails_is_restarted_with_back_off(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    failing = pod("example.com/failing:1", container_terminationMessagePolicy="FallbackToLogsOnError")
    kubernetes.apply(*in_namespace(namespace, failing))
    # None before the first restart, 10 s before the second, then doubled with each.
    first, second = (
        kubernetes.await_pod(
            namespace,
            "pod",
            lambda pod, count=count: (
                waits("CrashLoopBackOff")(pod) and pod["status"]["containerStatuses"][0]["restartCount"] == count
            ),
        )
        for count in (1, 2)
    )
    assert "back-off 10s restarting failed container=main pod=pod_" in state(first)["waiting"]["message"]
    assert "back-off 20s restarting failed container=main pod=pod_" in state(second)["waiting"]["message"]
    before, last = (pod["status"]["containerStatuses"][0]["lastState"]["terminated"] for pod in (first, second))
    assert (last["exitCode"], last["reason"], last["message"]) == (3, "Error", "this is why\n")
    waited = datetime.fromisoformat(last["startedAt"]) - datetime.fromisoformat(before["finishedAt"])
    assert timedelta(seconds=9) <= waited  # the times are whole seconds
    kubernetes.await_event(namespace, "BackOff", "Back-off restarting failed container main in pod pod_")
    assert kubernetes.kubectl("logs", "pod", "--previous", "-n", namespace) == "this is why\n"

"""The stand-in for kubernetes: it waits until what was declared works, and says why where it does not."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.plugins.engine.values import Properties

from ..conftest import Node
from ..control_plane import Kubernetes
from .plugin import Plugin, PluginError

SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def deployment(namespace: str, image: str = "example.com/program:1", **spec: Any) -> Properties:
    container = {
        "name": "main",
        "image": image,
        "ports": [{"containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1},
    }
    return {
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "mygw"}},
            "template": {
                "metadata": {"labels": {"app": "mygw"}},
                "spec": {"containers": [container], "terminationGracePeriodSeconds": 1},
            },
            **spec,
        },
    }


def service(namespace: str, **spec: Any) -> Properties:
    return {
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {"ports": [{"port": 80, "targetPort": 8080}], "selector": {"app": "mygw"}, **spec},
    }


def timeout(inputs: Properties, seconds: int) -> Properties:
    metadata = {**inputs["metadata"], "annotations": {"pulumi.com/timeoutSeconds": str(seconds)}}
    return {**inputs, "metadata": metadata}


def test_a_deployment_is_made_when_its_pods_are_ready(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace))
    assert made.state["status"]["availableReplicas"] == 1
    # An update, too, is over when the new pods have taken over.
    changed = deployment(namespace)
    changed["spec"]["template"]["metadata"]["annotations"] = {"checksum": "new"}
    updated = kubernetes_plugin.update(made, changed)
    assert (updated.state["status"]["updatedReplicas"], updated.state["status"]["replicas"]) == (1, 1)


def test_a_deployment_that_does_not_get_ready_is_kept_with_the_reasons(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(DEPLOYMENT, timeout(deployment(namespace, "example.com/failing:1"), 4))
    reasons = refused.value.reasons
    assert reasons[0] == (
        f'the Kubernetes API server reported that "{namespace}/mygw" failed to fully initialize or become live: '
        "'mygw' timed out waiting to be Ready"
    )
    assert any("containers with unready status: [main]" in reason for reason in reasons)
    assert kubernetes.kubectl("get", "deployment", "mygw", "-n", namespace, "-o", "name") == "deployment.apps/mygw\n"


def test_an_image_that_is_not_there_is_told(kubernetes_plugin: Plugin, node: Node, namespace: str) -> None:
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(DEPLOYMENT, timeout(deployment(namespace, "example.com/program:none"), 4))
    told = " ".join(refused.value.reasons)
    assert "ImagePullBackOff" in told or "ErrImagePull" in told


def test_a_deployment_that_says_so_is_not_waited_for(kubernetes_plugin: Plugin, namespace: str) -> None:
    inputs = deployment(namespace, "example.com/failing:1")
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    assert kubernetes_plugin.create(DEPLOYMENT, inputs).id == f"{namespace}/mygw"


def test_a_service_is_made_when_it_has_an_endpoint_and_an_address(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    with ThreadPoolExecutor() as pool:
        inputs = service(namespace, type="LoadBalancer", externalTrafficPolicy="Local")
        waiting = pool.submit(kubernetes_plugin.create, SERVICE, inputs)
        kubernetes.kubectl("wait", "--for=create", "service/mygw", "-n", namespace, "--timeout=20s")
        assert not waiting.done()
        kubernetes_plugin.create(DEPLOYMENT, deployment(namespace))
        made = waiting.result(timeout=30)
    assert made.state["status"]["loadBalancer"]["ingress"][0]["ip"] == "127.0.0.1"


def test_a_service_without_pods_says_so(kubernetes_plugin: Plugin, node: Node, namespace: str) -> None:
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(SERVICE, timeout(service(namespace), 1))
    assert any(reason.startswith("Service does not target any Pods.") for reason in refused.value.reasons)


@pytest.mark.parametrize("spec", [{"clusterIP": "None"}, {"type": "ExternalName", "externalName": "contoso.example"}])
def test_a_service_without_an_address_of_its_own_is_not_waited_for(
    kubernetes_plugin: Plugin, namespace: str, spec: dict[str, str]
) -> None:
    inputs = service(namespace, **spec)
    assert kubernetes_plugin.create(SERVICE, inputs).id == f"{namespace}/mygw"


def test_deleting_waits_until_a_finalizer_lets_go(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    inputs = {"metadata": {"name": "mygw-env", "namespace": namespace}, "data": {}}
    made = kubernetes_plugin.create("kubernetes:core/v1:ConfigMap", inputs)
    hold = [{"op": "add", "path": "/metadata/finalizers", "value": ["contoso.example/hold"]}]
    patch = ("patch", "configmap", "mygw-env", "-n", namespace, "--type=json", "-p")
    kubernetes.kubectl(*patch, json.dumps(hold))
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(kubernetes_plugin.delete, made)
        path = "{.metadata.deletionTimestamp}"
        kubernetes.kubectl("wait", f"--for=jsonpath={path}", "configmap/mygw-env", "-n", namespace, "--timeout=20s")
        assert not waiting.done()
        kubernetes.kubectl(*patch, json.dumps([{"op": "remove", "path": "/metadata/finalizers"}]))
        waiting.result(timeout=30)

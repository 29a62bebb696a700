"""The plugin for kubernetes: it waits until what was declared works, and says why where it does not."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.plugins.engine.values import Properties

from ..conftest import Node
from ..control_plane import Kubernetes
from .plugin import Plugin, PluginError, urn

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
        f'resource "{urn(DEPLOYMENT, "it")}" was successfully created, but the Kubernetes API server reported that it '
        "failed to fully initialize or become live: 'mygw' timed out waiting to be Ready"
    )
    assert reasons[1:3] == [
        "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
        "Minimum number of live Pods was not attained",
    ]
    assert re.match(rf"\[Pod {namespace}/mygw-[0-9a-z-]+\]: containers with unready status: \[main\]", reasons[3])
    assert refused.value.made is not None
    assert refused.value.made.state["spec"]["replicas"] == 1
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


def test_a_service_is_made_when_it_has_an_address_and_its_pods_are_ready(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    # A pod that gets ready after some seconds.
    slow = deployment(namespace)
    probe = slow["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]
    probe["initialDelaySeconds"] = 8
    slow["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    kubernetes_plugin.create(DEPLOYMENT, slow)
    kubernetes.await_pods(namespace, "app=mygw", lambda pod: pod["status"].get("podIP"))
    kubernetes_plugin.engine.status_lines.clear()
    made = kubernetes_plugin.create(SERVICE, service(namespace, type="LoadBalancer", externalTrafficPolicy="Local"))
    assert made.state["status"]["loadBalancer"]["ingress"][0]["ip"] == "127.0.0.1"
    endpoints = json.loads(kubernetes.kubectl("get", "endpoints", "mygw", "-n", namespace, "-o", "json"))
    assert [sorted(subset) for subset in endpoints["subsets"]] == [["addresses", "ports"]]
    assert [line for line in kubernetes_plugin.engine.status_lines if line[1]] == [
        ("INFO", "[1/3] Finding Pods to direct traffic to"),
        ("INFO", "Service initialization complete"),
    ]


def test_a_service_with_no_pods_at_all_is_made(kubernetes_plugin: Plugin, node: Node, namespace: str) -> None:
    made = kubernetes_plugin.create(SERVICE, service(namespace, type="LoadBalancer"))
    assert made.state["status"]["loadBalancer"]["ingress"][0]["ip"] == "127.0.0.1"
    assert kubernetes_plugin.drift(made) == {}


def test_a_service_whose_pods_are_not_ready_is_not_made(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    failing = deployment(namespace, "example.com/failing:1")
    failing["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    kubernetes_plugin.create(DEPLOYMENT, failing)
    kubernetes.await_pods(namespace, "app=mygw", lambda pod: pod["status"].get("podIP"))
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(SERVICE, timeout(service(namespace), 4))
    assert refused.value.reasons == [
        f'resource "{urn(SERVICE, "it")}" was successfully created, but the Kubernetes API server reported that it failed '
        "to fully initialize or become live: 'mygw' timed out waiting to be Ready",
        NO_PODS,
    ]


def test_without_an_address_an_update_of_a_load_balancer_fails(kubernetes_plugin: Plugin, namespace: str) -> None:
    # Nobody plays the load balancer of this class.
    wanted = service(namespace, type="LoadBalancer", loadBalancerClass="contoso.example/none")
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(SERVICE, timeout(wanted, 3))
    assert refused.value.reasons[1:] == [
        NO_PODS,
        "Service was not allocated an IP address; does your cloud provider support this?",
    ]


NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on "
    "any Pods"
)


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

"""The plugin for kubernetes: it waits until what was declared works, and says why where it does not."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from sandbox.plugins.engine.provider import Request
from sandbox.plugins.engine.values import Properties, reveal
from sandbox.plugins.kubernetes.informers import Event
from sandbox.plugins.kubernetes.ingresses import Routing
from sandbox.plugins.kubernetes.readiness import timeout as time_for
from sandbox.plugins.kubernetes.services import Exposure
from sandbox.plugins.kubernetes.status_lines import StatusLines

from ..conftest import Node
from ..control_plane import SECONDS, Kubernetes
from .plugin import Made, Plugin, PluginError, urn

SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
SECRET = "kubernetes:core/v1:Secret"


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


def test_a_restricted_namespace_takes_the_deployment_and_refuses_its_pods_without_a_word_of_why(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
    kubernetes.kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/warn=restricted")
    kubernetes_plugin.engine.status_lines.clear()
    kubernetes_plugin.engine.messages.clear()
    kubernetes_plugin.create(DEPLOYMENT, deployment(namespace), preview=True)
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(DEPLOYMENT, timeout(deployment(namespace), 4))
    assert refused.value.reasons[1:] == [
        "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
        "Minimum number of live Pods was not attained",
    ]
    # The API server's warning is dropped, and what the ReplicaSet says of its pods is another object's.
    told = [text for _, text in (*kubernetes_plugin.engine.told(), *kubernetes_plugin.engine.messages)]
    assert [text for text in told if "PodSecurity" in text] == []
    kubernetes.await_event(namespace, "FailedCreate", 'violates PodSecurity "restricted:latest"')


def test_a_rollout_tells_how_far_it_is(kubernetes_plugin: Plugin, node: Node, namespace: str) -> None:
    kubernetes_plugin.engine.status_lines.clear()
    kubernetes_plugin.create(DEPLOYMENT, deployment(namespace))
    told = kubernetes_plugin.engine.told()
    assert told[-1] == ("INFO", "Deployment initialization complete")
    assert ("INFO", "Waiting for app ReplicaSet to be available (0/1 Pods available)") in told
    assert ("WARNING", "[MinimumReplicasUnavailable] Deployment does not have minimum availability.") in told


def test_a_rollout_that_takes_too_long_for_itself_is_waited_for_on(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    kubernetes_plugin.engine.status_lines.clear()
    slow = deployment(namespace, progressDeadlineSeconds=1)
    slow["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["initialDelaySeconds"] = 8
    kubernetes_plugin.create(DEPLOYMENT, slow)
    told = [text for _, text in kubernetes_plugin.engine.told()]
    assert any(
        re.match(r'\[ProgressDeadlineExceeded\] ReplicaSet "mygw-\w+" has timed out progressing\.', text)
        for text in told
    )
    assert told[-1] == "Deployment initialization complete"


def test_a_deployment_of_no_pods_is_made_with_a_warning(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes_plugin.engine.status_lines.clear()
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, replicas=0))
    assert ("WARNING", 'Replicas scaled to 0 for Deployment "mygw"') in kubernetes_plugin.engine.told()
    # A Service in front of it too, and neither is unhealthy.
    exposed = kubernetes_plugin.create(SERVICE, service(namespace))
    assert kubernetes_plugin.drift(made) == {}
    assert kubernetes_plugin.drift(exposed) == {}


def test_a_rollout_is_done_while_old_pods_still_end(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    inputs = deployment(namespace)
    pod = inputs["spec"]["template"]["spec"]
    pod["containers"][0]["lifecycle"] = {"preStop": {"sleep": {"seconds": 20}}}
    pod["terminationGracePeriodSeconds"] = 30
    made = kubernetes_plugin.create(DEPLOYMENT, inputs)
    inputs["spec"]["template"]["metadata"]["annotations"] = {"checksum": "new"}
    kubernetes_plugin.update(made, inputs)
    pods = json.loads(kubernetes.kubectl("get", "pods", "-n", namespace, "-o", "json"))["items"]
    # Whether the controller has come to delete the old one by now is chance; it takes 20 s to end.
    assert len(pods) == 2


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
    assert kubernetes_plugin.engine.told() == [
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


def test_an_update_to_a_load_balancer_fails_where_nobody_gives_it_an_address(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(SERVICE, service(namespace, selector={}))
    wanted = service(namespace, type="LoadBalancer", loadBalancerClass="contoso.example/none")
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.update(made, timeout(wanted, 3))
    assert refused.value.reasons == [
        f"the Kubernetes API server reported that \"{namespace}/mygw\" failed to fully initialize or become live: 'mygw' "
        "timed out waiting to be Ready",
        NO_PODS,
        "Service was not allocated an IP address; does your cloud provider support this?",
    ]
    assert refused.value.made is not None
    assert refused.value.made.state["spec"]["type"] == "LoadBalancer"
    # The next refresh says so at once.
    assert unhealthy(kubernetes_plugin, replace(refused.value.made, inputs={**made.inputs, **wanted}))[2] == (
        "Service was not allocated an IP address; does your cloud provider support this?"
    )


@pytest.mark.parametrize(("scale", "seconds"), [("1", 600), ("0.001", 240)])
def test_ten_minutes_is_the_time_where_nobody_gives_another(
    monkeypatch: pytest.MonkeyPatch, scale: str, seconds: int
) -> None:
    monkeypatch.setenv("SANDBOX_TIME_SCALE", scale)
    request = Request(log=lambda _: None, log_warning=lambda _: None)
    assert time_for({"metadata": {}}, request) == seconds
    assert time_for({"metadata": {"annotations": {"pulumi.com/timeoutSeconds": "3"}}}, request) == 3
    assert time_for({"metadata": {}}, replace(request, timeout=5.0)) == 5


NO_PODS = (
    "Service does not target any Pods. Selected Pods may not be ready, or field '.spec.selector' may not match labels on "
    "any Pods"
)


def test_endpoints_that_change_are_waited_for_ten_seconds(
    kubeconfig: str, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    plugin = Plugin("kubernetes", {"SANDBOX_TIME_SCALE": "1"})
    try:
        plugin.configure(kubeconfig=kubeconfig)
        before = time.monotonic()
        plugin.create(SERVICE, service(namespace))
        assert 10 <= time.monotonic() - before < 20
    finally:
        plugin.end()


def test_the_first_change_decides_when_endpoints_count_as_settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SANDBOX_TIME_SCALE", "0.05")
    metadata = {"name": "mygw", "namespace": "apim", "resourceVersion": "1", "uid": "u"}
    live = {"metadata": metadata, "spec": {"type": "ClusterIP", "selector": {"app": "mygw"}}}
    exposure = Exposure(live, StatusLines(Request(log=lambda _: None, log_warning=lambda _: None)))
    services, endpoints = exposure.collections()
    exposure.take(Event(services, "ADDED", live))
    for _ in range(5):
        exposure.take(Event(endpoints, "MODIFIED", {"metadata": metadata}))
        exposure.pass_time()
        assert not exposure.is_ready()
        time.sleep(0.08)
    time.sleep(0.15)
    # Half a second after the first of them, not after the last.
    exposure.pass_time()
    assert exposure.is_ready()


def claim(namespace: str, storage_class: str) -> Properties:
    return {
        "metadata": {"name": "cache", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Mi"}},
            "storageClassName": storage_class,
        },
    }


def storage_class(name: str, mode: str) -> dict[str, Any]:
    """A class of which nobody makes volumes."""
    return {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "kubernetes.io/no-provisioner",
        "volumeBindingMode": mode,
    }


def volume(name: str, storage_class: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "capacity": {"storage": "1Mi"},
            "hostPath": {"path": "/nowhere"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": storage_class,
        },
    }


def test_a_claim_is_made_when_it_is_bound(kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str) -> None:
    kubernetes.apply(storage_class(namespace, "Immediate"))
    kubernetes_plugin.engine.status_lines.clear()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(kubernetes_plugin.create, CLAIM, claim(namespace, namespace))
        path = "--for=jsonpath={.status.phase}=Pending"
        kubernetes.kubectl("wait", "--for=create", "pvc/cache", "-n", namespace, "--timeout=20s")
        kubernetes.kubectl("wait", path, "pvc/cache", "-n", namespace, "--timeout=20s")
        time.sleep(1)
        assert not waiting.done()
        kubernetes.apply(volume(namespace, namespace))
        made = waiting.result(timeout=60)
    assert made.state["status"]["phase"] == "Bound"
    # Nothing is looked at when it is read.
    assert kubernetes_plugin.drift(made) == {}


def test_a_claim_that_waits_for_a_pod_is_not_waited_for(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes.apply(storage_class(namespace, "WaitForFirstConsumer"))
    made = kubernetes_plugin.create(CLAIM, claim(namespace, namespace))
    assert made.state["status"]["phase"] == "Pending"


def test_a_deployment_waits_for_its_claims(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    kubernetes.apply({"apiVersion": "v1", "kind": "PersistentVolumeClaim", **claim(namespace, namespace)})
    kubernetes.kubectl("wait", "--for=jsonpath={.status.phase}=Pending", "pvc/cache", "-n", namespace, "--timeout=20s")
    inputs = deployment(namespace)
    inputs["spec"]["template"]["spec"]["volumes"] = [
        {"name": "cache", "persistentVolumeClaim": {"claimName": "cache"}},
    ]
    kubernetes_plugin.engine.status_lines.clear()
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(DEPLOYMENT, timeout(inputs, 4))
    assert refused.value.reasons[1:] == [
        "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
        'Failed to bind PersistentVolumeClaim(s): "cache"',
        "Minimum number of live Pods was not attained",
    ]
    unbound = ("WARNING", "PersistentVolumeClaim: [cache] is not ready. status.phase currently at: Pending")
    assert unbound in kubernetes_plugin.engine.told()


def ingress(namespace: str, *services: str) -> Properties:
    paths = [
        {"path": f"/{name}", "pathType": "Prefix", "backend": {"service": {"name": name, "port": {"number": 80}}}}
        for name in services
    ]
    return {
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {"rules": [{"host": "contoso.example", "http": {"paths": paths}}]},
    }


def give_address(kubernetes: Kubernetes, namespace: str) -> None:
    """What a controller of Ingresses does."""
    kubernetes.kubectl("wait", "--for=create", "ingress/mygw", "-n", namespace, "--timeout=20s")
    status = json.dumps({"status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})
    patch = ("patch", "ingress", "mygw", "-n", namespace, "--subresource=status", "--type=merge", "-p", status)
    kubernetes.kubectl(*patch)


def test_an_ingress_is_made_when_it_has_an_address_and_finds_its_services(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes_plugin.create(SERVICE, service(namespace, selector={"app": "none"}))
    elsewhere = service(namespace, type="ExternalName", externalName="contoso.example", selector={})
    elsewhere["metadata"]["name"] = "elsewhere"
    kubernetes_plugin.create(SERVICE, elsewhere, name="elsewhere")
    kubernetes_plugin.engine.status_lines.clear()
    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(kubernetes_plugin.create, INGRESS, ingress(namespace, "mygw", "elsewhere"))
        give_address(kubernetes, namespace)
        made = waiting.result(timeout=60)
    assert made.state["status"]["loadBalancer"]["ingress"] == [{"ip": "192.0.2.1"}]
    assert kubernetes_plugin.drift(made) == {}
    told = kubernetes_plugin.engine.told()
    assert told[0] == ("INFO", "[1/3] Finding a matching service for each Ingress path")
    assert told[-1] == ("INFO", "Ingress initialization complete")
    assert [text for severity, text in told if severity == "WARNING"] == []


def test_an_ingress_without_an_address_fails_with_the_reason(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes_plugin.create(SERVICE, service(namespace, selector={"app": "none"}))
    kubernetes_plugin.engine.status_lines.clear()
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(INGRESS, timeout(ingress(namespace, "mygw"), 3))
    assert refused.value.reasons == [
        f'resource "{urn(INGRESS, "it")}" was successfully created, but the Kubernetes API server reported that it failed '
        "to fully initialize or become live: 'mygw' timed out waiting to be Ready",
        NO_INGRESS_ADDRESS,
    ]
    assert kubernetes_plugin.engine.told() == [
        ("INFO", "[1/3] Finding a matching service for each Ingress path"),
        ("INFO", "[2/3] Waiting for update of .status.loadBalancer with hostname/IP"),
    ]


def test_an_ingress_to_no_service_waits_for_it_and_is_warned_of_when_it_is_read(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    inputs = ingress(namespace, "none")
    inputs["metadata"]["annotations"] = {"pulumi.com/skipAwait": "true"}
    made = waited_for(kubernetes_plugin.create(INGRESS, inputs))
    kubernetes_plugin.engine.status_lines.clear()
    assert unhealthy(kubernetes_plugin, made) == [
        "Resource 'mygw' was created but failed to initialize",
        NO_INGRESS_ADDRESS,
    ]
    missing = 'No matching service found for ingress rule: "contoso.example/none" -> "none"'
    assert ("WARNING", missing) in kubernetes_plugin.engine.told()


NO_INGRESS_ADDRESS = (
    "Ingress .status.loadBalancer field was not updated with a hostname/IP address. \n    for more information about this "
    "error, see https://pulumi.io/xdv72s"
)


@pytest.mark.parametrize(("endpoints", "seconds"), [(0, 60), (1, 10)])
def test_so_long_an_ingress_waits_for_a_service_that_is_not_there(
    monkeypatch: pytest.MonkeyPatch, endpoints: int, seconds: int
) -> None:
    monkeypatch.setenv("SANDBOX_TIME_SCALE", "0.01")
    live = {**ingress("apim", "none"), "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}}
    routing = Routing(live, StatusLines(Request(log=lambda _: None, log_warning=lambda _: None)))
    ingresses, of_services, _ = routing.collections()
    before = time.monotonic()
    routing.begin()
    routing.take(Event(ingresses, "ADDED", live))
    for _ in range(endpoints):
        routing.take(Event(of_services, "ADDED", {"metadata": {"name": "other"}}))
    while not routing.is_ready():
        routing.pass_time()
        time.sleep(0.005)
    assert seconds / 100 <= time.monotonic() - before < seconds / 100 + 0.2


def test_a_token_of_a_service_account_is_waited_for_five_seconds(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    account = {"kubernetes.io/service-account.name": "default"}
    token = {"metadata": {"name": "token", "namespace": namespace, "annotations": account}}
    kubernetes.kubectl("wait", "--for=create", "serviceaccount/default", "-n", namespace, "--timeout=20s")
    kind = "kubernetes.io/service-account-token"
    made = kubernetes_plugin.create(SECRET, {**token, "type": kind})
    assert "token" in reveal(made.state["data"])


def unhealthy(plugin: Plugin, made: Made) -> list[str]:
    """What a refresh says of an object that is not as it should be, and that it takes it in."""
    with pytest.raises(PluginError) as refused:
        plugin.read(made)
    assert refused.value.made is not None
    assert refused.value.made.inputs == made.inputs
    return refused.value.reasons


def not_waited_for(inputs: Properties, name: str = "mygw") -> Properties:
    metadata = {**inputs["metadata"], "name": name, "annotations": {"pulumi.com/skipAwait": "true"}}
    return {**inputs, "metadata": metadata}


def waited_for(made: Made) -> Made:
    """As if it had not been made without waiting."""
    metadata = {key: value for key, value in made.inputs["metadata"].items() if key != "annotations"}
    return replace(made, inputs={**made.inputs, "metadata": metadata})


def test_a_refresh_says_why_a_deployment_is_unhealthy(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    inputs = not_waited_for(deployment(namespace, "example.com/failing:1"))
    made = waited_for(kubernetes_plugin.create(DEPLOYMENT, inputs))
    kubernetes.await_pods(namespace, "app=mygw", lambda pod: pod["status"].get("podIP"))
    reasons = unhealthy(kubernetes_plugin, made)
    assert reasons[:3] == [
        "Resource 'mygw' was created but failed to initialize",
        "[MinimumReplicasUnavailable] Deployment does not have minimum availability.",
        "Minimum number of live Pods was not attained",
    ]
    assert reasons[3].startswith(f"[Pod {namespace}/mygw-")


def test_a_refresh_calls_a_service_unhealthy_with_an_endpoint_that_is_not_ready(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    made = kubernetes_plugin.create(SERVICE, service(namespace))
    kubernetes_plugin.create(DEPLOYMENT, not_waited_for(deployment(namespace, "example.com/failing:1"), "failing"))
    await_endpoints(kubernetes, namespace, ["notReadyAddresses"])
    assert unhealthy(kubernetes_plugin, made) == ["Resource 'mygw' was created but failed to initialize", NO_PODS]
    # Beside one that is ready, it gives no reason.
    kubernetes_plugin.create(DEPLOYMENT, deployment(namespace), name="other")
    await_endpoints(kubernetes, namespace, ["addresses", "notReadyAddresses"])
    assert unhealthy(kubernetes_plugin, made) == ["Resource 'mygw' was created but failed to initialize"]


def await_endpoints(kubernetes: Kubernetes, namespace: str, wanted: list[str]) -> None:
    """Wait until the Service has endpoints of these sorts."""
    deadline = time.monotonic() + SECONDS
    while True:
        subsets = json.loads(kubernetes.kubectl("get", "endpoints", "mygw", "-n", namespace, "-o", "json")).get(
            "subsets"
        )
        found = sorted({sort for subset in subsets or [] for sort in subset if sort != "ports"})
        if found == wanted:
            return
        assert time.monotonic() < deadline, f"the endpoints are {found}"


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


def test_a_deletion_that_a_finalizer_holds_back_fails_with_its_name(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    metadata = {
        "name": "mygw-env",
        "namespace": namespace,
        "annotations": {"pulumi.com/timeoutSeconds": "2"},
        "finalizers": ["contoso.example/hold"],
    }
    made = kubernetes_plugin.create("kubernetes:core/v1:ConfigMap", {"metadata": metadata})
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.delete(made)
    assert refused.value.reasons == ["timed out waiting for the condition"]
    kubernetes_plugin.engine.wait_for_message(
        "WARNING", "finalizers might be preventing deletion (contoso.example/hold)"
    )
    patch = json.dumps([{"op": "remove", "path": "/metadata/finalizers"}])
    kubernetes.kubectl("patch", "configmap", "mygw-env", "-n", namespace, "--type=json", "-p", patch)


def test_what_says_so_is_not_waited_for_when_it_is_deleted(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    inputs = not_waited_for(deployment(namespace))
    inputs["metadata"]["finalizers"] = ["contoso.example/hold"]
    kubernetes_plugin.delete(kubernetes_plugin.create(DEPLOYMENT, inputs))
    patch = json.dumps([{"op": "remove", "path": "/metadata/finalizers"}])
    kubernetes.kubectl("patch", "deployment", "mygw", "-n", namespace, "--type=json", "-p", patch)

"""The stand-in for kubernetes: creating, applying, reading back as declared, on a real API server."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from sandbox.plugins.engine.values import UNKNOWN, Properties

from ..control_plane import Kubernetes
from .plugin import Plugin, PluginError, only_for_the_stand_in, urn

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"
SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def config_map(namespace: str, **data: str) -> Properties:
    return {"metadata": {"name": "mygw-env", "namespace": namespace}, "data": data}


def live(kubernetes: Kubernetes, namespace: str, what: str) -> dict[str, Any]:
    return json.loads(kubernetes.kubectl("get", what, "-n", namespace, "-o", "json", "--show-managed-fields"))


def managers(live_object: dict[str, Any]) -> list[tuple[str, str]]:
    return [(entry["manager"], entry["operation"]) for entry in live_object["metadata"]["managedFields"]]


@contextmanager
def configured(kubeconfig: str, **settings: Any) -> Iterator[Plugin]:
    """A plugin with other settings."""
    plugin = Plugin("kubernetes", {})
    try:
        plugin.configure(kubeconfig=kubeconfig, **settings)
        yield plugin
    finally:
        plugin.end()


def test_an_object_that_exists_is_not_taken_over(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str, kubeconfig: str
) -> None:
    kubernetes.kubectl("create", "configmap", "mygw-env", "-n", namespace, "--from-literal=key=by-hand")
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
    told = str(refused.value).splitlines()
    assert told[:3] == [
        f'resource "{urn(CONFIG_MAP, "it")}" was not successfully created by the Kubernetes API server: configmaps '
        '"mygw-env" already exists',
        "",
        "The resource already exists in the cluster. This can happen when:",
    ]
    assert live(kubernetes, namespace, "configmap/mygw-env")["data"] == {"key": "by-hand"}
    with configured(kubeconfig, upsertExistingObjects=True, enablePatchForce=True) as upserting:
        upserting.create(CONFIG_MAP, config_map(namespace, key="value"))
    assert live(kubernetes, namespace, "configmap/mygw-env")["data"] == {"key": "value"}


SERVICE_INPUTS: Properties = {
    "spec": {
        "type": "ClusterIP",
        "ports": [{"name": "http", "port": 80, "targetPort": 8080}],
        "selector": {"app": "mygw"},
    }
}
DEPLOYMENT_INPUTS: Properties = {
    "spec": {
        "replicas": 1,
        "selector": {"matchLabels": {"app": "mygw"}},
        "template": {
            "metadata": {"labels": {"app": "mygw"}},
            "spec": {
                "containers": [{"name": "mygw", "image": "example.com/program:1", "ports": [{"containerPort": 1}]}]
            },
        },
    }
}


def named(namespace: str, inputs: Properties) -> Properties:
    metadata = {"name": "mygw", "namespace": namespace, "annotations": {"pulumi.com/skipAwait": "true"}}
    return {"metadata": metadata, **inputs}


@pytest.mark.parametrize(
    ("type_", "inputs", "what", "patch", "drift"),
    [
        (
            DEPLOYMENT,
            DEPLOYMENT_INPUTS,
            "deployment/mygw",
            [{"op": "replace", "path": "/spec/replicas", "value": 0}],
            {"spec.replicas": "UPDATE"},
        ),
        (
            DEPLOYMENT,
            DEPLOYMENT_INPUTS,
            "deployment/mygw",
            [{"op": "replace", "path": "/spec/template/spec/containers/0/image", "value": "example.com/program:2"}],
            {"spec.template.spec.containers[0].image": "UPDATE"},
        ),
        (
            DEPLOYMENT,
            DEPLOYMENT_INPUTS,
            "deployment/mygw",
            [{"op": "remove", "path": "/spec/template/spec/containers/0/ports"}],
            {"spec.template.spec.containers[0].ports": "DELETE"},
        ),
        (
            SERVICE,
            SERVICE_INPUTS,
            "service/mygw",
            [{"op": "replace", "path": "/spec/ports/0/targetPort", "value": 9090}],
            {"spec.ports[0].targetPort": "UPDATE"},
        ),
        (
            SERVICE,
            SERVICE_INPUTS,
            "service/mygw",
            [{"op": "replace", "path": "/spec/selector/app", "value": "other"}],
            {"spec.selector.app": "UPDATE"},
        ),
        (
            SECRET,
            {"type": "Opaque", "data": {"key": "dmFsdWU="}},
            "secret/mygw",
            [{"op": "replace", "path": "/data/key", "value": "b3RoZXI="}],
            {"data.key": "UPDATE"},
        ),
        (
            CONFIG_MAP,
            {"data": {"key": "value"}},
            "configmap/mygw",
            [{"op": "remove", "path": "/metadata/annotations/pulumi.com~1skipAwait"}],
            {"metadata.annotations": "DELETE"},
        ),
    ],
)
def test_a_refresh_notices_what_was_declared_and_nothing_else(
    kubernetes_plugin: Plugin,
    kubernetes: Kubernetes,
    namespace: str,
    type_: str,
    inputs: Properties,
    what: str,
    patch: list[dict[str, Any]],
    drift: dict[str, str],
) -> None:
    made = kubernetes_plugin.create(type_, named(namespace, inputs))
    # The API server has filled in defaults, and controllers a status.
    assert kubernetes_plugin.drift(made) == {}
    kubernetes.kubectl("patch", what, "-n", namespace, "--type=json", "-p", json.dumps(patch))
    assert kubernetes_plugin.drift(made) == drift


def test_what_is_gone_reads_as_gone_and_is_deleted_already(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
    kubernetes.kubectl("delete", "configmap", "mygw-env", "-n", namespace)
    assert kubernetes_plugin.read(made) is None
    kubernetes_plugin.delete(made)


def test_a_delete_waits_until_what_depends_on_the_object_is_gone(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace))
    kubernetes.kubectl("wait", "--for=create", "replicaset", "-l", "app=mygw", "-n", namespace, "--timeout=20s")
    kubernetes_plugin.delete(made)
    left = kubernetes.kubectl("get", "deployments,replicasets", "-n", namespace, "-o", "name")
    assert left == ""


def test_an_import_of_what_is_not_there_finds_nothing(kubernetes_plugin: Plugin, namespace: str) -> None:
    assert kubernetes_plugin.import_(CONFIG_MAP, f"{namespace}/none") is None


def test_a_preview_writes_nothing(kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str) -> None:
    inputs = config_map(namespace)
    inputs["data"] = {"key": UNKNOWN}
    made = kubernetes_plugin.create(CONFIG_MAP, inputs, preview=True)
    assert made.id == ""
    assert kubernetes.kubectl("get", "configmap", "mygw-env", "-n", namespace, "--ignore-not-found") == ""
    with pytest.raises(PluginError):
        kubernetes_plugin.create(CONFIG_MAP, inputs)


# A limit below the request: no schema tells, the API server does.
REFUSED_RESOURCES = {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}
REFUSAL = r'Deployment\.apps "mygw" is invalid: .*must be less than or equal to cpu limit'


def deployment(namespace: str, **container: Any) -> Properties:
    labels = {"app": "mygw"}
    pod = {"containers": [{"name": "mygw", "image": "contoso/none", **container}]}
    return {
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {
            "replicas": 0,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod},
        },
    }


def test_a_preview_asks_the_api_server_where_all_is_known(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    previewed = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace), preview=True)
    assert previewed.id == ""
    assert previewed.state["spec"]["revisionHistoryLimit"] == 10
    assert "status" not in previewed.state
    with pytest.raises(PluginError, match=f'{DEPLOYMENT}::it" was not successfully created by .*: {REFUSAL}'):
        kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, resources=REFUSED_RESOURCES), preview=True)
    assert kubernetes.kubectl("get", "deployment", "mygw", "-n", namespace, "--ignore-not-found") == ""

    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace))
    previewed = kubernetes_plugin.update(made, deployment(namespace, image="contoso/other"), preview=True)
    assert previewed.state["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] == "Always"
    with pytest.raises(PluginError, match=f'"{namespace}/mygw" failed to fully initialize or become live: {REFUSAL}'):
        kubernetes_plugin.update(made, deployment(namespace, resources=REFUSED_RESOURCES), preview=True)
    there = live(kubernetes, namespace, "deployment/mygw")
    assert there["spec"]["template"]["spec"]["containers"][0]["image"] == "contoso/none"
    # Nobody's fields were taken over for it.
    assert ("pulumi-kubernetes", "Update") in managers(there)


def test_a_preview_passes_where_only_the_update_can_tell(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes.kubectl("create", "configmap", "mygw-env", "-n", namespace)
    for place in (namespace, "contoso-none"):
        previewed = kubernetes_plugin.create(CONFIG_MAP, config_map(place, key="value"), preview=True)
        assert previewed.state["data"] == {"key": "value"}
        assert "uid" not in previewed.state["metadata"]


def test_what_is_gone_is_not_updated(kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
    kubernetes.kubectl("delete", "configmap", "mygw-env", "-n", namespace)
    for preview in (True, False):
        with pytest.raises(PluginError) as refused:
            kubernetes_plugin.update(made, config_map(namespace, key="other"), preview=preview)
        assert str(refused.value) == (
            f'update of resource "{made.urn}" failed: configmaps "mygw-env" not found\n'
            'unable to get cluster state: configmaps "mygw-env" not found'
        )
    assert kubernetes.kubectl("get", "configmap", "mygw-env", "-n", namespace, "--ignore-not-found") == ""


def test_a_refused_update_goes_into_the_state_with_its_reason(kubernetes_plugin: Plugin, namespace: str) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace))
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.update(made, deployment(namespace, resources=REFUSED_RESOURCES))
    (reason,) = refused.value.reasons
    assert "must be less than or equal to cpu limit" in reason


def test_a_namespace_that_is_not_there_is_named(kubernetes_plugin: Plugin) -> None:
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(CONFIG_MAP, config_map("contoso-none", key="value"))
    assert str(refused.value) == (
        f'resource "{urn(CONFIG_MAP, "it")}" was not successfully created by the Kubernetes API server: namespaces '
        '"contoso-none" not found'
    )
    # A namespace that is made meanwhile would have done.
    refusal = 'creation failed: namespaces "contoso-none" not found'
    tried = [text for _, text in kubernetes_plugin.engine.status_lines if text.endswith(refusal)]
    assert tried == [f"Retry #{number}; {refusal}" for number in range(6)]


def test_an_object_without_a_namespace_goes_to_the_providers(kubeconfig: str, namespace: str) -> None:
    with configured(kubeconfig, namespace=namespace) as plugin:
        made = plugin.create(CONFIG_MAP, {"metadata": {"name": "mygw-env"}, "data": {}})
    assert made.id == f"{namespace}/mygw-env"


def test_an_object_without_a_name_gets_one_and_keeps_it(kubernetes_plugin: Plugin, namespace: str) -> None:
    inputs: Properties = {"metadata": {"namespace": namespace}, "data": {}}
    made = kubernetes_plugin.create(CONFIG_MAP, inputs, name="settings")
    assert re.fullmatch(rf"{namespace}/settings-[0-9a-f]{{8}}", made.id)
    again = kubernetes_plugin.check(CONFIG_MAP, inputs, made.inputs, "settings")
    assert again["metadata"] == made.inputs["metadata"]


def test_fields_that_the_released_schema_does_not_have_are_refused(kubernetes_plugin: Plugin) -> None:
    # The released plugin drops them, or leaves them to the API server, which drops them too.
    only_for_the_stand_in("kubernetes")
    wrong = named("default", {"spec": {"replica": 1, "selector": {}, "template": {}}})
    with pytest.raises(PluginError, match=r"unknown property 'spec\.replica'"):
        kubernetes_plugin.check(DEPLOYMENT, wrong)

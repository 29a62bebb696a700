"""The plugin for kubernetes: what the state holds of an object, how a refresh changes that, and how differences are named."""

import json
from typing import Any

import pytest

from sandbox.plugins.engine.values import Properties, Secret

from ..control_plane import Kubernetes
from .plugin import Plugin
from .test_kubernetes_objects import (
    CONFIG_MAP,
    DEPLOYMENT,
    DEPLOYMENT_INPUTS,
    SECRET,
    SERVICE,
    SERVICE_INPUTS,
    config_map,
    live,
    named,
)


def patch(kubernetes: Kubernetes, namespace: str, what: str, *operations: dict[str, Any]) -> None:
    kubernetes.kubectl("patch", what, "-n", namespace, "--type=json", "-p", json.dumps(operations))


def test_the_state_is_the_live_object_and_what_was_declared(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(SERVICE, named(namespace, SERVICE_INPUTS))
    there = live(kubernetes, namespace, "service/mygw")
    own = {key: value for key, value in made.state.items() if key.startswith("__")}
    assert {key: value for key, value in made.state.items() if not key.startswith("__")} == there
    assert own == {
        "__fieldManager": made.state["__fieldManager"],
        "__initialApiVersion": "v1",
        "__inputs": {"apiVersion": "v1", "kind": "Service", **named(namespace, SERVICE_INPUTS)},
    }
    assert made.inputs == own["__inputs"]
    # Among the rest are the API server's defaults, and who owns what.
    assert made.state["spec"]["sessionAffinity"] == "None"
    assert made.state["metadata"]["managedFields"][0]["manager"] == "pulumi-kubernetes"
    assert made.state["status"] == {"loadBalancer": {}}


def test_secrets_stay_secret(kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str) -> None:
    plain = {"metadata": {"name": "mygw", "namespace": namespace}, "data": {"key": "dmFsdWU="}}
    made = kubernetes_plugin.create(SECRET, plain)
    # A Secret's data is secret as a whole though the program did not say so, a ConfigMap's where it did.
    assert made.inputs["data"] == Secret({"key": "dmFsdWU="})
    assert made.state["data"] == Secret({"key": "dmFsdWU="})
    assert made.state["__inputs"]["data"] == Secret({"key": "dmFsdWU="})
    marked = config_map(namespace)
    marked["data"] = {"key": Secret("value"), "open": "value"}
    made = kubernetes_plugin.create(CONFIG_MAP, marked)
    assert made.state["data"] == {"key": Secret("value"), "open": "value"}
    assert made.state["__inputs"]["data"] == {"key": Secret("value"), "open": "value"}
    read = kubernetes_plugin.read(made)
    assert read is not None
    assert read.state["data"] == {"key": Secret("value"), "open": "value"}
    assert read.inputs["data"] == {"key": Secret("value"), "open": "value"}


def test_a_secret_in_a_list_makes_the_whole_list_secret(kubernetes_plugin: Plugin, namespace: str) -> None:
    inputs = deployment(namespace, env=[{"name": "OPEN", "value": "1"}, {"name": "KEY", "value": Secret("value")}])
    made = kubernetes_plugin.create(DEPLOYMENT, inputs)
    assert isinstance(made.inputs["spec"]["template"]["spec"]["containers"], Secret)
    assert isinstance(made.state["spec"]["template"]["spec"]["containers"], Secret)
    assert made.state["spec"]["replicas"] == 1


def deployment(namespace: str, **container: Any) -> Properties:
    inputs = named(namespace, json.loads(json.dumps(DEPLOYMENT_INPUTS)))
    inputs["spec"]["template"]["spec"]["containers"][0] |= container
    return inputs


NORMALIZED: list[tuple[str, Properties, Properties]] = [
    # Quantities in their canonical form.
    (
        "resources",
        {"requests": {"cpu": "1000m", "memory": "1024Mi"}, "limits": {"cpu": "0.5", "memory": "1.5Gi"}},
        {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"cpu": "500m", "memory": "1536Mi"}},
    ),
    ("resources", {"limits": {"cpu": "2.0", "memory": "1000k"}}, {"limits": {"cpu": "2", "memory": "1M"}}),
    # What has no null of its own goes at its zero value.
    (
        "readinessProbe",
        {"httpGet": {"path": "/", "port": 1}, "initialDelaySeconds": 0, "periodSeconds": 5},
        {"httpGet": {"path": "/", "port": 1}, "periodSeconds": 5},
    ),
    ("securityContext", {"privileged": False, "runAsUser": 0}, {"privileged": False, "runAsUser": 0}),
]


@pytest.mark.parametrize(("field", "given", "checked"), NORMALIZED)
def test_inputs_are_taken_as_kubernetes_writes_them(
    kubernetes_plugin: Plugin, namespace: str, field: str, given: Properties, checked: Properties
) -> None:
    inputs = kubernetes_plugin.check(DEPLOYMENT, deployment(namespace, **{field: given}))
    assert inputs["spec"]["template"]["spec"]["containers"][0][field] == checked


def test_empty_values_are_taken_as_not_declared(kubernetes_plugin: Plugin, namespace: str) -> None:
    given = deployment(namespace, args=[], env=[{"name": "EMPTY", "value": ""}], tty=False, workingDir=None)
    given["spec"]["template"]["spec"] |= {"volumes": [{"name": "v", "emptyDir": {}}], "hostNetwork": False}
    given["metadata"]["labels"] = {}
    checked = kubernetes_plugin.check(DEPLOYMENT, given)
    pod = checked["spec"]["template"]["spec"]
    assert {key: value for key, value in pod.items() if key != "containers"} == {
        "volumes": [{"name": "v", "emptyDir": {}}]
    }
    assert sorted(pod["containers"][0]) == ["env", "image", "name", "ports"]
    assert pod["containers"][0]["env"] == [{"name": "EMPTY"}]
    assert sorted(checked["metadata"]) == ["annotations", "name", "namespace"]


def test_string_data_is_taken_as_data(kubernetes_plugin: Plugin, namespace: str) -> None:
    given = {
        "metadata": {"name": "mygw", "namespace": namespace},
        "stringData": {"key": "value"},
        "data": {"b": "Yg=="},
    }
    checked = kubernetes_plugin.check(SECRET, given)
    assert checked["data"] == Secret({"key": "dmFsdWU=", "b": "Yg=="})
    assert "stringData" not in checked


def test_a_refresh_rewrites_the_inputs_with_what_is_there(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, first="1", second="2"))
    patch(
        kubernetes,
        namespace,
        "configmap/mygw-env",
        {"op": "replace", "path": "/data/first", "value": "by-hand"},
        {"op": "remove", "path": "/data/second"},
        {"op": "add", "path": "/data/third", "value": "by-hand"},
    )
    read = kubernetes_plugin.read(made)
    assert read is not None
    assert read.inputs["data"] == {"first": "by-hand"}
    assert read.state["__inputs"] == read.inputs
    assert read.state["data"] == {"first": "by-hand", "third": "by-hand"}
    assert read.state["__fieldManager"] == made.state["__fieldManager"]
    assert kubernetes_plugin.drift(made) == {"data.first": "UPDATE", "data.second": "DELETE"}
    # The next update sees it against the program.
    assert kubernetes_plugin.diff(read, config_map(namespace, first="1", second="2")) == {
        "data.first": "UPDATE",
        "data.second": "ADD",
    }


SIDECAR = {"name": "sidecar", "image": "contoso/sidecar"}


def test_a_refresh_cuts_lists_by_index(kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace))
    containers = "/spec/template/spec/containers"
    patch(kubernetes, namespace, "deployment/mygw", {"op": "add", "path": f"{containers}/-", "value": SIDECAR})
    # One that comes after the declared ones is not seen.
    assert kubernetes_plugin.drift(made) == {}
    patch(
        kubernetes,
        namespace,
        "deployment/mygw",
        {"op": "remove", "path": f"{containers}/1"},
        {"op": "add", "path": f"{containers}/0", "value": SIDECAR},
    )
    # One that comes before counts as the declared one, and that as one too many.
    read = kubernetes_plugin.read(made)
    assert read is not None
    assert read.inputs["spec"]["template"]["spec"]["containers"] == [SIDECAR]
    container = "spec.template.spec.containers[0]"
    assert kubernetes_plugin.drift(made) == {
        f"{container}.name": "UPDATE",
        f"{container}.image": "UPDATE",
        f"{container}.ports": "DELETE",
    }
    # The next refresh takes it as what was declared.
    assert kubernetes_plugin.drift(read) == {}


def test_a_list_that_was_emptied_is_empty_in_the_inputs(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, env=[{"name": "A", "value": "1"}, {"name": "B"}]))
    env = "/spec/template/spec/containers/0/env"
    patch(kubernetes, namespace, "deployment/mygw", {"op": "remove", "path": f"{env}/0"})
    assert kubernetes_plugin.drift(made) == {
        "spec.template.spec.containers[0].env[0].name": "UPDATE",
        "spec.template.spec.containers[0].env[0].value": "DELETE",
        "spec.template.spec.containers[0].env[1]": "DELETE",
    }


def test_an_import_takes_in_everything_but_what_the_api_server_writes(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    kubernetes.apply({"apiVersion": "v1", "kind": "Service", **named(namespace, SERVICE_INPUTS)})
    found = kubernetes_plugin.import_(SERVICE, f"{namespace}/mygw")
    assert found is not None
    there = live(kubernetes, namespace, "service/mygw")
    assert found.inputs == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "annotations": {"pulumi.com/skipAwait": "true"},
            "name": "mygw",
            "namespace": namespace,
        },
        "spec": there["spec"],
    }
    assert found.state["__inputs"] == found.inputs
    assert found.state["status"] == there["status"]
    assert found.state["__fieldManager"].startswith("pulumi-kubernetes-")


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        # Quoted are keys with dots, and no other ones.
        ({"config.service.auth": "a"}, {"config.service.auth": "b"}, {'data["config.service.auth"]': "UPDATE"}),
        ({"a/b": "a"}, {}, {"data": "DELETE"}),
        ({"a-b": "a", "c": "c"}, {"c": "c"}, {"data.a-b": "DELETE"}),
        ({"c": "c"}, {"c": "c", "some_key": "a"}, {"data.some_key": "ADD"}),
        # A map that is new or goes is one change.
        (None, {"a": "1", "b": "2"}, {"data": "ADD"}),
        ({"a": "1", "b": "2"}, None, {"data": "DELETE"}),
    ],
)
def test_differences_are_named_by_path(
    kubernetes_plugin: Plugin,
    namespace: str,
    old: dict[str, str] | None,
    new: dict[str, str] | None,
    paths: dict[str, str],
) -> None:
    if any("/" in key for key in old or {}):
        old_inputs, new_inputs = annotated(namespace, old), annotated(namespace, new)
        paths = {path.replace("data", "metadata.annotations", 1): kind for path, kind in paths.items()}
    else:
        old_inputs, new_inputs = with_data(namespace, old), with_data(namespace, new)
    made = kubernetes_plugin.create(CONFIG_MAP, old_inputs)
    assert kubernetes_plugin.diff(made, new_inputs) == paths


def annotated(namespace: str, annotations: dict[str, str] | None) -> Properties:
    inputs = config_map(namespace)
    if annotations:
        inputs["metadata"]["annotations"] = annotations
    return inputs


def with_data(namespace: str, data: dict[str, str] | None) -> Properties:
    inputs = config_map(namespace)
    if data is None:
        del inputs["data"]
    else:
        inputs["data"] = data
    return inputs


def test_annotations_with_a_slash_are_not_quoted(kubernetes_plugin: Plugin, namespace: str) -> None:
    old, new = annotated(namespace, {"a/b": "1", "c": "1"}), annotated(namespace, {"a/b": "2", "c": "1", "d.e/f": "1"})
    made = kubernetes_plugin.create(CONFIG_MAP, old)
    assert kubernetes_plugin.diff(made, new) == {
        "metadata.annotations.a/b": "UPDATE",
        'metadata.annotations["d.e/f"]': "ADD",
    }


def test_lists_are_compared_item_by_item(kubernetes_plugin: Plugin, namespace: str) -> None:
    made = kubernetes_plugin.create(SERVICE, named(namespace, SERVICE_INPUTS))
    changed = named(namespace, json.loads(json.dumps(SERVICE_INPUTS)))
    changed["spec"]["ports"][0]["targetPort"] = "http"
    del changed["spec"]["ports"][0]["name"]
    changed["spec"]["ports"].append({"name": "https", "port": 443})
    answer = kubernetes_plugin.diff_answer(made, changed)
    kinds = {path: (change.kind, change.inputDiff) for path, change in answer.detailedDiff.items()}
    # ADD is 0, DELETE 2, UPDATE 4 in the protocol; of a DELETE only it says that the inputs differ.
    assert kinds == {
        "spec.ports[0].name": (2, True),
        "spec.ports[0].targetPort": (4, False),
        "spec.ports[1]": (0, False),
    }
    assert (list(answer.diffs), list(answer.replaces)) == ([], [])

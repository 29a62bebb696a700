"""The plugin for kubernetes as a user with exactly the documented rights, and with some rights less."""

import base64
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from sandbox.plugins.engine.values import Properties
from tests.cluster_roles import Right, refusal, rights, rules

from ..conftest import Node
from ..control_plane import Kubernetes
from .conftest import PROGRAMS_SETTINGS
from .plugin import Made, Plugin, PluginError
from .test_kubernetes_awaits import deployment, service
from .test_kubernetes_objects import CONFIG_MAP, DEPLOYMENT, SECRET, SERVICE, configured

OBJECTS = {
    "configmaps": CONFIG_MAP,
    "secrets": SECRET,
    "services": SERVICE,
    "deployments": DEPLOYMENT,
    "serviceaccounts": "kubernetes:core/v1:ServiceAccount",
    "poddisruptionbudgets": "kubernetes:policy/v1:PodDisruptionBudget",
    "horizontalpodautoscalers": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
}
# What the waits for a Deployment and a Service list and watch; of `provider/pkg/await` in the released plugin.
WATCHED = {
    "deployments": DEPLOYMENT,
    "replicasets": DEPLOYMENT,
    "pods": DEPLOYMENT,
    "persistentvolumeclaims": DEPLOYMENT,
    "events": DEPLOYMENT,
    "services": SERVICE,
    "endpoints": SERVICE,
}


def inputs(namespace: str, kind: str, value: str = "first") -> Properties:
    metadata = {"name": "mygw", "namespace": namespace, "annotations": {"contoso.example/value": value}}
    return {
        "configmaps": {"metadata": metadata, "data": {"key": value}},
        "secrets": {"metadata": metadata, "data": {"key": base64.b64encode(value.encode()).decode()}},
        "services": {**service(namespace, clusterIP="None"), "metadata": metadata},
        "deployments": {**deployment(namespace), "metadata": metadata},
        "serviceaccounts": {"metadata": metadata, "automountServiceAccountToken": False},
        "horizontalpodautoscalers": {
            "metadata": metadata,
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"},
                "maxReplicas": 2,
            },
        },
        "poddisruptionbudgets": {
            "metadata": metadata,
            "spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "mygw"}}},
        },
    }[kind]


@contextmanager
def deployer(kubernetes: Kubernetes, namespace: str, *without: Right) -> Iterator[Plugin]:
    """The plugin as the deployer, with the documented rights in the namespace but some."""
    rbac = "rbac.authorization.k8s.io"
    role = {"kind": "Role", "metadata": {"name": "deployer", "namespace": namespace}}
    kubernetes.apply(
        {"apiVersion": f"{rbac}/v1", **role, "rules": rules("deployer", *without)},
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "RoleBinding",
            "metadata": role["metadata"],
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "deployer"},
            "subjects": [{"apiGroup": rbac, "kind": "User", "name": "deployer"}],
        },
    )
    kubernetes.await_right(
        "deployer", namespace, "get", "configmaps" if ("configmaps", "get") not in without else "secrets"
    )
    with configured(kubernetes.cluster.kubeconfig("deployer").read_text(), **PROGRAMS_SETTINGS) as plugin:
        yield plugin


def made_by_administrator(kubernetes_plugin: Plugin, namespace: str, kind: str) -> Made:
    return kubernetes_plugin.create(OBJECTS[kind], inputs(namespace, kind))


def needing(plugin: Plugin, namespace: str, kind: str, verb: str, made: Made | None) -> None:
    """Do what needs a right."""
    if made is None:
        plugin.create(OBJECTS[kind], inputs(namespace, kind))
    elif verb == "patch":
        plugin.update(made, inputs(namespace, kind, "second"))
    elif verb == "delete":
        plugin.delete(made)
    else:
        plugin.read(made)


def test_the_documented_rights_are_enough(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    with deployer(kubernetes, namespace) as plugin:
        simple = ("configmaps", "secrets", "serviceaccounts", "poddisruptionbudgets", "horizontalpodautoscalers")
        made = [plugin.create(OBJECTS[kind], inputs(namespace, kind)) for kind in simple]
        made.append(plugin.create(DEPLOYMENT, deployment(namespace)))
        made.append(plugin.create(SERVICE, service(namespace, type="LoadBalancer")))
        for resource in made:
            assert plugin.drift(resource) == {}
        changed = [inputs(namespace, kind, "second") for kind in simple]
        made[: len(simple)] = [plugin.update(*each) for each in zip(made, changed, strict=False)]
        for resource in reversed(made):
            plugin.delete(resource)


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("verb", ["create", "patch", "delete", "get"])
def test_a_missing_right_is_named(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str, kind: str, verb: str
) -> None:
    made = None if verb == "create" else made_by_administrator(kubernetes_plugin, namespace, kind)
    with deployer(kubernetes, namespace, (kind, verb)) as plugin, pytest.raises(PluginError) as refused:
        needing(plugin, namespace, kind, verb, made)
    assert refusal("deployer", (kind, verb), namespace) in str(refused.value)


@pytest.mark.parametrize("verb", ["create", "patch", "get"])
def test_a_preview_that_may_not_ask_the_api_server_passes_silently(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str, verb: str
) -> None:
    made = None if verb == "create" else made_by_administrator(kubernetes_plugin, namespace, "configmaps")
    changed = inputs(namespace, "configmaps", "second")
    with deployer(kubernetes, namespace, ("configmaps", verb)) as plugin:
        if made is None:
            previewed = plugin.create(CONFIG_MAP, changed, preview=True)
        else:
            previewed = plugin.update(made, changed, preview=True)
        # With what is declared, and nothing of what is there.
        assert previewed.state == previewed.inputs
        assert plugin.engine.messages == []
    # What passes by is shown of a creation only.
    refused = f"Retry #0; creation failed: configmaps {refusal('deployer', ('configmaps', 'create'), namespace)}"
    assert plugin.engine.told() == ([("INFO", refused)] if verb == "create" else [])


def waited_for(namespace: str, type_: str) -> Properties:
    return deployment(namespace) if type_ == DEPLOYMENT else service(namespace)


@pytest.mark.parametrize("kind", WATCHED)
@pytest.mark.parametrize("verb", ["list", "watch"])
def test_one_of_list_and_watch_is_enough_to_wait(
    kubernetes: Kubernetes, node: Node, namespace: str, kind: str, verb: str
) -> None:
    type_ = WATCHED[kind]
    with deployer(kubernetes, namespace, (kind, verb)) as plugin:
        made = plugin.create(type_, waited_for(namespace, type_))
        plugin.delete(made)


@pytest.mark.parametrize("kind", [kind for kind in WATCHED if kind != "events"])
def test_a_wait_that_may_neither_list_nor_watch_ends_only_when_it_is_cancelled(
    kubernetes: Kubernetes, node: Node, namespace: str, kind: str
) -> None:
    type_ = WATCHED[kind]
    wanted = waited_for(namespace, type_)
    # Not even after the time that it may take.
    wanted["metadata"]["annotations"] = {"pulumi.com/timeoutSeconds": "1"}
    with deployer(kubernetes, namespace, (kind, "list"), (kind, "watch")) as plugin, ThreadPoolExecutor() as pool:
        waiting = pool.submit(plugin.create, type_, wanted)
        kubernetes.kubectl("wait", "--for=create", f"{wanted_kind(type_)}/mygw", "-n", namespace, "--timeout=20s")
        if type_ == DEPLOYMENT:
            kubernetes.kubectl("wait", "--for=condition=Available", "deployment/mygw", "-n", namespace, "--timeout=20s")
        time.sleep(2)
        assert not waiting.done()
        plugin.cancel()
        with pytest.raises(PluginError) as refused:
            waiting.result(timeout=30)
    assert refused.value.reasons[0].endswith('live: Resource operation was cancelled for "mygw"')


def wanted_kind(type_: str) -> str:
    return type_.rsplit(":", 1)[-1].lower()


def test_nothing_waits_for_events(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    with deployer(kubernetes, namespace, ("events", "list"), ("events", "watch")) as plugin:
        for type_ in (DEPLOYMENT, SERVICE):
            plugin.create(type_, waited_for(namespace, type_))
        plugin.delete(plugin.create(CONFIG_MAP, inputs(namespace, "configmaps")))


@pytest.mark.parametrize("kind", ["configmaps", "secrets"])
def test_what_is_not_waited_for_needs_no_watch(kubernetes: Kubernetes, namespace: str, kind: str) -> None:
    with deployer(kubernetes, namespace, (kind, "list"), (kind, "watch")) as plugin:
        made = plugin.create(OBJECTS[kind], inputs(namespace, kind))
        plugin.update(made, inputs(namespace, kind, "second"))


@pytest.mark.parametrize("kind", OBJECTS)
@pytest.mark.parametrize("verb", ["list", "watch"])
def test_one_of_list_and_watch_is_enough_to_delete(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str, kind: str, verb: str
) -> None:
    made = made_by_administrator(kubernetes_plugin, namespace, kind)
    with deployer(kubernetes, namespace, (kind, verb)) as plugin:
        plugin.delete(made)


@pytest.mark.parametrize("kind", OBJECTS)
def test_a_deletion_that_may_neither_list_nor_watch_ends_only_when_it_is_cancelled(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str, kind: str
) -> None:
    made = made_by_administrator(kubernetes_plugin, namespace, kind)
    with deployer(kubernetes, namespace, (kind, "list"), (kind, "watch")) as plugin, ThreadPoolExecutor() as pool:
        waiting = pool.submit(plugin.delete, made)
        kubernetes.kubectl("wait", "--for=delete", f"{kind}/mygw", "-n", namespace, "--timeout=20s")
        time.sleep(1)
        assert not waiting.done()
        plugin.cancel()
        # It is gone: the deletion has succeeded.
        waiting.result(timeout=30)


UNSEEN = {
    # Kind -> what a refresh that may not list it says of a Deployment or a Service that is as it should be.
    "pods": [],
    "persistentvolumeclaims": [],
    "endpoints": [],
    "replicasets": [
        "Resource 'mygw' was created but failed to initialize",
        "Minimum number of Pods to consider the application live was not attained",
    ],
}


@pytest.mark.parametrize("kind", UNSEEN)
def test_a_refresh_takes_what_it_may_not_list_for_nothing(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, node: Node, namespace: str, kind: str
) -> None:
    made = [kubernetes_plugin.create(type_, waited_for(namespace, type_)) for type_ in (DEPLOYMENT, SERVICE)]
    told: list[str] = []
    with deployer(kubernetes, namespace, (kind, "list"), (kind, "watch")) as plugin:
        for resource in made:
            try:
                plugin.read(resource)
            except PluginError as error:
                told += error.reasons
    assert told == UNSEEN[kind]


def test_every_right_of_the_deployer_has_its_case() -> None:
    on_objects = {(kind, verb) for kind in OBJECTS for verb in ("get", "list", "watch", "create", "patch", "delete")}
    on_related = {(kind, verb) for kind in WATCHED for verb in ("list", "watch")}
    assert rights("deployer") == on_objects | on_related | {("pods/log", "get")}


def test_what_the_reader_may_do_the_deployer_may_too() -> None:
    assert rights("reader") < rights("deployer")

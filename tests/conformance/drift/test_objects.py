"""Whatever somebody adds to the stack's objects is found once, and nothing is found where nobody did anything.

The rule alone, on objects of the real API server; `tests/engine/test_drift_additions.py` has it with the engine.
"""

import json
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from kubernetes.dynamic import DynamicClient

from ops.cluster.fields import undeclared
from ops.cluster.server_fields import DEFAULTS, pattern

from ...drift_additions import found, only_additions, with_additions
from ..control_plane import SECONDS, Kubernetes
from .objects import declared
from .provider import GROUPS, Provider

Writer = Callable[[Kubernetes, Provider, Path], None]


def kubectl_edit(kubernetes: Kubernetes, provider: Provider, folder: Path) -> None:
    for name, each in provider.objects.items():
        wanted = folder / f"{name}.json"
        changed = with_additions(without_version(provider.live(name)), sidecar_first=True)
        wanted.write_text(json.dumps(changed))
        editor = folder / "editor.sh"
        editor.write_text(f'#!/bin/sh\ncp "{wanted}" "$1"\n')
        editor.chmod(0o755)
        where = ("-n", provider.namespace, "-o", "json")
        kubernetes.kubectl("edit", each.kind.lower(), name, *where, editor=editor)


def without_version(live: dict[str, Any]) -> dict[str, Any]:
    """The object without its version, with which a controller's write of the status meanwhile would be a conflict."""
    if live["kind"] != "PodDisruptionBudget":  # of which the API server wants it
        live["metadata"].pop("resourceVersion")
    return live


def kubectl_apply(kubernetes: Kubernetes, provider: Provider, folder: Path) -> None:
    for name in provider.objects:
        manifest = json.dumps(only_additions(provider.live(name)))
        kubernetes.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", text=manifest)


def python_client(kubernetes: Kubernetes, provider: Provider, folder: Path) -> None:
    replace(kubernetes, provider, sidecar_first=False)


def someone_called_pulumi_kubernetes(kubernetes: Kubernetes, provider: Provider, folder: Path) -> None:
    replace(kubernetes, provider, sidecar_first=True, field_manager="pulumi-kubernetes")


def replace(kubernetes: Kubernetes, provider: Provider, *, sidecar_first: bool, **options: str) -> None:
    client = DynamicClient(kubernetes.core.api_client)
    for name in provider.objects:
        changed = with_additions(without_version(provider.live(name)), sidecar_first=sidecar_first)
        api: Any = client.resources.get(api_version=changed["apiVersion"], kind=changed["kind"])
        api.replace(body=changed, **options)


WRITERS: list[Writer] = [kubectl_edit, kubectl_apply, python_client, someone_called_pulumi_kubernetes]


@pytest.fixture
def provider(kubernetes: Kubernetes, namespace: str) -> Provider:
    return Provider(kubernetes, namespace)


Said = dict[str, Counter[tuple[str, str]]]
IN_ITS_NAME = ("written by somebody as pulumi-kubernetes", "changed")


def said(provider: Provider) -> Said:
    """The findings by object: what is named, and how often."""
    findings: Said = {}
    for finding in provider.findings():
        findings.setdefault(finding.resource, Counter())[(finding.what, str(finding.kind))] += 1
    return findings


def once(provider: Provider, *, by_owner: bool = True) -> Said:
    """All additions, each once."""
    wanted = {name: found(provider.live(name), by_owner=by_owner) for name in provider.objects}
    return {name: Counter(paths.items()) for name, paths in wanted.items() if paths}


@pytest.mark.parametrize("updated", [False, True], ids=["created", "updated"])
@pytest.mark.parametrize("write", WRITERS, ids=lambda writer: writer.__name__)
def test_every_addition_is_found_once(
    kubernetes: Kubernetes, provider: Provider, tmp_path: Path, write: Writer, *, updated: bool
) -> None:
    provider.create(*declared(provider.namespace))
    if updated:
        provider.update()
    assert said(provider) == {}
    write(kubernetes, provider, tmp_path)
    assert said(provider) == once(provider)
    if updated or write is not someone_called_pulumi_kubernetes:
        provider.refresh()
        assert said(provider) == once(provider)


def test_who_writes_in_the_providers_name_before_its_first_update_is_found_on_the_object(
    kubernetes: Kubernetes, provider: Provider, tmp_path: Path
) -> None:
    provider.create(*declared(provider.namespace))
    time.sleep(3)  # as old as an object is, when it is no longer being created
    someone_called_pulumi_kubernetes(kubernetes, provider, tmp_path)
    in_its_name = {name: Counter([IN_ITS_NAME]) for name in once(provider)}
    assert set(in_its_name) == {*provider.objects} - {"mygw-discovery"}
    assert said(provider) == {name: count + once(provider)[name] for name, count in in_its_name.items()}
    provider.refresh()
    left = once(provider, by_owner=False)
    assert said(provider) == {name: count + left.get(name, Counter()) for name, count in in_its_name.items()}
    provider.update()
    assert said(provider) == {}


def test_nothing_is_found_on_untouched_objects(kubernetes: Kubernetes, provider: Provider) -> None:
    provider.create(*declared(provider.namespace))
    kubernetes.kubectl("wait", "--for=condition=Available", "deployment/mygw", "-n", provider.namespace)
    for change in (provider.refresh, provider.update, provider.update, provider.refresh, provider.update):
        change()
        assert said(provider) == {}


def test_nothing_is_found_where_the_cluster_writes_under_another_name(
    kubernetes: Kubernetes, provider: Provider
) -> None:
    """k3s and MicroK8s have all controllers in one program, and its name."""
    provider.create(*declared(provider.namespace))
    kubernetes.kubectl("wait", "--for=condition=Available", "deployment/mygw", "-n", provider.namespace)
    for change in (None, provider.refresh, provider.update):
        if change is not None:
            change()
        rename_manager(kubernetes, provider, "mygw", "kube-controller-manager", "k3s")
        assert "k3s" in {entry["manager"] for entry in provider.live("mygw")["metadata"]["managedFields"]}
        assert said(provider) == {}
    in_state = {"finalizers": ["service.kubernetes.io/load-balancer-cleanup"]}
    patch = json.dumps({"metadata": in_state, "status": {"loadBalancer": {"ingress": [{"ip": "192.0.2.1"}]}}})
    where = ("mygw-live-traffic", "-n", provider.namespace, "--field-manager=k3s", "--type=merge", "-p", patch)
    kubernetes.kubectl("patch", "service", *where)
    kubernetes.kubectl("patch", "service", *where, "--subresource=status")
    assert said(provider) == {}


def rename_manager(kubernetes: Kubernetes, provider: Provider, name: str, before: str, after: str) -> None:
    live = provider.live(name)
    entries = [
        {**entry, "manager": after if entry["manager"] == before else entry["manager"]}
        for entry in live["metadata"]["managedFields"]
    ]
    patch = json.dumps([{"op": "replace", "path": "/metadata/managedFields", "value": entries}])
    kubernetes.kubectl("patch", live["kind"].lower(), name, "-n", provider.namespace, "--type=json", "-p", patch)


def kubectl_installs(kubernetes: Kubernetes, provider: Provider, objects: list[dict[str, Any]]) -> None:
    kubernetes.apply(*objects)


def helm_installs_and_upgrades(kubernetes: Kubernetes, provider: Provider, objects: list[dict[str, Any]]) -> None:
    """As Helm 3 does: a creation, then a patch of what differs; with its own labels and annotations."""
    release = {"meta.helm.sh/release-name": "mygw", "meta.helm.sh/release-namespace": provider.namespace}
    for each in objects:
        metadata = {**each["metadata"], "annotations": {**each["metadata"].get("annotations", {}), **release}}
        metadata["labels"] = {**metadata["labels"], "app.kubernetes.io/managed-by": "Helm"}
        text = json.dumps({**each, "metadata": metadata})
        kubernetes.kubectl("create", "--field-manager=helm", "-f", "-", text=text)
    template = {"metadata": {"annotations": {"self-hosted-gateway/settings-checksum": "2"}}}
    patch = json.dumps({"spec": {"template": template, "revisionHistoryLimit": 10}})
    kubernetes.kubectl("patch", "deployment", "mygw", "-n", provider.namespace, "--field-manager=helm", "-p", patch)


def helm_4_applies(kubernetes: Kubernetes, provider: Provider, objects: list[dict[str, Any]]) -> None:
    for _ in range(2):
        for each in objects:
            text = json.dumps(each)
            kubernetes.kubectl("apply", "--server-side", "--field-manager=helm", "-f", "-", text=text)


@pytest.mark.parametrize("install", [kubectl_installs, helm_installs_and_upgrades, helm_4_applies])
def test_nothing_is_found_on_imported_objects_once_they_are_updated(
    kubernetes: Kubernetes,
    provider: Provider,
    install: Callable[[Kubernetes, Provider, list[dict[str, Any]]], None],
) -> None:
    objects = declared(provider.namespace)
    install(kubernetes, provider, objects)
    provider.adopt(*objects)
    provider.update()
    assert said(provider) == {}
    provider.refresh()
    assert said(provider) == {}
    provider.update()
    assert said(provider) == {}


def test_what_an_installation_has_beside_the_declared_is_found_until_it_is_gone(
    kubernetes: Kubernetes, provider: Provider
) -> None:
    objects = declared(provider.namespace)
    (container,) = objects[2]["spec"]["template"]["spec"]["containers"]
    resources = {"limits": {"memory": "1Gi"}}
    container["resources"] = resources
    helm_installs_and_upgrades(kubernetes, provider, objects)
    provider.adopt(*declared(provider.namespace))
    wanted = {("spec.template.spec.containers[0].resources", "added"): 1}
    assert said(provider)["mygw"] >= Counter(wanted)
    provider.update()
    assert said(provider) == {"mygw": Counter(wanted)}  # what Helm owns stays


def test_the_table_of_defaults_is_what_the_api_server_fills_in(kubernetes: Kubernetes, provider: Provider) -> None:
    """Objects that use every field with a default, made by another creator, who then owns the defaults."""
    probes = ("livenessProbe", "readinessProbe", "startupProbe")
    handler, grpc = {"httpGet": {"port": 8080}}, {"grpc": {"port": 8080}}
    container = {
        "name": "a",
        "image": "contoso/a:1",
        "ports": [{"containerPort": 8080}],
        "env": [{"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}],
        "lifecycle": {"preStop": handler, "postStart": handler},
        **dict.fromkeys(probes, handler),
    }
    other = {"name": "b", "image": "contoso/b", **dict.fromkeys(probes, grpc)}
    volumes: list[dict[str, Any]] = [
        {"name": "a", "configMap": {"name": "a"}},
        {"name": "b", "secret": {"secretName": "b"}},
        {"name": "c", "downwardAPI": {"items": []}},
        {"name": "d", "projected": {"sources": []}},
        {"name": "e", "hostPath": {"path": "/e"}},
    ]
    pod = {
        "containers": [container, other],
        "initContainers": [
            {**container, "name": "c", "restartPolicy": "Always"},
            {**other, "name": "d", "restartPolicy": "Always"},
        ],
        "volumes": volumes,
        "serviceAccountName": "contoso",
    }
    labels = {"app": "a"}

    def an_object(kind: str, name: str, **more: Any) -> dict[str, Any]:
        return {
            "apiVersion": GROUPS.get(kind, "v1"),
            "kind": kind,
            "metadata": {"name": name, "namespace": provider.namespace, "labels": labels},
            **more,
        }

    # Paused, it makes no pods, for which there is no node.
    spec = {"paused": True, "selector": {"matchLabels": labels}}
    template = {"metadata": {"labels": labels}, "spec": pod}
    ports = [{"name": "http", "port": 80}]
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "none"}
    scaled, window = {"scaleTargetRef": target, "maxReplicas": 3}, {"stabilizationWindowSeconds": 30}
    objects = [
        an_object("ConfigMap", "a"),
        an_object("Secret", "b"),
        an_object("Deployment", "c", spec={**spec, "template": template}),
        an_object("Deployment", "d", spec={**spec, "strategy": {"type": "RollingUpdate"}, "template": template}),
        an_object("Service", "e", spec={"ports": ports, "selector": labels}),
        an_object("Service", "f", spec={"ports": ports, "selector": labels, "clusterIP": "None"}),
        an_object("Service", "g", spec={"ports": ports, "selector": labels, "type": "NodePort"}),
        an_object("Service", "h", spec={"ports": ports, "type": "LoadBalancer", "sessionAffinity": "ClientIP"}),
        an_object("HorizontalPodAutoscaler", "i", spec={**scaled, "behavior": {"scaleUp": {"selectPolicy": "Max"}}}),
        an_object("HorizontalPodAutoscaler", "j", spec={**scaled, "behavior": {"scaleUp": window}}),
    ]
    provider.create(*objects, manager="helm")
    assert said(provider) == {}
    seen = {
        pattern(field.steps)
        for name, each in provider.objects.items()
        for field in undeclared(provider.live(name), each.declared, ())
    }
    assert set(DEFAULTS) - seen == set()


@pytest.fixture
def admission(kubernetes: Kubernetes, namespace: str) -> Iterator[Callable[[str], None]]:
    """Lets the API server change the namespace's Deployments at admission, as a webhook does."""
    made: list[str] = []

    def mutate(expression: str) -> None:
        name = f"{namespace}.contoso.example"
        rule = {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"]}
        selector = {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
        group = {"apiVersion": "admissionregistration.k8s.io/v1", "metadata": {"name": name}}
        policy = {
            "matchConstraints": {
                "resourceRules": [{**rule, "operations": ["CREATE", "UPDATE"]}],
                "namespaceSelector": selector,
            },
            "mutations": [{"patchType": "ApplyConfiguration", "applyConfiguration": {"expression": expression}}],
            "reinvocationPolicy": "Never",
        }
        kubernetes.apply(
            {**group, "kind": "MutatingAdmissionPolicy", "spec": policy},
            {**group, "kind": "MutatingAdmissionPolicyBinding", "spec": {"policyName": name}},
        )
        made.append(name)
        deployment = declared(namespace)[2]
        deployment["metadata"]["name"] = "another"
        deadline = time.monotonic() + SECONDS
        while True:  # it is in force a moment later
            text = kubernetes.kubectl(
                "create", "--dry-run=server", "-o", "json", "-f", "-", text=json.dumps(deployment)
            )
            if "contoso-policy" in text:
                return
            assert time.monotonic() < deadline, "the policy changes nothing"

    yield mutate
    for name in made:
        kubernetes.kubectl("delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", name)


HARMLESS = (
    'Object{metadata: Object.metadata{annotations: {"contoso-policy": "1"}}, '
    "spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{"
    'priorityClassName: "contoso"}}}}'
)
CONTAINER = (
    "Object{spec: Object.spec{template: Object.spec.template{spec: Object.spec.template.spec{initContainers: ["
    'Object.spec.template.spec.initContainers{name: "contoso-policy", image: "contoso/injected:1"}]}}}}'
)


def test_what_admission_adds_to_the_providers_writes_is_nobodys_addition(
    provider: Provider, admission: Callable[[str], None]
) -> None:
    admission(HARMLESS)
    provider.create(*declared(provider.namespace))
    assert provider.live("mygw")["metadata"]["annotations"]["contoso-policy"] == "1"
    for change in (provider.refresh, provider.update, provider.refresh, provider.update):
        assert said(provider) == {}
        change()
    assert provider.live("mygw")["spec"]["template"]["spec"]["priorityClassName"] == "contoso"


def test_what_admission_adds_to_somebody_elses_write_is_found_until_it_is_recorded(
    kubernetes: Kubernetes, provider: Provider, admission: Callable[[str], None]
) -> None:
    provider.create(*declared(provider.namespace))
    provider.update()
    admission(HARMLESS)
    assert said(provider) == {}
    kubernetes.kubectl("label", "deployment", "mygw", "app=mygw", "by=hand", "-n", provider.namespace, "--overwrite")
    by_hand = Counter([("metadata.labels.by", "added")])
    by_policy = ('metadata.annotations["contoso-policy"]', "spec.template.spec.priorityClassName")
    assert said(provider) == {"mygw": by_hand + Counter((path, "added") for path in by_policy)}
    provider.refresh()
    assert said(provider) == {"mygw": by_hand}


def test_a_container_that_admission_adds_is_found_always(provider: Provider, admission: Callable[[str], None]) -> None:
    admission(CONTAINER)
    provider.create(*declared(provider.namespace))
    injected = {"mygw": Counter([("spec.template.spec.initContainers[0]", "added")])}
    for change in (provider.refresh, provider.update):
        assert said(provider) == injected
        change()
    assert said(provider) == injected

"""What `ops` says that a write takes away, held against what the take-over and the apply really take away."""

import json
from dataclasses import dataclass
from typing import Any

import pytest

from ops.cluster.losses import Write, losses
from sandbox.plugins.engine.values import Properties, reveal

from ...object_values import below, changed, place_of
from ..control_plane import Kubernetes
from .plugin import Plugin

KINDS = {
    "Deployment": "kubernetes:apps/v1:Deployment",
    "Service": "kubernetes:core/v1:Service",
    "ConfigMap": "kubernetes:core/v1:ConfigMap",
    "Secret": "kubernetes:core/v1:Secret",
}
API_VERSIONS = {"Deployment": "apps/v1"}
NO_WAIT = {"pulumi.com/skipAwait": "true"}
DECLARED: dict[str, Properties] = {
    "Deployment": {
        "spec": {
            "replicas": 1,
            "selector": {"matchLabels": {"app": "mygw"}},
            "template": {
                "metadata": {"labels": {"app": "mygw"}},
                "spec": {
                    "containers": [
                        {
                            "name": "mygw",
                            "image": "example.com/program:1",
                            "ports": [{"name": "http", "containerPort": 8080}],
                            "env": [{"name": "declared", "value": "1"}],
                            "envFrom": [{"configMapRef": {"name": "mygw-env"}}],
                            "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
                        }
                    ]
                },
            },
        }
    },
    "Service": {
        "spec": {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "selector": {"app": "mygw"},
            "ports": [
                {"name": "http", "port": 80, "targetPort": 8080},
                {"name": "https", "port": 443, "targetPort": 8081},
            ],
        }
    },
    "ConfigMap": {"data": {"setting": "value"}},
    "Secret": {"type": "Opaque", "data": {"key": "dmFsdWU="}},
}


@dataclass(frozen=True)
class Writer:
    """Somebody who writes to an object."""

    name: str
    applies: bool = False


EDIT = Writer("kubectl-edit")
SERVER_SIDE = Writer("kubectl", applies=True)
CLIENT = Writer("OpenAPI-Generator")
PORTAL = Writer("AksPortal")
ARGO_CD = Writer("argocd-controller", applies=True)
PROVIDER = Writer("pulumi-kubernetes")
# The API server sets it with `sessionAffinity`, and takes it away with it.
DEFAULTS_OF_WHAT_GOES = {"spec/sessionAffinityConfig/clientIP/timeoutSeconds"}

CHANGES: dict[str, dict[str, Any]] = {
    "Deployment": {
        "metadata": {"annotations": {"contoso.example/note": "added"}, "labels": {"team": "added"}},
        "spec": {
            "replicas": 3,
            "strategy": {"rollingUpdate": {"maxSurge": 2}},
            "template": {
                "metadata": {"annotations": {"contoso.example/note": "added"}},
                "spec": {
                    "dnsPolicy": "Default",
                    "nodeSelector": {"pool": "added"},
                    "securityContext": {"fsGroup": 1},
                    "volumes": [{"name": "added", "emptyDir": {}}],
                    "initContainers": [{"name": "prepare", "image": "example.com/prepare:1"}],
                    "containers": [
                        {
                            "name": "mygw",
                            "image": "example.com/program:2",
                            "imagePullPolicy": "Always",
                            "env": [{"name": "ADDED", "value": "1"}],
                            "envFrom": [{"configMapRef": {"name": "mygw-env"}}, {"secretRef": {"name": "added"}}],
                            "resources": {"limits": {"memory": "1Gi"}},
                            "volumeMounts": [{"name": "added", "mountPath": "/added"}],
                            "livenessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 7},
                        },
                        {"name": "sidecar", "image": "example.com/sidecar:1"},
                    ],
                },
            },
        },
    },
    "Service": {
        "metadata": {"annotations": {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"}},
        "spec": {
            "externalTrafficPolicy": "Cluster",
            "sessionAffinity": "ClientIP",
            "loadBalancerSourceRanges": ["192.0.2.0/24"],
            "ports": [{"name": "extra", "port": 8443, "protocol": "TCP", "targetPort": 8443}],
        },
    },
    "ConfigMap": {"data": {"setting": "changed", "added": "1"}, "metadata": {"labels": {"team": "added"}}},
    "Secret": {"data": {"key": "b3RoZXI=", "added": "YQ=="}},
}


class Stack:
    """One object as a stack has it, and somebody else's writes to it."""

    def __init__(
        self, kubernetes: Kubernetes, plugin: Plugin, namespace: str, kind: str, ignored: tuple[str, ...] = ()
    ) -> None:
        self._kubernetes = kubernetes
        self._plugin = plugin
        self._namespace = namespace
        self._kind = kind
        self._ignored = ignored
        self._made = plugin.create(KINDS[kind], self._inputs())

    def update(self) -> None:
        self._made = self._plugin.update(self._made, self._inputs(), ignore_changes=self._ignored)

    def live(self) -> dict[str, Any]:
        what = (self._kind.lower(), "mygw", "-n", self._namespace)
        return json.loads(self._kubernetes.kubectl("get", *what, "-o", "json", "--show-managed-fields"))

    def write(self, writer: Writer, change: dict[str, Any]) -> None:
        if writer.applies:
            metadata = {**change.get("metadata", {}), "name": "mygw", "namespace": self._namespace}
            api_version = API_VERSIONS.get(self._kind, "v1")
            text = json.dumps({"apiVersion": api_version, "kind": self._kind, **change, "metadata": metadata})
            command = ("apply", "--server-side", "--force-conflicts", f"--field-manager={writer.name}", "-f", "-")
            self._kubernetes.kubectl(*command, text=text)
        else:
            command = ("patch", self._kind.lower(), "mygw", "-n", self._namespace, f"--field-manager={writer.name}")
            self._kubernetes.kubectl(*command, "--type=strategic", "-p", json.dumps(change))

    def scale(self, replicas: int) -> None:
        self._kubernetes.kubectl("scale", "deployment", "mygw", "-n", self._namespace, f"--replicas={replicas}")

    def told_and_really_taken(self) -> tuple[set[str], set[str]]:
        """Places that are told; and of these the ones that an update changes, with all that it changes beside them."""
        told, before = self.told(), self.live()
        self.update()
        after = self.live()
        places = {place_of(path, before, after) for path in told}
        really = changed(before, after)
        under = {place: below(place, really) for place in places}
        beside = really.difference(*under.values()) - DEFAULTS_OF_WHAT_GOES
        return places, {place for place in places if under[place]} | beside

    def told(self) -> dict[str, tuple[Any, Any]]:
        """What the next write takes away, as it is told: by path, what is there and what it becomes."""
        made = self._made
        write = Write(self.live(), reveal(made.inputs), reveal(made.inputs), reveal(made.state), self._ignored)
        return {loss.path: (loss.there, loss.becomes) for loss in losses(write)}

    def _inputs(self) -> Properties:
        metadata = {"name": "mygw", "namespace": self._namespace, "annotations": NO_WAIT}
        return {"metadata": metadata, **DECLARED[self._kind]}


@pytest.fixture(params=[False, True], ids=["created", "updated"])
def was_updated(request: pytest.FixtureRequest) -> bool:
    """Whether the stack has updated the object since it created it."""
    return request.param


POD = "spec/template/spec"
CONTAINER = f"{POD}/containers/mygw"
# What goes where the provider takes over what the writer has written.
REMOVED = {
    "Deployment": {
        "metadata/annotations/contoso.example/note",
        "metadata/labels/team",
        "spec/strategy",
        "spec/template/metadata/annotations/contoso.example/note",
        f"{POD}/dnsPolicy",
        f"{POD}/initContainers/prepare",
        f"{POD}/nodeSelector",
        f"{POD}/securityContext",
        f"{POD}/volumes/added",
        f"{POD}/containers/sidecar",
        f"{CONTAINER}/env/ADDED",
        f"{CONTAINER}/imagePullPolicy",
        f"{CONTAINER}/livenessProbe",
        f"{CONTAINER}/resources",
        f"{CONTAINER}/volumeMounts/added",
    },
    "Service": {
        "metadata/annotations/service.beta.kubernetes.io/azure-load-balancer-internal",
        "spec/loadBalancerSourceRanges",
        "spec/ports/extra",
        "spec/sessionAffinity",
    },
    "ConfigMap": {"data/added", "metadata/labels/team"},
    "Secret": {"data/added"},
}
# What is changed back, whoever has written it.
CHANGED_BACK = {
    "Deployment": {"spec/replicas", f"{CONTAINER}/envFrom", f"{CONTAINER}/image"},
    "Service": {"spec/externalTrafficPolicy"},
    "ConfigMap": {"data/setting"},
    "Secret": {"data/key"},
}


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize(
    ("writer", "is_taken_over"),
    [(EDIT, True), (SERVER_SIDE, True), (PROVIDER, True), (CLIENT, False), (PORTAL, False), (ARGO_CD, False)],
    ids=lambda value: value.name if isinstance(value, Writer) else "",
)
def test_what_a_write_takes_away_is_told(
    kubernetes: Kubernetes,
    kubernetes_plugin: Plugin,
    namespace: str,
    kind: str,
    writer: Writer,
    is_taken_over: bool,
    was_updated: bool,
) -> None:
    stack = Stack(kubernetes, kubernetes_plugin, namespace, kind)
    if was_updated:
        stack.update()
    assert stack.told() == {}
    stack.write(writer, CHANGES[kind])
    expected = CHANGED_BACK[kind] | (REMOVED[kind] if is_taken_over else set())
    told, really = stack.told_and_really_taken()
    assert told == expected
    assert really == told


def test_an_unchanged_object_loses_nothing(kubernetes: Kubernetes, kubernetes_plugin: Plugin, namespace: str) -> None:
    for kind in KINDS:
        stack = Stack(kubernetes, kubernetes_plugin, namespace, kind)
        for _ in range(2):
            assert stack.told_and_really_taken() == (set(), set())


def test_scaled_by_hand_it_is_scaled_back(kubernetes: Kubernetes, kubernetes_plugin: Plugin, namespace: str) -> None:
    stack = Stack(kubernetes, kubernetes_plugin, namespace, "Deployment")
    stack.scale(4)
    assert stack.told() == {"spec.replicas": (4, 1)}
    assert stack.told_and_really_taken() == ({"spec/replicas"}, {"spec/replicas"})


def in_pod(**pod: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": pod}}}


def in_container(name: str, **container: Any) -> dict[str, Any]:
    return in_pod(containers=[{"name": name, **container}])


SIDECAR = in_container("sidecar", image="example.com/sidecar:1")
VARIABLE = in_container("sidecar", env=[{"name": "ADDED", "value": "1"}])


@pytest.mark.parametrize(
    ("writes", "taken"),
    [
        # An element whose key a client owns stays; in it, what kubectl owns goes.
        ([(CLIENT, SIDECAR), (EDIT, VARIABLE)], {f"{POD}/containers/sidecar/env/ADDED"}),
        ([(ARGO_CD, SIDECAR), (EDIT, VARIABLE)], {f"{POD}/containers/sidecar/env/ADDED"}),
        # With an element that goes, goes what a client owns in it, and not its key.
        ([(EDIT, SIDECAR), (CLIENT, VARIABLE)], {f"{POD}/containers/sidecar"}),
        # Who applies an element owns its key too.
        (
            [(EDIT, in_container("sidecar", image="example.com/sidecar:1", workingDir="/")), (ARGO_CD, SIDECAR)],
            {f"{POD}/containers/sidecar/workingDir"},
        ),
        # Of a map, each owner keeps its own.
        (
            [(CLIENT, in_container("mygw", resources={"limits": {"cpu": "1"}})),
             (EDIT, in_container("mygw", resources={"limits": {"memory": "1Gi"}}))],
            {f"{CONTAINER}/resources/limits/memory"},
        ),
        # What two own, stays.
        (
            [(ARGO_CD, {"metadata": {"labels": {"team": "a"}}}), (SERVER_SIDE, {"metadata": {"labels": {"team": "a"}}})],
            set(),
        ),
        # A map that has one owner as a whole.
        ([(EDIT, in_pod(nodeSelector={"pool": "a"}))], {f"{POD}/nodeSelector"}),
    ],
)  # fmt: skip
def test_what_stays_inside_what_others_own(
    kubernetes: Kubernetes,
    kubernetes_plugin: Plugin,
    namespace: str,
    writes: list[tuple[Writer, dict[str, Any]]],
    taken: set[str],
    was_updated: bool,
) -> None:
    stack = Stack(kubernetes, kubernetes_plugin, namespace, "Deployment")
    if was_updated:
        stack.update()
    for writer, change in writes:
        stack.write(writer, change)
    assert stack.told_and_really_taken() == (taken, taken)


def test_what_somebody_has_removed_is_put_back(
    kubernetes: Kubernetes, kubernetes_plugin: Plugin, namespace: str
) -> None:
    stack = Stack(kubernetes, kubernetes_plugin, namespace, "Deployment")
    stack.write(EDIT, in_container("mygw", readinessProbe=None))
    assert stack.told() == {
        "spec.template.spec.containers[0].readinessProbe": (
            None,
            {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 5},
        )
    }
    told, really = stack.told_and_really_taken()
    assert told == really == {f"{CONTAINER}/readinessProbe"}


@pytest.mark.parametrize(
    ("ignored", "taken"),
    [
        ((), {"spec/replicas", f"{CONTAINER}/image", "metadata/annotations/contoso.example/note"}),
        (("spec.replicas",), {f"{CONTAINER}/image", "metadata/annotations/contoso.example/note"}),
        (("metadata.annotations", "spec.template"), {"spec/replicas"}),
        # These the provider does not find, and so does not keep.
        (
            ("spec.template.spec.containers[0].image", 'metadata.annotations["contoso.example/note"]'),
            {"spec/replicas", f"{CONTAINER}/image", "metadata/annotations/contoso.example/note"},
        ),
    ],
)
def test_what_ignore_changes_keeps_is_not_told(
    kubernetes: Kubernetes, kubernetes_plugin: Plugin, namespace: str, ignored: tuple[str, ...], taken: set[str]
) -> None:
    stack = Stack(kubernetes, kubernetes_plugin, namespace, "Deployment", ignored)
    stack.scale(4)
    stack.write(EDIT, {"metadata": {"annotations": {"contoso.example/note": "added"}}})
    stack.write(EDIT, in_container("mygw", image="example.com/program:2"))
    assert stack.told_and_really_taken() == (taken, taken)

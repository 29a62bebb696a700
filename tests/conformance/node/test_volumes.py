"""Volumes."""

import base64
import json

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import config_map, in_namespace, is_ready, pod, secret


def test_volumes_stand_where_they_are_mounted(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    volumes = [
        {"name": "settings", "configMap": {"name": "settings"}},
        {"name": "certificate", "secret": {"secretName": "tls", "items": [{"key": "tls.crt", "path": "a/cert.pem"}]}},
        {"name": "scratch", "emptyDir": {}},
        {
            "name": "identity",
            "projected": {
                "sources": [
                    {"serviceAccountToken": {"path": "token", "audience": "api://x", "expirationSeconds": 3600}}
                ]
            },
        },
    ]
    mounts = [
        {"name": "settings", "mountPath": "/etc/settings"},
        {"name": "settings", "mountPath": "/etc/one.txt", "subPath": "one"},
        {"name": "certificate", "mountPath": "/certs"},
        {"name": "scratch", "mountPath": "/apim/config"},
        {"name": "identity", "mountPath": "/var/run/secrets/tokens"},
    ]
    mounting = pod("example.com/program:1", volumes=volumes, container_volumeMounts=mounts)
    objects = [config_map("settings", one="1", two="2"), secret("tls", **{"tls.crt": "C", "tls.key": "K"}), mounting]
    kubernetes.apply(*in_namespace(namespace, *objects))
    root = node.root(kubernetes.await_pod(namespace, "pod", is_ready))
    assert (root / "etc/settings/two").read_text() == "2"
    assert (root / "etc/one.txt").read_text() == "1"
    assert (root / "certs/a/cert.pem").read_text() == "C"
    assert not (root / "certs/tls.key").exists()
    assert (root / "certs/a/cert.pem").stat().st_mode & 0o777 == 0o600
    assert list((root / "apim/config").iterdir()) == []
    claims = (root / "var/run/secrets/tokens/token").read_text().split(".")[1]
    token = json.loads(base64.urlsafe_b64decode(claims + "=="))
    assert token["aud"] == ["api://x"]
    assert token["sub"] == f"system:serviceaccount:{namespace}:default"
    default = root / "var/run/secrets/kubernetes.io/serviceaccount"
    assert sorted(path.name for path in default.iterdir()) == ["ca.crt", "namespace", "token"]
    assert (default / "namespace").read_text() == namespace


def test_a_volume_without_its_source_keeps_the_pod_from_starting(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    mounting = pod("example.com/program:1", volumes=[{"name": "tls", "secret": {"secretName": "tls"}}])
    kubernetes.apply(*in_namespace(namespace, mounting))
    kubernetes.await_event(
        namespace, "FailedMount", 'MountVolume.SetUp failed for volume "tls" : secret "tls" not found'
    )
    kubernetes.apply(*in_namespace(namespace, secret("tls", key="value")))
    kubernetes.await_pod(namespace, "pod", is_ready)


def test_a_pod_can_read_of_itself(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    items = [
        {"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}},
        {"path": "cpu", "resourceFieldRef": {"containerName": "main", "resource": "requests.cpu", "divisor": "1m"}},
    ]
    described = pod(
        "example.com/program:1",
        volumes=[{"name": "itself", "downwardAPI": {"items": items}}],
        container_volumeMounts=[{"name": "itself", "mountPath": "/itself"}],
        container_resources={"requests": {"cpu": "0.25"}},
    )
    described["metadata"]["labels"]["contoso.com/team"] = "payments"
    kubernetes.apply(*in_namespace(namespace, described))
    root = node.root(kubernetes.await_pod(namespace, "pod", is_ready))
    # The API server adds the node's zone and region.
    assert (root / "itself/labels").read_text() == (
        'app="pod"\ncontoso.com/team="payments"\n'
        'topology.kubernetes.io/region="local"\ntopology.kubernetes.io/zone="local-1"'
    )
    assert (root / "itself/cpu").read_text() == "250"


def test_a_claims_volume_outlives_the_pod(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    name = f"backup-{namespace}"
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "capacity": {"storage": "50Mi"},
            "claimRef": {"name": "backup", "namespace": namespace},
            "hostPath": {"path": "/contoso"},
            "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "",
        },
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "backup", "namespace": namespace},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": "50Mi"}},
            "storageClassName": "",
            "volumeName": name,
        },
    }
    mounting = pod(
        "example.com/program:1",
        volumes=[{"name": "backup", "persistentVolumeClaim": {"claimName": "backup"}}],
        container_volumeMounts=[{"name": "backup", "mountPath": "/apim/config", "subPath": "mygw"}],
    )
    # Until its claim is there and bound, the scheduler keeps the pod.
    kubernetes.apply(*in_namespace(namespace, mounting))
    kubernetes.await_event(namespace, "FailedScheduling", 'persistentvolumeclaim "backup" not found')
    kubernetes.apply(volume, claim)
    try:
        first = kubernetes.await_pod(namespace, "pod", is_ready)
        (node.root(first) / "apim/config/snapshot").write_text("kept")
        kubernetes.kubectl("delete", "pod", "pod", "-n", namespace)
        kubernetes.apply(*in_namespace(namespace, mounting))
        second = kubernetes.await_pod(namespace, "pod", is_ready)
        assert (node.root(second) / "apim/config/snapshot").read_text() == "kept"
    finally:
        kubernetes.kubectl("delete", "pv", name, "--wait=false")


def test_a_kind_of_volume_that_is_not_played_is_refused(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    mounting = pod("example.com/program:1", volumes=[{"name": "host", "hostPath": {"path": "/tmp"}}])  # noqa: S108
    kubernetes.apply(*in_namespace(namespace, mounting))
    kubernetes.await_event(namespace, "FailedMount", "the sandbox's node does not play hostPath volumes")

"""The real API server takes the objects that the program declares, with strict validation, and gives all of it back."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..control_plane import Kubernetes
from .rendered import differences, rendered

EVERYTHING: dict[str, Any] = {
    "replicas": 3,
    "serviceAccount": {"create": True, "name": "pods", "annotations": {"contoso.example/owner": ""}},
    "disruptionBudget": {"maxUnavailable": "25%"},
    "deployment": {
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}},
        "minReadySeconds": 5,
        "progressDeadlineSeconds": 1500,
        "revisionHistoryLimit": 0,
    },
    "container": {
        "resources": {"requests": {"cpu": 0.5, "memory": "2048Mi"}, "limits": {"cpu": 2, "memory": "2Gi"}},
        "securityContext": {"runAsGroup": 2000, "capabilities": {"add": ["NET_BIND_SERVICE"]}},
        "readinessProbe": {"httpGet": {"path": "/internal-status-0123456789abcdef"}, "initialDelaySeconds": 0},
        "startupProbe": {"initialDelaySeconds": 5},
        "livenessProbe": {"terminationGracePeriodSeconds": 30},
        "preStopSeconds": 5,
        "imagePullPolicy": "Always",
    },
    "pod": {
        "automountServiceAccountToken": True,
        "imagePullSecrets": [{"name": "contoso-registry"}],
        "securityContext": {"fsGroup": 1001, "supplementalGroups": []},
        "terminationGracePeriodSeconds": 90,
    },
}
LEAST: dict[str, Any] = {
    "serviceAccount": {"name": "default"},
    "disruptionBudget": {"minAvailable": 0},
    "deployment": {"strategy": {"type": "Recreate"}, "minReadySeconds": 0},
    "container": {
        "securityContext": None, "startupProbe": None, "livenessProbe": None, "preStopSeconds": 0, "resources": {},
    },
    "pod": {"automountServiceAccountToken": None, "imagePullSecrets": [], "securityContext": {}},
}  # fmt: skip
OPEN_SHIFT = {"container": {"securityContext": {"runAsUser": None}}}


@pytest.mark.parametrize(
    "settings", [{}, EVERYTHING, LEAST, OPEN_SHIFT], ids=["default", "everything", "least", "no user"]
)
def test_every_declared_field_is_given_back(
    kubernetes: Kubernetes, namespace: str, tmp_path: Path, settings: dict[str, Any]
) -> None:
    for declared in rendered(tmp_path, namespace, **settings):
        answer = kubernetes.kubectl(*CREATE, text=json.dumps(declared))
        assert differences(declared, json.loads(answer)) == []


CREATE = ("create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-")


def test_a_namespace_with_the_restricted_level_admits_the_pods_without_a_warning(
    kubernetes: Kubernetes, namespace: str, tmp_path: Path
) -> None:
    labels = [f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn")]
    kubernetes.kubectl("label", "namespace", namespace, *labels)
    (secure,) = [each for each in rendered(tmp_path, namespace) if each["kind"] == "Deployment"]
    insecure = {"container": {"securityContext": None}}
    (bare,) = [each for each in rendered(tmp_path, namespace, **insecure) if each["kind"] == "Deployment"]

    admitted = kubernetes.try_kubectl(*CREATE, text=json.dumps(secure))
    assert (admitted.returncode, admitted.stderr) == (0, "")
    admitted = kubernetes.try_kubectl(*CREATE, text=json.dumps(a_pod(secure)))
    assert (admitted.returncode, admitted.stderr) == (0, "")
    refused = kubernetes.try_kubectl(*CREATE, text=json.dumps(a_pod(bare)))
    assert 'violates PodSecurity "restricted:latest"' in refused.stderr


def a_pod(deployment: dict[str, Any]) -> dict[str, Any]:
    """A pod as the Deployment makes them."""
    template = deployment["spec"]["template"]
    metadata = {
        "name": "mygw",
        "namespace": deployment["metadata"]["namespace"],
        "labels": template["metadata"]["labels"],
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}

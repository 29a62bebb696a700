"""The real API server takes the objects that the program declares, with strict validation, and gives all of it back."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.every_setting import EVERYTHING, LEAST

from ..control_plane import Kubernetes
from .rendered import differences, rendered

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

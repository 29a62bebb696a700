"""Kubernetes' own controllers and admission, real as they are: what the gateway's objects rest on works here."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..conftest import Node
from ..control_plane import Kubernetes
from .objects import in_namespace, is_ready, pod

TOKEN = Path("var/run/secrets/kubernetes.io/serviceaccount/token")


def deployment(namespace: str, replicas: int) -> dict[str, Any]:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": {"app": "mygw"}},
            "template": {
                "metadata": {"labels": {"app": "mygw"}},
                "spec": {
                    "containers": [{"name": "mygw", "image": "example.com/program:1"}],
                    "terminationGracePeriodSeconds": 1,
                },
            },
        },
    }


def autoscaler(namespace: str, minimum: int, maximum: int) -> dict[str, Any]:
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mygw"},
            "minReplicas": minimum,
            "maxReplicas": maximum,
            "metrics": [
                {
                    "type": "Resource",
                    "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}},
                }
            ],
        },
    }


def await_count(kubernetes: Kubernetes, namespace: str, count: int) -> None:
    kubernetes.kubectl(
        "wait",
        f"--for=jsonpath={{.spec.replicas}}={count}",
        "deployment/mygw",
        "-n",
        namespace,
        "--timeout=80s",
    )


def test_an_autoscaler_moves_the_count_by_its_bounds_alone(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    # Metrics there are none.
    kubernetes.apply(deployment(namespace, 1), autoscaler(namespace, 3, 5))
    await_count(kubernetes, namespace, 3)
    kubernetes.apply(autoscaler(namespace, 1, 2))
    await_count(kubernetes, namespace, 2)
    found = json.loads(kubernetes.kubectl("get", "hpa/mygw", "-n", namespace, "-o", "json"))
    conditions = {each["type"]: each for each in found["status"]["conditions"]}
    assert conditions["AbleToScale"]["status"] == "True"
    live = json.loads(
        kubernetes.kubectl("get", "deployment/mygw", "-n", namespace, "-o", "json", "--show-managed-fields")
    )
    owners = {
        entry["manager"]: entry["subresource"]
        for entry in live["metadata"]["managedFields"]
        if "f:replicas" in entry["fieldsV1"].get("f:spec", {}) and entry.get("subresource")
    }
    assert owners == {"kube-controller-manager": "scale"}


def test_a_disruption_budget_refuses_evictions(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    budget = {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "mygw"}}},
    }
    kubernetes.apply(deployment(namespace, 2), budget)
    kubernetes.kubectl("rollout", "status", "deployment/mygw", "-n", namespace, "--timeout=60s")
    kubernetes.kubectl(
        "wait", "--for=jsonpath={.status.currentHealthy}=2", "pdb/mygw", "-n", namespace, "--timeout=60s"
    )
    name = kubernetes.kubectl("get", "pods", "-n", namespace, "-o", "jsonpath={.items[0].metadata.name}")
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
    path = f"/api/v1/namespaces/{namespace}/pods/{name}/eviction"
    refused = kubernetes.try_kubectl("create", "--raw", path, "-f", "-", text=json.dumps(eviction))
    assert "Cannot evict pod as it would violate the pod's disruption budget." in refused.stderr
    kubernetes.kubectl("patch", "pdb/mygw", "-n", namespace, "--type=merge", "-p", '{"spec":{"minAvailable":1}}')
    kubernetes.kubectl(
        "wait", "--for=jsonpath={.status.disruptionsAllowed}=1", "pdb/mygw", "-n", namespace, "--timeout=60s"
    )
    kubernetes.kubectl("create", "--raw", path, "-f", "-", text=json.dumps(eviction))


def test_a_service_accounts_token_is_mounted_unless_the_pod_says_otherwise(
    kubernetes: Kubernetes, node: Node, namespace: str
) -> None:
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "mygw"}}
    silent = {**account, "metadata": {"name": "silent"}, "automountServiceAccountToken": False}
    objects = [
        account,
        silent,
        pod("example.com/program:1", "mounted", serviceAccountName="mygw"),
        pod("example.com/program:1", "refused", serviceAccountName="mygw", automountServiceAccountToken=False),
        pod("example.com/program:1", "silent", serviceAccountName="silent"),
        pod("example.com/program:1", "asking", serviceAccountName="silent", automountServiceAccountToken=True),
    ]
    kubernetes.apply(*in_namespace(namespace, *objects))
    roots = {
        name: node.root(kubernetes.await_pod(namespace, name, is_ready))
        for name in ("mounted", "refused", "silent", "asking")
    }
    mounted = {name: (root / TOKEN).exists() for name, root in roots.items()}
    assert mounted == {"mounted": True, "refused": False, "silent": False, "asking": True}
    # The API server knows who that is.
    token = (roots["mounted"] / TOKEN).read_text()
    review = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "spec": {"token": token}}
    answer = kubernetes.kubectl("create", "-f", "-", "-o", "json", text=json.dumps(review))
    assert json.loads(answer)["status"]["user"]["username"] == f"system:serviceaccount:{namespace}:mygw"


def test_a_service_account_that_is_not_there_keeps_pods_away(kubernetes: Kubernetes, namespace: str) -> None:
    refused = kubernetes.try_kubectl(
        "apply", "-n", namespace, "-f", "-", text=json.dumps(pod("example.com/program:1", serviceAccountName="mygw"))
    )
    assert f'error looking up service account {namespace}/mygw: serviceaccount "mygw" not found' in refused.stderr


RESTRICTED: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1001,
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture
def restricted(kubernetes: Kubernetes, namespace: str) -> str:
    levels = [f"pod-security.kubernetes.io/{mode}=restricted" for mode in ("enforce", "warn", "audit")]
    kubernetes.kubectl("label", "namespace", namespace, *levels)
    return namespace


@pytest.mark.parametrize(
    ("missing", "violation"),
    [
        ("allowPrivilegeEscalation", "allowPrivilegeEscalation != false"),
        ("capabilities", "unrestricted capabilities"),
        ("runAsNonRoot", "runAsNonRoot != true"),
        ("seccompProfile", "seccompProfile"),
    ],
)
def test_a_restricted_namespace_refuses_a_pod_and_warns_of_a_deployment(
    kubernetes: Kubernetes, restricted: str, missing: str, violation: str
) -> None:
    security = {key: value for key, value in RESTRICTED.items() if key != missing}
    declared = deployment(restricted, 0)
    declared["spec"]["template"]["spec"]["containers"][0]["securityContext"] = security
    warned = kubernetes.try_kubectl("apply", "-f", "-", text=json.dumps(declared))
    assert warned.returncode == 0
    assert warned.stderr.startswith('Warning: would violate PodSecurity "restricted:latest": ')
    assert violation in warned.stderr
    (refused,) = in_namespace(restricted, pod("example.com/program:1", container_securityContext=security))
    answer = kubernetes.try_kubectl("apply", "-f", "-", text=json.dumps(refused))
    assert 'is forbidden: violates PodSecurity "restricted:latest": ' in answer.stderr
    assert violation in answer.stderr


def test_a_restricted_namespace_admits_what_is_restricted_without_a_warning(
    kubernetes: Kubernetes, node: Node, restricted: str
) -> None:
    declared = deployment(restricted, 1)
    declared["spec"]["template"]["spec"]["containers"][0]["securityContext"] = RESTRICTED
    applied = kubernetes.try_kubectl("apply", "-f", "-", text=json.dumps(declared))
    assert (applied.returncode, applied.stderr) == (0, "")
    kubernetes.kubectl("rollout", "status", "deployment/mygw", "-n", restricted, "--timeout=60s")

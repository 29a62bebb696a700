"""What is on an object without anybody's doing."""

from typing import Any

import pytest

from ops.cluster.server_fields import is_nobodys

CONTAINER = ("spec", "template", "spec", "containers", 0)


@pytest.mark.parametrize(
    ("steps", "value", "beside"),
    [
        (("status", "replicas"), 3, {}),
        (("metadata", "uid"), "x", {}),
        (("metadata", "finalizers", 0), "service.kubernetes.io/load-balancer-cleanup", {}),
        (("metadata", "annotations", "deployment.kubernetes.io/revision"), "4", {}),
        (("metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"), "{}", {}),
        (("spec", "template", "metadata", "annotations", "kubectl.kubernetes.io/restartedAt"), "now", {}),
        (("metadata", "annotations", "meta.helm.sh/release-name"), "mygw", {}),
        (("metadata", "labels", "app.kubernetes.io/managed-by"), "Helm", {}),
        (("spec", "clusterIP"), "10.0.0.1", {}),
        (("spec", "ports", 1, "nodePort"), 30001, {}),
        (("spec", "ports", 1, "targetPort"), 80, {"port": 80, "targetPort": 80}),
        (("spec", "template", "spec", "serviceAccount"), "x", {"serviceAccountName": "x"}),
        ((*CONTAINER, "imagePullPolicy"), "IfNotPresent", {"image": "registry:5000/gateway:2.11.0"}),
        ((*CONTAINER, "imagePullPolicy"), "IfNotPresent", {"image": "gateway@sha256:00"}),
        ((*CONTAINER, "imagePullPolicy"), "Always", {"image": "registry:5000/gateway"}),
        ((*CONTAINER, "readinessProbe", "timeoutSeconds"), 1, {}),
        # Of a ServiceAccount, before Kubernetes 1.24 and on OpenShift.
        (("secrets",), [{"name": "mygw-token-x7k2p"}, {"name": "mygw-dockercfg-b4qz9"}], {}),
        (("imagePullSecrets", 0), {"name": "mygw-dockercfg-b4qz9"}, {}),
    ],
)
def test_nobodys(steps: tuple[str | int, ...], value: Any, beside: dict[str, Any]) -> None:
    assert is_nobodys(steps, value, beside)


@pytest.mark.parametrize(
    ("steps", "value", "beside"),
    [
        (("metadata", "finalizers", 0), "contoso.example/mine", {}),
        (("metadata", "annotations", "service.beta.kubernetes.io/azure-load-balancer-internal"), "true", {}),
        (("metadata", "labels", "app.kubernetes.io/managed-by"), "contoso", {}),
        (("metadata", "labels", "kubectl.kubernetes.io/restartedAt"), "now", {}),
        (("data", "status"), "x", {}),
        (("spec", "replicas"), 4, {}),
        (("spec", "sessionAffinity"), "ClientIP", {}),
        (("spec", "loadBalancerSourceRanges"), ["192.0.2.0/24"], {}),
        (("spec", "ports", 1, "targetPort"), 81, {"port": 80}),
        ((*CONTAINER, "imagePullPolicy"), "Always", {"image": "gateway:2.11.0"}),
        ((*CONTAINER, "securityContext", "privileged"), True, {}),
        (("immutable",), True, {}),
        (("imagePullSecrets", 0), {"name": "contoso-registry"}, {}),
        (("secrets",), [{"name": "mygw-token-x7k2p"}, {"name": "contoso"}], {}),
        (("spec", "template", "spec", "imagePullSecrets", 0), {"name": "mygw-dockercfg-b4qz9"}, {}),
    ],
)
def test_somebodys(steps: tuple[str | int, ...], value: Any, beside: dict[str, Any]) -> None:
    assert not is_nobodys(steps, value, beside)

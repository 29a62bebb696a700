"""Security contexts, as far as the node checks them."""

from typing import Any

import pytest

from sandbox.node.environment import ConfigurationError
from sandbox.node.security import verify_non_root

from ..conftest import Node
from ..control_plane import Kubernetes
from ..gateway.azure import Azure
from .objects import in_namespace, is_ready, pod, state, waits
from .test_gateway import article

WHERE = '(pod: "mygw_default(1)", container: main)'


@pytest.mark.parametrize(
    ("pod_security", "security", "user", "refusal"),
    [
        ({}, {}, "", None),
        ({}, {"runAsNonRoot": True, "runAsUser": 1001}, "", None),
        ({"runAsNonRoot": True}, {"runAsUser": 1001}, "somebody", None),
        ({"runAsNonRoot": True}, {}, "1001", None),
        ({"runAsNonRoot": True}, {"runAsNonRoot": False}, "", None),
        ({}, {"runAsNonRoot": True}, "", f"container has runAsNonRoot and image will run as root {WHERE}"),
        ({}, {"runAsNonRoot": True}, "0", f"container has runAsNonRoot and image will run as root {WHERE}"),
        (
            {"runAsUser": 0},
            {"runAsNonRoot": True},
            "1001",
            f"container's runAsUser breaks non-root policy {WHERE}",
        ),
        (
            {"runAsNonRoot": True},
            {},
            "somebody",
            "container has runAsNonRoot and image has non-numeric user (somebody), cannot verify user is non-root "
            f"{WHERE}",
        ),
    ],
)
def test_a_container_that_must_not_run_as_root_is_checked(
    pod_security: dict[str, Any], security: dict[str, Any], user: str, refusal: str | None
) -> None:
    container = {"name": "main", "securityContext": security}
    if refusal is None:
        verify_non_root(pod_security, container, user, "mygw_default(1)")
        return
    with pytest.raises(ConfigurationError) as refused:
        verify_non_root(pod_security, container, user, "mygw_default(1)")
    assert str(refused.value) == refusal


def test_a_container_that_would_run_as_root_is_not_created(kubernetes: Kubernetes, node: Node, namespace: str) -> None:
    objects = [
        pod("example.com/program:1", "root", container_securityContext={"runAsNonRoot": True}),
        pod("example.com/program:1", "user", securityContext={"runAsNonRoot": True, "runAsUser": 1001}),
    ]
    kubernetes.apply(*in_namespace(namespace, *objects))
    found = kubernetes.await_pod(namespace, "root", waits("CreateContainerConfigError"))
    message = state(found)["waiting"]["message"]
    assert message.startswith('container has runAsNonRoot and image will run as root (pod: "root_')
    assert message.endswith("container: main)")
    kubernetes.await_event(namespace, "Failed", f"Error: {message}")
    kubernetes.await_pod(namespace, "user", is_ready)


def test_the_gateway_does_not_run_on_a_root_that_it_cannot_write(
    kubernetes: Kubernetes, node: Node, azure: Azure, namespace: str
) -> None:
    text = article().replace(
        "        envFrom:", "        securityContext:\n          readOnlyRootFilesystem: true\n        envFrom:"
    )
    kubernetes.kubectl("apply", "-n", namespace, "-f", "-", text=text)
    kubernetes.await_event(namespace, "BackOff", "Back-off restarting failed container mygw")
    found = kubernetes.await_pods(namespace, "app=mygw", lambda pod: pod["status"]["containerStatuses"][0]["lastState"])
    log = kubernetes.kubectl("logs", found["metadata"]["name"], "--previous", "-n", namespace)
    assert "Read-only file system: '/etc/ssl/certs/ca-certificates.crt'" in log

"""A cluster with the sandbox's node, once for all tests; a namespace for each."""

import contextlib
import json
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from . import control_plane
from .control_plane import Kubernetes
from .processes import ended, free_port, start

IMAGES = Path(__file__).with_name("images.yaml")
BACK_OFF_SECONDS = "0.5"


@dataclass
class Node:
    """The node's command line and state."""

    kubernetes: Kubernetes
    state: Path
    command: list[str | Path]

    @contextlib.contextmanager
    def running(self) -> Iterator[Any]:
        """Runs it; yields its process."""
        with ended(start(self.command, self.state.with_suffix(".log"))) as process:
            yield process

    def address(self, namespace: str, service: str, port: int) -> str:
        """Where the load balancer publishes a port of a Service."""
        self.kubernetes.await_event(namespace, "EnsuredLoadBalancer", f"port {port} is published")
        for entry in json.loads((self.state / "load-balancer.json").read_text()):
            if (entry["namespace"], entry["service"], entry["port"]) == (namespace, service, port):
                return entry["address"]
        raise AssertionError(f"port {port} of {service} is not published")


@pytest.fixture(scope="session")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with control_plane.run(tmp_path_factory.mktemp("control-plane")) as kubernetes:
        yield kubernetes


@pytest.fixture(scope="session")
def node_command(kubernetes: Kubernetes, tmp_path_factory: pytest.TempPathFactory) -> Node:
    """The node, not running."""
    folder = tmp_path_factory.mktemp("node")
    trusted = folder / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(trusted))
    network = folder / "network.json"
    resolve = {"login.microsoftonline.com": "127.0.0.1:1"}
    network.write_text(json.dumps({"resolve": resolve, "trustedCertificates": str(trusted)}))
    certificates = kubernetes.cluster.certificates
    state = folder / "state"
    command: list[str | Path] = [sys.executable, "-m", "sandbox.node"]
    command += ["--kubeconfig", kubernetes.cluster.kubeconfig("node")]
    command += ["--state", state, "--kubelet-port", str(free_port()), "--network", network, "--images", IMAGES]
    command += ["--tls-cert", certificates / "kubelet.pem", "--tls-key", certificates / "kubelet-key.pem"]
    command += ["--client-ca", certificates / "ca.pem", "--back-off-seconds", BACK_OFF_SECONDS]
    return Node(kubernetes, state, command)


@pytest.fixture(scope="session")
def node(node_command: Node) -> Iterator[Node]:
    """The node, running and Ready."""
    with node_command.running():
        node_command.kubernetes.kubectl("wait", "--for=create", "node/sandbox", "--timeout=60s")
        node_command.kubernetes.kubectl("wait", "--for=condition=Ready", "node/sandbox", "--timeout=60s")
        yield node_command


@pytest.fixture
def namespace(kubernetes: Kubernetes) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubernetes.kubectl("create", "namespace", name)
    kubernetes.kubectl("wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=30s")
    yield name
    kubernetes.kubectl("delete", "namespace", name, "--wait=false")

"""What conformance tests share: one emulated Azure, one cluster with the sandbox's node; a fresh start for each test."""

import asyncio
import contextlib
import json
import sys
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from sandbox.loopback_ports import free_port

from . import control_plane
from .azure.emulator import Emulator
from .control_plane import Kubernetes
from .gateway import azure as fake
from .processes import REPOSITORY, Restartable

IMAGES = Path(__file__).parent / "node" / "images.yaml"
RELEASED_IMAGES = REPOSITORY / "sandbox/node/images.yaml"
NAMES = ("login.microsoftonline.com", "*.configuration.azure-api.net")


@dataclass
class Node:
    """The node's process and state."""

    kubernetes: Kubernetes
    state: Path
    process: Restartable

    def address(self, namespace: str, service: str, port: int = 80) -> str:
        """Where the load balancer publishes a port of a Service."""
        self.kubernetes.await_event(namespace, "EnsuredLoadBalancer", f"port {port} is published")
        for entry in json.loads((self.state / "load-balancer.json").read_text()):
            if (entry["namespace"], entry["service"], entry["port"]) == (namespace, service, port):
                return entry["address"]
        raise AssertionError(f"port {port} of {service} is not published")

    @contextlib.contextmanager
    def away(self, *, kill: bool) -> Iterator[None]:
        """Ends the node for the block; its next one runs after it."""
        self.process.stop(kill=kill)
        try:
            yield
        finally:
            self.process.start()

    def root(self, pod: dict) -> Path:
        """The root folder of a pod's container `main`."""
        return self.state / "pods" / pod["metadata"]["uid"] / "containers" / "main" / "root"

    def processes(self, pod: dict) -> list[psutil.Process]:
        """The processes whose command line names the pod's root folder: the container's, and who watches over it."""
        everything = psutil.process_iter(["cmdline"])
        return [each for each in everything if str(self.root(pod)) in " ".join(each.info["cmdline"] or [])]


@pytest.fixture(scope="package")
def kubernetes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubernetes]:
    with control_plane.run(tmp_path_factory.mktemp("control-plane")) as kubernetes:
        yield kubernetes


@pytest.fixture(scope="package")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[fake.Azure]:
    """What gateways call, served by a thread of its own."""
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    folder = tmp_path_factory.mktemp("azure")
    up = threading.Event()
    served: list[fake.Azure] = []

    async def serve() -> None:
        async with fake.serve(folder, NAMES) as azure:
            served.append(azure)
            up.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=[serve()])
    thread.start()
    assert up.wait(20)
    yield served[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()


@pytest.fixture(scope="package")
def node(kubernetes: Kubernetes, azure: fake.Azure, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """The node, running and Ready."""
    folder = tmp_path_factory.mktemp("node")
    trusted = folder / "ca.pem"
    azure.ca.cert_pem.write_to_path(str(trusted))
    network, images = folder / "network.json", folder / "images.yaml"
    resolve = dict.fromkeys(NAMES, f"127.0.0.1:{azure.port}")
    network.write_text(json.dumps({"resolve": resolve, "trustedCertificates": str(trusted)}))
    images.write_text(IMAGES.read_text() + RELEASED_IMAGES.read_text())
    certificates, state = kubernetes.cluster.certificates, folder / "state"
    command: list[str | Path] = [sys.executable, "-m", "sandbox.node"]
    command += ["--kubeconfig", kubernetes.cluster.kubeconfig("node"), "--state", state]
    command += ["--kubelet-port", str(free_port()), "--network", network, "--images", images]
    command += ["--tls-cert", certificates / "kubelet.pem", "--tls-key", certificates / "kubelet-key.pem"]
    command += ["--client-ca", certificates / "ca.pem"]
    process = Restartable(command, folder / "node.log")
    process.start()
    try:
        kubernetes.kubectl("wait", "--for=create", "node/sandbox", "--timeout=60s")
        kubernetes.kubectl("wait", "--for=condition=Ready", "node/sandbox", "--timeout=60s")
        yield Node(kubernetes, state, process)
    finally:
        process.stop()


@pytest.fixture
def namespace(kubernetes: Kubernetes) -> Iterator[str]:
    name = f"test-{uuid.uuid4().hex[:8]}"
    kubernetes.kubectl("create", "namespace", name)
    kubernetes.kubectl("wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=30s")
    yield name
    kubernetes.kubectl("delete", "namespace", name, "--wait=false")


@pytest.fixture(scope="package")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The process."""
    emulator = Emulator(tmp_path_factory.mktemp("emulator") / "azure", free_port())
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """The process, with Azure as it was seeded."""
    running_emulator.reset()
    return running_emulator

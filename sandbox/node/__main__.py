"""The node's entry point: `python -m sandbox.node`; see `--help`."""

import asyncio
import contextlib
import logging
import shutil
import signal
from collections.abc import Generator
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from .cluster import Cluster
from .cluster_dns import ClusterDns
from .endpoints import Endpoints
from .events import Events
from .images import Images
from .kubelet_api import KubeletApi
from .load_balancer import LoadBalancer
from .pod import NodeParts
from .pod_network import PodNetwork
from .pods import Pods
from .published_ports import PublishedPorts
from .registration import Registration

_log = logging.getLogger(__name__)

KUBELET_VERSION = "v1.37.2"
IMAGES = Path(__file__).with_name("images.yaml")


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        yield


def main(
    kubeconfig: Annotated[Path, typer.Option(help="The node's credentials: user system:node:sandbox.")],
    state: Annotated[Path, typer.Option(help="Folder for pods and load-balancer.json.")],
    kubelet_port: Annotated[int, typer.Option(help="Loopback port of the kubelet's API.")],
    tls_cert: Annotated[Path, typer.Option(help="Certificate of the kubelet's API.")],
    tls_key: Annotated[Path, typer.Option(help="Its key.")],
    client_ca: Annotated[Path, typer.Option(help="The authority of its clients' certificates.")],
    network: Annotated[Path, typer.Option(help="What pods resolve and trust: see sandbox/README.md.")],
    images: Annotated[Path, typer.Option(help="The images there are.")] = IMAGES,
) -> None:
    """Plays the cluster's Node: kubelet, cluster DNS, image trust store, load balancer."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    for library in ("uvicorn", "httpx"):
        logging.getLogger(library).setLevel(logging.WARNING)
    temporary = state / "credentials"
    shutil.rmtree(temporary, ignore_errors=True)  # keys that a node which was killed could not remove
    for folder in (state, temporary, state / "pods"):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(
        _run(
            kubeconfig=kubeconfig,
            state=state,
            kubelet={"port": kubelet_port, "certificate": tls_cert, "key": tls_key, "client_ca": client_ca},
            network_file=network.absolute(),
            images=Images(images),
        )
    )


async def _run(
    *,
    kubeconfig: Path,
    state: Path,
    kubelet: dict,
    network_file: Path,
    images: Images,
) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with Cluster.connect(kubeconfig, state / "credentials") as cluster:
        events = Events(cluster, "kubelet")
        service_events = Events(cluster, "service-controller")
        published = PublishedPorts(state / "load-balancer.json")
        pod_network = PodNetwork(published)
        dns = ClusterDns((state / "cluster-dns.json").absolute())
        pods = Pods(
            NodeParts(
                cluster=cluster,
                events=events,
                images=images,
                network=pod_network,
                network_file=network_file,
                cluster_dns=dns.file,
                folder=(state / "pods").absolute(),
                claims=(state / "volumes").absolute(),
            )
        )
        endpoints = Endpoints(pod_network)
        balancer = LoadBalancer(cluster, service_events, pod_network, published, endpoints, dns)
        server = _Server(KubeletApi(pods).server(**kubelet))
        parts = [
            Registration(cluster, kubelet_port=kubelet["port"], version=KUBELET_VERSION).run(),
            events.run(),
            service_events.run(),
            pods.run(),
            balancer.run(),
            server.serve(),
            stopped.wait(),
        ]
        tasks = [asyncio.create_task(part) for part in parts]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            # As a machine that is switched off: the pods' processes end with the node.
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await pods.power_off()
        for task in done:
            task.result()


if __name__ == "__main__":
    typer.run(main)

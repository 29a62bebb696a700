"""The sandbox's parts: how each is started, and how one sees that it is ready."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import certifi
import httpx
import tenacity

from ..control_plane.cluster import Cluster, Ports
from ..language_host.install import install as install_language_host
from ..plugin_sources import SourceError, released_wanted
from ..plugins.install import install as install_plugins
from ..toolchain.tools import Toolchain
from ..waits import time_scale
from . import azure_control, processes
from .home import CHECKOUT, STARTED_WITH_FEWER_IDENTITIES, Home, SandboxError

NODE_NAME = "sandbox"
PRIVATE_ADDRESS = "10.1.0.4"
"""Where a pod reaches Azure by an address alone, as a private instance is reached: for `hostAliases`."""
_READY_WITHIN_SECONDS = 120
_STOP_WITHIN_SECONDS = 15


@dataclass(frozen=True)
class Part:
    """One process of the sandbox."""

    name: str
    address: str
    command: Callable[[], Sequence[str]]
    ready: Callable[[], bool]


class Parts:
    """All parts of one sandbox."""

    def __init__(self, home: Home, toolchain: Toolchain) -> None:
        self._home = home
        self._toolchain = toolchain
        ports = home.ports()
        self._ports = ports
        self.engine = toolchain.engine
        self.cluster = Cluster(
            home.kubernetes,
            toolchain.kubernetes,
            toolchain.etcd,
            Ports(
                ports["etcd"],
                ports["etcd_peer"],
                ports["api_server"],
                ports["controller_manager"],
                ports["scheduler"],
            ),
        )
        cluster, python = self.cluster, sys.executable
        # In the order in which they need each other; stopped in the reverse one.
        self.azure = Part(
            "azure",
            f"https://localhost:{ports['azure']}",
            lambda: [python, "-m", "sandbox.azure", "--state", str(home.azure), "--port", str(ports["azure"])],
            lambda: azure_control.healthy(home),
        )
        self.etcd = Part("etcd", f"https://127.0.0.1:{ports['etcd']}", cluster.etcd, lambda: True)
        self.api_server = Part("kube-apiserver", cluster.address, cluster.api_server, cluster.api_server_ready)
        self.controller_manager = Part(
            "kube-controller-manager",
            f"https://127.0.0.1:{ports['controller_manager']}",
            cluster.controller_manager,
            lambda: cluster.component_ready(ports["controller_manager"]),
        )
        self.scheduler = Part(
            "kube-scheduler",
            f"https://127.0.0.1:{ports['scheduler']}",
            cluster.scheduler,
            lambda: cluster.component_ready(ports["scheduler"]),
        )
        self.node = Part("node", f"https://127.0.0.1:{ports['kubelet']}", self._node_command, self._node_ready)
        self.all = (self.azure, self.etcd, self.api_server, self.controller_manager, self.scheduler, self.node)

    def start(self, progress: Callable[[str], None]) -> None:
        """Start what does not run, and wait until each part is ready.

        Raises:
            SandboxError: a part does not get ready; its log's end is in the message. What was started is stopped. Or
            SANDBOX_TIME_SCALE is none.
        """
        started: list[Part] = []
        _check_time_scale()
        try:
            self._install()
            self._prepare_cluster()
            progress("starting Azure and the API server")
            for part in (self.azure, self.etcd, self.api_server):
                self._start(part, started)
            self._wait(self.azure)
            self._write_trust()
            self._wait(self.api_server)
            progress("starting the controllers and the node")
            self._grant_access()
            for part in (self.controller_manager, self.scheduler, self.node):
                self._start(part, started)
            for part in (self.controller_manager, self.scheduler, self.node):
                self._wait(part)
        except BaseException:
            for part in reversed(started):
                processes.stop(self._home, part.name, _STOP_WITHIN_SECONDS)
            raise

    def stop(self) -> list[str]:
        """Stop every part that runs; their names. The API server goes before etcd, or it hangs."""
        return [part.name for part in reversed(self.all) if processes.stop(self._home, part.name, _STOP_WITHIN_SECONDS)]

    def health(self, part: Part) -> str:
        """`ready`, `not ready` or `stopped`."""
        if processes.running(self._home, part.name) is None:
            return "stopped"
        return "ready" if part.ready() else "not ready"

    def _start(self, part: Part, started: list[Part]) -> None:
        if processes.running(self._home, part.name) is None:
            processes.start(self._home, part.name, part.command())
            started.append(part)

    def _wait(self, part: Part) -> None:
        def ready() -> bool:
            if processes.running(self._home, part.name) is None:
                raise self._failure(part, "ended")
            return part.ready()

        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_result(lambda result: not result),
            stop=tenacity.stop_after_delay(_READY_WITHIN_SECONDS),
            wait=tenacity.wait_fixed(0.1),
        )
        try:
            retrying(ready)
        except tenacity.RetryError:
            raise self._failure(part, f"was not ready within {_READY_WITHIN_SECONDS} s") from None

    def _failure(self, part: Part, what: str) -> SandboxError:
        log = self._home.log(part.name)
        return SandboxError(
            f"{part.name} ({part.address}) {what}. The end of {log}:\n{processes.last_lines(log)}\n"
            "If its port is taken by another program, `.venv/bin/python -m sandbox reset` chooses others."
        )

    def _install(self) -> None:
        """The plugins and, for an engine that was built, the language host."""
        home = self._home.pulumi_home
        python = CHECKOUT / ".venv" / "bin" / "python"
        try:
            if not released_wanted():
                install_plugins(home, python)
            if self._toolchain.engine_was_built:
                install_language_host(home, python)
        except SourceError as error:
            raise SandboxError(str(error)) from None

    def _write_trust(self) -> None:
        authority = (self._home.azure / "ca.pem").read_bytes()
        with Path(certifi.where()).open("rb") as public, self._home.ca_bundle.open("wb") as bundle:
            shutil.copyfileobj(public, bundle)
            bundle.write(b"\n" + authority)
        azure = f"127.0.0.1:{self._ports['azure']}"
        names = (
            "login.microsoftonline.com",
            "login.microsoftonline.us",
            "login.partner.microsoftonline.cn",
            "*.configuration.azure-api.net",
            "*.configuration.azure-api.us",
            "*.configuration.azure-api.cn",
        )
        network = {
            "resolve": dict.fromkeys(names, azure),
            "addresses": {PRIVATE_ADDRESS: azure},
            "trustedCertificates": str(self._home.azure / "ca.pem"),
        }
        self._home.network.write_text(json.dumps(network, indent=2))

    def _prepare_cluster(self) -> None:
        try:
            self.cluster.prepare()
        except FileNotFoundError:
            # Made once, the certificates are kept: those of a later version's identities are not among them.
            raise SandboxError(STARTED_WITH_FEWER_IDENTITIES) from None

    def _grant_access(self) -> None:
        try:
            self.cluster.grant_access()
        except subprocess.CalledProcessError as error:
            raise SandboxError(f"granting access to the cluster failed: {error.stderr.strip()}") from None

    def _node_command(self) -> Sequence[str]:
        certificates = self.cluster.certificates
        return [
            sys.executable,
            "-m",
            "sandbox.node",
            f"--kubeconfig={self.cluster.kubeconfig('node')}",
            f"--state={self._home.node}",
            f"--kubelet-port={self._ports['kubelet']}",
            f"--tls-cert={certificates / 'kubelet.pem'}",
            f"--tls-key={certificates / 'kubelet-key.pem'}",
            f"--client-ca={certificates / 'ca.pem'}",
            f"--network={self._home.network}",
        ]

    def _node_ready(self) -> bool:
        try:
            with httpx.Client(verify=self.cluster.tls(), trust_env=False, timeout=5) as client:
                answer = client.get(f"{self.cluster.address}/api/v1/nodes/{NODE_NAME}")
        except httpx.HTTPError:
            return False
        conditions = answer.json().get("status", {}).get("conditions", []) if answer.status_code == 200 else []
        return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def _check_time_scale() -> None:
    try:
        time_scale()
    except ValueError as error:
        raise SandboxError(str(error)) from None

"""The cluster's parts: what each is started with, and how one sees that it is ready."""

import base64
import json
import os
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx

from .certificates import make_certificates

CONTEXT = "sandbox"
_ACCESS = Path(__file__).with_name("access.yaml")
# What people are told to grant, and nothing else.
_DOCUMENTED_ROLES = Path(__file__).parents[2] / "docs" / "roles" / "kubernetes.yaml"


@dataclass(frozen=True)
class Ports:
    """Loopback ports, one a server."""

    etcd: int
    etcd_peer: int
    api_server: int
    controller_manager: int
    scheduler: int


@dataclass(frozen=True)
class Cluster:
    """One control plane in a folder of its own."""

    state: Path
    binaries: Path
    """Folder of the Kubernetes programs."""
    etcd_binaries: Path
    """Folder of etcd."""
    ports: Ports

    @property
    def certificates(self) -> Path:
        """Folder of the certificates and keys."""
        return self.state / "certificates"

    @property
    def address(self) -> str:
        """Address of the API server."""
        return f"https://127.0.0.1:{self.ports.api_server}"

    def kubeconfig(self, client: str) -> Path:
        """The kubeconfig of one of the clients in `certificates.CLIENTS`; 0600."""
        return self.state / f"{client}.kubeconfig"

    def prepare(self) -> None:
        """Make certificates and kubeconfigs."""
        make_certificates(self.certificates)
        for client in ("admin", "deployer", "reader", "node", "kube-controller-manager", "kube-scheduler"):
            self._write_kubeconfig(client)

    def etcd(self) -> list[str]:
        """The command that starts etcd."""
        client, peer = f"https://127.0.0.1:{self.ports.etcd}", f"http://127.0.0.1:{self.ports.etcd_peer}"
        return [
            str(self.etcd_binaries / "etcd"),
            f"--data-dir={self.state / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            f"--cert-file={self._certificate('etcd')}",
            f"--key-file={self._key('etcd')}",
            f"--trusted-ca-file={self.certificates / 'ca.pem'}",
            "--client-cert-auth",
            "--unsafe-no-fsync",  # a machine that loses power loses its sandbox, and nothing else
            "--logger=zap",
            "--log-level=warn",
        ]

    def api_server(self) -> list[str]:
        """The command that starts kube-apiserver."""
        return [
            str(self.binaries / "kube-apiserver"),
            "--bind-address=127.0.0.1",
            f"--secure-port={self.ports.api_server}",
            "--endpoint-reconciler-type=none",  # its own address is loopback, which no endpoint may have
            f"--etcd-servers=https://127.0.0.1:{self.ports.etcd}",
            f"--etcd-cafile={self.certificates / 'ca.pem'}",
            f"--etcd-certfile={self._certificate('apiserver-etcd-client')}",
            f"--etcd-keyfile={self._key('apiserver-etcd-client')}",
            f"--tls-cert-file={self._certificate('kube-apiserver')}",
            f"--tls-private-key-file={self._key('kube-apiserver')}",
            f"--client-ca-file={self.certificates / 'ca.pem'}",
            "--allow-privileged",  # as clusters do: what keeps such pods out is pod security
            "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={self.certificates / 'service-account-key.pem'}",
            f"--service-account-signing-key-file={self.certificates / 'service-account-key.pem'}",
            f"--kubelet-certificate-authority={self.certificates / 'ca.pem'}",
            f"--kubelet-client-certificate={self._certificate('apiserver-kubelet-client')}",
            f"--kubelet-client-key={self._key('apiserver-kubelet-client')}",
            "--kubelet-preferred-address-types=InternalIP",
            "--profiling=false",
            "--shutdown-delay-duration=0s",
            "--v=0",
        ]

    def controller_manager(self) -> list[str]:
        """The command that starts kube-controller-manager."""
        return [
            str(self.binaries / "kube-controller-manager"),
            "--bind-address=127.0.0.1",
            f"--secure-port={self.ports.controller_manager}",
            *self._component("kube-controller-manager"),
            f"--service-account-private-key-file={self.certificates / 'service-account-key.pem'}",
            f"--root-ca-file={self.certificates / 'ca.pem'}",
            # each controller with rights of its own: those of the whole are not enough for any of them
            "--use-service-account-credentials=true",
            "--leader-elect=false",
            "--profiling=false",
            "--v=0",
        ]

    def scheduler(self) -> list[str]:
        """The command that starts kube-scheduler."""
        return [
            str(self.binaries / "kube-scheduler"),
            "--bind-address=127.0.0.1",
            f"--secure-port={self.ports.scheduler}",
            *self._component("kube-scheduler"),
            "--leader-elect=false",
            "--profiling=false",
            "--v=0",
        ]

    def api_server_ready(self) -> bool:
        """Whether the API server answers that it is ready."""
        try:
            with httpx.Client(verify=self.tls(), trust_env=False, timeout=5) as client:
                return client.get(f"{self.address}/readyz").status_code == 200
        except httpx.HTTPError:
            return False

    def component_ready(self, port: int) -> bool:
        """Whether the controller manager or the scheduler answers that it is healthy."""
        try:
            # Its certificate is made anew at each start, for nobody but this question.
            with httpx.Client(verify=False, trust_env=False, timeout=5) as client:  # noqa: S501
                return client.get(f"https://127.0.0.1:{port}/healthz").status_code == 200
        except httpx.HTTPError:
            return False

    def tls(self) -> ssl.SSLContext:
        """TLS as the administrator."""
        context = ssl.create_default_context(cafile=str(self.certificates / "ca.pem"))
        context.load_cert_chain(self._certificate("admin"), self._key("admin"))
        return context

    def grant_access(self) -> None:
        """Apply the roles of everybody but the administrator.

        Raises:
            subprocess.CalledProcessError: kubectl's own message is in its `stderr`.
        """
        kubectl = [self.binaries / "kubectl", "--kubeconfig", self.kubeconfig("admin")]
        subprocess.run(
            [*kubectl, "apply", "-f", _DOCUMENTED_ROLES, "-f", _ACCESS], check=True, capture_output=True, text=True
        )

    def _component(self, name: str) -> list[str]:
        kubeconfig = self.kubeconfig(name)
        return [
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
        ]

    def _certificate(self, name: str) -> str:
        return str(self.certificates / f"{name}.pem")

    def _key(self, name: str) -> str:
        return str(self.certificates / f"{name}-key.pem")

    def _write_kubeconfig(self, client: str) -> None:
        def content(path: str | Path) -> str:
            return base64.b64encode(Path(path).read_bytes()).decode()

        cluster = {"server": self.address, "certificate-authority-data": content(self.certificates / "ca.pem")}
        user = {
            "client-certificate-data": content(self._certificate(client)),
            "client-key-data": content(self._key(client)),
        }
        document = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": CONTEXT,
            "clusters": [{"name": CONTEXT, "cluster": cluster}],
            "users": [{"name": client, "user": user}],
            "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": client, "namespace": "default"}}],
        }
        path = self.kubeconfig(client)
        path.unlink(missing_ok=True)
        # JSON is YAML.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(document, file, indent=2)

"""One certificate authority for the cluster, and a certificate for each of its servers and clients."""

import os
from pathlib import Path

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

SERVERS = ("kube-apiserver", "etcd", "kubelet")
# Client -> (user name, group), as Kubernetes reads them from a certificate's subject.
CLIENTS = {
    "admin": ("admin", "system:masters"),
    "deployer": ("deployer", "sandbox:deployers"),
    "reader": ("reader", "sandbox:readers"),
    "node": ("system:node:sandbox", "system:nodes"),
    "kube-controller-manager": ("system:kube-controller-manager", "sandbox:components"),
    "kube-scheduler": ("system:kube-scheduler", "sandbox:components"),
    "apiserver-kubelet-client": ("kube-apiserver", "sandbox:components"),
    "apiserver-etcd-client": ("kube-apiserver-etcd-client", "sandbox:components"),
}


def make_certificates(folder: Path) -> None:
    """Make all that are missing: `ca.pem`, `<name>.pem` and `<name>-key.pem` each, and the service accounts' key."""
    if (folder / "complete").exists():
        return
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ca = trustme.CA(organization_name="Self-hosted gateway sandbox", organization_unit_name="Kubernetes")
    (folder / "ca.pem").write_bytes(ca.cert_pem.bytes())
    for name in SERVERS:
        names = ("localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "sandbox")
        _write(folder, name, ca.issue_cert(*names))
    for name, (user, group) in CLIENTS.items():
        _write(folder, name, ca.issue_cert(f"{name}.client.sandbox", common_name=user, organization_name=group))
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    _write_private(
        folder / "service-account-key.pem",
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ),
    )
    (folder / "complete").touch()


def _write(folder: Path, name: str, certificate: trustme.LeafCert) -> None:
    (folder / f"{name}.pem").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    _write_private(folder / f"{name}-key.pem", certificate.private_key_pem.bytes())


def _write_private(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)

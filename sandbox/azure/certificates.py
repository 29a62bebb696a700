"""The emulator's own certificate authority and server certificate, kept in its state folder."""

import os
from pathlib import Path

import trustme
from cryptography import x509

# The names under which clients reach Azure: this machine's for tools, the real ones for pods, whose DNS the node plays.
SERVER_NAMES = (
    "localhost",
    "127.0.0.1",
    "management.azure.com",
    "graph.microsoft.com",
    "login.microsoftonline.com",
    "login.microsoftonline.us",
    "login.partner.microsoftonline.cn",
    "*.configuration.azure-api.net",
    "*.configuration.azure-api.us",
    "*.configuration.azure-api.cn",
    "token.actions.githubusercontent.com",
)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read, from its first byte on."""
    temporary = path.with_name(f"{path.name}.new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
    temporary.replace(path)


def server_certificate(state: Path) -> Path:
    """Make the authority and the server's certificate where there are none yet for all names; the file with key and chain."""
    server, authority = state / "server.pem", state / "ca.pem"
    if not (server.exists() and authority.exists() and set(SERVER_NAMES) <= _names(server)):
        ca = trustme.CA(organization_name="Self-hosted gateway sandbox", organization_unit_name="Emulated Azure")
        certificate = ca.issue_cert(*SERVER_NAMES)
        write_private(server, certificate.private_key_and_cert_chain_pem.bytes())
        authority.write_bytes(ca.cert_pem.bytes())
    return server


def _names(server: Path) -> set[str]:
    """The names that a certificate is for."""
    certificate = x509.load_pem_x509_certificates(server.read_bytes())[0]
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return {*names.get_values_for_type(x509.DNSName), *map(str, names.get_values_for_type(x509.IPAddress))}

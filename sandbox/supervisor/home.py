"""Where one sandbox keeps its state, and the ports it has chosen."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from ..loopback_ports import free_ports

CHECKOUT = Path(__file__).resolve().parents[2]
# What a folder has to hold before it is erased as a sandbox's.
_MARK = "ports.json"
STARTED_WITH_FEWER_IDENTITIES = (
    "this sandbox was started before it had all identities: .venv/bin/python -m sandbox reset"
)
_SERVERS = ("azure", "etcd", "etcd_peer", "api_server", "controller_manager", "scheduler", "kubelet")


class SandboxError(Exception):
    """What a person has to know: what is wrong, where, and what to do."""


@dataclass(frozen=True)
class Home:
    """The folder of one sandbox: `$SANDBOX_HOME`, or `.sandbox` of the checkout."""

    path: Path

    @classmethod
    def current(cls) -> "Home":
        """The one that the environment names."""
        return cls(Path(os.environ.get("SANDBOX_HOME") or CHECKOUT / ".sandbox").resolve())

    @property
    def azure(self) -> Path:
        """State of the emulator."""
        return self.path / "azure"

    @property
    def kubernetes(self) -> Path:
        """State of the control plane."""
        return self.path / "kubernetes"

    @property
    def node(self) -> Path:
        """State of the node."""
        return self.path / "node"

    @property
    def pulumi_home(self) -> Path:
        """PULUMI_HOME, with the plugins."""
        return self.path / "pulumi-home"

    @property
    def backend(self) -> Path:
        """The stacks' state."""
        return self.path / "backend"

    @property
    def temporary(self) -> Path:
        """What engine and plugins leave while they run."""
        return self.path / "temporary"

    @property
    def ca_bundle(self) -> Path:
        """Certificates that tools trust: the public ones and the emulator's."""
        return self.path / "ca-bundle.pem"

    @property
    def network(self) -> Path:
        """What pods resolve and trust."""
        return self.path / "network.json"

    def log(self, part: str) -> Path:
        """A part's log."""
        return self.path / "logs" / f"{part}.log"

    def pid(self, part: str) -> Path:
        """A part's pid file."""
        return self.path / "run" / f"{part}.pid"

    def create(self) -> None:
        """Make the folders."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in ("logs", "run", "backend", "azure", "kubernetes", "node", "temporary"):
            (self.path / folder).mkdir(mode=0o700, exist_ok=True)

    def ports(self) -> dict[str, int]:
        """The servers' ports: chosen once, because the engine records a server's address."""
        file = self.path / _MARK
        if not file.exists():
            try:
                ports = free_ports(len(_SERVERS))
            except OSError as error:
                raise SandboxError(str(error)) from None
            file.write_text(json.dumps(dict(zip(_SERVERS, ports, strict=True)), indent=2))
        return json.loads(file.read_text())

    def is_sandbox(self) -> bool:
        """Whether the folder is a sandbox's, and so may be erased."""
        return (self.path / _MARK).exists()

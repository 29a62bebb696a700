"""The loopback ports that stand for Services' ports: a Service that is made again has the one that it had."""

import json
from pathlib import Path

from ..loopback_ports import free_ports

LOOPBACK = "127.0.0.1"
Frontend = tuple[str, str, int]
"""Namespace, name and port of a Service."""


class PublishedPorts:
    """The ports, in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        entries = json.loads(file.read_text()) if file.exists() else []
        self._ports = {
            (entry["namespace"], entry["service"], entry["port"]): int(entry["address"].rpartition(":")[2])
            for entry in entries
        }
        self._served: set[Frontend] = {
            (entry["namespace"], entry["service"], entry["port"]) for entry in entries if entry.get("served")
        }

    def of(self, namespace: str, service: str, port: int) -> int:
        """The loopback port of a Service's port: the one it had before, else a free one."""
        key = (namespace, service, port)
        if key not in self._ports:
            (self._ports[key],) = free_ports(1, besides=self.kept())
            self._write()
        return self._ports[key]

    def serves(self, frontends: set[Frontend]) -> None:
        """Tell which Services' ports are listened for now."""
        if self._served != frontends:
            self._served = set(frontends)
            self._write()

    def kept(self) -> set[int]:
        """All of them, also those of Services that nothing listens for now."""
        return set(self._ports.values())

    def _write(self) -> None:
        entries = [
            {
                "namespace": namespace,
                "service": service,
                "port": port,
                "protocol": "TCP",
                "address": f"{LOOPBACK}:{at}",
                "served": (namespace, service, port) in self._served,
            }
            for (namespace, service, port), at in sorted(self._ports.items())
        ]
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(entries, indent=2) + "\n")
        new.replace(self._file)

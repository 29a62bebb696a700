"""What names mean to the container: its `/etc/hosts`, and the DNS servers of its `/etc/resolv.conf`.

`network.json` says which servers there are and what they know. A server that is not there gives no answer.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PUBLIC = "public"
"""A server that knows public names."""
CLUSTER = "cluster"
"""One that knows the cluster's names as well."""

_CLUSTER_DOMAIN = ".cluster.local"
_DEFAULT_DOTS = 1


class Resolver:
    """Looks up names."""

    def __init__(self, root: Path, document: dict[str, Any]) -> None:
        """Reads the container's files.

        Args:
            root: the container's root folder.
            document: its `network.json`.

        Raises:
            OSError: a file cannot be read.
        """
        self._public = {name.lower(): str(address) for name, address in document["resolve"].items()}
        self._zone = Path(document["clusterDns"]) if "clusterDns" in document else None
        self._hosts = dict(_hosts(root / "etc/hosts"))
        servers: list[str] = []
        self._searches: list[str] = []
        self._dots = _DEFAULT_DOTS
        file = root / "etc/resolv.conf"
        for line in file.read_text().splitlines() if file.exists() else []:
            keyword, *words = line.split() or [""]
            if keyword == "nameserver":
                servers += words[:1]
            elif keyword == "search":
                self._searches = words
            elif keyword == "options":
                given = [word.removeprefix("ndots:") for word in words if word.startswith("ndots:")]
                self._dots = int(given[-1]) if given else self._dots
        known = document.get("nameServers") or {}
        answering = [known[server] for server in servers if server in known]
        # Nothing is read of a container that has no such file: a test's.
        self._server = next(iter(answering), None) if file.exists() else PUBLIC

    def look_up(self, name: str) -> tuple[str, ...] | None:
        """The addresses of a name: of a public one where it is published, `IP:port`, otherwise IPs. None where it does
        not exist, or nobody answers.
        """
        wanted = name.lower()
        if wanted in self._hosts:
            return (self._hosts[wanted],)
        for candidate in self._candidates(wanted):
            found = self._ask(candidate)
            if found is not None:
                return found
        return None

    def service_at(self, address: str) -> str | None:
        """The name of the Service whose own address that is; None for a pod's."""
        return self._read_zone()["reverse"].get(address)

    def _candidates(self, name: str) -> Iterator[str]:
        if name.endswith("."):
            yield name.rstrip(".")
            return
        absolute_first = name.count(".") >= self._dots
        if absolute_first:
            yield name
        for search in self._searches:
            yield f"{name}.{search.rstrip('.')}"
        if not absolute_first:
            yield name

    def _ask(self, name: str) -> tuple[str, ...] | None:
        if self._server == CLUSTER and name.endswith(_CLUSTER_DOMAIN):
            addresses = self._read_zone()["names"].get(name)
            return None if addresses is None else tuple(addresses)
        if self._server is None:
            return None
        # A wildcard covers one label.
        address = self._public.get(name) or self._public.get(f"*.{name.partition('.')[2]}")
        return None if address is None else (address,)

    def _read_zone(self) -> dict[str, Any]:
        if self._zone is None or not self._zone.exists():
            return {"names": {}, "reverse": {}}
        return json.loads(self._zone.read_text())


def _hosts(file: Path) -> Iterator[tuple[str, str]]:
    """Names and addresses; of a name that is there twice, the first counts."""
    lines = file.read_text().splitlines() if file.exists() else []
    for line in reversed(lines):
        address, *names = line.partition("#")[0].split() or [""]
        for name in names:
            yield name.lower(), address

"""The released plugin's schema, as the pinned SDK's argument classes know it: names and types of a resource's inputs.

The classes are asked once for each version of an SDK (`sdk.py`): importing them takes longer than a whole preview. What they
know is kept outside the checkout, beside the toolchain, and asked for anew where it is missing or damaged.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...installed import installed_version
from .values import Secret, Unknown

_CHECKOUT = Path(__file__).resolve().parents[3]
_SOURCE = Path(__file__).with_name("sdk.py")


@dataclass(frozen=True)
class Failure:
    """One input that the schema refuses."""

    property: str
    reason: str


class Schema:
    """The argument classes of one SDK that a plugin's checks need."""

    def __init__(self, sdk: str, *classes: str) -> None:
        """Name them; they are read when the first is asked for.

        Args:
            sdk: the SDK's package, e.g. `pulumi_kubernetes`.
            classes: names in it, with the module where it has one, e.g. `apps.v1.DeploymentInitArgs`.
        """
        self._sdk = sdk
        self._classes = tuple(dict.fromkeys(classes))
        self._reading = threading.Lock()
        self._read: dict[str, Any] | None = None

    def failures(self, class_: str, inputs: dict[str, Any]) -> Iterator[Failure]:
        """Inputs that are unknown, missing or of the wrong type, at every depth."""
        return self._failures(class_, inputs, "")

    def _failures(self, class_: str, inputs: dict[str, Any], path: str) -> Iterator[Failure]:
        known = self._known()[class_]
        types = known["properties"]
        for name, value in inputs.items():
            if name not in types:
                yield Failure(f"{path}{name}", f"unknown property '{path}{name}'; known are {', '.join(sorted(types))}")
            else:
                yield from self._mismatches(types[name], value, f"{path}{name}")
        for name in known["required"]:
            if inputs.get(name) is None:
                yield Failure(f"{path}{name}", f"missing required property '{path}{name}'")

    def _mismatches(self, alternatives: list[Any], value: Any, path: str) -> Iterator[Failure]:
        if isinstance(value, Secret):
            yield from self._mismatches(alternatives, value.value, path)
            return
        if value is None or isinstance(value, Unknown):
            return
        problems: list[Failure] = []
        for kind, of in alternatives:
            problems = list(self._mismatch(kind, of, value, path))
            if not problems:
                return
        yield from problems

    def _mismatch(self, kind: str, of: Any, value: Any, path: str) -> Iterator[Failure]:
        match kind:
            case "list" if isinstance(value, list):
                for index, item in enumerate(value):
                    yield from self._mismatches(of, item, f"{path}[{index}]")
            case "map" if isinstance(value, dict):
                for key, item in value.items():
                    yield from self._mismatches(of, item, f"{path}.{key}")
            case "object" if isinstance(value, dict):
                yield from self._failures(of, value, f"{path}.")
            case "list" | "map":
                yield _wrong(path, f"a {kind}", value)
            case "object":
                yield _wrong(path, "an object", value)
            case _:
                if not _is_a(kind, value):
                    yield _wrong(path, f"a {of}", value)

    def _known(self) -> dict[str, Any]:
        with self._reading:
            if self._read is None:
                self._read = self._from_cache() or self._from_sdk()
            return self._read

    def _from_cache(self) -> dict[str, Any] | None:
        try:
            digest, _, text = self._file().read_text().partition("\n")
        except (OSError, ValueError):
            return None
        return json.loads(text) if digest == _digest(text) else None

    def _from_sdk(self) -> dict[str, Any]:
        """From the classes; kept for the next time, where that can be done.

        In a process of its own: an SDK needs the whole of `pulumi`, and imports half of itself again in each thread.
        """
        command = [sys.executable, "-P", "-m", f"{__package__}.sdk", self._sdk, *self._classes]
        environment = {**os.environ, "PYTHONPATH": str(_CHECKOUT)}
        answer = subprocess.run(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=True
        )
        with suppress(OSError):
            _write(self._file(), f"{_digest(answer.stdout)}\n{answer.stdout}")
        return json.loads(answer.stdout)

    def _file(self) -> Path:
        """Named by the versions, and by a hash of what is asked of which classes."""
        asked = f"{_SOURCE.read_text()} {installed_version('pulumi')} {' '.join(self._classes)}"
        root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        name = f"{self._sdk}-{installed_version(self._sdk)}-{_digest(asked)[:12]}.json"
        return Path(root) / "self-hosted-gateway" / "schemas" / name


def _is_a(kind: str, value: Any) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _wrong(path: str, expected: str, value: Any) -> Failure:
    # The type only: the value may be a secret.
    return Failure(path, f"expected {expected} for '{path}', got a {type(value).__name__}")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _write(file: Path, text: str) -> None:
    """Write a file as a whole or not at all, whoever else writes it."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=file.parent, prefix=f"{file.name}.", delete=False) as part:
        part.write(text)
    Path(part.name).replace(file)

"""Waits that read an object again and again, without a watch and without what depends on it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ...waits import beside_controllers
from ..engine.provider import Request
from .connection import Connection, NoAnswerError, StatusError
from .status_lines import StatusLines

SECONDS_BETWEEN_READS = 0.5
TOKEN_SECONDS = 5.0
CLAIM_SECONDS = 300.0


class PollingError(Exception):
    """The wait is over, and it is not ready, or can't be read."""


@dataclass(frozen=True)
class Poll:
    """How one object is waited for."""

    seconds: float
    """So long at most, whatever time the program gives."""
    is_ready: Callable[[dict[str, Any]], bool]

    def wait(self, connection: Connection, path: str, request: Request) -> dict[str, Any]:
        """The object once it is ready.

        Args:
            path: the object's.

        Raises:
            PollingError: it is not.
        """
        name = path.rpartition("/")[2]
        deadline = time.monotonic() + self.seconds
        while time.monotonic() < deadline:
            if request.cancelled.is_set():
                raise PollingError(f"Resource operation was cancelled for '{name}'")
            try:
                live = connection.request("GET", path)
            except (StatusError, NoAnswerError) as error:
                raise PollingError(str(error)) from None
            if self.is_ready(live):
                return live
            time.sleep(beside_controllers(SECONDS_BETWEEN_READS))
        raise PollingError(f"Timeout occurred polling for '{name}'")


def poll_for(connection: Connection, live: dict[str, Any], lines: StatusLines, *, is_update: bool) -> Poll | None:
    """How an object is waited for; None where it is not, or otherwise.

    Args:
        connection: to the cluster.
        live: the object as it was just written.
        lines: where to say what stands in the way.
        is_update: whether it was there before.
    """
    if live["kind"] == "Secret" and live.get("type") == "kubernetes.io/service-account-token":
        return Poll(beside_controllers(TOKEN_SECONDS), lambda secret: bool(secret.get("data")))
    if live["kind"] == "PersistentVolumeClaim":
        claim = _Claim(connection, lines, is_update=is_update)
        return Poll(beside_controllers(CLAIM_SECONDS), claim.is_ready)
    return None


class _Claim:
    """A claim is ready when it is bound; one of a class that waits for a pod, as soon as it waits."""

    def __init__(self, connection: Connection, lines: StatusLines, *, is_update: bool) -> None:
        self._connection = connection
        self._lines = lines
        self._is_update = is_update
        self._mode = ""

    def is_ready(self, claim: dict[str, Any]) -> bool:
        self._mode = self._mode or self._read_mode(claim)
        phase = (claim.get("status") or {}).get("phase")
        if self._mode == "WaitForFirstConsumer" and not (self._is_update and phase == "Bound"):
            return phase == "Pending"
        return phase == "Bound"

    def _read_mode(self, claim: dict[str, Any]) -> str:
        name = claim["spec"].get("storageClassName")
        if not name:
            self._lines.warn(f'no storage class found for "{claim["metadata"]["name"]}"')
            return ""
        try:
            found = self._connection.request("GET", f"/apis/storage.k8s.io/v1/storageclasses/{name}")
        except (StatusError, NoAnswerError) as error:
            self._lines.warn(f'getting storagclass "{name}": {error}')
            return ""
        return found.get("volumeBindingMode", "")

"""What Azure has heard of a gateway's instances: proof that rests on no log.

Recorded answers of ARM show `heartbeat` among the gateway resource's properties, though no API document has it: a list,
empty where no instance was ever heard of. What an entry looks like is not established, so times and the names of pods are
looked for in it, whatever their keys.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ..azure.api import Api
from ..errors import OpsError
from .gateways import Gateway

VERSION = "2021-08-01"
"""The API version of which such answers are recorded."""
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[.\d]*(?:Z|[+-]\d\d:\d\d)?")


@dataclass(frozen=True)
class Heartbeats:
    """When Azure heard last of which instance."""

    heard: tuple[tuple[str, datetime], ...] = ()
    """Each instance's entry as text, and its time."""

    def names(self, pod: str) -> bool:
        """Whether an entry names a pod."""
        return any(pod in entry for entry, _ in self.heard)

    def last(self, pod: str = "") -> datetime | None:
        """When Azure heard last of a pod, or of any instance."""
        return max((at for entry, at in self.heard if pod in entry), default=None)


def heartbeats_of(gateway: Gateway, arm: Api) -> Heartbeats | None:
    """What ARM shows of a gateway's heartbeats; None where it shows none, or not when they were.

    An instance that accepts newer API versions alone refuses this one: then nothing is known.
    """
    if not gateway.gateway_id:
        return None
    try:
        found = arm.find(gateway.gateway_id, api_version=VERSION)
    except OpsError:
        return None
    entries: Any = ((found or {}).get("properties") or {}).get("heartbeat")
    if not isinstance(entries, list):
        return None
    texts = [json.dumps(entry) for entry in entries]
    heard = [(text, max(map(_time, times))) for text in texts if (times := _TIME.findall(text))]
    return Heartbeats(tuple(heard)) if heard or not entries else None


def _time(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)

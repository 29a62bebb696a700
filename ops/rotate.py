"""Rotating a client secret: another `rotation` date in the stack's file, and what the next update will do."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from .engine.commands import run
from .errors import OpsError

_KEY = "self-hosted-gateway:gateways"


@dataclass(frozen=True)
class Rotation:
    """One gateway's new date."""

    gateway: str
    before: str
    after: date


def rotate(stack: str, gateway: str | None, day: date) -> list[Rotation]:
    """Set the `rotation` of one gateway, or of all, in the stack's file; nothing else happens yet.

    Args:
        stack: name of the stack.
        gateway: the gateway's name; None for all.
        day: the new date; not later than today, because the secret starts to count then.

    Raises:
        OpsError: there is no such gateway, or the date is not after the one that is set.
    """
    if day > datetime.now(UTC).date():
        raise OpsError(f"The rotation {day} is in the future: the secret's validity would count from then.")
    gateways = _gateways(stack)
    chosen = [index for index, entry in enumerate(gateways) if gateway in (None, entry["name"])]
    if not chosen:
        names = ", ".join(str(entry["name"]) for entry in gateways) or "none"
        raise OpsError(f"Stack {stack} has no gateway '{gateway}'; it has: {names}.")
    rotations = [_rotation(gateways[index], day) for index in chosen]
    for index in chosen:
        path = f"{_KEY}[{index}].authentication.clientSecret.rotation"
        run("config", "set", "--path", path, f"{day:%Y-%m-%d}", "--stack", stack)
    return rotations


def _gateways(stack: str) -> list[dict[str, Any]]:
    answer = json.loads(run("config", "--json", "--stack", stack))
    entry = answer.get(_KEY)
    if entry is None:
        raise OpsError(f"Stack {stack} has no {_KEY}.")
    value = entry.get("objectValue")
    return value if value is not None else json.loads(entry["value"])


def _rotation(entry: dict[str, Any], day: date) -> Rotation:
    before = str(entry["authentication"]["clientSecret"]["rotation"])[:10]
    if before >= f"{day:%Y-%m-%d}":
        raise OpsError(
            f"Gateway '{entry['name']}' was rotated on {before}: {day} is not later. A secret can be rotated once a day."
        )
    return Rotation(str(entry["name"]), before, day)

"""Rotating a client secret: another `rotation` date in the stack's file, and what the next update will do."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

from .errors import OpsError

_KEY = "self-hosted-gateway:gateways"


class RotatedTodayError(OpsError):
    """A secret was rotated today, and can be once a day."""


@dataclass(frozen=True)
class Rotation:
    """One gateway's new date."""

    gateway: str
    before: str
    after: date


@dataclass(frozen=True)
class _Written:
    """A gateway's rotation as it stands in the file."""

    gateway: str
    date: yaml.ScalarNode


def rotate(stack: str, gateway: str | None, day: date) -> list[Rotation]:
    """Set the `rotation` of one gateway, or of all, in the stack's file; nothing else happens yet.

    All else in the file stays as it is, comments included. `pulumi config set` would write it anew, and every date that
    is not quoted as a time stamp.

    Args:
        stack: name of the stack.
        gateway: the gateway's name; None for all.
        day: the new date; not later than today, because the secret starts to count then.

    Raises:
        OpsError: there is no such gateway, the date is not after the one that is set, or the file is not as it should be.
    """
    today = datetime.now(UTC).date()
    if day > today:
        raise OpsError(f"The rotation {day} is in the future: the secret's validity would count from then.")
    file = Path(f"Pulumi.{stack.rsplit('/', 1)[-1]}.yaml")
    try:
        text = file.read_text()
        written = list(_rotations(yaml.compose(text)))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise OpsError(f"{file} can't be read: {error}") from None
    if not written:
        raise OpsError(f"{file} has no {_KEY} with an `authentication.clientSecret.rotation`.")
    chosen = [entry for entry in written if gateway in (None, entry.gateway)]
    if not chosen:
        names = ", ".join(entry.gateway for entry in written)
        raise OpsError(f"Stack {stack} has no gateway '{gateway}'; it has: {names}.")
    rotations = [_rotation(entry, day, today) for entry in chosen]
    for entry in chosen:
        if text.startswith("&", entry.date.start_mark.index):
            raise OpsError(
                f"{file}: gateway '{entry.gateway}' has its `rotation` by an anchor (&): write the date itself."
            )
    # From the end on, so that what is before it stays in its place.
    for start, end in sorted(((e.date.start_mark.index, e.date.end_mark.index) for e in chosen), reverse=True):
        gap = " " if text[start - 1] == ":" else ""
        text = f'{text[:start]}{gap}"{day:%Y-%m-%d}"{text[end:]}'
    file.write_text(text)
    return rotations


def _rotations(document: yaml.Node | None) -> Iterator[_Written]:
    gateways = _at(document, "config", _KEY)
    for entry in gateways.value if isinstance(gateways, yaml.SequenceNode) else []:
        name, day = _at(entry, "name"), _at(entry, "authentication", "clientSecret", "rotation")
        if isinstance(name, yaml.ScalarNode) and isinstance(day, yaml.ScalarNode):
            yield _Written(str(name.value), day)


def _at(node: yaml.Node | None, *keys: str) -> yaml.Node | None:
    for key in keys:
        members = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for name, value in members if name.value == key), None)
    return node


def _rotation(entry: _Written, day: date, today: date) -> Rotation:
    before = str(entry.date.value)[:10]
    # The program refuses a date that has not come: whatever stands there, another replaces it.
    if f"{day:%Y-%m-%d}" <= before <= f"{today:%Y-%m-%d}":
        error = RotatedTodayError if before == f"{today:%Y-%m-%d}" else OpsError
        raise error(
            f"Gateway '{entry.gateway}' was rotated on {before}: {day} is not later. A secret can be rotated once a day."
        )
    return Rotation(entry.gateway, before, day)

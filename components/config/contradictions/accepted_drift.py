"""Entries of the accepted drift that get in each other's way."""

from collections.abc import Iterator

from components.config.keys import ACCEPTED_DRIFT
from components.config.well_formed import WellFormed


def accepted_twice(settings: WellFormed) -> Iterator[str]:
    """Differences that are accepted by two entries."""
    accepted = settings.given(ACCEPTED_DRIFT)
    seen: dict[tuple[str, str], int] = {}
    for index in range(len(accepted) if isinstance(accepted, list) else 0):
        resource, path = (settings.at(ACCEPTED_DRIFT, index, part, default="") for part in ("resource", "path"))
        if not resource or path is None:
            continue
        if (other := seen.setdefault((resource, path), index)) != index:
            what = f"path: {path!r} of {resource!r}" if path else f"resource: {resource!r}"
            yield f"{ACCEPTED_DRIFT}[{index}].{what} is accepted by acceptedDrift[{other}] already"

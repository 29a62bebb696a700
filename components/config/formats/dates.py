"""Dates and durations, as YAML and the engine hand them on."""

import re
from datetime import date, timedelta

DURATION = "expected an ISO 8601 duration, for example P180D"
"""What a duration is, in words."""

LONGEST = timedelta(days=36500)
"""Further than any secret lives, and near enough to be added to a date."""

LONGEST_IN_WORDS = "100 years (P36500D)"
"""`LONGEST`, in words."""


def date_part(value: object) -> object:
    """A date as a text, without the time that the engine adds to it; anything else as it is."""
    # The engine hands an unquoted YAML date on as a time stamp: 2026-11-01 00:00:00 +0000 UTC.
    return re.sub(r"(?<=^\d{4}-\d{2}-\d{2})[T ]00:00:00.*", "", value) if isinstance(value, str) else value


def day(value: object) -> object:
    """A value if it is a date, yyyy-mm-dd.

    Raises:
        ValueError: it is something else.
    """
    # Pydantic takes a number for seconds since 1970.
    value = date_part(value)
    if not isinstance(value, str | date) or (isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        raise ValueError("expected a date, yyyy-mm-dd")
    return value


def duration(value: object) -> object:
    """A value if it is an ISO 8601 duration.

    Raises:
        ValueError: it is something else.
    """
    # Pydantic takes numbers of seconds and forms of its own, too.
    if not isinstance(value, str | timedelta) or (isinstance(value, str) and not value.startswith("P")):
        raise ValueError(DURATION)
    return value

"""One departure from the guidance."""

from dataclasses import dataclass

from components.config.models.advice import AdviceId


@dataclass(frozen=True)
class Departure:
    """One departure of one gateway."""

    advice: AdviceId
    key: str
    """The setting that mends it, below the gateway."""
    message: str
    """What follows from it, and what to set."""

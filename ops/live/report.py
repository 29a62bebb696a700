"""What a live run has done."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Outcome(StrEnum):
    """What came of a step, by its mark."""

    WELL = "✓"
    FAILED = "✗"
    SKIPPED = "skipped"
    NOT_RUN = "not run"


@dataclass
class Step:
    """One step."""

    title: str
    command: str
    """What a person would paste to do the same."""
    outcome: Outcome = Outcome.NOT_RUN
    seconds: float = 0
    found: str = ""
    """What came of it, on one line."""
    details: list[str] = field(default_factory=list[str])
    """What was printed meanwhile: what a preview warns of, and each line of an update with the seconds since it began."""


@dataclass(frozen=True)
class Observed:
    """An answer to a question that is not established (docs/not-established.md)."""

    question: str
    answer: str


@dataclass
class Report:
    """One live run."""

    stack: str
    began: datetime
    versions: dict[str, str] = field(default_factory=dict[str, str])
    """What it was run with."""
    steps: list[Step] = field(default_factory=list[Step])
    observed: list[Observed] = field(default_factory=list[Observed])
    notes: list[str] = field(default_factory=list[str])
    """What is left behind, or was put back."""

    @property
    def is_well(self) -> bool:
        """Whether no step failed, and none was left out because of one that did."""
        return all(step.outcome in (Outcome.WELL, Outcome.SKIPPED) for step in self.steps)

    @property
    def failed(self) -> Step | None:
        """The step that failed."""
        return next((step for step in self.steps if step.outcome is Outcome.FAILED), None)

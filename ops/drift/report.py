"""What a drift check found."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """What happened to a resource or a property."""

    CHANGED = "changed"
    """It is not as declared."""
    DELETED = "deleted"
    """It is declared, and not there."""
    ADDED = "added"
    """It is there, beside what is declared."""


@dataclass(frozen=True)
class Finding:
    """One difference."""

    resource: str
    """Logical name of the resource."""
    type: str
    """Type token of the resource."""
    kind: Kind
    what: str = ""
    """Path of the property, or what was added; the empty text for the whole resource."""
    declared: Any = None
    actual: Any = None
    advice: str = ""
    """What to do, where another update does not put it right."""


@dataclass(frozen=True)
class ExpiringSecret:
    """A client secret that ends soon, or has ended."""

    resource: str
    key_id: str
    end: datetime
    days_left: int


@dataclass(frozen=True)
class Deployed:
    """The last update of a whole stack."""

    at: datetime
    commit: str = ""
    """The commit that it was made from, where the program is in a git repository."""
    dirty: bool = False
    """Whether files differed from that commit."""
    later_in_part: bool = False
    """Whether another update, of a part of the stack, came after it."""


@dataclass(frozen=True)
class Undeployed:
    """One change of the stack's file or the program that no update has deployed yet."""

    resource: str
    type: str
    operation: str
    """What an update does to the resource: `create`, `update`, `replace` or `delete`."""
    what: str = ""
    """Path of the property; the empty text for the whole resource."""
    deployed: Any = None
    declared: Any = None


@dataclass(frozen=True)
class Accepted:
    """A difference that the stack's file accepts."""

    finding: Finding
    reason: str
    until: date | None = None
    """The last day on which it is accepted, in UTC; None for no end."""


@dataclass(frozen=True)
class Stale:
    """An entry of the stack's file that accepts a difference which there is not."""

    resource: str
    path: str
    reason: str
    why: str


@dataclass
class Report:
    """One check of one stack."""

    stack: str
    findings: list[Finding] = field(default_factory=list)
    expiring: list[ExpiringSecret] = field(default_factory=list)
    deployed: Deployed | None = None
    """None where the history does not reach so far back."""
    undeployed: list[Undeployed] = field(default_factory=list)
    decided: list[Finding] = field(default_factory=list)
    """Differences in fields that undeployed changes decide; they are no drift."""
    accepted: list[Accepted] = field(default_factory=list)
    """Differences that the stack's file accepts; they are no drift."""
    stale: list[Stale] = field(default_factory=list)
    """What it accepts though it is not there."""
    to_accept: list[str] = field(default_factory=list)
    """For each difference that it does not name, the entry that would accept it."""
    problem: str | None = None
    """Why it could not be checked for drift; then there are no findings, and that is no all-clear."""

    @property
    def drifted(self) -> bool:
        """Whether reality differs. No drift are secrets that end soon, what undeployed changes decide, and what is accepted."""
        return bool(self.findings)

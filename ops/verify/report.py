"""What a verification answers."""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class Answer(StrEnum):
    """The answer to one question."""

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"
    """It could not be found out."""


class ExitCode(IntEnum):
    """How a pipeline is told."""

    OK = 0
    FAILED = 1
    UNKNOWN = 2


@dataclass(frozen=True)
class Check:
    """One question with its answer."""

    subject: str
    """The gateway, or the API Management instance."""
    question: str
    answer: Answer
    found: str
    """What was found, in words."""
    next_step: str = ""
    """What to do; the empty text where all is well."""
    cause: str = ""
    """What stands in the way, in a word or two that stay the same while it does; the empty text where nobody knows."""


@dataclass(frozen=True)
class Report:
    """All that was asked of one stack."""

    stack: str
    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> ExitCode:
        """FAILED goes before UNKNOWN: what is known to be broken is to be mended."""
        answers = {check.answer for check in self.checks}
        if Answer.FAILED in answers:
            return ExitCode.FAILED
        return ExitCode.UNKNOWN if Answer.UNKNOWN in answers else ExitCode.OK

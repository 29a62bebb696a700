"""What a plugin implements: one provider with a handler for each type of resource."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field

from .differences import Difference
from .schema import Failure
from .values import Properties


class ProviderError(Exception):
    """What went wrong, in the words that the person at the engine reads."""


class IncompleteError(ProviderError):
    """The resource was made, but did not become what it should: it goes into the state with its errors."""

    def __init__(self, id_: str, state: Properties, inputs: Properties, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.id = id_
        self.state = state
        self.inputs = inputs
        self.reasons = reasons


@dataclass(frozen=True)
class Existing:
    """A resource as the engine's state has it."""

    id: str
    inputs: Properties
    state: Properties


@dataclass
class Request:
    """What the engine says beside the properties."""

    urn: str = ""
    name: str = ""
    preview: bool = False
    random_seed: bytes = b""
    """What a check may take chance from: a saved plan has it, so that the update gets the same values."""
    timeout: float = 0
    """Seconds, from the resource's custom timeouts; 0 where the plugin decides."""
    cancelled: threading.Event = field(default_factory=threading.Event)
    ignore_changes: tuple[str, ...] = ()
    """Property paths whose changes the program does not want, of a diff and an update."""
    log: Callable[[str], None] = print
    """Shows a passing status line beside the resource."""
    log_warning: Callable[[str], None] = print
    """The same, as a warning."""
    inform: Callable[[str], None] = print
    """A message that stays."""
    warn: Callable[[str], None] = print


class Resource(ABC):
    """One type of resource."""

    @abstractmethod
    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:
        """Inputs with defaults filled in, and what is wrong with them. Some may be unknown."""

    @abstractmethod
    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:
        """What differs, and what of it needs a replacement."""

    @abstractmethod
    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        """Make it; id and state."""

    @abstractmethod
    def read(self, existing: Existing, request: Request) -> Existing | None:
        """What is really there; None where it is gone. An import has neither inputs nor state."""

    @abstractmethod
    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        """Change it in place; the new state."""

    @abstractmethod
    def delete(self, old: Existing, request: Request) -> None:
        """Remove it; nothing to do where it is gone."""


class Provider(ABC):
    """One plugin."""

    names_config_paths = True
    """Whether it says of its own inputs by path what has changed, or by name only."""
    finishes_alone = False
    """Whether it finishes what it is doing when the engine that asked for it is gone."""

    def __init__(self, package: str, version: str) -> None:
        self.package = package
        self.version = version

    def check_config(self, inputs: Properties, old: Properties) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        """The provider's own inputs with defaults filled in, and what is wrong with them."""
        return inputs, []

    def diff_config(self, old: Properties, inputs: Properties) -> set[str]:  # noqa: ARG002
        """Which of the provider's own changed inputs mean another provider: everything is replaced then."""
        return set()

    @abstractmethod
    def configure(self, inputs: Properties) -> None:
        """Take the provider's inputs."""

    @abstractmethod
    def resource(self, type_: str) -> Resource:
        """The handler for a type of resource.

        Raises:
            ProviderError: the stand-in does not have it.
        """

    def end(self) -> None:  # noqa: B027 - most have nothing to do
        """Remove what the stand-in keeps outside of its memory, as its process ends."""

    def invoke(self, token: str, arguments: Properties) -> Properties:  # noqa: ARG002
        """Answer a function call."""
        raise ProviderError(f"function {token} is not part of the stand-in for {self.package}")

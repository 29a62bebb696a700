"""A stack's preview: what the engine would do, what that takes away, and what it would run into."""

from dataclasses import dataclass
from pathlib import Path

from ..cluster.updates import Losses, taken_away
from ..engine import steps as engine
from .foreseen import Foreseen, foresee


@dataclass(frozen=True)
class Preview:
    """What an update would do."""

    steps: list[engine.Step]
    losses: Losses
    foreseen: Foreseen


def preview(stack: str, *, refresh: bool, plan: Path | None = None) -> Preview:
    """Preview an update, and ask the cluster and Azure about what it does.

    Args:
        stack: its name.
        refresh: compare with reality, not with the state.
        plan: where the update's plan is saved, for `deploy`.

    Raises:
        OpsError: the preview fails.
    """
    said: list[str] = []
    steps = engine.preview(stack, refresh=refresh, plan=plan, warn=said.append)
    foreseen = foresee(steps)
    foreseen.said = said
    return Preview(steps, taken_away(stack, steps), foreseen)

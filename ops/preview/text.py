"""A preview in words, as text or JSON."""

import dataclasses
import json

from ..cluster.updates import Losses
from ..engine.steps import Step
from ..report.masking import mask
from . import losses as losses_in_words
from .changes import WAITS_ONLY, changes
from .effects import Effect, effects
from .foreseen import Foreseen
from .removals import removals
from .replacements import Interruption, Replacement, counts, left_over, name_clashes, replacements


def text(stack: str, steps: list[Step], losses: Losses, foreseen: Foreseen | None = None) -> str:
    """For a terminal or a log."""
    foreseen = foreseen or Foreseen()
    lines, found = [summary(stack, steps)], losses_in_words.without_moves(changes(steps), losses)
    done = effects(steps, losses)
    # What interrupts comes first: below are as many lines as there are differences.
    interrupting = [
        *foreseen.failures,
        *clashes(steps),
        *map(str, removals(steps)),
        *(str(effect) for effect in done if effect.interrupts),
        *foreseen.warnings,
        *leftovers(steps),
        *(f"Warning: {mask(warning)}" for warning in foreseen.said),
        *(str(effect) for effect in done if not effect.interrupts),
    ]
    lines += [line for what in interrupting for line in ("", what)]
    for replacement in replacements(steps):
        meaning = replacement.meaning
        lines += [
            "",
            f"{replacement.resource} would be replaced{_because(replacement)}.",
            f"  What happens: {meaning.happens}",
            f"  Interrupted:  {interrupted(meaning.interrupts)}",
            f"  Instead:      {meaning.instead}",
        ]
    lines += losses_in_words.text(losses, found)
    for change in found:
        lines += ["", f"{change.operation} {change.resource} ({change.kind})"]
        lines += [f"  {difference}" for difference in change.differences]
        if change.waits_only:
            lines.append(f"  {WAITS_ONLY}")
    return "\n".join(lines)


def as_json(stack: str, steps: list[Step], losses: Losses, foreseen: Foreseen | None = None) -> str:
    """For programs."""
    foreseen = foreseen or Foreseen()
    answer = {
        "stack": stack,
        "counts": counts(steps),
        "removals": [dataclasses.asdict(removal) for removal in removals(steps)],
        "effects": [_effect(effect) for effect in effects(steps, losses)],
        "replacements": [dataclasses.asdict(replacement) for replacement in replacements(steps)],
        "nameClashes": name_clashes(steps),
        "leftToDelete": [{"resource": step.name, "id": step.id} for step in left_over(steps)],
        "losses": losses_in_words.as_json(losses),
        "lossesNotKnown": losses.unknown,
        "failures": foreseen.failures,
        "warnings": foreseen.warnings,
        "warningsOfTheProgram": [mask(warning) for warning in foreseen.said],
    }
    return json.dumps(answer, indent=2)


def _effect(effect: Effect) -> dict[str, str | bool]:
    return {"resource": effect.resource, "does": effect.does, "interrupts": effect.interrupts}


def summary(stack: str, steps: list[Step]) -> str:
    """It in one sentence."""
    number = counts(steps)
    to_do = [f"{number[name]} to {name}" for name in ("create", "update", "replace", "delete") if number[name]]
    if left := left_over(steps):
        to_do.append(f"{len(left)} left to delete")
    return f"Stack {stack}: {', '.join(to_do) or 'nothing to do'}, {number['unchanged']} unchanged."


def clashes(steps: list[Step]) -> list[str]:
    """Why the update would fail, where that can be foreseen."""
    names = name_clashes(steps)
    if not names:
        return []
    return [
        f"The update would fail: {', '.join(names)} would be created before the stack's own of that name is deleted. If a "
        "gateway was renamed, give `kubernetesName` another value too."
    ]


def leftovers(steps: list[Step]) -> list[str]:
    """What an earlier update has replaced and could not delete."""
    return [
        f"{step.name}: the one that was replaced is still to be deleted, and stands until then with the rights that it gives: "
        f"{step.id}. The update tries again."
        for step in left_over(steps)
    ]


def _because(replacement: Replacement) -> str:
    return f", because of {', '.join(replacement.because_of)}" if replacement.because_of else ""


def interrupted(interruption: Interruption) -> str:
    """What a replacement interrupts, in words."""
    return {
        Interruption.NONE: "nothing",
        Interruption.NEW_PODS: "running pods go on serving; a pod that starts meanwhile waits until it is authorized",
        Interruption.TRAFFIC: "traffic",
    }[interruption]

"""A preview in words, as text or Markdown or JSON."""

import dataclasses
import json

from .engine import Step
from .replacements import Interruption, Replacement, counts, name_clashes, replacements


def text(stack: str, steps: list[Step]) -> str:
    """For a terminal or a log."""
    lines = [_summary(stack, steps)]
    for replacement in replacements(steps):
        meaning = replacement.meaning
        lines += [
            "",
            f"{replacement.resource} would be replaced{_because(replacement)}.",
            f"  What happens: {meaning.happens}",
            f"  Interrupted:  {_interrupted(meaning.interrupts)}",
            f"  Instead:      {meaning.instead}",
        ]
    lines += [line for clash in _clashes(steps) for line in ("", clash)]
    return "\n".join(lines)


def markdown(stack: str, steps: list[Step]) -> str:
    """For a pull request's comment."""
    lines = [f"### Preview of `{stack}`", "", _summary(stack, steps)]
    found = replacements(steps)
    if found:
        lines += ["", "| replaced | because of | interrupted | instead |", "| --- | --- | --- | --- |"]
        lines += [
            f"| `{r.resource}` | {', '.join(f'`{path}`' for path in r.because_of)} | "
            f"{_interrupted(r.meaning.interrupts)} | {r.meaning.instead} |"
            for r in found
        ]
    lines += [line for clash in _clashes(steps) for line in ("", f"> [!CAUTION]\n> {clash}")]
    return "\n".join(lines)


def as_json(stack: str, steps: list[Step]) -> str:
    """For programs."""
    found = [dataclasses.asdict(replacement) for replacement in replacements(steps)]
    answer = {"stack": stack, "counts": counts(steps), "replacements": found, "nameClashes": name_clashes(steps)}
    return json.dumps(answer, indent=2)


def _summary(stack: str, steps: list[Step]) -> str:
    number = counts(steps)
    changes = [f"{number[name]} to {name}" for name in ("create", "update", "replace", "delete") if number[name]]
    return f"Stack {stack}: {', '.join(changes) or 'nothing to do'}, {number['unchanged']} unchanged."


def _clashes(steps: list[Step]) -> list[str]:
    names = name_clashes(steps)
    if not names:
        return []
    return [
        f"The update would fail: {', '.join(names)} would be created before the stack's own of that name is deleted. If a "
        "gateway was renamed, give `kubernetesName` another value too."
    ]


def _because(replacement: Replacement) -> str:
    return f", because of {', '.join(replacement.because_of)}" if replacement.because_of else ""


def _interrupted(interruption: Interruption) -> str:
    return {
        Interruption.NONE: "nothing",
        Interruption.NEW_PODS: "running pods go on serving; a pod that starts meanwhile waits until it is authorized",
        Interruption.TRAFFIC: "traffic",
    }[interruption]

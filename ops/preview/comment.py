"""A preview as a pull request's comment: a sentence, a table, warnings; details and the graph folded."""

from ..cluster.updates import Losses
from ..engine.graph import mermaid, resources_of
from ..engine.steps import Step
from ..report.markdown import LONGEST, code, cut, fenced, folded
from ..report.masking import mask
from . import losses as losses_in_words
from .changes import WAITS_ONLY, Change, changes
from .effects import effects
from .foreseen import Foreseen
from .removals import removals
from .replacements import Replacement, replacements
from .text import clashes, interrupted, leftovers, summary

# Whoever posts the text puts a mark before it, and where it comes from after it.
_ROOM = LONGEST - 1_000
_TABLE_ROOM = _ROOM // 2
_LOSSES_ROOM = _ROOM // 6
_GRAPH_ROOM = _ROOM // 4


def markdown(stack: str, steps: list[Step], losses: Losses, foreseen: Foreseen | None = None) -> str:
    """A preview that succeeded."""
    foreseen = foreseen or Foreseen()
    found = losses_in_words.without_moves(changes(steps), losses)
    warnings, lost = losses_in_words.markdown(losses, found)
    lines = [f"### Preview of `{stack}`", "", summary(stack, steps)]
    done = effects(steps, losses)
    interrupting = [
        *foreseen.failures,
        *clashes(steps),
        *map(str, removals(steps)),
        *(f"`{effect.resource}`: {effect.does}" for effect in done if effect.interrupts),
    ]
    lines += [line for what in interrupting for line in ("", f"> [!CAUTION]\n> {what}")]
    lines += [
        line for warning in (*foreseen.warnings, *leftovers(steps)) for line in ("", f"> [!WARNING]\n> {warning}")
    ]
    if others := [f"- `{effect.resource}`: {effect.does}" for effect in done if not effect.interrupts]:
        lines += ["", *_within(others, _LOSSES_ROOM)]
    if replaced := replacements(steps):
        lines += ["", "| replaced | because of | interrupted | instead |", "| --- | --- | --- | --- |"]
        lines += [_replacement(replacement) for replacement in replaced]
    lines += [*warnings, *_within(lost, _LOSSES_ROOM)]
    if foreseen.said:
        # Folded: a reader is no owner of the applications, of which the program warns each time.
        said = fenced("\n".join(_within(foreseen.said, _LOSSES_ROOM)))
        lines += ["", folded("Warnings of the program and the providers", said)]
    if found:
        lines += ["", "| | resource | type | what changes |", "| --- | --- | --- | --- |"]
        lines += _within([_row(change) for change in found], _TABLE_ROOM)
    text = "\n".join(lines)
    graph = _graph(steps, found) if found else ""
    blocks = [_details(change) for change in found if change.differences]
    if blocks:
        room = _ROOM - sum(len(part.encode()) for part in (text, graph, folded("Details", "")))
        text += "\n\n" + folded("Details", "\n\n".join(_within(blocks, room)))
    return cut(mask(text + graph), _ROOM)


def failure(stack: str, message: str) -> str:
    """A preview that failed."""
    lines = [
        f"### Preview of `{stack}`",
        "",
        "> [!CAUTION]\n> The preview failed: nothing is known of what would change.",
    ]
    return "\n".join([*lines, "", fenced(cut(mask(message), _ROOM // 2))])


def _replacement(replacement: Replacement) -> str:
    because_of = ", ".join(code(path) for path in replacement.because_of)
    meaning = replacement.meaning
    return f"| `{replacement.resource}` | {because_of} | {interrupted(meaning.interrupts)} | {meaning.instead} |"


def _graph(steps: list[Step], found: list[Change]) -> str:
    """The stack as it would be, what changes with a thick border; nothing where it would not leave room for the rest."""
    drawn = mermaid(resources_of(steps), {change.urn for change in found})
    text = "\n\n" + folded("Graph: what changes has a thick red border", fenced(drawn, "mermaid"))
    return text if len(text.encode()) < _GRAPH_ROOM else ""


def _row(change: Change) -> str:
    what = WAITS_ONLY if change.waits_only else ", ".join(map(code, change.properties))
    return f"| {change.operation} | `{change.resource}` | {change.kind} | {what} |"


def _details(change: Change) -> str:
    return f"`{change.resource}`, {change.operation}:\n" + fenced("\n".join(change.differences), "diff")


def _within(parts: list[str], room: int) -> list[str]:
    """The first parts that fit, and how many do not."""
    kept: list[str] = []
    for number, part in enumerate(parts):
        room -= len(part.encode()) + 2
        if room < 100:
            return [*kept, f"... and {len(parts) - number} more: the run's log has them."]
        kept.append(part)
    return kept

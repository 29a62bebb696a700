"""A recovery's plan in words."""

from .leftover import Fate
from .run import Plan

_WORDS = {
    Fate.IMPORT: "take into the state",
    Fate.REMOVE: "remove; the next update makes it again",
    Fate.KEEP: "keep: it was not made by this program, and the next update will refuse to replace it",
}


def describe(plan: Plan) -> str:
    """For a person who has to say yes."""
    if not plan.is_needed:
        return f"Stack {plan.stack} is not locked, and nothing is pending or left behind: there is nothing to recover."
    lines = [f"Stack {plan.stack}:"]
    if plan.lock is not None:
        lines.append(f"- clear the lock of an update that has ended: {plan.lock}")
    if plan.obstacle:
        why = f"What the update left can't be looked for: {plan.obstacle}"
        what = "Its lock alone can be cleared now; what is pending stays. Put this right, then run `ops recover` again."
        return "\n".join([*lines, why, what])
    lines += [f"- {operation}" for operation in plan.pending]
    lines += [f"- {leftover.what}: {_WORDS[leftover.fate]}" for leftover in plan.leftovers]
    return "\n".join([*lines, "- read everything anew (`pulumi refresh`)"])

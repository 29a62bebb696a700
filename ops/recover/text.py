"""A recovery's plan in words."""

from .leftover import Fate, Leftover
from .run import Plan

_WORDS = {
    Fate.IMPORT: "take into the state",
    Fate.REMOVE: "remove; the next update makes it again",
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
    lines += [f"- {leftover.what}: {_fate(leftover)}" for leftover in plan.leftovers]
    lines.append("- read everything anew (`pulumi refresh`)")
    if any(leftover.fate is Fate.KEEP for leftover in plan.leftovers):
        lines += [
            "What is kept can be somebody else's. The next update will refuse to replace it. If it is this stack's, import it:",
            f"`.venv/bin/python -m ops adopt --stack {plan.stack}`, then `pulumi import --file import.json --stack {plan.stack} "
            "--protect=false --generate-code=false`.",
        ]
    return "\n".join(lines)


def _fate(leftover: Leftover) -> str:
    return f"keep: {leftover.reason}" if leftover.fate is Fate.KEEP else _WORDS[leftover.fate]

"""A recovery's plan in words."""

from datetime import UTC, datetime

from .leftover import Fate, Leftover
from .plugins import WHY_LATER, Outliving, moment
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


def describe_outliving(stack: str, found: Outliving, now: datetime | None = None) -> str:
    """What can still write for an update that was killed, for a person who has to decide whether to wait."""
    if found.until is not None and found.last_seen is not None:
        return (
            f"Stack {stack}: the update ran on {found.machine}, and wrote its state for the last time at "
            f"{moment(found.last_seen)}. {WHY_LATER} It is safe from {moment(found.until)} on, or later if the update was "
            "killed later. If that machine is gone, so are its plugins."
        )
    age = now or datetime.now(UTC)
    lines = [f"Stack {stack}: the update was killed, but plugins that it has started still run:"]
    lines += [f"- {plugin}, started {_ago(plugin.started, age)}" for plugin in found.plugins]
    lines.append("Nobody records what they create from now on, so they have to end before the lock is cleared.")
    return "\n".join(lines)


def _ago(then: datetime, now: datetime) -> str:
    seconds = max(0, round((now - then).total_seconds()))
    return f"{seconds // 60} min {seconds % 60} s ago" if seconds >= 60 else f"{seconds} s ago"


def _fate(leftover: Leftover) -> str:
    return f"keep: {leftover.reason}" if leftover.fate is Fate.KEEP else _WORDS[leftover.fate]

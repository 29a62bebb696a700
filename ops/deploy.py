"""An update that does what was approved, and no more: by the plan that the preview saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from .engine.events import destruction, update
from .engine.plan import is_outdated
from .errors import OpsError
from .report.masking import mask

_DOING = {"create": "creating", "update": "updating", "delete": "deleting", "replace": "replacing"}
_DOING |= {"create-replacement": "creating its replacement", "delete-replaced": "deleting the replaced one"}
# How the engine says that an update would go beyond its plan, or stay behind it.
_BEYOND = ("violates plan", "not allowed by the plan", "but none were seen")


def deploy(stack: str, plan: Path, say: Callable[[str], None]) -> None:
    """Update a stack by a saved plan; what happens is told while it happens.

    Raises:
        OpsError: there is no plan, it is outdated, the update would go beyond it, or the update fails.
    """
    if not plan.exists():
        raise OpsError(f"There is no plan {plan}: make one with `make preview STACK={stack}`, and read it.")
    if is_outdated(stack, plan):
        raise OpsError(
            "The stack has been updated since the plan was made, and nothing was done now. Make a new plan with "
            f"`make preview STACK={stack}`, and have that approved."
        )
    violated = False
    try:
        for event in update(stack, plan):
            if line := _line(event):
                say(mask(line))
                violated = violated or _is_beyond(line)
    except OpsError as error:
        if violated or _is_beyond(str(error)):
            raise OpsError(
                "The stack or reality is not any more what it was when the plan was made: what the plan does not hold was not "
                f"done. Make a new plan with `make preview STACK={stack}`, and have that approved."
            ) from None
        raise OpsError(mask(str(error))) from None


def destroy(stack: str, say: Callable[[str], None]) -> None:
    """Delete everything that a stack has; what happens is told while it happens.

    Raises:
        OpsError: it fails.
    """
    try:
        for event in destruction(stack):
            if line := _line(event):
                say(mask(line))
    except OpsError as error:
        raise OpsError(mask(str(error))) from None


def _is_beyond(text: str) -> bool:
    return any(words in text for words in _BEYOND)


def _line(event: dict[str, Any]) -> str | None:
    """One event in words; None for what nobody has to read."""
    if "diagnosticEvent" in event:
        return _diagnostic(event["diagnosticEvent"])
    if "summaryEvent" in event:
        return _summary(event["summaryEvent"])
    if "resOpFailedEvent" in event:
        return f"{_name(event['resOpFailedEvent']['metadata'])} failed"
    step = event.get("resourcePreEvent", {})
    if not step or step.get("planning") or step["metadata"]["op"] not in _DOING:
        return None
    return f"{_DOING[step['metadata']['op']]} {_name(step['metadata'])}"


def _diagnostic(event: dict[str, Any]) -> str | None:
    if event["severity"] == "debug" or event.get("ephemeral"):
        return None
    resource = event.get("urn", "").rsplit("::", 1)[-1]
    about = f" ({resource})" if resource else ""
    return f"{event.get('prefix', '')}{event['message'].strip()}{about}"


def _summary(event: dict[str, Any]) -> str:
    counted = ", ".join(f"{number} {operation}" for operation, number in sorted(event["resourceChanges"].items()))
    if event["isPreview"]:
        return f"Looked again, held to the plan: {counted or 'nothing'}."
    return f"Ended after {event['durationSeconds']} s: {counted or 'nothing'}."


def _name(metadata: dict[str, Any]) -> str:
    return f"{metadata['urn'].rsplit('::', 1)[-1]} ({metadata['type'].rsplit(':', 1)[-1]})"

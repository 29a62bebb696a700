"""A preview that an update can be held to, and the state that it starts from."""

import hashlib
import json
from pathlib import Path
from typing import Any

from ..errors import OpsError
from .state import export_raw, holdings

_PLANNED_FROM = "plannedFrom"  # in a saved plan, beside what the engine writes and reads


def save(written: dict[str, Any], planned_from: str, file: Path) -> None:
    """Save a plan of the engine, with the state that it starts from, without what nobody may read.

    Args:
        written: the plan, as the engine has written it; secrets in it are encrypted.
        planned_from: the fingerprint of the state before the preview.
        file: where to.
    """
    # What each resource has now, which the engine does not read again: somebody's secret may be there in clear.
    for each in (written.get("resourcePlans") or {}).values():
        each.pop("state", None)
    file.write_text(json.dumps({**written, _PLANNED_FROM: planned_from}))


def is_outdated(stack: str, plan: Path) -> bool:
    """Whether the stack has been updated since a plan was made. The engine holds an update to new values only, not to old.

    Raises:
        OpsError: the engine can't be run, there is no such stack, or the file is no plan.
    """
    try:
        planned_from = json.loads(plan.read_text())[_PLANNED_FROM]
    except (ValueError, TypeError, KeyError):
        raise OpsError(f"{plan} is no plan that `ops preview` has saved.") from None
    return planned_from != fingerprint(stack)


def fingerprint(stack: str) -> str:
    """What a stack's state holds, in a few letters."""
    return hashlib.sha256(json.dumps(holdings(export_raw(stack)), sort_keys=True).encode()).hexdigest()

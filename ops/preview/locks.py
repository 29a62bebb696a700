"""Management locks over what an update deletes in Azure."""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from ..azure.permissions import covers
from ..engine.steps import Step

if TYPE_CHECKING:
    from ..azure.sign_in import Azure

_LOCKS = "/providers/Microsoft.Authorization/locks"
_VERSION = "2016-09-01"
_DELETING = ("delete", "delete-replaced")


def deleted_in(steps: Iterable[Step]) -> dict[str, list[Step]]:
    """What the update deletes in Azure, by subscription."""
    found: dict[str, list[Step]] = {}
    for step in steps:
        subscription = re.match(r"/subscriptions/[^/]+", step.id)
        if subscription and step.operation in _DELETING and step.type.startswith("azure-native:"):
            found.setdefault(subscription[0], []).append(step)
    return found


def locked(subscription: str, deleted: list[Step], azure: "Azure") -> list[str]:
    """The locks of a subscription over what is deleted, each in a sentence.

    Raises:
        OpsError: locks can't be read.
    """
    found: list[str] = []
    for lock in azure.arm.list(f"{subscription}{_LOCKS}", api_version=_VERSION):
        # Both levels forbid a deletion.
        scope = str(lock["id"]).lower().rpartition(f"{_LOCKS}/".lower())[0]
        names = [step.name for step in deleted if covers(scope, step.id)]
        if names:
            where = str(lock["id"])[: len(scope)]
            found.append(
                f"Lock '{lock['name']}' ({lock['properties']['level']}) at {where}: Azure refuses to delete "
                f"{', '.join(dict.fromkeys(names))} (ScopeLocked). Have it removed before the update."
            )
    return found

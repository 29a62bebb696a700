"""Azure's role-based access control, as far as it can be told from roles and assignments that were read.

Deny assignments are left out: only blueprints and managed applications make them.
"""

import fnmatch
from collections.abc import Iterable
from typing import Any


def grants(permission: dict[str, Any], action: str, *, data: bool = False) -> bool:
    """Whether one permission of a role definition grants an action, or a data action.

    An action is granted if a pattern of `actions` names it and none of `notActions`; upper and lower case are the same,
    and `*` stands for any text (ARM).
    """
    wanted, without = ("dataActions", "notDataActions") if data else ("actions", "notActions")
    return _names(permission.get(wanted), action) and not _names(permission.get(without), action)


def any_grants(permissions: Iterable[dict[str, Any]], action: str, *, data: bool = False) -> bool:
    """Whether any of the permissions grants it: what one leaves out, another may give."""
    return any(grants(permission, action, data=data) for permission in permissions)


def covers(scope: str, target: str) -> bool:
    """Whether an assignment at a scope applies to a target: it is the scope, or below it."""
    return f"{target.lower()}/".startswith(f"{scope.lower().rstrip('/')}/")


def _names(patterns: list[str] | None, action: str) -> bool:
    return any(fnmatch.fnmatchcase(action.lower(), pattern.lower()) for pattern in patterns or [])

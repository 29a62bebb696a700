"""Azure role-based access control: what a principal may do at a scope, by role definitions and assignments alone."""

import re
import time
from dataclasses import dataclass

from .azure import Azure
from .database import Document


@dataclass(frozen=True)
class Access:
    """One right that is asked for."""

    action: str
    scope: str
    data: bool = False


def normalize(scope: str) -> str:
    """An ARM id without trailing slash; the root is the empty text."""
    return "/" + scope.strip("/") if scope.strip("/") else ""


def covers(upper: str, lower: str) -> bool:
    """Whether a scope is another or above it: by whole segments, without case."""
    return f"{normalize(lower)}/".lower().startswith(f"{normalize(upper)}/".lower())


def matches(pattern: str, action: str) -> bool:
    """Whether an action string with wildcards names an action, without case."""
    expression = ".*".join(re.escape(part) for part in pattern.split("*"))
    return re.fullmatch(expression, action, re.IGNORECASE) is not None


def allowed(azure: Azure, principal_id: str, access: Access) -> bool:
    """Whether one of the principal's assignments, at the scope or above it, grants the right."""
    return any(
        _grants(definition, access)
        for assignment in _effective_assignments(azure)
        if assignment["properties"]["principalId"].lower() == principal_id.lower()
        and covers(assignment["properties"]["scope"], access.scope)
        and (definition := _definition_of(azure, assignment)) is not None
    )


def _effective_assignments(azure: Azure) -> list[Document]:
    """Assignments that work by now: a new one takes a while, and a removed one goes on for as long."""
    then = time.time() - azure.settings.rbac_delay_seconds
    made = [a for a in azure.database.all("roleAssignment") if a.get("_createdAt", 0) <= then]
    removed = [a for a in azure.database.all("removedRoleAssignment") if a["_removedAt"] > then]
    return made + removed


def _definition_of(azure: Azure, assignment: Document) -> Document | None:
    return azure.database.get("roleDefinition", assignment["properties"]["roleDefinitionId"].rsplit("/", 1)[-1])


def _grants(definition: Document, access: Access) -> bool:
    granted, taken = ("dataActions", "notDataActions") if access.data else ("actions", "notActions")
    return any(
        any(matches(pattern, access.action) for pattern in permission[granted])
        and not any(matches(pattern, access.action) for pattern in permission[taken])
        for permission in definition["properties"]["permissions"]
    )

"""Scopes of role assignments, and where the roles can be assigned."""

from collections.abc import Iterator

from components.config.formats.azure import is_management_group
from components.config.keys import API_MANAGEMENT, GATEWAYS, PROJECT, ROLES
from components.config.models.azure import ApiManagementSettings, ScopeLevel, ValidatorAssignmentMode, scope_at
from components.config.models.gateway import GatewaySettings
from components.config.well_formed import WellFormed


def uncovered_scopes(settings: WellFormed) -> Iterator[str]:
    """Assignments at scopes where the roles can't be assigned."""
    if settings.given(ROLES, "existing") is not None:
        return
    assignable = settings.at(ROLES, "assignableScopes")
    instance = [settings.at(API_MANAGEMENT, part) for part in ("subscriptionId", "resourceGroup", "name")]
    if assignable is None or None in instance:
        return
    assigned: list[tuple[str | None, str]] = []
    mode = settings.field(ApiManagementSettings, "validator_assignment", API_MANAGEMENT)
    if mode == ValidatorAssignmentMode.CREATE:
        level = settings.field(ApiManagementSettings, "validator_scope", API_MANAGEMENT)
        assigned.append((level, "apiManagement.validatorScope"))
    for index in settings.gateways():
        level = settings.field(GatewaySettings, "reader_scope", GATEWAYS, index)
        assigned.append((level, f"gateways[{index}].readerScope"))
    for level, key in assigned:
        scope = None if level is None else scope_at(ScopeLevel(level), *instance)
        if scope is not None and not any(_covers(covering, scope) for covering in assignable):
            yield (
                f"{PROJECT}:{key}: the role is assigned at {scope}, which {ROLES}.assignableScopes "
                f"({', '.join(assignable)}) does not cover"
            )


def _covers(assignable: str, scope: str) -> bool:
    # Which subscriptions a management group holds is not known here: ARM decides.
    return is_management_group(assignable) or f"{scope.lower()}/".startswith(f"{assignable.lower()}/")

"""Problems between values that are each well-formed."""

from collections.abc import Iterator
from typing import Any

from components.config.formats.azure import is_management_group
from components.config.formats.kubernetes import KUBERNETES_NAME
from components.config.keys import ACCEPTED_DRIFT, API_MANAGEMENT, GATEWAYS, PROJECT, ROLES
from components.config.models.azure import ApiManagementSettings, ScopeLevel, ValidatorAssignmentMode, scope_at
from components.config.models.base import Settings
from components.config.models.gateway import GatewaySettings
from components.config.well_formed import Place, WellFormed


def contradictions(settings: WellFormed, derived: set[Place]) -> Iterator[str]:
    """Problems between settings that are each well-formed; of the others, validation tells."""
    yield from _names(settings, derived)
    yield from _accepted_twice(settings)
    if settings.given(ROLES, "existing") is None:
        yield from _uncovered_scopes(settings)


def _names(settings: WellFormed, derived: set[Place]) -> Iterator[str]:
    """Gateways of one name, in API Management or in Kubernetes, and names that can't name Kubernetes objects."""
    names: dict[str, int] = {}
    objects: dict[tuple[str, str], int] = {}
    for index in settings.gateways():
        key, place = f"{GATEWAYS}[{index}]", (GATEWAYS, index)
        is_derived = (*place, "kubernetesName") in derived
        name, kubernetes_name = settings.at(*place, "name"), settings.at(*place, "kubernetesName")
        namespace = settings.at(*place, "namespace", default=_default(GatewaySettings, "namespace"))
        if name is not None and (other := names.setdefault(name.lower(), index)) != index:
            yield f"{key}.name: {name!r} is the name of gateways[{other}] already"
        elif kubernetes_name is not None and namespace is not None:
            other = objects.setdefault((namespace, kubernetes_name), index)
            if other != index:
                where = "name" if is_derived else "kubernetesName"
                yield f"{key}.{where}: {kubernetes_name!r} is taken by gateways[{other}] in its namespace"
        elif name is not None and kubernetes_name is None and is_derived:
            yield f"{key}.name: {name!r} can't name the Kubernetes objects: set `kubernetesName`, {KUBERNETES_NAME}"


def _accepted_twice(settings: WellFormed) -> Iterator[str]:
    """Differences that are accepted by two entries."""
    accepted = settings.given(ACCEPTED_DRIFT)
    seen: dict[tuple[str, str], int] = {}
    for index in range(len(accepted) if isinstance(accepted, list) else 0):
        resource, path = (settings.at(ACCEPTED_DRIFT, index, part, default="") for part in ("resource", "path"))
        if not resource or path is None:
            continue
        if (other := seen.setdefault((resource, path), index)) != index:
            what = f"path: {path!r} of {resource!r}" if path else f"resource: {resource!r}"
            yield f"{ACCEPTED_DRIFT}[{index}].{what} is accepted by acceptedDrift[{other}] already"


def _uncovered_scopes(settings: WellFormed) -> Iterator[str]:
    """Assignments at scopes where the roles can't be assigned."""
    assignable = settings.at(ROLES, "assignableScopes")
    instance = [settings.at(API_MANAGEMENT, part) for part in ("subscriptionId", "resourceGroup", "name")]
    if assignable is None or None in instance:
        return
    assigned: list[tuple[str | None, str]] = []
    mode = settings.at(
        API_MANAGEMENT, "validatorAssignment", default=_default(ApiManagementSettings, "validator_assignment")
    )
    if mode == ValidatorAssignmentMode.CREATE:
        level = settings.at(
            API_MANAGEMENT, "validatorScope", default=_default(ApiManagementSettings, "validator_scope")
        )
        assigned.append((level, "apiManagement.validatorScope"))
    for index in settings.gateways():
        level = settings.at(GATEWAYS, index, "readerScope", default=_default(GatewaySettings, "reader_scope"))
        assigned.append((level, f"gateways[{index}].readerScope"))
    for level, key in assigned:
        scope = None if level is None else scope_at(ScopeLevel(level), *instance)
        if scope is not None and not any(_covers(covering, scope) for covering in assignable):
            yield (
                f"{PROJECT}:{key}: the role is assigned at {scope}, which {ROLES}.assignableScopes "
                f"({', '.join(assignable)}) does not cover"
            )


def _default(model: type[Settings], field: str) -> Any:
    return model.model_fields[field].default


def _covers(assignable: str, scope: str) -> bool:
    # Which subscriptions a management group holds is not known here: ARM decides.
    return is_management_group(assignable) or f"{scope.lower()}/".startswith(f"{assignable.lower()}/")

"""All contradictions of a stack's file."""

from collections.abc import Iterator

from components.config.contradictions.accepted_drift import accepted_twice
from components.config.contradictions.assignable_scopes import uncovered_scopes
from components.config.contradictions.availability import blocking_budgets
from components.config.contradictions.images import impossible_versions
from components.config.contradictions.instance_discovery import undiscoverable_pods
from components.config.contradictions.names import taken_names
from components.config.contradictions.pods import impossible_pods
from components.config.contradictions.rollout import impossible_rollouts
from components.config.contradictions.scaling import impossible_scaling
from components.config.contradictions.service_accounts import impossible_service_accounts
from components.config.contradictions.services import impossible_services
from components.config.well_formed import Place, WellFormed


def contradictions(settings: WellFormed, derived: set[Place]) -> Iterator[str]:
    """Problems between settings that are each well-formed; of the others, validation tells."""
    yield from taken_names(settings, derived)
    yield from impossible_versions(settings)
    yield from impossible_pods(settings)
    yield from impossible_rollouts(settings)
    yield from impossible_scaling(settings)
    yield from blocking_budgets(settings)
    yield from impossible_service_accounts(settings)
    yield from impossible_services(settings)
    yield from undiscoverable_pods(settings)
    yield from accepted_twice(settings)
    yield from uncovered_scopes(settings)

"""Disruption budgets that nodes could never be drained with."""

from collections.abc import Iterator

from components.config.formats.bound import pods
from components.config.keys import GATEWAYS
from components.config.models.gateway import GatewaySettings
from components.config.models.workload.disruption_budget import DisruptionBudgetSettings
from components.config.well_formed import WellFormed

# More pods than anybody runs.
_ANY = 1_000_000


def blocking_budgets(settings: WellFormed) -> Iterator[str]:
    """Budgets that keep every pod on its node."""
    for index in settings.gateways():
        place = (GATEWAYS, index, "disruptionBudget")
        # With an autoscaler it has to let a pod go where the fewest run.
        fewest, key_of_fewest = settings.at(GATEWAYS, index, "autoscaling", "minReplicas"), "autoscaling.minReplicas"
        if settings.given(GATEWAYS, index, "autoscaling") is None:
            fewest, key_of_fewest = settings.field(GatewaySettings, "replicas", GATEWAYS, index), "replicas"
        if fewest == "external":
            # Somebody else knows: what blocks any number is refused.
            fewest = _ANY
        if settings.given(*place) is None or not isinstance(fewest, int) or fewest == 0:
            continue
        budget = settings.model(DisruptionBudgetSettings, *place)
        if budget is None:
            continue
        key, such = f"{GATEWAYS}[{index}].disruptionBudget", "no node with a pod could be drained"
        if budget.max_unavailable is not None and pods(budget.max_unavailable, fewest) == 0:
            yield f"{key}.maxUnavailable: expected more than 0: {such}"
        if budget.min_available is not None and (stay := pods(budget.min_available, fewest)) >= fewest:
            is_default = settings.origin(GATEWAYS, index, *key_of_fewest.split("."))
            number = f"`{key_of_fewest}` ({fewest}{is_default}): {budget.min_available} means {stay} of them"
            told = f"all pods: {budget.min_available} means each of them" if fewest == _ANY else number
            yield f"{key}.minAvailable: expected fewer than {told}, and {such}"

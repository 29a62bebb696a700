"""Pods that a failure, a drain or a rollout ends all at once."""

from collections.abc import Iterator

from components.config.advice.departure import Departure
from components.config.models.advice import AdviceId
from components.config.models.gateway import GatewaySettings

_FEWEST = 3


def availability_departures(gateway: GatewaySettings) -> Iterator[Departure]:
    """Numbers of pods, budgets, spreading and strategies that leave callers without an answer."""
    yield from _few_replicas(gateway)
    if gateway.several:
        if gateway.disruption_budget is None:
            yield Departure(
                AdviceId.NO_DISRUPTION_BUDGET,
                "disruptionBudget",
                "without it, a drain of nodes may end all pods at once. Set it, to `maxUnavailable: 25%` for example.",
            )
        anti_affinity = (gateway.pod.affinity or {}).get("podAntiAffinity")
        if gateway.pod.topology_spread_constraints == [] and not anti_affinity:
            yield Departure(
                AdviceId.NOT_SPREAD,
                "pod.topologySpreadConstraints",
                "an empty list lets all pods run on one node, so its failure ends them all. Leave it out.",
            )
    if gateway.deployment.strategy.get("type") == "Recreate":
        yield Departure(
            AdviceId.RECREATE_STRATEGY,
            "deployment.strategy",
            "`Recreate` ends all pods before it starts new ones, so every change of them interrupts traffic. Leave it out.",
        )


def _few_replicas(gateway: GatewaySettings) -> Iterator[Departure]:
    key, fewest = "replicas", gateway.replicas
    if gateway.autoscaling is not None:
        key, fewest = "autoscaling.minReplicas", gateway.autoscaling.min_replicas
    # 0 stops a gateway on purpose.
    if not isinstance(fewest, int) or fewest == 0 or fewest >= _FEWEST:
        return
    if fewest == 1:
        message = "if the only pod fails, or its node is drained, nobody is served until another one is ready."
    else:
        message = "while one of two pods is replaced, nobody is served if the other one fails."
    yield Departure(AdviceId.FEW_REPLICAS, key, f"{message} Set 3 or more, as Microsoft's guidance has it.")

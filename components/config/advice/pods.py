"""Pods that are restarted, evicted or left alone when they should not be, and that count for themselves."""

from collections.abc import Iterator

from components.config.advice.departure import Departure
from components.config.models.advice import AdviceId
from components.config.models.gateway import GatewaySettings

# Azure activates role assignments within them.
_RIGHTS_SECONDS = 600


def pod_departures(gateway: GatewaySettings) -> Iterator[Departure]:
    """Namespace, resources, probes and instance discovery."""
    container = gateway.container
    if gateway.namespace == "default":
        yield Departure(
            AdviceId.DEFAULT_NAMESPACE,
            "namespace",
            "in `default`, quotas, policies and rights of the gateway are those of everything else there. Name a namespace "
            "of its own; it has to exist. Another namespace replaces the objects of a deployed gateway.",
        )
    resources = container.resources or {}
    # Where there is no request, the limit is one.
    requested = {**resources.get("limits", {}), **resources.get("requests", {})}
    if missing := [name for name in ("cpu", "memory") if requested.get(name, "0") == "0"]:
        yield Departure(
            AdviceId.NO_RESOURCES,
            "container.resources",
            f"without requests of {' and '.join(missing)}, pods may run on nodes without room for them, and a namespace with "
            "a quota refuses them. Set `requests`; Microsoft's guidance starts with 2 cores and 2Gi.",
        )
    yield from _probes(gateway)
    if gateway.several and gateway.instance_discovery.host is None:
        yield Departure(
            AdviceId.NO_INSTANCE_DISCOVERY,
            "instanceDiscovery.host",
            "with null, each pod counts calls for itself, so rate limits let through as many times more as there are pods. "
            "Leave it out.",
        )


def _probes(gateway: GatewaySettings) -> Iterator[Departure]:
    container = gateway.container
    if container.liveness_probe is None:
        yield Departure(
            AdviceId.NO_LIVENESS_PROBE,
            "container.livenessProbe",
            "with null, nothing restarts a gateway that hangs. Leave it out.",
        )
    seconds = container.seconds_until_restart
    if seconds is not None and seconds <= _RIGHTS_SECONDS:
        leaves, mend = f"it leaves {seconds} s", "Set a larger `failureThreshold`, or leave it out."
        if container.startup_probe is None:
            leaves = f"with null, `container.livenessProbe` leaves {seconds} s"
            mend = "Leave it out, or set a larger `initialDelaySeconds` there."
        yield Departure(
            AdviceId.SHORT_STARTUP_PROBE,
            "container.startupProbe",
            f"{leaves} until a pod is restarted, but Azure may take ten minutes to activate role assignments. {mend}",
        )

"""Settings by which the pods of a gateway would not find each other."""

from collections.abc import Iterator

from components.config.contradictions.ports import same_port
from components.config.keys import GATEWAYS
from components.config.models.workload.instance_discovery import (
    HEADLESS_SERVICE,
    KNOW_SHORT_NAMES,
    InstanceDiscoverySettings,
)
from components.config.models.workload.pod import PodSettings
from components.config.well_formed import WellFormed


def undiscoverable_pods(settings: WellFormed) -> Iterator[str]:
    """Ports that collide, names of another Service than the headless one, and names that pods can't resolve."""
    for index in settings.gateways():
        discovery = settings.model(InstanceDiscoverySettings, GATEWAYS, index, "instanceDiscovery")
        pod = settings.model(PodSettings, GATEWAYS, index, "pod")
        if discovery is None:
            continue
        key = f"{GATEWAYS}[{index}]"
        if discovery.heartbeat_port == discovery.synchronization_port:
            place, names = (GATEWAYS, index, "instanceDiscovery"), ("heartbeatPort", "synchronizationPort")
            yield f"{key}.instanceDiscovery: {same_port(settings, discovery.heartbeat_port, *place, names=names)}"
        host = discovery.host
        if host is None or pod is None:
            continue
        if host == HEADLESS_SERVICE:
            if pod.dns_policy == "Default":
                yield (
                    f"{key}.pod.dnsPolicy: with 'Default' the pods do not know the cluster's names, so they would not find "
                    "each other: set `instanceDiscovery.host` to null, and rate limits count for each pod by itself"
                )
            continue
        kubernetes_name = settings.at(GATEWAYS, index, "kubernetesName")
        if kubernetes_name is not None and host.partition(".")[0] == f"{kubernetes_name}-live-traffic":
            yield (
                f"{key}.instanceDiscovery.host: {host!r} is the Service that clients reach, by which pods do not find each "
                f"other: leave it out, so that it is `{kubernetes_name}-instance-discovery`"
            )
        searches = (pod.dns_config or {}).get("searches")
        if "." not in host and pod.dns_policy not in KNOW_SHORT_NAMES and not searches:
            yield (
                f"{key}.instanceDiscovery.host: {host!r} is a short name, which pods with `pod.dnsPolicy: {pod.dns_policy}` "
                "can't resolve: expected a name with its domain"
            )

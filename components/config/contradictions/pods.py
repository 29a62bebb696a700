"""Settings of the pods that do not fit each other."""

from collections.abc import Iterator

from components.config.keys import GATEWAYS
from components.config.kubernetes.quantity import amount_of
from components.config.models.workload.container import ContainerSettings
from components.config.models.workload.pod import PodSettings
from components.config.well_formed import WellFormed


def impossible_pods(settings: WellFormed) -> Iterator[str]:
    """Pods that the API server refuses, because one setting speaks of what another does not have."""
    for index in settings.gateways():
        key = f"{GATEWAYS}[{index}]"
        container = settings.model(ContainerSettings, GATEWAYS, index, "container")
        pod = settings.model(PodSettings, GATEWAYS, index, "pod")
        if container is not None:
            yield from (f"{key}.container.resources.{problem}" for problem in _more_than_its_limit(container))
        if pod is None:
            continue
        if pod.dns_policy == "None" and not (pod.dns_config or {}).get("nameservers"):
            yield f"{key}.pod.dnsPolicy: 'None' needs `pod.dnsConfig.nameservers`: the pods could resolve no name"
        if container is None:
            continue
        # What the container leaves out, the pod decides.
        user = {**(pod.security_context or {}), **(container.security_context or {})}
        if user.get("runAsNonRoot") and user.get("runAsUser") == 0:
            yield (
                f"{key}: `runAsNonRoot: true` and `runAsUser: 0` of `container.securityContext` and `pod.securityContext` "
                "contradict each other: the container would not start"
            )
        volumes = [volume["name"] for volume in pod.volumes or []]
        for number, mount in enumerate(container.volume_mounts or []):
            if mount["name"] not in volumes:
                has = f"has {', '.join(volumes)}" if volumes else "has none"
                yield f"{key}.container.volumeMounts[{number}].name: {mount['name']!r} is no volume: `pod.volumes` {has}"


def _more_than_its_limit(container: ContainerSettings) -> Iterator[str]:
    resources = container.resources or {}
    limits = resources.get("limits", {})
    for resource, requested in resources.get("requests", {}).items():
        limit = limits.get(resource)
        if limit is not None and amount_of(requested) > amount_of(limit):
            yield f"requests.{resource}: expected at most {limit}, `limits.{resource}`; found {requested}"

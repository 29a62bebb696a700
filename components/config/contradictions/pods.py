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
        yield from (f"{key}.pod.{problem}" for problem in _labels(settings, index, pod))
        if pod.dns_policy == "None" and not (pod.dns_config or {}).get("nameservers"):
            yield f"{key}.pod.dnsPolicy: 'None' needs `pod.dnsConfig.nameservers`: the pods could resolve no name"
        if container is not None:
            yield from (f"{key}{problem}" for problem in _root(settings, index, container, pod))
            yield from (f"{key}.container.{problem}" for problem in _volumes(container, pod))


def _labels(settings: WellFormed, index: int, pod: PodSettings) -> Iterator[str]:
    common = settings.at(GATEWAYS, index, "commonLabels", default={}) or {}
    for name, value in pod.labels.items():
        if common.get(name, value) != value:
            yield (
                f"labels: {name!r} is {value!r} here and {common[name]!r} in `commonLabels`, which are the pods' labels too: "
                "leave it out of one of them"
            )


def _root(settings: WellFormed, index: int, container: ContainerSettings, pod: PodSettings) -> Iterator[str]:
    # What the container leaves out, the pod decides.
    own, of_pod = container.security_context or {}, pod.security_context or {}
    user = {**of_pod, **own}
    # Both of the container's own would be told where they stand.
    if user.get("runAsNonRoot") and user.get("runAsUser") == 0:
        forbids = "container" if "runAsNonRoot" in own else "pod"
        is_default = settings.origin(GATEWAYS, index, forbids, "securityContext", "runAsNonRoot")
        root = "container" if "runAsUser" in own else "pod"
        yield (
            f": `runAsNonRoot: true`{is_default} of `{forbids}.securityContext` and `runAsUser: 0` of `{root}.securityContext` "
            "contradict each other: the container would not start"
        )


def _volumes(container: ContainerSettings, pod: PodSettings) -> Iterator[str]:
    volumes = {volume["name"]: volume for volume in pod.volumes or []}
    has = f"has {', '.join(volumes)}" if volumes else "has none"
    privileged = (container.security_context or {}).get("privileged")
    for number, mount in enumerate(container.volume_mounts or []):
        if mount["name"] not in volumes:
            yield f"volumeMounts[{number}].name: {mount['name']!r} is no volume: `pod.volumes` {has}"
        elif "image" in volumes[mount["name"]] and mount.get("bindMountOptions"):
            yield f"volumeMounts[{number}].bindMountOptions: leave it out: {mount['name']!r} is an image"
        if mount.get("mountPropagation") == "Bidirectional" and not privileged:
            yield f"volumeMounts[{number}].mountPropagation: 'Bidirectional' needs `securityContext.privileged: true`"
    for number, variable in enumerate(container.env or []):
        name = variable.get("valueFrom", {}).get("fileKeyRef", {}).get("volumeName")
        if name is None:
            continue
        key = f"env[{number}].valueFrom.fileKeyRef.volumeName"
        if name not in volumes:
            yield f"{key}: {name!r} is no volume: `pod.volumes` {has}"
        elif "emptyDir" not in volumes[name]:
            yield f"{key}: {name!r} is no `emptyDir`, as it has to be"


def _more_than_its_limit(container: ContainerSettings) -> Iterator[str]:
    resources = container.resources or {}
    limits = resources.get("limits", {})
    for resource, requested in resources.get("requests", {}).items():
        limit = limits.get(resource)
        if limit is not None and amount_of(requested) > amount_of(limit):
            yield f"requests.{resource}: expected at most {limit}, `limits.{resource}`; found {requested}"

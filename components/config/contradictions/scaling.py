"""Numbers of pods that nobody can reach, or that two decide."""

from collections.abc import Iterator

from components.config.keys import GATEWAYS
from components.config.models.workload.container import ContainerSettings
from components.config.models.workload.scaling import AutoscalingSettings
from components.config.well_formed import WellFormed


def impossible_scaling(settings: WellFormed) -> Iterator[str]:
    """Autoscalers beside a number of pods, with bounds the wrong way round, or that measure against nothing."""
    for index in settings.gateways():
        place = (GATEWAYS, index, "autoscaling")
        if settings.given(*place) is None:
            continue
        key = f"{GATEWAYS}[{index}]"
        if settings.given(GATEWAYS, index, "replicas") is not None:
            yield f"{key}.replicas: leave it out: `autoscaling` decides how many pods run"
        scaling = settings.model(AutoscalingSettings, *place)
        if scaling is None:
            continue
        if scaling.min_replicas > scaling.max_replicas:
            yield (
                f"{key}.autoscaling.minReplicas: expected at most {scaling.max_replicas}, `maxReplicas`; "
                f"found {scaling.min_replicas}"
            )
        container = settings.model(ContainerSettings, GATEWAYS, index, "container")
        if container is None:
            continue
        resources = container.resources or {}
        # Where there is no request, the limit is one.
        requested = {**resources.get("limits", {}), **resources.get("requests", {})}
        for resource, utilization in (("cpu", scaling.cpu), ("memory", scaling.memory)):
            if utilization is not None and requested.get(resource, "0") == "0":
                yield (
                    f"{key}.autoscaling.{resource}: needs `container.resources.requests.{resource}`: it is a percentage of it"
                )

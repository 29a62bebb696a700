"""Times of a rollout that do not fit each other."""

from collections.abc import Iterator

from components.config.keys import GATEWAYS
from components.config.models.workload.container import ContainerSettings
from components.config.models.workload.deployment import DeploymentSettings
from components.config.models.workload.pod import PodSettings
from components.config.well_formed import WellFormed


def impossible_rollouts(settings: WellFormed) -> Iterator[str]:
    """Rollouts that are given up before a pod can be ready, and pods that are killed before they can end."""
    for index in settings.gateways():
        container = settings.model(ContainerSettings, GATEWAYS, index, "container")
        deployment = settings.model(DeploymentSettings, GATEWAYS, index, "deployment")
        pod = settings.model(PodSettings, GATEWAYS, index, "pod")
        if container is None or deployment is None or pod is None:
            continue
        starts = container.startup_seconds
        grace = pod.termination_grace_period_seconds
        if container.pre_stop_seconds >= grace:
            yield (
                f"{GATEWAYS}[{index}].container.preStopSeconds: expected less than {grace}, "
                "`pod.terminationGracePeriodSeconds`: the container would be killed before it is asked to end"
            )
        for key, probe in (("startupProbe", container.startup_probe), ("livenessProbe", container.liveness_probe)):
            own = (probe or {}).get("terminationGracePeriodSeconds")
            if own is not None and container.pre_stop_seconds >= own:
                yield (
                    f"{GATEWAYS}[{index}].container.{key}.terminationGracePeriodSeconds: expected more than "
                    f"{container.pre_stop_seconds}, `preStopSeconds`: the container would be killed before it is asked to end"
                )
        if deployment.progress_deadline_seconds <= (least := starts + deployment.min_ready_seconds):
            yield (
                f"{GATEWAYS}[{index}].deployment.progressDeadlineSeconds: expected more than {least}, the time that "
                f"`container.startupProbe` ({starts} s) and `deployment.minReadySeconds` ({deployment.min_ready_seconds} s) "
                "take together: a rollout would be given up before its pods are ready"
            )

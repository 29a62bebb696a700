"""Times of a rollout that do not fit each other."""

from collections.abc import Iterator
from typing import Any

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
        starts = 0 if container.startup_probe is None else _seconds(container.startup_probe)
        grace = pod.termination_grace_period_seconds
        if container.pre_stop_seconds >= grace:
            yield (
                f"{GATEWAYS}[{index}].container.preStopSeconds: expected less than {grace}, "
                "`pod.terminationGracePeriodSeconds`: the container would be killed before it is asked to end"
            )
        if deployment.progress_deadline_seconds <= (least := starts + deployment.min_ready_seconds):
            yield (
                f"{GATEWAYS}[{index}].deployment.progressDeadlineSeconds: expected more than {least}, the time that "
                f"`container.startupProbe` ({starts} s) and `deployment.minReadySeconds` ({deployment.min_ready_seconds} s) "
                "take together: a rollout would be given up before its pods are ready"
            )


def _seconds(probe: dict[str, Any]) -> int:
    """How long the container may take until the probe has failed; the API server's defaults are 10 s and 3 times."""
    return probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)

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
        key, place = f"{GATEWAYS}[{index}]", (GATEWAYS, index)
        stop = f"{container.pre_stop_seconds}{settings.origin(*place, 'container', 'preStopSeconds')}"
        grace = pod.termination_grace_period_seconds
        if container.pre_stop_seconds >= grace:
            has = f"{grace}{settings.origin(*place, 'pod', 'terminationGracePeriodSeconds')}"
            yield (
                f"{key}.container.preStopSeconds: expected less than {has}, `pod.terminationGracePeriodSeconds`; found {stop}: "
                "the container would be killed before it is asked to end"
            )
        for probe_key, probe in (
            ("startupProbe", container.startup_probe),
            ("livenessProbe", container.liveness_probe),
        ):
            own = (probe or {}).get("terminationGracePeriodSeconds")
            if own is not None and container.pre_stop_seconds >= own:
                yield (
                    f"{key}.container.{probe_key}.terminationGracePeriodSeconds: expected more than {stop}, `preStopSeconds`: "
                    "the container would be killed before it is asked to end"
                )
        starts, ready = container.startup_seconds, deployment.min_ready_seconds
        if deployment.progress_deadline_seconds <= (least := starts + ready):
            started = f"{starts} s{settings.origin(*place, 'container', 'startupProbe')}"
            readied = f"{ready} s{settings.origin(*place, 'deployment', 'minReadySeconds')}"
            deadline = settings.origin(*place, "deployment", "progressDeadlineSeconds")
            yield (
                f"{key}.deployment.progressDeadlineSeconds: expected more than {least}, the time that "
                f"`container.startupProbe` ({started}) and `deployment.minReadySeconds` ({readied}) take together; found "
                f"{deployment.progress_deadline_seconds}{deadline}: a rollout would be given up before its pods are ready"
            )

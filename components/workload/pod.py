"""The template that the Deployment makes pods from."""

from pulumi_kubernetes.core.v1 import PodSpecArgs, PodTemplateSpecArgs
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components.workload.configuration import Configuration
from components.workload.container import gateway_container
from components.workload.ending import GRACE_PERIOD_SECONDS
from components.workload.naming import Naming


def pod_template(naming: Naming, image: str, configuration: Configuration) -> PodTemplateSpecArgs:
    """A pod with the gateway's container."""
    return PodTemplateSpecArgs(
        metadata=ObjectMetaArgs(labels=naming.labels, annotations=configuration.pod_annotations),
        spec=PodSpecArgs(
            termination_grace_period_seconds=GRACE_PERIOD_SECONDS,
            containers=[gateway_container(naming.app, image, configuration)],
        ),
    )

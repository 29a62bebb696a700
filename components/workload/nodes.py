"""Which nodes the pods run on."""

from components.config.formats.image import ALL_ARCHITECTURES_SINCE, is_older
from components.config.models.workload.pod import PodSettings

_ARCHITECTURE = "kubernetes.io/arch"


def node_selector(version: tuple[int, ...] | None, settings: PodSettings) -> dict[str, str] | None:
    """Labels of the nodes: those of the stack's file, and amd64 if the image's version is certainly for nothing else."""
    if settings.node_selector is None:
        return None
    selector = dict(settings.node_selector)
    if is_older(version, ALL_ARCHITECTURES_SINCE):
        selector.setdefault(_ARCHITECTURE, "amd64")
    return selector or None

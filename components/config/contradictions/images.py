"""Versions that an image's tag and the stack's file tell apart."""

from collections.abc import Iterator

from components.config.formats.image import parsed, version_of, written
from components.config.keys import GATEWAYS
from components.config.models.gateway import GatewaySettings
from components.config.well_formed import WellFormed


def impossible_versions(settings: WellFormed) -> Iterator[str]:
    """Images that `imageVersion` says another version of than their tag."""
    for index in settings.gateways():
        image = settings.field(GatewaySettings, "image", GATEWAYS, index)
        version = settings.at(GATEWAYS, index, "imageVersion")
        told = None if image is None else version_of(image)
        if told is not None and version is not None and parsed(version)[: len(told)] != told:
            yield (
                f"{GATEWAYS}[{index}].imageVersion: {version} contradicts the tag of "
                f"`image`{settings.origin(GATEWAYS, index, 'image')}, which is of version {written(told)}: leave it out"
            )

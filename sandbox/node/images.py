"""Container images: which ones there are, and the command that plays each."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from ..waits import beside_controllers

REPOSITORY = Path(__file__).parents[2]
"""The folder that commands of images run in: they name modules of this repository."""

_REFERENCE = re.compile(
    r"(?P<repository>[a-z0-9.:/_-]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?P<digest>@[a-z0-9]+:[0-9a-f]+)?"
)


class InvalidImageNameError(Exception):
    """The image's name is not a reference."""


class ImageNotFoundError(Exception):
    """The registry does not have the image."""


@dataclass(frozen=True)
class Image:
    """An image that can be run."""

    reference: str
    repository: str
    command: tuple[str, ...]
    ports: tuple[int, ...]
    """Container ports that the image's process opens."""

    def argv(self, root: Path) -> list[str]:
        """The command line of a container with that root folder."""
        scale = beside_controllers(1)
        return [part.format(python=sys.executable, root=root, time_scale=scale) for part in self.command]


class Images:
    """The registry, and the images it has."""

    def __init__(self, file: Path) -> None:
        self._repositories = yaml.safe_load(file.read_text())

    def find(self, reference: str) -> Image:
        """The image of a reference; without a tag, `latest`.

        Raises:
            InvalidImageNameError: it is no reference.
            ImageNotFoundError: there is no such repository or tag.
        """
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise InvalidImageNameError(
                f'Failed to apply default image tag "{reference}": couldn\'t parse image name "{reference}": '
                "invalid reference format"
            )
        repository, tag = match["repository"], match["tag"] or "latest"
        known = self._repositories.get(repository)
        # A digest names one build; which builds there are is not known here.
        if known is None or match["digest"] or tag not in {str(each) for each in known["tags"]}:
            raise ImageNotFoundError(
                f'rpc error: code = NotFound desc = failed to pull and unpack image "{reference}": failed to resolve '
                f'reference "{reference}": {reference}: not found'
            )
        return Image(reference, repository, tuple(known["command"]), tuple(known["ports"]))

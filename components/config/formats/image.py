"""Container images, and what a tag tells about the gateway's version."""

import re
from typing import Annotated

from pydantic import AfterValidator

from components.config.formats.text import LABEL, Pattern

# The article says 2.2, the settings reference and the release notes 2.3.
MINIMUM_VERSION = (2, 2)
SETTINGS_SINCE = (2, 3)
ALL_ARCHITECTURES_SINCE = (2, 13)

# A tag of a registry's own that stands for no version, a date for example, has larger numbers.
_TAGGED = re.compile(r":v?(?P<version>\d{1,3}(\.\d+){0,2})(?:[.-][^:/@]*)?(?:@[^/]*)?$")
_MOVING = re.compile(r"latest|beta|v?\d{1,3}(\.\d+)?(-[^.]*)?")


def version_of(image: str) -> tuple[int, ...] | None:
    """As much of major, minor and patch version as the image `repository:tag` tells; None if it tells none (`latest`)."""
    tag = _TAGGED.search(image)
    return None if tag is None else parsed(tag["version"])


def parsed(version: str) -> tuple[int, ...]:
    """The numbers of a version."""
    return tuple(map(int, version.split(".")))


def written(version: tuple[int, ...]) -> str:
    """A version as a person writes it."""
    return ".".join(map(str, version))


def is_older(version: tuple[int, ...] | None, minimum: tuple[int, ...]) -> bool:
    """Whether a version is certainly older than the minimum, as far as it is known."""
    return version is not None and version[: len(minimum)] < minimum[: len(version)]


def moving_tag(image: str) -> str | None:
    """The image's tag, if Microsoft's registry moves it on to later versions; None if it stays, or a digest names the image."""
    if "@" in image:
        return None
    tag = image.rpartition("/")[2].partition(":")[2] or "latest"
    return tag if _MOVING.fullmatch(tag) else None


# The grammar of registries' references.
_HOST = rf"{LABEL}(\.{LABEL})*(:\d+)?"
_PATH = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"


def _refuse_old(version: tuple[int, ...] | None) -> None:
    if is_older(version, MINIMUM_VERSION):
        raise ValueError("expected image version 2.2 or later: earlier ones can't authenticate with Microsoft Entra")


def _recent_image(value: str) -> str:
    _refuse_old(version_of(value))
    return value


def _recent_version(value: str) -> str:
    _refuse_old(parsed(value))
    return value


Image = Annotated[
    str,
    Pattern(
        rf"({_HOST}/)?{_PATH}(/{_PATH})*(:[A-Za-z0-9_][-A-Za-z0-9_.]{{0,127}})?(@{_DIGEST})?",
        "a container image, as mcr.microsoft.com/azure-api-management/gateway:2.13.2",
    ),
    AfterValidator(_recent_image),
]

ImageVersion = Annotated[
    str, Pattern(r"\d{1,3}(\.\d{1,5}){2}", "a whole version, as 2.13.2"), AfterValidator(_recent_version)
]

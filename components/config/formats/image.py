"""Container images, and what a tag tells about the gateway's version."""

import re
from typing import Annotated

from pydantic import AfterValidator

from components.config.formats.text import LABEL, Pattern

# The article says 2.2, the settings reference and the release notes 2.3.
MINIMUM_VERSION = (2, 2)
SETTINGS_SINCE = (2, 3)
ALL_ARCHITECTURES_SINCE = (2, 13)


def version_of(image: str) -> tuple[int, int | None] | None:
    """Major and minor version of the image `repository:tag`; None where the tag does not tell (`latest`, a digest)."""
    tag = re.search(r":v?(\d+)(?:\.(\d+))?(?:[.-][^:/@]*)?(?:@[^/]*)?$", image)
    if tag is None:
        return None
    return int(tag[1]), int(tag[2]) if tag[2] is not None else None


def is_older(image: str, minimum: tuple[int, int]) -> bool:
    """Whether the image is certainly older than the minimum."""
    version = version_of(image)
    if version is None:
        return False
    major, minor = version
    return major < minimum[0] or (major == minimum[0] and minor is not None and minor < minimum[1])


# The grammar of registries' references.
_HOST = rf"{LABEL}(\.{LABEL})*(:\d+)?"
_PATH = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"


def _recent(value: str) -> str:
    if is_older(value, MINIMUM_VERSION):
        raise ValueError("expected image version 2.2 or later: earlier ones can't authenticate with Microsoft Entra")
    return value


Image = Annotated[
    str,
    Pattern(
        rf"({_HOST}/)?{_PATH}(/{_PATH})*(:[A-Za-z0-9_][-A-Za-z0-9_.]{{0,127}})?(@{_DIGEST})?",
        "a container image, as mcr.microsoft.com/azure-api-management/gateway:2.13.2",
    ),
    AfterValidator(_recent),
]

"""What the tag of a gateway's container image tells about its version."""

import re

# The article says 2.2, the settings reference and the release notes 2.3.
MINIMUM_VERSION = (2, 2)
SETTINGS_SINCE = (2, 3)


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

"""Images that are unknown, too old, or have a known fault."""

from collections.abc import Iterator

from components.config.advice.departure import Departure
from components.config.formats.image import is_older, moving_tag, written
from components.config.models.advice import AdviceId
from components.config.models.gateway import GatewaySettings

# Releases of the image, as its repository tells of them.
_GOOD = "2.13.2"
_OLDEST_SUPPORTED = (2, 11)  # the last three minor versions of the last major one
_FIRST_WITHOUT_CVE = (2, 10, 1)
# Of a minor version: the first release that has what the ones before lack, and what those are known for.
_SECURITY_PATCHES: dict[tuple[int, ...], tuple[int, ...]] = {(2, 12): (2, 12, 3)}
_FAULTS: dict[tuple[int, ...], tuple[tuple[int, ...], str]] = {
    (2, 12): ((2, 12, 2), "it can't restore a backup of its configuration, and a pod that tries does not get ready"),
    (2, 13): ((2, 13, 2), "it answers 500 to requests with some policies and diagnostics"),
}


def image_departures(gateway: GatewaySettings) -> Iterator[Departure]:
    """What to know of the gateway's image."""
    tag, version = moving_tag(gateway.image), gateway.version
    if tag is not None:
        yield Departure(
            AdviceId.MOVING_TAG,
            "image",
            f"tag `{tag}` moves, so pods of one gateway may run different versions, and what depends on the version can't be "
            f"checked. Name a whole version, {_GOOD} for example.",
        )
    elif version is None:
        yield Departure(
            AdviceId.UNKNOWN_VERSION,
            "image",
            "it does not tell the gateway's version, so what depends on the version can't be checked. Set `imageVersion`, "
            f"to {_GOOD} for example.",
        )
    if version is not None:
        key = "image" if gateway.image_version is None else "imageVersion"
        yield from _of_version(key, version)


def _of_version(key: str, version: tuple[int, ...]) -> Iterator[Departure]:
    name, deploy = written(version), f"Deploy a later one, {_GOOD} for example."
    if is_older(version, _OLDEST_SUPPORTED):
        yield Departure(
            AdviceId.UNSUPPORTED_VERSION,
            key,
            f"Microsoft no longer supports version {name}, but only the last three minor versions, "
            f"{written(_OLDEST_SUPPORTED)} and later. {deploy}",
        )
    if is_older(version, _FIRST_WITHOUT_CVE):
        yield Departure(
            AdviceId.VULNERABLE_VERSION,
            key,
            f"version {name} has the vulnerability CVE-2025-55315, which {written(_FIRST_WITHOUT_CVE)} mends. {deploy}",
        )
    patched = _SECURITY_PATCHES.get(version[:2])
    if patched is not None and is_older(version, patched):
        yield Departure(
            AdviceId.VULNERABLE_VERSION,
            key,
            f"version {name} lacks the security patches of {written(patched)}. {deploy}",
        )
    mended, fault = _FAULTS.get(version[:2], ((), ""))
    if fault and is_older(version, mended):
        yield Departure(
            AdviceId.BROKEN_VERSION,
            key,
            f"version {name} has a fault that {written(mended)} mends: {fault}. {deploy}",
        )

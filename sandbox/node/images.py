"""Container images: which ones there are, for which machines, who may pull them, and the command that plays each."""

import base64
import binascii
import hashlib
import json
import platform
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import yaml

from ..waits import beside_controllers
from . import KubernetesObject

REPOSITORY = Path(__file__).parents[2]
"""The folder that commands of images run in: they name modules of this repository."""

_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
ARCHITECTURE = _ARCHITECTURES.get(platform.machine(), platform.machine())
"""This machine's, by the name that Kubernetes and registries give it."""

_REFERENCE = re.compile(
    r"(?P<repository>[a-z0-9.:/_-]+?)(?::(?P<tag>[\w][\w.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?"
)


class InvalidImageNameError(Exception):
    """The image's name is not a reference."""


class ImageNotPulledError(Exception):
    """The registry does not have the image, not for this machine, or does not give it; the message is containerd's."""


@dataclass(frozen=True)
class Image:
    """An image that can be run."""

    reference: str
    repository: str
    digest: str
    """Of its build. It is the sandbox's own: what Microsoft's builds have is not known here."""
    command: tuple[str, ...]
    ports: tuple[int, ...]
    """Container ports that the image's process opens."""
    user: str
    """Who runs its process, a number or a name; empty for root."""

    @property
    def id(self) -> str:
        """Repository and digest: `imageID` of a container's status."""
        return f"{self.repository}@{self.digest}"

    def argv(self, root: Path) -> list[str]:
        """The command line of a container with that root folder."""
        scale = beside_controllers(1)
        return [part.format(python=sys.executable, root=root, time_scale=scale) for part in self.command]


class Images:
    """The registries with the images they have, and those that are on this machine."""

    def __init__(self, file: Path, architecture: str = ARCHITECTURE) -> None:
        self._repositories: dict[str, dict[str, Any]] = yaml.safe_load(file.read_text())
        self._architecture = architecture
        self._present: set[str] = set()

    def present(self, reference: str, secrets: Iterable[KubernetesObject] = ()) -> Image | None:
        """The image, where it is on this machine and the pull secrets open it; without a tag, `latest`.

        Raises:
            InvalidImageNameError: it is no reference.
        """
        try:
            image = self._find(reference, secrets)
        except ImageNotPulledError:
            return None
        return image if image.id in self._present else None

    def pull(self, reference: str, secrets: Iterable[KubernetesObject] = ()) -> Image:
        """The image of a reference, which is on this machine from then on. A digest decides, whatever the tag.

        Raises:
            InvalidImageNameError: it is no reference.
            ImageNotPulledError: there is no such image for this machine, or the secrets do not open it.
        """
        image = self._find(reference, secrets)
        self._present.add(image.id)
        return image

    def _find(self, reference: str, secrets: Iterable[KubernetesObject]) -> Image:
        match = _REFERENCE.fullmatch(reference)
        if match is None:
            raise InvalidImageNameError(
                f'Failed to apply default image tag "{reference}": couldn\'t parse image name "{reference}": '
                "invalid reference format"
            )
        name = match["repository"]
        known = self._repositories.get(name)
        if known is not None and (refusal := _refusal(name, known.get("credentials") or {}, secrets)):
            raise ImageNotPulledError(_unresolved("Unknown", reference, refusal))
        builds = {} if known is None else _builds(name, known)
        if match["digest"]:
            found = next((each for each in builds.values() if each.digest == match["digest"]), None)
        else:
            found = builds.get(match["tag"] or "latest")
        if known is None or found is None:
            raise ImageNotPulledError(_unresolved("NotFound", reference, f"{reference}: not found"))
        if self._architecture not in (found.architectures or (self._architecture,)):
            raise ImageNotPulledError(
                f'rpc error: code = NotFound desc = failed to pull and unpack image "{reference}": '
                "no match for platform in manifest: not found"
            )
        command, ports = tuple(known["command"]), tuple(known["ports"])
        return Image(reference, name, found.digest, command, ports, str(known.get("user", "")))


@dataclass(frozen=True)
class _Build:
    digest: str
    architectures: tuple[str, ...]
    """None of them: it runs on any machine."""


def _builds(repository: str, known: dict[str, Any]) -> dict[str, _Build]:
    """What each tag stands for. Tags are a list, or a map with what is known of each."""
    tags = known["tags"] if isinstance(known["tags"], dict) else dict.fromkeys(known["tags"])
    facts = {str(tag): each or {} for tag, each in tags.items()}
    builds = {}
    for tag, each in facts.items():
        version = str(each.get("is", tag))
        architectures = facts[version].get("architectures", known.get("architectures", ()))
        digest = hashlib.sha256(f"{repository}:{version}".encode()).hexdigest()
        builds[tag] = _Build(f"sha256:{digest}", tuple(architectures))
    return builds


def _refusal(repository: str, accepted: dict[str, str], secrets: Iterable[KubernetesObject]) -> str | None:
    """Why a registry does not give an image of that repository; None where it does."""
    if not accepted:
        return None
    registry, _, path = repository.partition("/")
    offered = [pair for secret in secrets for pair in _credentials(secret, registry)]
    if any(accepted.get(user) == password for user, password in offered):
        return None
    address = f"https://{registry}/oauth2/token"
    if offered:
        return (
            f"failed to authorize: failed to fetch oauth token: unexpected status from POST request to {address}: "
            "401 Unauthorized"
        )
    query = f"scope={quote(f'repository:{path}:pull', safe='')}&service={registry}"
    return (
        f"failed to authorize: failed to fetch anonymous token: unexpected status from GET request to {address}?{query}: "
        "401 Unauthorized"
    )


def _credentials(secret: KubernetesObject, registry: str) -> Iterator[tuple[str, str]]:
    """User names and passwords that a pull secret has for a registry; none where it is no pull secret."""
    data = secret.get("data") or {}
    try:
        if secret.get("type") == "kubernetes.io/dockerconfigjson":
            entries = json.loads(base64.b64decode(data[".dockerconfigjson"])).get("auths") or {}
        elif secret.get("type") == "kubernetes.io/dockercfg":
            entries = json.loads(base64.b64decode(data[".dockercfg"]))
        else:
            return
        for address, entry in entries.items():
            if address.removeprefix("https://").removeprefix("http://").partition("/")[0] != registry:
                continue
            if entry.get("auth"):
                user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
                yield user, password
            else:
                yield entry.get("username") or "", entry.get("password") or ""
    except (KeyError, ValueError, AttributeError, binascii.Error):
        return  # kubelet tries without it


def _unresolved(code: str, reference: str, why: str) -> str:
    return (
        f'rpc error: code = {code} desc = failed to pull and unpack image "{reference}": failed to resolve reference '
        f'"{reference}": {why}'
    )

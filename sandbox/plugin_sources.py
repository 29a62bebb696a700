"""Where the plugins come from: the stand-ins, the released ones that the engine installs, or a folder's where it has them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from semver import Version

VARIABLE = "SANDBOX_PLUGINS"
RELEASED = "released"
LANGUAGE_HOST = "language-python"
# By the names that the engine's folders begin with.
_TAKEN = (LANGUAGE_HOST, "resource-azure-native", "resource-azuread", "resource-kubernetes", "resource-random")
_FOLDER = re.compile(rf"(?P<name>{'|'.join(_TAKEN)})-v(?P<version>\d+\.\d+\.\d+.*)")


class SourceError(Exception):
    """`SANDBOX_PLUGINS` names nothing that plugins can be taken from; the message says what it takes."""


@dataclass(frozen=True)
class Found:
    """A plugin of a folder."""

    executable: Path
    version: str
    """As the folder's name has it: it need not be the pinned one."""


@dataclass(frozen=True)
class Installed:
    """One plugin of a PULUMI_HOME."""

    package: str
    """Package of a provider, or `language-python`."""
    version: str
    """The pinned one, under which the engine finds it."""
    source: str
    """What it is, in words."""


def released_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the engine installs the released plugins: SANDBOX_PLUGINS=released."""
    return environment.get(VARIABLE) == RELEASED


def found_plugins(environment: Mapping[str, str] = os.environ) -> dict[str, Found]:
    """The plugins of the folder that SANDBOX_PLUGINS names, in their highest versions; none where it names no folder.

    Args:
        environment: where SANDBOX_PLUGINS stands.

    Returns:
        By the names that their folders begin with: `resource-<package>`, and `language-python`, the language host.

    Raises:
        SourceError: it names a folder that is not there, or has none of them.
    """
    named = environment.get(VARIABLE)
    if not named or named == RELEASED:
        return {}
    layout = (
        "resource-<package>-v<version>/pulumi-resource-<package> or language-python-v<version>/pulumi-language-python, "
        "as in Pulumi's plugin cache"
    )
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise SourceError(f"{VARIABLE}={named}: expected `{RELEASED}`, or a folder with {layout}.")
    found = dict[str, Found]()
    for entry in folder.iterdir():
        match = _FOLDER.fullmatch(entry.name)
        if match is None or not Version.is_valid(match["version"]):
            continue
        plugin = Found((entry / f"pulumi-{match['name']}").resolve(), match["version"])
        # The engine marks what it has not installed whole.
        if not os.access(plugin.executable, os.X_OK) or entry.with_name(f"{entry.name}.partial").exists():
            continue
        other = found.get(match["name"])
        if other is None or Version.parse(other.version) < Version.parse(plugin.version):
            found[match["name"]] = plugin
    if not found:
        raise SourceError(f"{VARIABLE}={named}: the folder has none of {', '.join(_TAKEN)}. Expected {layout}.")
    return found


def linked_from(executable: Path) -> str:
    """Version and origin of a plugin that is a link into such a folder, for people to read."""
    target = executable.readlink()
    return f"{target.parent.name.rpartition('-v')[2]}, from {target.parent.parent}"

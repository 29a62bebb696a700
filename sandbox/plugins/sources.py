"""Where the plugins come from: the stand-ins, the released ones that the engine installs, or a folder's where it has them."""

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from semver import Version

VARIABLE = "SANDBOX_PLUGINS"
RELEASED = "released"
_FOLDER = re.compile(r"resource-(?P<package>[a-z-]+)-v(?P<version>\d+\.\d+\.\d+.*)")


class SourceError(Exception):
    """`SANDBOX_PLUGINS` names nothing that plugins can be taken from; the message says what it takes."""


@dataclass(frozen=True)
class Found:
    """A plugin of a folder."""

    executable: Path
    version: str
    """As the folder's name has it: it need not be the pinned one."""


def released_wanted(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the engine installs the released plugins: SANDBOX_PLUGINS=released."""
    return environment.get(VARIABLE) == RELEASED


def found_plugins(packages: Iterable[str], environment: Mapping[str, str] = os.environ) -> dict[str, Found]:
    """The plugins of the folder that SANDBOX_PLUGINS names, in their highest versions; none where it names no folder.

    Args:
        packages: the engine's names of the packages that are wanted.
        environment: where SANDBOX_PLUGINS stands.

    Raises:
        SourceError: it names a folder that is not there, or has none of them.
    """
    named = environment.get(VARIABLE)
    if not named or named == RELEASED:
        return {}
    layout = "resource-<package>-v<version>/pulumi-resource-<package>, as in Pulumi's plugin cache"
    folder = Path(named).expanduser()
    if not folder.is_dir():
        raise SourceError(f"{VARIABLE}={named}: expected `{RELEASED}`, or a folder with {layout}.")
    wanted, found = set(packages), dict[str, Found]()
    for entry in folder.iterdir():
        match = _FOLDER.fullmatch(entry.name)
        if match is None or match["package"] not in wanted or not Version.is_valid(match["version"]):
            continue
        plugin = Found((entry / f"pulumi-resource-{match['package']}").resolve(), match["version"])
        # The engine marks what it has not installed whole.
        if not os.access(plugin.executable, os.X_OK) or entry.with_name(f"{entry.name}.partial").exists():
            continue
        other = found.get(match["package"])
        if other is None or Version.parse(other.version) < Version.parse(plugin.version):
            found[match["package"]] = plugin
    if not found:
        raise SourceError(f"{VARIABLE}={named}: the folder has none of {', '.join(sorted(wanted))}. Expected {layout}.")
    return found

"""Puts the plugins where the engine looks for them: executables in a PULUMI_HOME of the sandbox's own."""

import os
import re
import shlex
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

from ..plugin_sources import Installed, found_plugins, linked_from

# Package of the engine -> (its SDK, the module that plays it).
PLUGINS = {
    "azure-native": ("pulumi_azure_native", "azure_native"),
    "azuread": ("pulumi_azuread", "azuread"),
    "kubernetes": ("pulumi_kubernetes", "kubernetes"),
    "random": ("pulumi_random", "random"),
}


def install(pulumi_home: Path, python: Path) -> None:
    """Put one executable a plugin there, under the version of the pinned SDK: a stand-in, or the one of SANDBOX_PLUGINS.

    Args:
        pulumi_home: the PULUMI_HOME that the engine is run with.
        python: the interpreter that has the sandbox's packages; its checkout is two folders above this file.

    Raises:
        SourceError: SANDBOX_PLUGINS names nothing that plugins can be taken from.
    """
    checkout = Path(__file__).resolve().parents[2]
    found = found_plugins()
    for package, (_, module) in PLUGINS.items():
        executable = _executable(pulumi_home, package)
        executable.parent.mkdir(parents=True, exist_ok=True)
        # It may be a link to a plugin, which must not be written to.
        executable.unlink(missing_ok=True)
        if plugin := found.get(f"resource-{package}"):
            executable.symlink_to(plugin.executable)
        else:
            write_executable(executable, python, checkout, f"sandbox.plugins.{module}")


def installed(pulumi_home: Path) -> Iterator[Installed]:
    """What a PULUMI_HOME has of the plugins."""
    for package, (sdk, module) in PLUGINS.items():
        executable = _executable(pulumi_home, package)
        if executable.is_symlink():
            source = linked_from(executable)
        elif os.access(executable, os.X_OK):
            is_stand_in = re.search(rb"sandbox\.plugins\." + module.encode(), executable.read_bytes()[:4096])
            source = "stand-in" if is_stand_in else "released"
        else:
            source = "missing"
        yield Installed(package, version(sdk), source)


def released() -> dict[str, str]:
    """The released plugins that these stand in for: package -> version."""
    return {package: version(sdk) for package, (sdk, _) in PLUGINS.items()}


def write_executable(path: Path, python: Path, checkout: Path, module: str) -> None:
    """An executable that runs one of the sandbox's modules in the place of the shell, so that its parent is the engine."""
    # To the shell the second line is a command, and to Python, which then runs this file, a text. So `ps` shows the plugin's
    # name. -P and PYTHONPATH: the engine runs it in the folder of whatever program it deploys.
    path.write_text(
        f"""#!/bin/sh
'''exec' env PYTHONPATH={shlex.quote(str(checkout))} {shlex.quote(str(python))} -P "$0" "$@"
' '''
import runpy
runpy.run_module("{module}", run_name="__main__", alter_sys=True)
"""
    )
    path.chmod(0o755)


def _executable(pulumi_home: Path, package: str) -> Path:
    pinned = version(PLUGINS[package][0])
    return pulumi_home / "plugins" / f"resource-{package}-v{pinned}" / f"pulumi-resource-{package}"

"""Puts the plugins where the engine looks for them: executables in a PULUMI_HOME of the sandbox's own."""

import shlex
from importlib.metadata import version
from pathlib import Path

# Package of the engine -> (its SDK, the module that plays it).
PLUGINS = {
    "azure-native": ("pulumi_azure_native", "azure_native"),
    "azuread": ("pulumi_azuread", "azuread"),
    "kubernetes": ("pulumi_kubernetes", "kubernetes"),
    "random": ("pulumi_random", "random"),
}


def install(pulumi_home: Path, python: Path) -> None:
    """Write one executable a plugin, in the version of the pinned SDK.

    Args:
        pulumi_home: the PULUMI_HOME that the engine is run with.
        python: the interpreter that has the sandbox's packages; its checkout is two folders above this file.
    """
    checkout = Path(__file__).resolve().parents[2]
    for package, (sdk, module) in PLUGINS.items():
        folder = pulumi_home / "plugins" / f"resource-{package}-v{version(sdk)}"
        folder.mkdir(parents=True, exist_ok=True)
        write_executable(folder / f"pulumi-resource-{package}", python, checkout, f"sandbox.plugins.{module}")


def released() -> dict[str, str]:
    """The released plugins that these stand in for: package -> version."""
    return {package: version(sdk) for package, (sdk, _) in PLUGINS.items()}


def write_executable(path: Path, python: Path, checkout: Path, module: str) -> None:
    """An executable that runs one of the sandbox's modules in the place of the shell, so that its parent is the engine."""
    # -P and PYTHONPATH: the engine runs it in the folder of whatever program it deploys.
    path.write_text(
        f'#!/bin/sh\nPYTHONPATH={shlex.quote(str(checkout))} exec {shlex.quote(str(python))} -P -m {module} "$@"\n'
    )
    path.chmod(0o755)

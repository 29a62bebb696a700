"""The official release of the Pulumi CLI, for machines that can reach it. It brings its own language host."""

import contextlib
import subprocess
from pathlib import Path

import httpx
import semver

from .build import cache_folder
from .recipes import Recipe

# The script that the automation API runs comes from here.
_ORIGIN = "https://get.pulumi.com"


def install_release(recipe: Recipe) -> Path | None:
    """Install the pinned release into the cache; None where it can't be had, which is found out in a few seconds."""
    folder = cache_folder() / f"release-{recipe.version}"
    if (folder / "bin" / "pulumi").exists():
        return folder / "bin"
    # Here, because it brings the whole SDK, and every command of the sandbox this module.
    from pulumi.automation import PulumiCommand

    with contextlib.suppress(httpx.HTTPError, OSError, subprocess.SubprocessError, RuntimeError):
        httpx.head(_ORIGIN, timeout=3, follow_redirects=True).raise_for_status()
        PulumiCommand.install(root=str(folder), version=semver.VersionInfo.parse(recipe.version))
        if (folder / "bin" / "pulumi").exists():
            return folder / "bin"
    return None

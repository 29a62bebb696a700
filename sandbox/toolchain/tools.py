"""The toolchain as the supervisor uses it."""

import os
from dataclasses import dataclass
from pathlib import Path

from .build import Progress, build, cached
from .find import find
from .recipes import RECIPES
from .release import install_release


@dataclass(frozen=True)
class Toolchain:
    """Where the programs are."""

    engine: Path
    """Folder of `pulumi`."""
    engine_was_built: bool
    """Then it has no language host beside it."""
    etcd: Path
    """Folder of `etcd`."""
    kubernetes: Path
    """Folder of `kube-apiserver`, `kube-controller-manager`, `kube-scheduler` and `kubectl`."""


def provide(progress: Progress) -> Toolchain:
    """Find each program, or build it; a program on PATH is preferred, SANDBOX_BUILD=1 asks for a build.

    Raises:
        BuildError: it can be neither found nor built.
    """
    folders: dict[str, Path] = {}
    built: set[str] = set()
    for number, recipe in enumerate(RECIPES, 1):
        wanted = not cached(recipe).is_dir() and not os.environ.get("SANDBOX_BUILD")
        folder = find(recipe) if wanted else None
        if folder is None and wanted and recipe.name == "engine":
            folder = install_release(recipe)
        if folder is None:
            folder = build(recipe, lambda message, number=number: progress(f"[{number}/{len(RECIPES)}] {message}"))
            built.add(recipe.name)
        folders[recipe.name] = folder
    return Toolchain(folders["engine"], "engine" in built, folders["etcd"], folders["kubernetes"])

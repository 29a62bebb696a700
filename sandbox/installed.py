"""Versions of installed packages, for processes that start with every command of the engine."""

from importlib.util import find_spec
from pathlib import Path


def installed_version(package: str) -> str:
    """The version of an installed package, by its import name, from the name of its metadata's folder.

    `importlib.metadata` reads the same, and takes longer to be imported than a small plugin does.

    Raises:
        LookupError: it is not installed, or not as a wheel is.
    """
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise LookupError(f"{package} is not installed")
    packages = Path(spec.origin).parents[1]
    for metadata in packages.glob(f"{package}-*.dist-info"):
        return metadata.name.removeprefix(f"{package}-").removesuffix(".dist-info")
    raise LookupError(f"{packages} has no metadata of {package}")

"""The stacks' files, as far as they say which stack needs which."""

from pathlib import Path
from typing import Any, cast

import yaml

# Of the sandbox: no pipeline deploys it.
_LOCAL = "sandbox"


class OddFileError(Exception):
    """A stack's file that is not what a stack's file is."""


def stack_files(folder: Path) -> dict[str, Path]:
    """Each stack's file by the stack's name; the sandbox's stack, which no pipeline knows, is none of them."""
    files = {stack_of(file.name): file for file in sorted(folder.glob("Pulumi.*.yaml"))}
    return {name: file for name, file in files.items() if name != _LOCAL}


def stack_of(file: str) -> str:
    """The name of the stack whose file has a name such as `Pulumi.dev.yaml`."""
    return file.removeprefix("Pulumi.").removesuffix(".yaml")


def roles_from(file: Path) -> str | None:
    """The stack whose roles a stack takes, by its file; None where the stack has roles of its own.

    Raises:
        OddFileError: that can't be told from its file.
    """
    try:
        found: Any = yaml.safe_load(file.read_text())
    except (OSError, ValueError, yaml.YAMLError):
        raise OddFileError from None
    for key in ("config", "self-hosted-gateway:roles", "existing", "stack"):
        if found is None:
            return None
        if not isinstance(found, dict):
            raise OddFileError
        found = cast(dict[Any, Any], found).get(key)
    return None if found is None else str(found).rsplit("/", 1)[-1]

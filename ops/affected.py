"""Which stacks a change can affect: what a pull request has to preview."""

import subprocess
from pathlib import Path
from typing import Any

import yaml

from .errors import OpsError

# Of the sandbox: no pipeline deploys it.
_LOCAL = {"sandbox"}
# What the program does not read. Whatever is not named here affects every stack.
_HARMLESS_FOLDERS = (
    ".ci", ".github", "azure-pipelines", "bootstrap", "docs", "ops", "sandbox", "tests",
)  # fmt: skip
_HARMLESS_FILES = {".gitignore", "Makefile", "pyproject.toml"}


def affected(base: str | None) -> list[str]:
    """Names of the stacks, of all where no base is given; those that others refer to come first.

    Args:
        base: commit with which HEAD is compared, from where they parted.

    Raises:
        OpsError: it can't be compared.
    """
    files = {_stack_of(file.name): file for file in sorted(Path().glob("Pulumi.*.yaml"))}
    needs = {name: _referred(file) for name, file in files.items() if name not in _LOCAL}
    chosen = set(needs) if base is None else _touched(_changed_files(base), needs)
    # A stack that takes the roles of another sees them change.
    while more := {name for name, needed in needs.items() if needed in chosen} - chosen:
        chosen |= more
    return sorted(chosen, key=lambda name: (_depth(name, needs), name))


def _touched(changed: list[str], needs: dict[str, str | None]) -> set[str]:
    touched: set[str] = set()
    for name in changed:
        path = Path(name)
        if path.parts[0] in _HARMLESS_FOLDERS or name in _HARMLESS_FILES or path.suffix == ".md":
            continue
        if path.parent == Path() and path.match("Pulumi.*.yaml"):
            touched |= {_stack_of(name)}
        else:
            return set(needs)
    # A stack whose file is deleted is not there to be previewed; those that refer to it are.
    return {name for name in needs if name in touched or needs[name] in touched}


def _stack_of(file: str) -> str:
    return file.removeprefix("Pulumi.").removesuffix(".yaml")


def _changed_files(base: str) -> list[str]:
    command = ["git", "diff", "--name-only", "--no-renames", "-z", f"{base}...HEAD"]
    try:
        finished = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise OpsError(f"git can't be run: {error.strerror}") from None
    if finished.returncode:
        raise OpsError(f"HEAD can't be compared with {base}: {finished.stderr.strip()}")
    return [name for name in finished.stdout.split("\0") if name]


def _referred(file: Path) -> str | None:
    """The stack whose roles a stack takes."""
    try:
        document: dict[str, Any] = yaml.safe_load(file.read_text()) or {}
    except yaml.YAMLError as error:
        raise OpsError(f"{file} can't be read: {error}") from None
    roles = (document.get("config") or {}).get("self-hosted-gateway:roles") or {}
    stack = (roles.get("existing") or {}).get("stack")
    return str(stack).rsplit("/", 1)[-1] if stack else None


def _depth(name: str, needs: dict[str, str | None]) -> int:
    depth, seen = 0, {name}
    while (name := needs.get(name) or "") and name not in seen:
        depth += 1
        seen.add(name)
    return depth

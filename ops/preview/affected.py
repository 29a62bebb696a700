"""Which stacks a change can affect: what a pull request has to preview."""

import subprocess
from pathlib import Path

from ..engine.stack_files import OddFileError, roles_from, stack_files, stack_of
from ..errors import OpsError

# What the program does not read, as documents (`.md`) are not. Whatever is not named here affects every stack. That a push
# to main deploys nothing then, the pipelines' path filters say once more, and a test holds them to this.
HARMLESS_FOLDERS = (
    ".ci", ".github", "azure-pipelines", "bench", "bootstrap", "docs", "ops", "sandbox", "tests",
)  # fmt: skip
HARMLESS_FILES = (".gitignore", ".pre-commit-config.yaml", "Makefile", "environments.yaml", "pyproject.toml")


def affected(base: str | None) -> list[str]:
    """Names of the stacks, of all where no base is given; those that others refer to come first.

    Args:
        base: commit with which HEAD is compared, from where they parted.

    Raises:
        OpsError: it can't be compared.
    """
    needs: dict[str, str | None] = {}
    odd: set[str] = set()
    for name, file in stack_files(Path()).items():
        try:
            needs[name] = roles_from(file)
        except OddFileError:
            # Its own preview says what is wrong with it, and keeps none of the others from being made.
            needs[name] = None
            odd.add(name)
    chosen = set(needs) if base is None else _touched(_changed_files(base), needs) | odd
    # A stack that takes the roles of another sees them change.
    while more := {name for name, needed in needs.items() if needed in chosen} - chosen:
        chosen |= more
    return sorted(chosen, key=lambda name: (_depth(name, needs), name))


def _touched(changed: list[str], needs: dict[str, str | None]) -> set[str]:
    touched: set[str] = set()
    for name in changed:
        path = Path(name)
        if path.parts[0] in HARMLESS_FOLDERS or name in HARMLESS_FILES or path.suffix == ".md":
            continue
        if path.parent == Path() and path.match("Pulumi.*.yaml"):
            touched |= {stack_of(name)}
        else:
            return set(needs)
    # A stack whose file is deleted is not there to be previewed; those that refer to it are.
    return {name for name in needs if name in touched or needs[name] in touched}


def _changed_files(base: str) -> list[str]:
    command = ["git", "diff", "--name-only", "--no-renames", "-z", f"{base}...HEAD"]
    try:
        finished = subprocess.run(command, capture_output=True, text=True)
    except OSError as error:
        raise OpsError(f"git can't be run: {error.strerror}") from None
    if finished.returncode:
        raise OpsError(f"HEAD can't be compared with {base}: {finished.stderr.strip()}")
    return [name for name in finished.stdout.split("\0") if name]


def _depth(name: str, needs: dict[str, str | None]) -> int:
    depth, seen = 0, {name}
    while (name := needs.get(name) or "") and name not in seen:
        depth += 1
        seen.add(name)
    return depth

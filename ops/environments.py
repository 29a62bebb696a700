"""The pipelines of the environments that environments.yaml names."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import yaml

from .engine.stack_files import OddFileError, roles_from, stack_files
from .errors import OpsError

FILE = "environments.yaml"
# A job's name at GitHub begins with a letter; the rest is what the bootstrap program takes.
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,38}")
# The sandbox's stack is no pipeline's; the reader's service connection has the name that this stack's would have.
_TAKEN = {"sandbox", "reader"}


def write(folder: Path) -> list[str]:
    """Write the environments into the pipelines' files; one that was deleted is wanted no more, and stays away.

    Returns:
        The files that have changed, as paths within the folder.

    Raises:
        OpsError: environments.yaml and the stacks' files contradict each other, with all that is wrong; nothing is written.
    """
    names = read(folder)
    written: dict[Path, str] = {}
    for path, put in _PLACES.items():
        file = folder / path
        if file.exists() and (text := put(path, file.read_text(), names)) != file.read_text():
            written[file] = text
    for file, text in written.items():
        file.write_text(text)
    return [str(file.relative_to(folder)) for file in written]


def read(folder: Path) -> list[str]:
    """The environments in their order.

    Raises:
        OpsError: as `write` has it.
    """
    try:
        found: Any = yaml.safe_load((folder / FILE).read_text())
    except FileNotFoundError:
        raise OpsError(f"{FILE} is missing: it lists the environments, one after the other.") from None
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise OpsError(f"{FILE} can't be read: {error}") from None
    if not isinstance(found, list) or not found:
        raise OpsError(f"{FILE}: expected a list with at least one environment.")
    listed = cast(list[object], found)
    problems = [*_misnamed(listed)] or [*_contradictions([str(name) for name in listed], folder)]
    if problems:
        raise OpsError("\n".join([f"{FILE} does not fit the repository:", *(f"  - {each}" for each in problems)]))
    return [str(name) for name in listed]


def _misnamed(names: list[object]) -> Iterator[str]:
    earlier: dict[str, str] = {}
    for name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            yield f"{name}: expected up to 39 letters, digits, '-' and '_', a letter first"
            continue
        if name.lower() in _TAKEN:
            yield f"{name}: the pipelines use this name for something else"
        # GitHub's environments know no case, and Azure's stages no '-'.
        key = name.lower().replace("-", "_")
        if earlier.get(key) == name:
            yield f"{name}: listed twice"
        elif key in earlier:
            yield f"{name}: too close to {earlier[key]}: neither case nor '-' instead of '_' makes a difference"
        earlier.setdefault(key, name)


def _contradictions(names: list[str], folder: Path) -> Iterator[str]:
    files = stack_files(folder)
    for name in names:
        if name not in files:
            yield f"{name}: Pulumi.{name}.yaml is missing; begin with a copy of another stack's file"
    for name in files:
        if name not in names:
            yield f"Pulumi.{name}.yaml: {name} is not listed; list it, or destroy its stack and delete the file"
    for place, name in enumerate(names):
        try:
            source = roles_from(files[name]) if name in files else None
        except OddFileError:
            continue  # its own preview says what is wrong with it
        if source in names[place:]:
            yield f"{name}: its roles are those of {source}, which has to come before it"


def _github(path: str, text: str, names: list[str]) -> str:
    jobs = "\n".join(_job(name, before) for name, before in zip(names, ["", *names], strict=False))
    return _from(path, text, "jobs:\n", jobs)


def _job(name: str, before: str) -> str:
    """A job of deploy.yml: only the first says for what, the others need the one before them."""
    if before:
        head = f"  {name}:\n    needs: {before}"
        why = ""
    else:
        head = f"  {name}:\n    if: github.ref == 'refs/heads/main' # also where somebody starts it by hand"
        why = """\
    # One after the other, plan and update together: a plan holds for the state that it was made from. A newer run takes
    # the place of one that waits; none is stopped half-way.
"""
    return f"""\
{head}
    uses: ./.github/workflows/deploy-stack.yml
    permissions:
      contents: read
      id-token: write
{why}\
    concurrency:
      group: deploy-{name}
      cancel-in-progress: false
    with:
      stack: {name}"""


def _azure(path: str, text: str, names: list[str]) -> str:
    stages = [f"  - template: templates/deploy-stack.yml\n    parameters:\n      stack: {name}" for name in names]
    return _from(path, text, "stages:\n", "\n".join(stages))


def _azure_parameter(path: str, text: str, names: list[str]) -> str:
    parts = re.split(r"(?m)^(  - name: stacks\n    type: object\n(?:    #.*\n)*)    default: .*$", text)
    if len(parts) != 3:
        raise OpsError(f"{path}: the parameter 'stacks' is not where it was; nothing is written.")
    before, parameter, after = parts
    return f"{before}{parameter}    default: [{', '.join(names)}]{after}"


def _from(path: str, text: str, line: str, rest: str) -> str:
    """The text with all that follows a line replaced."""
    before, found, _ = text.partition(f"\n{line}")
    if not found:
        raise OpsError(f"{path}: '{line.strip()}' is not where it was; nothing is written.")
    return f"{before}{found}{rest}\n"


_PLACES: dict[str, Callable[[str, str, list[str]], str]] = {
    ".github/workflows/deploy.yml": _github,
    "azure-pipelines/deploy.yml": _azure,
    "azure-pipelines/preview.yml": _azure_parameter,
    "azure-pipelines/drift.yml": _azure_parameter,
}

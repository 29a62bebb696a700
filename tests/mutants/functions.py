"""The mutants of functions: mutmut takes out and changes arguments, operators and values, one at a time."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .checkout import Module, MutantsError

# What mutmut says of a mutant that some test has noticed: by a failure, or because it never ends.
_NOTICED = ("killed", "timeout")


@dataclass(frozen=True)
class Tried:
    """What came of one mutant."""

    what: str
    """What was changed, as a function's name and the lines before and after."""
    noticed: bool


def try_functions(module: Module, tests: list[str], folder: Path, workers: int) -> list[Tried]:
    """Try them all, in a copy of the checkout.

    Args:
        module: What is mutated.
        tests: The files of tests that are asked.
        folder: The copy; mutmut makes one of its own below it.
        workers: How many are tried at once.

    Raises:
        MutantsError: mutmut can't be run, or the tests fail without any change.
    """
    _configure(module, tests, folder)
    _mutmut(folder, "run", "--max-children", str(workers))
    results = [
        line.strip().rpartition(": ") for line in _mutmut(folder, "results", "--all", "true").splitlines() if line
    ]
    unnoticed = [name for name, _, status in results if status not in _NOTICED]
    with ThreadPoolExecutor(workers) as pool:
        shown = dict(
            zip(unnoticed, pool.map(lambda name: _change(_mutmut(folder, "show", name)), unnoticed), strict=True)
        )
    return [Tried(shown.get(name, name), name not in shown) for name, _, _ in results]


def _configure(module: Module, tests: list[str], folder: Path) -> None:
    settings = {
        "source_paths": [str(module.path)],
        "also_copy": sorted(entry.name for entry in folder.iterdir()),
        "pytest_add_cli_args": ["-p", "tests.mutants.without_documents", "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": tests,
        # gRPC, which Pulumi's SDK imports, does not survive a fork of a process that has used it.
        "process_isolation": "forkserver",
    }
    with (folder / "pyproject.toml").open("a") as file:
        # A JSON text is one of TOML's values, too.
        file.writelines(["\n[tool.mutmut]\n", *(f"{key} = {json.dumps(value)}\n" for key, value in settings.items())])


def _mutmut(folder: Path, *arguments: str) -> str:
    command = [str(Path(sys.executable).with_name("mutmut")), *arguments]
    try:
        finished = subprocess.run(
            command,
            cwd=folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise MutantsError("mutmut is not installed: run `make mutants MODULE=...`, which installs it.") from None
    if finished.returncode != 0:
        raise MutantsError(
            f"`mutmut {' '.join(arguments)}` failed:\n{finished.stdout[-4000:]}{finished.stderr[-4000:]}"
        )
    return finished.stdout


def _change(diff: str) -> str:
    """The name of the function, and the lines before and after, of mutmut's difference."""
    lines = diff.splitlines()
    changed = [line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---"))]
    return "\n".join([lines[0].removeprefix("# ").partition(":")[0], *changed])

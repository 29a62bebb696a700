"""The mutants of functions: mutmut takes out and changes arguments, operators and values, one at a time."""

import json
import os
import subprocess
import sys
from pathlib import Path

from .checkout import Module, MutantsError
from .trial import Mutant

# What mutmut says of a mutant that some test has noticed: by a failure, or because it never ends.
_NOTICED = ("killed", "timeout")

_PLUGINS = ["-p", "tests.mutants.without_documents", "-p", "tests.mutants.quickest_first"]


def try_functions(module: Module, tests: list[str], folder: Path, workers: int) -> tuple[int, list[Mutant]]:
    """Let mutmut try them all, in a copy of the checkout.

    It is fast, and too quick to say that nobody notices: it puts a mutant in its place after the imports, and asks the tests
    that reach the function themselves, not those that look at what a fixture of another test has made there.

    Args:
        module: What is mutated.
        tests: The files of tests that are asked.
        folder: The copy; mutmut makes one of its own below it.
        workers: How many are tried at once.

    Returns:
        How many were noticed, and those that were not.

    Raises:
        MutantsError: mutmut can't be run, or the tests fail without any change.
    """
    _configure(module, tests, folder)
    _mutmut(folder, "run", "--max-children", str(workers))
    results = [
        line.strip().rpartition(": ") for line in _mutmut(folder, "results", "--all", "true").splitlines() if line
    ]
    unnoticed = [name for name, _, status in results if status not in _NOTICED]
    return len(results) - len(unnoticed), [_mutant(name, module, folder) for name in unnoticed]


def _configure(module: Module, tests: list[str], folder: Path) -> None:
    settings = {
        "source_paths": [str(module.path)],
        "also_copy": sorted(entry.name for entry in folder.iterdir()),
        "pytest_add_cli_args": [*_PLUGINS, "-p", "no:cacheprovider"],
        "pytest_add_cli_args_test_selection": tests,
        # A cast's text makes no difference.
        "do_not_mutate_patterns": [r'cast\("Any", '],
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
        said = f"{finished.stdout}\n{finished.stderr}".splitlines()
        # It draws a wheel that turns, a line each time.
        told = "\n".join(line for line in said if not line.endswith("Running stats"))
        raise MutantsError(f"`mutmut {' '.join(arguments)}` failed:\n{told[-4000:]}")
    return finished.stdout


def _mutant(name: str, module: Module, folder: Path) -> Mutant:
    """One of mutmut's by its name, with the lines before and after."""
    lines = _mutmut(folder, "show", name).splitlines()
    # The longest name of a module that it begins with: the rest is the function's.
    file = max(
        (file for file in module.files if name.startswith(f"{Module(file).name}.")), key=lambda file: len(str(file))
    )
    changed = [line for line in lines if line[:1] in "+-" and not line.startswith(("+++", "---"))]
    what = "\n".join([lines[0].removeprefix("# ").partition(":")[0], *changed])
    place = folder / file
    kept = place.read_text()
    _mutmut(folder, "apply", name)
    try:
        return Mutant(what, file, place.read_text())
    finally:
        place.write_text(kept)

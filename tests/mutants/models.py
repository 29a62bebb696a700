"""The mutants of a module's models, tried one after the other in copies of the checkout."""

import os
import queue
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .checkout import CHECKOUT, Module, MutantsError
from .fields import Mutant, mutants
from .functions import Tried

# Far more than the tests of any module take: a mutant that never ends is noticed.
_ENDLESS = 300


def try_models(module: Module, tests: list[str], copies: list[Path], progress: Callable[[str], None]) -> list[Tried]:
    """Try them all.

    Args:
        module: What is mutated.
        tests: The files of tests that are asked.
        copies: Copies of the checkout; as many mutants are tried at once.
        progress: Is told how many are done.

    Raises:
        MutantsError: the tests fail without any change.
    """
    found = [(file, mutant) for file in module.files for mutant in mutants((CHECKOUT / file).read_text())]
    if not found:
        return []
    unchanged = _pytest(tests, copies[0])
    if unchanged.returncode != 0:
        raise MutantsError(f"The tests of {module.name} fail without any change:\n{unchanged.stdout[-4000:]}")
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def attempt(one: tuple[Path, Mutant]) -> Tried:
        (file, mutant), copy = one, free.get()
        try:
            return Tried(f"{file}:{mutant.line}: {mutant.what}", _is_noticed(mutant, copy / file, tests, copy))
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        tried: list[Tried] = []
        for result in pool.map(attempt, found):
            tried.append(result)
            progress(f"models: {len(tried)} of {len(found)}")
    return tried


def _is_noticed(mutant: Mutant, file: Path, tests: list[str], copy: Path) -> bool:
    kept = file.read_text()
    file.write_text(mutant.source)
    try:
        return _pytest(tests, copy).returncode != 0
    except subprocess.TimeoutExpired:
        return True
    finally:
        file.write_text(kept)


def _pytest(tests: list[str], copy: Path) -> subprocess.CompletedProcess[str]:
    options = ["-x", "-q", "-p", "tests.mutants.without_documents", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=copy,
        # A module is written more than once a second: what was compiled of another mutant would count as current.
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        timeout=_ENDLESS,
    )

"""Mutants on trial: each is put in its place in a copy of the checkout, and the unit tests are asked in a new process."""

import os
import queue
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from .checkout import MutantsError

# Far more than the tests of any module take: a mutant that never ends is noticed.
_ENDLESS = 300


@dataclass(frozen=True)
class Mutant:
    """A file from which one thing has been taken out."""

    what: str
    """What was taken out, as somebody says it."""
    file: Path
    """Below the checkout."""
    source: str
    """The file's text without it."""


@dataclass(frozen=True)
class Tried:
    """What came of one mutant."""

    what: str
    noticed: bool


def try_each(
    mutants: list[Mutant], tests: list[str], copies: list[Path], progress: Callable[[str], None]
) -> list[Tried]:
    """Try them.

    Args:
        mutants: What is tried.
        tests: The files of tests that are asked, in this order, until one notices.
        copies: Copies of the checkout; as many mutants are tried at once.
        progress: Is told how many are done.

    Raises:
        MutantsError: the tests fail without any change.
    """
    if not mutants:
        return []
    unchanged = _pytest(tests, copies[0])
    if unchanged.returncode != 0:
        raise MutantsError(f"The tests fail without any change:\n{unchanged.stdout[-4000:]}")
    free: queue.SimpleQueue[Path] = queue.SimpleQueue()
    for copy in copies:
        free.put(copy)

    def attempt(mutant: Mutant) -> Tried:
        copy = free.get()
        try:
            return Tried(mutant.what, _is_noticed(mutant, tests, copy))
        finally:
            free.put(copy)

    with ThreadPoolExecutor(len(copies)) as pool:
        tried: list[Tried] = []
        for result in pool.map(attempt, mutants):
            tried.append(result)
            progress(f"{len(tried)} of {len(mutants)}")
    return tried


def _is_noticed(mutant: Mutant, tests: list[str], copy: Path) -> bool:
    file = copy / mutant.file
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

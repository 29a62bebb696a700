"""`python -m tests.mutants MODULE`: what no unit test notices when it is taken out of a module."""

import os
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from .checkout import Module, MutantsError, asking, copy
from .functions import try_functions
from .models import of_models
from .trial import Tried, try_each

output = Console(highlight=False, soft_wrap=True)
progress = Console(stderr=True)


def mutants(
    module: Annotated[str, typer.Argument(help="Its file or folder, for example components/config/defaults.py.")],
) -> None:
    """Take things out of a module or a package, one at a time, and say what no unit test notices.

    Tests that compare generated files with what is in the repository are not asked: they differ after every change.
    """
    start, workers = time.monotonic(), os.cpu_count() or 1
    try:
        chosen = Module.named(module)
        tests = asking(chosen)
        with tempfile.TemporaryDirectory() as folder, progress.status("copying") as status:
            first, *copies = [Path(folder) / f"copy-{number}" for number in range(workers + 1)]
            for each in (first, *copies):
                copy(each)
            status.update("functions")
            noticed, left = try_functions(chosen, tests, first, workers)
            tried = try_each([*of_models(chosen), *left], tests, copies, status.update)
    except MutantsError as error:
        progress.print(str(error), markup=False)
        raise typer.Exit(2) from None
    output.print(report(chosen.path, noticed + len(tried), tried, time.monotonic() - start), markup=False)


def report(path: Path, number: int, tried: list[Tried], seconds: float) -> str:
    """What a person reads of it: each that was not noticed, then the count."""
    unnoticed = [each.what for each in tried if not each.noticed]
    minutes, rest = divmod(round(seconds), 60)
    count = f"{path}: {number} mutants, {len(unnoticed)} not noticed by a unit test, in {minutes} min {rest} s."
    return "\n\n".join([*unnoticed, count])


typer.run(mutants)

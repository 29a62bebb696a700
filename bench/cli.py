"""The command of `python -m bench`."""

import datetime
import json
import os
import platform
import statistics
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from .lifecycle import measure
from .measure import Bench, BenchError

app = typer.Typer(add_completion=False, help="Measure the program's commands on a sandbox of its own.")
output = Console()
progress = Console(stderr=True)


@app.command()
def bench(
    rounds: Annotated[int, typer.Option(min=1, help="How often everything is measured.")] = 3,
    save: Annotated[Path, typer.Option(help="Where the measurements go as JSON.")] = Path("reports/bench.json"),
) -> None:
    """Measure the life of a stack, as a table and as JSON. Nothing else should run on the machine."""
    made = Bench({})
    try:
        for number in range(1, rounds + 1):
            with tempfile.TemporaryDirectory() as folder, progress.status(f"round {number} of {rounds}"):
                measure(made, Path(folder))
    except BenchError as error:
        progress.print(str(error), markup=False)
        raise typer.Exit(1) from None
    output.print(table(made))
    save.parent.mkdir(parents=True, exist_ok=True)
    save.write_text(as_json(made))
    output.print(f"Saved as {save}.")


def table(made: Bench) -> Table:
    """For a terminal."""
    rows = Table("what", "median", "fastest", "slowest", "CPU", box=None, pad_edge=False)
    for column in rows.columns[1:]:
        column.justify = "right"
    for what, seconds in made.seconds.items():
        shown = (statistics.median(seconds), min(seconds), max(seconds), statistics.median(made.cpu_seconds[what]))
        rows.add_row(what, *(f"{value:.1f} s" for value in shown))
    return rows


def as_json(made: Bench) -> str:
    """For programs, with what was measured on."""
    document = {
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "seconds": _rounded(made.seconds),
        "cpuSeconds": _rounded(made.cpu_seconds),
    }
    return json.dumps(document, indent=2) + "\n"


def _rounded(measured: dict[str, list[float]]) -> dict[str, list[float]]:
    return {what: [round(value, 3) for value in seconds] for what, seconds in measured.items()}

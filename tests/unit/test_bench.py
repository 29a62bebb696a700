"""Measurements as a table and as JSON; a command that fails is no measurement."""

import json
import os
import sys

import pytest
from rich.console import Console

from bench.cli import as_json, table
from bench.measure import Bench, BenchError


def test_measurements_are_a_table_and_json() -> None:
    made = Bench({}, {"preview": [3.25, 1.0, 2.0], "up": [4.0]}, {"preview": [2.5, 0.5, 1.5], "up": [3.0]})
    console = Console(width=80, no_color=True)
    with console.capture() as capture:
        console.print(table(made))
    assert [line.split() for line in capture.get().splitlines()] == [
        ["what", "median", "fastest", "slowest", "CPU"],
        ["preview", "2.0", "s", "1.0", "s", "3.2", "s", "1.5", "s"],
        ["up", "4.0", "s", "4.0", "s", "4.0", "s", "3.0", "s"],
    ]
    document = json.loads(as_json(made))
    assert document["seconds"] == {"preview": [3.25, 1.0, 2.0], "up": [4.0]}
    assert document["cpuSeconds"] == {"preview": [2.5, 0.5, 1.5], "up": [3.0]}


def test_a_command_that_fails_is_told_and_not_measured() -> None:
    made = Bench(dict(os.environ))
    with pytest.raises(BenchError) as failed:
        made.run("it", sys.executable, "-c", "import sys; sys.exit('what is wrong')")
    assert str(failed.value).endswith("failed with exit code 1:\nwhat is wrong\n")
    assert (made.seconds, made.cpu_seconds) == ({}, {})
    made.run("it", sys.executable, "-c", "")
    assert len(made.seconds["it"]) == 1


def test_the_cpu_time_is_that_of_all_the_commands_processes() -> None:
    made = Bench(dict(os.environ))
    busy = "import time\nwhile time.process_time() < 0.5: pass"
    made.run("a child", "sh", "-c", f"{sys.executable} -c '{busy}'; true")
    made.run("waiting", "sleep", "0.5")
    assert made.cpu_seconds["a child"][0] > 0.45
    assert made.cpu_seconds["waiting"][0] < 0.45

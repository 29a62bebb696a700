"""Measurements as a table and as JSON; a command that fails is no measurement."""

import json
import os
import sys

import pytest
from rich.console import Console

from bench.cli import as_json, table
from bench.measure import Bench, BenchError


def test_measurements_are_a_table_and_json() -> None:
    made = Bench({}, {"preview": [3.25, 1.0, 2.0], "up": [4.0]})
    console = Console(width=80, no_color=True)
    with console.capture() as capture:
        console.print(table(made))
    assert [line.split() for line in capture.get().splitlines()] == [
        ["what", "median", "fastest", "slowest"],
        ["preview", "2.0", "s", "1.0", "s", "3.2", "s"],
        ["up", "4.0", "s", "4.0", "s", "4.0", "s"],
    ]
    assert json.loads(as_json(made))["seconds"] == {"preview": [3.25, 1.0, 2.0], "up": [4.0]}


def test_a_command_that_fails_is_told_and_not_measured() -> None:
    made = Bench(dict(os.environ))
    with pytest.raises(BenchError) as failed:
        made.run("it", sys.executable, "-c", "import sys; sys.exit('what is wrong')")
    assert str(failed.value).endswith("failed with exit code 1:\nwhat is wrong\n")
    assert made.seconds == {}
    made.run("it", sys.executable, "-c", "")
    assert len(made.seconds["it"]) == 1

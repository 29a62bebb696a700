"""`python -m ops`: see `python -m ops --help`."""

from .cli.application import app

app(prog_name="python -m ops")

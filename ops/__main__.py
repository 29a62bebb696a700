"""`python -m ops`: see `python -m ops --help`."""

from .cli.application import app
from .engine.temporary import own_temporary_folder

with own_temporary_folder():
    app(prog_name=".venv/bin/python -m ops")

"""`python -m sandbox`: see `python -m sandbox --help`."""

from .supervisor.cli import app

app(prog_name=".venv/bin/python -m sandbox")

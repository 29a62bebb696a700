"""`python -m bench`: the measurements."""

from .cli import app

app(prog_name="python -m bench")

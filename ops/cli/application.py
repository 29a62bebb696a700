"""The application: its commands, by the panels of its help.

A command that talks with Azure or a cluster imports what it does when it is run: the clients take twice as long to be
imported as all else, and most commands need none.
"""

import typer

from . import changes, posts, reality, updates

app = typer.Typer(
    add_completion=False, no_args_is_help=True, help="What operators and pipelines run around the engine."
)


@app.callback()
def main() -> None:
    """Commands for a deployed stack."""


for panel in (updates, reality, changes, posts):  # in the order of the help
    app.add_typer(panel.app)

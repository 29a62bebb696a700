"""What a kill can leave of a `file://` backend: a stack's file that is whole, and that the engine reads no more.

Beside each file of such a backend stands another with its attributes, which is emptied before it is written. An engine
that is killed in between leaves it empty, and every command says `EOF`; without it, all is read as before. Backends with
`?metadata=skip` in their URL, Azure's blobs and Pulumi Cloud have no such file.
"""

import json
from pathlib import Path
from urllib.parse import unquote

from .commands import run

_SCHEME = "file://"


def remove_empty_attributes() -> list[Path]:
    """Take away the empty ones, of all stacks: `recover` reads all. Nothing is lost by it, even while an update runs.

    Returns:
        The files that it took away.

    Raises:
        OpsError: the engine can't be run, or there is no backend.
    """
    url: str = json.loads(run("whoami", "--verbose", "--json"))["url"]
    if not url.startswith(_SCHEME):
        return []
    backend = Path(unquote(url.removeprefix(_SCHEME).partition("?")[0])).expanduser()
    empty = [file for file in (backend / ".pulumi" / "stacks").rglob("*.json.attrs") if file.stat().st_size == 0]
    for file in empty:
        file.unlink(missing_ok=True)
    return empty

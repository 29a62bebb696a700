"""Puts the language host where the engine looks for it last, and without a warning: among its plugins."""

import shlex
from importlib.metadata import version
from pathlib import Path


def install(pulumi_home: Path, python: Path) -> None:
    """Write the executable.

    Args:
        pulumi_home: the PULUMI_HOME that the engine is run with.
        python: the interpreter that has the sandbox's packages.
    """
    checkout = Path(__file__).resolve().parents[2]
    folder = pulumi_home / "plugins" / f"language-python-v{version('pulumi')}"
    folder.mkdir(parents=True, exist_ok=True)
    host = folder / "pulumi-language-python"
    host.write_text(
        "#!/bin/sh\n"
        f'PYTHONPATH={shlex.quote(str(checkout))} exec {shlex.quote(str(python))} -P -m sandbox.language_host "$@"\n'
    )
    host.chmod(0o755)

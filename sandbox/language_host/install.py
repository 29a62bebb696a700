"""Puts the language host where the engine looks for it last, and without a warning: among its plugins."""

import os
import shlex
from importlib.metadata import version
from pathlib import Path

from ..plugin_sources import LANGUAGE_HOST, Installed, found_plugins, linked_from


def install(pulumi_home: Path, python: Path) -> None:
    """Put the executable there: ours, or the one of SANDBOX_PLUGINS.

    Args:
        pulumi_home: the PULUMI_HOME that the engine is run with.
        python: the interpreter that has the sandbox's packages.

    Raises:
        SourceError: SANDBOX_PLUGINS names nothing that plugins can be taken from.
    """
    executable = _executable(pulumi_home)
    executable.parent.mkdir(parents=True, exist_ok=True)
    # It may be a link to a host, which must not be written to.
    executable.unlink(missing_ok=True)
    if found := found_plugins().get(LANGUAGE_HOST):
        # It finds the script that runs a program beside itself, where the link leads.
        executable.symlink_to(found.executable)
        return
    checkout = Path(__file__).resolve().parents[2]
    executable.write_text(
        "#!/bin/sh\n"
        f'PYTHONPATH={shlex.quote(str(checkout))} exec {shlex.quote(str(python))} -P -m sandbox.language_host "$@"\n'
    )
    executable.chmod(0o755)


def installed(pulumi_home: Path) -> Installed:
    """What a PULUMI_HOME has of it. An engine that was not built here brings its own."""
    executable = _executable(pulumi_home)
    if executable.is_symlink():
        source = linked_from(executable)
    else:
        source = "stand-in" if os.access(executable, os.X_OK) else "the engine's own"
    return Installed(LANGUAGE_HOST, version("pulumi"), source)


def _executable(pulumi_home: Path) -> Path:
    return pulumi_home / "plugins" / f"{LANGUAGE_HOST}-v{version('pulumi')}" / f"pulumi-{LANGUAGE_HOST}"

"""The temporary folder of a command: what engine and plugins leave there goes with it.

The kubernetes plugin leaves a copy of the kubeconfig in each run, with the private key that may be in it.
"""

import os
import shutil
import tempfile

from .home import Home


def temporary_folder(home: Home) -> str:
    """Make a folder for this process, and for the command that it becomes; it is removed when that has ended, however it does.

    Returns:
        Its path, for TMPDIR. What is left of it where the machine itself ended goes with the sandbox.
    """
    home.temporary.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder = tempfile.mkdtemp(dir=home.temporary, prefix="run-")
    ended, held = os.pipe()
    if os.fork() == 0:
        # Not a child of the command's, which may wait for its children, nor of its terminal's, which interrupts.
        os.setsid()
        if os.fork() == 0:
            os.close(held)
            _without_streams()
            os.read(ended, 1)  # until all are gone that hold the other end
            shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)
    os.wait()
    os.close(ended)
    os.set_inheritable(held, True)  # noqa: FBT003 - it has no other form
    return folder


def _without_streams() -> None:
    """Let whoever reads the command's output see its end."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)

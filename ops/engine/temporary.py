"""The temporary folder of one run of `ops`."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def own_temporary_folder() -> Iterator[None]:
    """Have what this process runs, and itself, use a temporary folder that is removed at the end, also after Ctrl-C.

    The kubernetes plugin leaves a copy of the kubeconfig there in each run, with the credentials that are in it.
    """
    # What an interrupted engine's plugins still write there has no right to stop the removal.
    with tempfile.TemporaryDirectory(prefix="self-hosted-gateway-", ignore_cleanup_errors=True) as folder:
        os.environ["TMPDIR"] = tempfile.tempdir = folder
        yield

"""Starts a container's process, and sees to it that the process ends when the node does, however the node ends.

    python -I launcher.py PIPE NAMES COMMAND...

PIPE is the reading end of a pipe that the node holds open; a small process waits at it, and ends the container's process
group once the node has closed it or is gone. NAMES are environment variables, separated by commas, to be removed: the
interpreter of this launcher may have set them. The rest of the environment is the container's own.
"""

import contextlib
import os
import signal
import sys


def watch(pipe: int, group: int) -> None:
    """Ends a process group when the pipe closes."""
    while os.read(pipe, 1):
        pass
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def main() -> None:
    """Leaves the watching process behind, and becomes the command."""
    pipe, names, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    group = os.getpid()  # the node starts this as the leader of a new session
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            os.setsid()
            silent = os.open(os.devnull, os.O_RDWR)
            for stream in range(3):  # the container's log ends with the container
                os.dup2(silent, stream)
            watch(pipe, group)
        os._exit(0)
    os.waitpid(child, 0)
    os.close(pipe)
    for name in filter(None, names.split(",")):
        os.environ.pop(name, None)
    os.execv(command[0], command)


if __name__ == "__main__":
    main()

"""How the program ends when it cannot go on: its user reads one message, and no traceback."""

import signal

import pulumi

# Pulumi's language host takes this exit code for "the user has been told", and adds nothing. After a `pulumi.RunError` it
# adds that the program exited with code 1.
_TOLD = 32


class Refusal(SystemExit):
    """Raise it for what the user has to mend. It tells the user, and ends the program.

    Args:
        message: what is wrong, where, and what to do.
    """

    def __init__(self, message: str) -> None:
        super().__init__(_TOLD)
        self._message = message
        pulumi.log.error(message)

    def __str__(self) -> str:
        return self._message


def end_quietly_when_interrupted() -> None:
    """End at once on SIGINT, without Python's traceback.

    The language host interrupts the program when a resource has failed, and on Ctrl-C. Pulumi has said why by then. It
    completes what is under way, and writes it to the state, without the program.
    """
    signal.signal(signal.SIGINT, signal.SIG_DFL)

"""The engine's command line."""

import os
import subprocess

from ..errors import OpsError


def run(*arguments: str, given: str | None = None) -> str:
    """Run the engine, with a text on its standard input where one is given; what it prints.

    Raises:
        OpsError: it can't be run, or fails.
    """
    finished = answer_of(*arguments, given=given)
    if finished.returncode:
        raise OpsError(message_of(finished))
    return finished.stdout


def answer_of(
    *arguments: str, given: str | None = None, without: tuple[str, ...] = (), **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run the engine; what it prints, and its exit code.

    Args:
        arguments: of its command line.
        given: a text on its standard input.
        without: variables of the environment that it does not get.
        settings: others that it gets, without their `PULUMI_`.

    Raises:
        OpsError: it can't be run.
    """
    command = ["pulumi", *arguments, "--non-interactive", "--color", "never"]
    # It stands for --yes, which the engine refuses in a refresh that only looks.
    left_out = {"PULUMI_SKIP_CONFIRMATIONS", *without}
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    environment |= {f"PULUMI_{name}": value for name, value in settings.items()}
    try:
        return subprocess.run(command, capture_output=True, text=True, input=given, env=environment)
    except OSError as error:
        raise not_run(error) from None


def not_run(error: OSError) -> OpsError:
    if isinstance(error, FileNotFoundError):
        return OpsError("The Pulumi CLI, `pulumi`, is not on PATH: install it, or add its folder to PATH.")
    return OpsError(f"The Pulumi CLI can't be run: {error.strerror}")


def message_of(finished: subprocess.CompletedProcess[str]) -> str:
    said = without_prefix(finished.stderr.strip() or finished.stdout.strip())
    return said or f"pulumi ended with exit code {finished.returncode}"


def without_prefix(message: str) -> str:
    """A message of the engine without `error: ` before it, which the command writes itself."""
    return message.strip().removeprefix("error: ")

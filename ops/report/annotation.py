"""What GitHub and Azure Pipelines make of what is printed: warnings beside a run, and never somebody else's commands."""

import os
import re
import sys

# What the two take for a command: somewhere in a line, and at its beginning.
_ANYWHERE = re.compile(r"##(?=\[|vso\[)")
_FIRST = re.compile(r"^(\s*):(?=:)", re.MULTILINE)


def harmless(text: str) -> str:
    """A text with names and values that somebody else has given, in which a pipeline's agent finds no command."""
    if os.environ.get("GITHUB_ACTIONS") == "true" or os.environ.get("TF_BUILD"):
        return _FIRST.sub(r"\1: ", _ANYWHERE.sub("# #", text))
    return text


def warn(text: str) -> None:
    """Warn in one line, on standard error: what is printed may be read by a program."""
    line = harmless(" ".join(text.split()))
    if os.environ.get("GITHUB_ACTIONS") == "true":
        line = f"::warning::{line.replace('%', '%25')}"
    elif os.environ.get("TF_BUILD"):
        line = f"##vso[task.logissue type=warning]{line.replace('%', '%AZP25')}"
    else:
        return
    sys.stderr.write(f"{line}\n")

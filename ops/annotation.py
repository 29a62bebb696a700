"""Warnings that GitHub and Azure Pipelines show beside a run. Elsewhere, what is printed says it all."""

import os
import sys


def warn(text: str) -> None:
    """Warn in one line, on standard error: what is printed may be read by a program."""
    line = " ".join(text.split())
    if os.environ.get("GITHUB_ACTIONS") == "true":
        line = f"::warning::{line.replace('%', '%25')}"
    elif os.environ.get("TF_BUILD"):
        line = f"##vso[task.logissue type=warning]{line.replace('%', '%AZP25')}"
    else:
        return
    sys.stderr.write(f"{line}\n")

"""Warnings where a pipeline shows them: beside the run on GitHub and in Azure Pipelines, else on standard error."""

import os
import sys


def warn(text: str) -> None:
    """Warn in one line."""
    line = " ".join(text.split())
    if os.environ.get("GITHUB_ACTIONS") == "true":
        line = f"::warning::{line.replace('%', '%25')}"
    elif os.environ.get("TF_BUILD"):
        line = f"##vso[task.logissue type=warning]{line.replace('%', '%AZP25')}"
    else:
        line = f"warning: {line}"
    sys.stderr.write(f"{line}\n")

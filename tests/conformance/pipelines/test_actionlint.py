"""The workflows, as actionlint reads them: built from its module where the machine does not have it."""

import subprocess
from pathlib import Path

from sandbox.toolchain.build import build
from sandbox.toolchain.find import find
from sandbox.toolchain.recipes import Recipe

CHECKOUT = Path(__file__).parents[3]
ACTIONLINT = Recipe(
    name="actionlint",
    module="github.com/rhysd/actionlint",
    programs={"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
    version_variables=lambda version: {"github.com/rhysd/actionlint.version": version},
    version_command=("-version",),
    will_do=lambda found, pinned: found == pinned,
    root=Path(__file__).parent,
)


def test_actionlint_finds_nothing() -> None:
    tool = (find(ACTIONLINT) or build(ACTIONLINT, print)) / "actionlint"
    workflows = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
    assert workflows
    finished = subprocess.run([tool, "-no-color", *workflows], cwd=CHECKOUT, capture_output=True, text=True)
    assert (finished.returncode, finished.stdout + finished.stderr) == (0, "")

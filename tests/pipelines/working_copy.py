"""A repository with the program, and the fresh copies of it that jobs work in."""

import os
import shutil
import subprocess
from pathlib import Path

from ops.environments import write

CHECKOUT = Path(__file__).parents[2]
_TOP = (
    "__main__.py",
    "Makefile",
    "Pulumi.yaml",
    ".pulumi.version",
    ".gitignore",
    "constraints.txt",
    "requirements.txt",
)
# The repositories of the tests have these, whatever the checkout's own are.
ENVIRONMENTS = ("dev", "staging", "prod")
_FOLDERS = (".github", "azure-pipelines", "components", "ops")


class Repository:
    """A git repository with what a stack's pipelines need of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in _TOP:
            shutil.copy(CHECKOUT / name, folder / name)
        for name in _FOLDERS:
            shutil.copytree(CHECKOUT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        self.write("environments.yaml", "".join(f"- {name}\n" for name in ENVIRONMENTS))
        for name in ENVIRONMENTS:
            self.write(f"Pulumi.{name}.yaml", "config: {}\n")
        write(folder)
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        identity = {f"GIT_{who}_{what}": "contoso" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        command = ["git", "-C", str(self.folder), *arguments]
        finished = subprocess.run(command, env={**os.environ, **identity}, capture_output=True, text=True, check=True)
        return finished.stdout.strip()

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def commit(self) -> str:
        """Everything as it is, committed; the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "Change")
        return self.git("rev-parse", "HEAD")

    def merged(self, branch: str) -> str:
        """What a pull request's branch would be, merged to main: the commit that its runs check out."""
        self.git("checkout", "--quiet", "--detach", "main")
        self.git("merge", "--quiet", "--no-ff", "--message", "Merge", branch)
        merge = self.git("rev-parse", "HEAD")
        self.git("branch", "--force", f"merge-of-{branch}", merge)
        self.git("checkout", "--quiet", "main")
        return merge

    def check_out(self, commit: str, depth: int, target: Path) -> None:
        """A job's copy, with the packages installed already."""
        source = f"file://{self.folder}"
        subprocess.run(["git", "init", "--quiet", str(target)], check=True)
        fetch = ["git", "-C", str(target), "fetch", "--quiet", f"--depth={depth}", source, commit]
        subprocess.run(fetch, check=True, capture_output=True)
        subprocess.run(["git", "-C", str(target), "checkout", "--quiet", "FETCH_HEAD"], check=True, capture_output=True)
        virtual = target / ".venv"
        virtual.mkdir()
        for entry in (CHECKOUT / ".venv").iterdir():
            if entry.name != ".installed":
                (virtual / entry.name).symlink_to(entry)
        (virtual / ".installed").touch()

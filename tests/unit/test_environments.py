"""The change that adds or removes an environment, as docs/pipelines.md has it, made in a copy of this checkout."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from ops.cli.application import app
from ops.environments import write
from ops.errors import OpsError

from .. import environments
from ..conftest import CHECKOUT
from ..documented_commands import blocks

# What of `make check` knows the checkout's environments.
NAMED = "tests/unit/test_pipelines.py::test_the_pipelines_name_every_stack_of_the_repository"
TOP = "tests/unit/test_affected.py::test_every_name_at_the_top_of_the_repository_is_decided"
ABOUT_ENVIRONMENTS = ["tests/unit/test_pipelines.py", TOP]
# Takes most of the time, and says of few environments what it says of many.
SLOW = "schema or zizmor or fork"
OWN = "config:\n  azure-native:tenantId: x\n"
FOLLOWS_DEV = (
    "config:\n  self-hosted-gateway:roles:\n    existing:\n      stack: organization/self-hosted-gateway/dev\n"
)


def documented(heading: str) -> list[str]:
    """The commands under a heading of docs/pipelines.md."""
    return [command for block in blocks("docs/pipelines.md") if block.heading == heading for command in block.commands]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the checkout, committed."""
    folder = tmp_path / "copy"
    listed = git(CHECKOUT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (CHECKOUT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(CHECKOUT / name, folder / name)
    (folder / ".venv").symlink_to(CHECKOUT / ".venv")
    git(folder, "init", "--quiet")
    (folder / ".git/info/exclude").write_text(".venv\n")  # the link; .gitignore has the folder
    git(folder, "add", "--all")
    identity = ["-c", "user.name=contoso", "-c", "user.email=contoso@contoso.example"]
    git(folder, *identity, "commit", "--quiet", "--message", "As it is")
    return folder


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, check=True).stdout


def sh(folder: Path, command: str) -> None:
    finished = subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stdout + finished.stderr


def check(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """What `make check` runs of the tests that know environments."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True)


def assert_passes(folder: Path, *arguments: str) -> None:
    finished = check(folder, *ABOUT_ENVIRONMENTS, *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize("number", [1, 2, 5])
def test_a_copy_with_other_environments_passes_its_checks(copy: Path, number: int) -> None:
    before = environments.NAMES
    after = list(dict.fromkeys([*before, "second", "third-of-all", "fourth", "fifth"]))[:number]
    # Its line, its file, the documented command; the check is the part of `make check` that can tell.
    lines = (copy / "environments.yaml").read_text().splitlines()
    kept = [line for line in lines if not line.startswith("- ") or line[2:] in after]
    added = [f"- {name}" for name in after if name not in before]
    (copy / "environments.yaml").write_text("\n".join([*kept, *added]) + "\n")
    for name in set(before) - set(after):
        (copy / f"Pulumi.{name}.yaml").unlink()
    for name in set(after) - set(before):
        shutil.copy(copy / f"Pulumi.{before[0]}.yaml", copy / f"Pulumi.{name}.yaml")
    (command, then) = documented("Environments")
    assert then == "make check"
    sh(copy, command)
    git(copy, "add", "--all")
    assert_passes(copy, *([] if number == 5 else ["-k", f"not ({SLOW})"]))
    if environments.deploys("GitHub"):
        jobs = yaml.safe_load((copy / ".github/workflows/deploy.yml").read_text())["jobs"]
        assert list(jobs) == after


def test_a_forgotten_command_is_told(copy: Path) -> None:
    (copy / "environments.yaml").write_text("".join(f"- {name}\n" for name in [*environments.NAMES, "another"]))
    shutil.copy(copy / f"Pulumi.{environments.NAMES[0]}.yaml", copy / "Pulumi.another.yaml")
    finished = check(copy, NAMED)
    assert finished.returncode == 1
    assert "after a change, run .venv/bin/python -m ops environments" in finished.stdout


def test_a_copy_that_only_previews_and_checks_for_drift_passes_its_checks(copy: Path) -> None:
    if environments.deploys("GitHub"):  # else this checkout is one
        for command in documented("Only previews and drift checks"):
            sh(copy, command)
    sh(copy, documented("Environments")[0])
    assert_passes(copy, "-k", f"not ({SLOW})")
    names = {path.name for folder in (".github/workflows", "azure-pipelines") for path in (copy / folder).glob("*.yml")}
    assert names == {"checks.yml", "drift.yml", "preview.yml"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The pipelines of two environments, of which prod uses dev's roles."""
    monkeypatch.chdir(tmp_path)
    for folder in (".github", "azure-pipelines"):
        shutil.copytree(CHECKOUT / folder, folder)
    Path("Pulumi.dev.yaml").write_text(OWN)
    Path("Pulumi.prod.yaml").write_text(FOLLOWS_DEV)
    Path("Pulumi.sandbox.yaml").write_text(OWN)
    return tmp_path


def listed(*names: str) -> None:
    Path("environments.yaml").write_text("".join(f"- {name}\n" for name in names))


@environments.deployments_on("GitHub")
def test_the_jobs_of_github_are_written(repository: Path) -> None:
    head = Path(".github/workflows/deploy.yml").read_text().partition("jobs:\n")[0]
    listed("dev", "prod")
    write(repository)
    assert Path(".github/workflows/deploy.yml").read_text() == head + (
        """\
jobs:
  dev:
    if: github.ref == 'refs/heads/main' # also where somebody starts it by hand
    uses: ./.github/workflows/deploy-stack.yml
    permissions:
      contents: read
      id-token: write
    # One after the other, plan and update together: a plan holds for the state that it was made from. A newer run takes
    # the place of one that waits; none is stopped half-way.
    concurrency:
      group: deploy-dev
      cancel-in-progress: false
    with:
      stack: dev
  prod:
    needs: dev
    uses: ./.github/workflows/deploy-stack.yml
    permissions:
      contents: read
      id-token: write
    concurrency:
      group: deploy-prod
      cancel-in-progress: false
    with:
      stack: prod
"""
    )


def test_each_file_that_changes_is_named_and_a_second_time_nothing_does(repository: Path) -> None:
    # A copy may have the two already.
    Path("Pulumi.another.yaml").write_text(OWN)
    listed("dev", "prod", "another")
    write(repository)
    Path("Pulumi.another.yaml").unlink()
    listed("dev", "prod")
    first = CliRunner().invoke(app, ["environments"])
    assert first.exit_code == 0
    changed = ("azure-pipelines/preview.yml", "azure-pipelines/drift.yml")
    assert {f"Written: {file}" for file in changed} <= set(first.output.splitlines())
    second = CliRunner().invoke(app, ["environments"])
    assert second.output == "Nothing to write: the pipelines have these environments.\n"
    for file in changed:
        assert re.findall(r"(?m)^    default: .*$", Path(file).read_text()) == ["    default: [dev, prod]"]


def problems(*names: str) -> list[str]:
    listed(*names)
    before = {path: path.read_text() for path in Path().rglob("*.yml")}
    with pytest.raises(OpsError) as error:
        write(Path())
    assert {path: path.read_text() for path in before} == before
    first, *rest = str(error.value).splitlines()
    assert first == "environments.yaml does not fit the repository:"
    return rest


@pytest.mark.usefixtures("repository")
def test_a_list_that_the_stacks_files_contradict_is_refused_with_all_that_is_wrong() -> None:
    assert problems("dev", "test") == [
        "  - test: Pulumi.test.yaml is missing; begin with a copy of another stack's file",
        "  - Pulumi.prod.yaml: prod is not listed; list it, or destroy its stack and delete the file",
    ]
    assert problems("prod", "dev") == ["  - prod: its roles are those of dev, which has to come before it"]


@pytest.mark.usefixtures("repository")
def test_a_name_that_a_pipeline_cannot_have_is_refused() -> None:
    expected = "expected up to 39 letters, digits, '-' and '_', a letter first"
    assert problems("dev", "2nd", "eu.west", "Reader", "sandbox", "a-b", "A_b", "dev", "[x]") == [
        f"  - 2nd: {expected}",
        f"  - eu.west: {expected}",
        "  - Reader: the pipelines use this name for something else",
        "  - sandbox: the pipelines use this name for something else",
        "  - A_b: too close to a-b: neither case nor '-' instead of '_' makes a difference",
        "  - dev: listed twice",
        f"  - ['x']: {expected}",
    ]


@pytest.mark.usefixtures("repository")
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "environments.yaml: expected a list with at least one environment."),
        ("dev\n", "environments.yaml: expected a list with at least one environment."),
        ("- [", "environments.yaml can't be read: "),
        (None, "environments.yaml is missing: it lists the environments, one after the other."),
    ],
)
def test_a_list_that_is_none_is_refused(text: str | None, expected: str) -> None:
    if text is not None:
        Path("environments.yaml").write_text(text)
    result = CliRunner().invoke(app, ["environments"])
    assert result.exit_code == 1
    assert result.output.startswith(f"error: {expected}")
    assert "Traceback" not in result.output

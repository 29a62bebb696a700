"""Which stacks a change can affect."""

import subprocess
from pathlib import Path

import pytest

from ops.errors import OpsError
from ops.preview.affected import HARMLESS_FILES, HARMLESS_FOLDERS, affected

from .. import environments
from ..conftest import CHECKOUT

OWN = "config:\n  azure-native:tenantId: x\n"
FOLLOWS_DEV = (
    "config:\n  self-hosted-gateway:roles:\n    existing:\n      stack: organization/self-hosted-gateway/dev\n"
)


def git(*arguments: str) -> None:
    identity = ["-c", "user.name=contoso", "-c", "user.email=contoso@contoso.example"]
    subprocess.run(["git", *identity, *arguments], check=True, capture_output=True)


@pytest.fixture(autouse=True)
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with four stacks: two of their own, one that takes the roles of dev, and the sandbox's."""
    monkeypatch.chdir(tmp_path)
    git("init", "--quiet", "--initial-branch=main")
    for name, text in {"dev": OWN, "prod": FOLLOWS_DEV, "lone": OWN, "sandbox": OWN}.items():
        Path(f"Pulumi.{name}.yaml").write_text(text)
    git("add", "--all")
    git("commit", "--quiet", "--message", "First")
    return tmp_path


def after(*changed: str) -> list[str]:
    """The stacks that a commit with these files affects."""
    for name in changed:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(f"{Path(name).read_text() if Path(name).exists() else ''}# changed\n")
    git("add", "--all")
    git("commit", "--quiet", "--message", "Second")
    return affected("HEAD^1")


def test_without_a_base_all_stacks_are_named_and_those_that_others_need_come_first() -> None:
    assert affected(None) == ["dev", "lone", "prod"]


def test_a_stacks_file_affects_the_stack_and_those_that_take_its_roles() -> None:
    assert after("Pulumi.dev.yaml") == ["dev", "prod"]


def test_a_stacks_file_affects_no_stack_that_it_takes_roles_from() -> None:
    assert after("Pulumi.prod.yaml") == ["prod"]


@pytest.mark.parametrize(
    "name",
    [
        "__main__.py",
        "components/config/read.py",
        "requirements.txt",
        "constraints.txt",
        "Pulumi.yaml",
        ".pulumi.version",
    ],
)
def test_the_program_and_its_packages_affect_every_stack(name: str) -> None:
    assert after(name) == ["dev", "lone", "prod"]


def test_what_is_not_known_affects_every_stack() -> None:
    assert after("something/new.py") == ["dev", "lone", "prod"]


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "docs/roles/reader.json",
        "tests/unit/test_x.py",
        "ops/cli/application.py",
        "sandbox/x.py",
        "bench/x.py",
        ".github/workflows/deploy.yml",
        ".pre-commit-config.yaml",
    ],
)
def test_documents_tests_and_tools_affect_none(name: str) -> None:
    assert after(name) == []


def test_every_name_at_the_top_of_the_repository_is_decided() -> None:
    command = ["git", "-C", str(CHECKOUT), "ls-files"]
    files = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    top = {name.partition("/")[0] for name in files}
    stacks = {"Pulumi.sandbox.yaml", *(f"Pulumi.{name}.yaml" for name in environments.NAMES)}
    documents = {"CHANGELOG.md", "CONTRIBUTING.md", "README.md"}
    all_stacks = {".pulumi.version", "Pulumi.yaml", "__main__.py", "components", "constraints.txt", "requirements.txt"}
    assert top == all_stacks | stacks | documents | {*HARMLESS_FOLDERS, *HARMLESS_FILES}


@pytest.mark.parametrize(
    "text",
    [
        "config: [",
        "config: text\n",
        "- list\n",
        "config:\n  self-hosted-gateway:roles: existing\n",
        "config:\n  self-hosted-gateway:roles:\n    existing: dev\n",
        "config:\n  day: 2026-13-45\n",
    ],
)
def test_a_file_that_is_not_a_stacks_is_left_to_the_stacks_own_preview(text: str) -> None:
    Path("Pulumi.lone.yaml").write_text(text)
    assert after() == ["lone"]
    assert after("README.md") == ["lone"]
    assert after("Pulumi.prod.yaml") == ["lone", "prod"]
    assert affected(None) == ["dev", "lone", "prod"]


@pytest.mark.parametrize("text", ["", "config:\n", "config:\n  self-hosted-gateway:roles:\n    existing:\n"])
def test_a_file_that_says_nothing_yet_refers_to_no_stack(text: str) -> None:
    Path("Pulumi.lone.yaml").write_text(text)
    assert after() == ["lone"]
    assert after("README.md") == []


def test_the_sandboxs_stack_is_no_pipelines_business() -> None:
    assert after("Pulumi.sandbox.yaml") == []


def test_a_stack_whose_file_is_deleted_is_not_previewed_but_those_that_need_it_are() -> None:
    Path("Pulumi.dev.yaml").unlink()
    assert after() == ["prod"]


def test_a_base_that_is_not_there_is_an_error() -> None:
    with pytest.raises(OpsError, match="HEAD can't be compared with none"):
        affected("none")

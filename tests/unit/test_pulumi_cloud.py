"""The workflows' sign-in to Pulumi Cloud: where the state is there, and only there."""

import os
from pathlib import Path

import pytest

from ..conftest import CHECKOUT
from ..environments import deployments_on
from ..pipelines.github_api import GitHubApi
from ..pipelines.github_runner import GitHub, Run, SignIn
from ..pipelines.working_copy import Repository

STACKS = ("dev", "staging", "prod")
pytestmark = deployments_on("GitHub")
# In the place of the tools: what the commands find when they begin.
MAKE = """#!/bin/sh
[ "$1" = install ] && exit
echo "$1 $STACK: token '$PULUMI_ACCESS_TOKEN', backend '$PULUMI_BACKEND_URL', in '$PULUMI_DEFAULT_ORGANIZATION'"
mkdir -p "reports/$STACK" && touch "reports/$STACK/plan.json" "reports/$STACK/preview.md"
"""


def deployed(folder: Path, **variables: str) -> tuple[GitHub, Run]:
    """A run of deploy.yml with the repository's variables."""
    tools = folder / "tools"
    tools.mkdir()
    version = (CHECKOUT / ".pulumi.version").read_text().strip()
    for name, text in (("make", MAKE), ("pulumi", f"#!/bin/sh\necho v{version}\n"), ("kubelogin", "#!/bin/sh\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    (folder / "repository").mkdir()
    repository = Repository(folder / "repository")
    host = GitHub(
        repository=repository,
        api=GitHubApi("contoso/gateway"),
        variables={"AZURE_READER_CLIENT_ID": "reader", "AZURE_TENANT_ID": "contoso", **variables},
        environments={stack: {"AZURE_CLIENT_ID": f"deployer-{stack}"} for stack in STACKS},
        machine={"PATH": f"{tools}:{os.environ['PATH']}"},
        sign_ins={
            "reader": SignIn(frozenset({"ref:refs/heads/main"}), {}),
            **{f"deployer-{stack}": SignIn(frozenset({f"environment:{stack}"}), {}) for stack in STACKS},
        },
        folder=folder,
    )
    host.api.start()
    try:
        return host, host.run("deploy.yml", "push", {}, repository.commit())
    finally:
        host.api.stop()


def test_without_a_backend_of_its_own_each_job_signs_in_to_the_organization(tmp_path: Path) -> None:
    host, run = deployed(tmp_path, PULUMI_ORGANIZATION="contoso")
    assert set(run.results().values()) == {"success"}, run.texts
    assert host.cloud_sign_ins == ["contoso"] * 6
    said = [line for line in run.texts.splitlines() if "token" in line]
    assert said == [
        f"{command} {stack}: token 'pul-of-contoso', backend '', in 'contoso'"
        for stack in STACKS
        for command in ("preview", "deploy")
    ]


def test_with_a_backend_of_its_own_no_job_does(tmp_path: Path) -> None:
    host, run = deployed(tmp_path, PULUMI_BACKEND_URL="azblob://state?storage_account=contoso")
    assert set(run.results().values()) == {"success"}, run.texts
    assert host.cloud_sign_ins == []
    assert "preview dev: token '', backend 'azblob://state?storage_account=contoso', in ''" in run.texts


@pytest.mark.parametrize("variables", [{}, {"PULUMI_BACKEND_URL": "", "PULUMI_ORGANIZATION": ""}])
def test_without_backend_and_organization_nothing_is_planned(tmp_path: Path, variables: dict[str, str]) -> None:
    host, run = deployed(tmp_path, **variables)
    assert run["dev/plan"].result == "failure"
    assert "not supplied: organization" in run["dev/plan"].log
    assert "preview dev" not in run.texts
    assert host.cloud_sign_ins == []

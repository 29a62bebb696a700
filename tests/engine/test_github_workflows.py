"""The workflows' own steps, run in their order against the sandbox: from a pull request's preview to the drift issue."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..environments import deployments_on, deploys
from ..pipelines.github_api import BOT, GitHubApi
from ..pipelines.github_runner import GitHub, Run, SignIn
from .pipeline_project import STACKS, PipelineProject
from .sandbox import TENANT, Sandbox, sandbox_gateway

# A run takes three stacks through plan and update.
pytestmark = pytest.mark.timeout(900)

DEPLOYER = "5a0c0de0-0000-4000-8000-000000000020"
READER = "5a0c0de0-0000-4000-8000-000000000030"
OURS = {
    "head": {"repo": {"full_name": "contoso/gateway"}, "sha": "abc1234"},
    "user": {"login": "contoso"},
    "number": 7,
}


class Project(PipelineProject):
    """The project on GitHub."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        super().__init__(sandbox, folder)
        self.before_approval: list[Any] = []
        self.github = GitHub(
            repository=self.repository,
            api=GitHubApi("contoso/gateway").start(),
            variables={
                "AZURE_READER_CLIENT_ID": READER,
                "AZURE_TENANT_ID": TENANT,
                "PULUMI_BACKEND_URL": sandbox.environments["reader"]["PULUMI_BACKEND_URL"],
            },
            environments={name: {"AZURE_CLIENT_ID": DEPLOYER} for name in STACKS},
            machine=self.machine,
            sign_ins={
                READER: SignIn(frozenset({"pull_request", "ref:refs/heads/main"}), self.sign_in("reader")),
                DEPLOYER: SignIn(frozenset(f"environment:{stack}" for stack in STACKS), self.sign_in("deployer")),
            },
            folder=folder,
            approve=self._approve,
        )
        self.texts: list[str] = []
        self.first = Run()
        self.first_plans: list[str] = []

    def _approve(self, environment: str) -> None:
        for happening in self.before_approval:
            happening(environment)

    def run(self, workflow: str, event_name: str, event: dict[str, Any] | None = None, commit: str = "") -> Run:
        run = self.github.run(workflow, event_name, event or {}, commit or self.head)
        self.texts.append(run.texts)
        return run

    def push(self) -> Run:
        """Somebody pushes to main."""
        self.head = self.repository.commit()
        return self.run("deploy.yml", "push")

    def pull_request(self, number: int, **head: Any) -> Run:
        """Somebody pushes to a pull request's branch."""
        self.repository.git("checkout", "--quiet", "-B", f"change-{number}")
        self.repository.commit()
        merge = self.repository.merged(f"change-{number}")
        event = {"pull_request": {**OURS, "number": number, **head}}
        return self.run("preview.yml", "pull_request", event, merge)


@pytest.fixture(scope="module")
def project(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    """The project, deployed for the first time by the workflow, if there is one."""
    sandbox.reset_azure()
    sandbox.erase_cluster()
    new = Project(sandbox, tmp_path_factory.mktemp("github"))
    try:
        if deploys("GitHub"):
            new.before_approval.append(
                lambda stack: new.first_plans.extend([stack] * (f"plan-{stack}" in new.github.artifacts))
            )
            new.first = new.run("deploy.yml", "push")
            new.before_approval.clear()
            assert set(new.first.results().values()) == {"success"}, new.first.texts
        else:
            new.deploy()
        yield new
    finally:
        new.github.api.stop()
        new.remove()


@pytest.fixture(autouse=True)
def main(project: Project) -> Iterator[None]:
    """Each test begins on main, and leaves nothing behind there that it has not pushed."""
    yield
    project.before_approval.clear()
    project.repository.git("checkout", "--quiet", "--force", "main")


def scale(project: Project, replicas: int) -> None:
    project.repository.write("Pulumi.dev.yaml", project.stack_file(gateways=[sandbox_gateway(replicas=replicas)]))


@deployments_on("GitHub")
def test_main_goes_to_dev_then_staging_then_prod_each_approved_after_its_plan(project: Project) -> None:
    assert [job.name for job in project.first.jobs] == [
        f"{stack}/{job}" for stack in STACKS for job in ("plan", "update")
    ]
    assert project.first_plans == list(STACKS), "a plan is there when its environment's approval is asked for"
    assert "Stack dev: 27 to create, 0 unchanged." in project.first["dev/plan"].summary
    assert "creating mygw-workload-deployment (Deployment)" in project.first["dev/update"].log
    project.sandbox.wait_for_pods()
    assert len(project.sandbox.objects("pods", "apim")) == 3
    # A stack reference was read: prod knows the roles that dev has.
    answer = project.person("pulumi", "stack", "output", "readerRoleDefinitionId", "--stack", "prod")
    assert "/providers/Microsoft.Authorization/roleDefinitions/" in answer


def test_a_pull_request_gets_one_comment_for_each_stack_that_it_can_affect_and_it_is_updated(project: Project) -> None:
    api = project.github.api
    api.pull_request(7)
    # Somebody else's comment with the mark is left alone, and other comments fill more than a page.
    api.comment(7, "<!-- self-hosted-gateway preview dev -->\nmine", {"login": "contoso", "type": "User"})
    for number in range(120):
        api.comment(7, f"Comment {number}.", {"login": "contoso", "type": "User"})
    scale(project, 2)
    run = project.pull_request(7)
    assert run["stacks"].outputs == {"stacks": '["dev", "prod", "staging"]'}
    written = [text for text in api.comments_of(7) if "### Preview of" in text]
    assert [re.findall(r"### Preview of `(\w+)`", text) for text in written] == [["dev"], ["prod"], ["staging"]]
    dev = written[0]
    assert dev.startswith("<!-- self-hosted-gateway preview dev -->\n### Preview of `dev`\n\nStack dev: 1 to update, ")
    # More than one pod are spread over zones and nodes.
    row = (
        "| update | `mygw-workload-deployment` | Deployment | `spec.replicas`, "
        "`spec.template.spec.topologySpreadConstraints` |"
    )
    assert row in dev
    folded = dev.partition("<details><summary>Details</summary>")[2]
    assert "- spec.replicas: 1\n+ spec.replicas: 2" in folded
    assert dev.endswith("<sub>Commit abc1234, [run](https://github.com/contoso/gateway/actions/runs/4711)</sub>")
    assert "Stack staging: nothing to do" in written[2]

    scale(project, 3)
    project.pull_request(7)
    again = [text for text in api.comments_of(7) if "### Preview of" in text]
    assert len(again) == 3
    assert "+ spec.replicas: 3" in again[0]
    assert "mine" in api.comments_of(7)[0]
    for secret in project.secrets():
        assert not any(secret in text for text in (*again, *project.texts))


def test_a_preview_that_fails_is_told_in_its_comment(project: Project) -> None:
    project.github.api.pull_request(8)
    project.repository.write("Pulumi.staging.yaml", project.follower_file("staging").replace("existing", "exisiting"))
    run = project.pull_request(8)
    assert run.results() == {"stacks": "success", "preview (staging)": "failure"}
    (comment,) = project.github.api.comments_of(8)
    assert "> The preview failed: nothing is known of what would change." in comment
    assert "self-hosted-gateway:roles.exisiting: unknown key" in comment
    assert "Traceback" not in comment

    # The next push takes that back, and touches no stack.
    project.repository.write("Pulumi.staging.yaml", project.follower_file("staging"))
    project.repository.write("README.md", "# Gateways\n")
    run = project.pull_request(8)
    assert run.results() == {"stacks": "success", "preview": "skipped"}
    (comment,) = project.github.api.comments_of(8)
    assert "### Preview of `staging`\n\nThe pull request as it is now can no longer affect this stack." in comment
    assert comment.endswith("<sub>Commit abc1234, [run](https://github.com/contoso/gateway/actions/runs/4711)</sub>")


def test_a_stack_file_that_cannot_be_read_is_told_in_the_stacks_own_comment(project: Project) -> None:
    project.github.api.pull_request(10)
    scale(project, 2)
    project.repository.write("Pulumi.staging.yaml", "config: [\n")
    run = project.pull_request(10)
    assert run.results() == {
        "stacks": "success",
        "preview (dev)": "success",
        "preview (prod)": "success",
        "preview (staging)": "failure",
    }
    (comment,) = [text for text in project.github.api.comments_of(10) if "`staging`" in text]
    assert "> The preview failed: nothing is known of what would change." in comment
    assert "getting stack configuration: invalid YAML file: yaml: line 1: did not find expected node content" in comment
    assert "Traceback" not in comment


def test_a_fork_gets_checks_and_no_sign_in(project: Project) -> None:
    project.github.api.pull_request(9)
    run = project.pull_request(9, head={"repo": {"full_name": "fabrikam/gateway"}, "sha": "def5678"})
    assert run.results() == {"stacks": "skipped", "preview": "skipped"}
    assert project.github.api.comments_of(9) == []


def test_what_dependabot_proposes_is_checked_and_not_run_signed_in(project: Project) -> None:
    project.github.api.pull_request(11)
    run = project.pull_request(11, user={"login": "dependabot[bot]"})
    assert run.results() == {"stacks": "skipped", "preview": "skipped"}


@deployments_on("GitHub")
def test_what_changed_between_plan_and_approval_is_not_touched(project: Project) -> None:
    scale(project, 2)

    def somebody_deletes_the_secret(environment: str) -> None:
        if environment == "dev":
            project.sandbox.kubectl("delete", "secret", "mygw-auth").ok()

    secrets = project.secrets()
    project.before_approval.append(somebody_deletes_the_secret)
    run = project.push()
    assert run.results() == {
        "dev/plan": "success", "dev/update": "failure", "staging": "skipped", "prod": "skipped",
    }  # fmt: skip
    log = run["dev/update"].log
    assert "violates plan: properties changed (their values are not shown)" in log
    assert "make preview STACK=dev" in log
    assert "mygw-auth" not in project.sandbox.objects("secret")
    assert project.sandbox.objects("deployment")["mygw"]["spec"]["replicas"] == 1
    assert not any(secret in run.texts for secret in secrets)

    # The next plan has it, and what was approved is done.
    project.before_approval.clear()
    plans: list[str] = []
    project.before_approval.append(
        lambda stack: plans.append((project.github.artifacts[f"plan-{stack}"] / "plan.json").read_text())
    )
    again = project.run("deploy.yml", "workflow_dispatch")
    assert "| create | `mygw-workload-auth` | Secret |" in again["dev/plan"].summary
    assert set(again.results().values()) == {"success"}
    assert project.sandbox.objects("deployment")["mygw"]["spec"]["replicas"] == 2
    assert "mygw-auth" in project.sandbox.objects("secret")
    assert len(plans) == 3
    assert not any(secret in plan for secret in secrets for plan in plans)


def test_the_drift_check_keeps_one_issue_open_while_a_stack_drifts(project: Project) -> None:
    sandbox, api = project.sandbox, project.github.api
    project.repository.git("rm", "--quiet", "Pulumi.staging.yaml", "Pulumi.prod.yaml")
    project.head = project.repository.commit()
    assert set(project.run("drift.yml", "schedule").results().values()) == {"success"}
    assert not any("Drift" in issue["title"] for issue in api.issues.values())

    sandbox.kubectl("patch", "configmap", "mygw-env", "--type=merge", "-p", '{"data":{"gateway.name":"x"}}').ok()
    run = project.run("drift.yml", "schedule")
    assert set(run.results().values()) == {"success"}
    assert "::warning::Stack dev has drifted." in run["drift (dev)"].log
    (issue,) = [issue for issue in api.issues.values() if issue["title"] == "Drift in stack dev"]
    assert (issue["state"], issue["user"]) == ("open", BOT)
    assert '| `mygw-workload-env` | changed: `data["gateway.name"]` | `mygw` | `x` |' in issue["body"]
    assert "next deployment takes back" in issue["body"]

    sandbox.kubectl("delete", "service", "mygw-instance-discovery").ok()
    project.run("drift.yml", "workflow_dispatch")
    assert [issue["title"] for issue in api.issues.values() if issue["title"]] == ["Drift in stack dev"]
    assert "| `mygw-workload-instance-discovery` | deleted |  |  |" in issue["body"]

    # A check that fails is neither drift nor its end.
    sandbox.fault("ARM GET Microsoft.ApiManagement/service", status=403, code="AuthorizationFailed")
    failed = project.run("drift.yml", "schedule")
    sandbox.clear_faults()
    assert failed["drift (dev)"].result == "failure"
    assert "::warning::" not in failed["drift (dev)"].log
    assert issue["state"] == "open"

    # A person at a workstation heals it with the pipelines' commands.
    assert "| update | `mygw-workload-env` |" not in project.person("make", "preview", "STACK=dev")
    assert "updating mygw-workload-env (ConfigMap)" in project.person("make", "deploy", "STACK=dev")
    project.run("drift.yml", "schedule")
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    assert api.comments_of(issue["number"])[0].startswith("It is over.")

"""What must hold of every workflow and pipeline, and what the tools for them say."""

import json
import re
import subprocess
import sys
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from jsonschema.validators import validator_for

from ops.preview.affected import HARMLESS_FILES, HARMLESS_FOLDERS, affected
from sandbox.plugins.install import PLUGINS

from ..environments import NAMES, deployments_on, deploys
from ..pipelines.azure_files import expanded
from ..pipelines.azure_runner import PULL_REQUEST, AzurePipelines
from ..pipelines.expressions import Expressions
from ..pipelines.working_copy import Repository

CHECKOUT = Path(__file__).parents[2]
WORKFLOWS = sorted((CHECKOUT / ".github/workflows").glob("*.yml"))
ACTIONS = sorted((CHECKOUT / ".github/actions").glob("*/action.yml"))
AZURE = sorted((CHECKOUT / "azure-pipelines").glob("*.yml"))
READ_ONLY = {"contents": "read"}
SIGNED_IN = {"contents": "read", "id-token": "write"}
AFTER_A_CHANGE = "docs/pipelines.md, Environments: after a change, run .venv/bin/python -m ops environments"


def load(file: Path) -> dict[str, Any]:
    # YAML 1.1 reads the key `on` as a truth value; GitHub does not.
    return {"on" if key is True else key: value for key, value in yaml.safe_load(file.read_text()).items()}


def workflow(name: str) -> dict[str, Any]:
    return load(CHECKOUT / ".github/workflows" / f"{name}.yml")


def steps() -> list[dict[str, Any]]:
    jobs = [job for file in WORKFLOWS for job in load(file)["jobs"].values()]
    return [step for job in jobs for step in job.get("steps", [])] + [
        step for file in ACTIONS for step in load(file)["runs"]["steps"]
    ]


def test_an_action_of_somebody_else_is_pinned_by_its_commit_and_names_its_version() -> None:
    lines = [line for file in (*WORKFLOWS, *ACTIONS) for line in file.read_text().splitlines() if "uses:" in line]
    others = [line.split("uses:")[1].strip() for line in lines if "uses: ./" not in line]
    assert len(others) > 10
    assert [line for line in others if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_one_action_has_one_pin() -> None:
    pins: dict[str, set[str]] = {}
    for step in steps():
        name, _, pin = step.get("uses", "").partition("@")
        pins.setdefault(name, set()).add(pin)
    assert {name: found for name, found in pins.items() if len(found) > 1} == {}


def test_a_job_has_the_permissions_that_it_needs_and_no_more() -> None:
    assert [file.name for file in WORKFLOWS if load(file)["permissions"] != {}] == []
    permissions = {
        f"{file.stem}/{name}": job["permissions"] for file in WORKFLOWS for name, job in load(file)["jobs"].items()
    }
    deployments = (*(f"deploy/{name}" for name in NAMES), "deploy-stack/plan", "deploy-stack/update")
    assert permissions == {
        "checks/checks": READ_ONLY,
        "checks/released-plugins": READ_ONLY,
        "preview/stacks": {**READ_ONLY, "pull-requests": "write"},
        "preview/preview": {**SIGNED_IN, "pull-requests": "write"},
        "drift/stacks": READ_ONLY,
        "drift/drift": {**SIGNED_IN, "issues": "write"},
        **(dict.fromkeys(deployments, SIGNED_IN) if deploys("GitHub") else {}),
    }


def test_no_workflow_knows_a_stored_secret() -> None:
    for file in (*WORKFLOWS, *ACTIONS):
        assert "secrets." not in file.read_text()
        assert "secrets: inherit" not in file.read_text()


def test_no_workflow_runs_a_forks_code_with_the_repositorys_rights() -> None:
    for file in WORKFLOWS:
        assert "pull_request_target" not in file.read_text()
        assert "workflow_run" not in file.read_text()
    assert workflow("preview")["jobs"]["preview"]["needs"] == "stacks"


@pytest.mark.parametrize(
    ("repository", "author", "signs_in"),
    [
        ("contoso/gateway", "contoso", True),
        ("contoso/gateway", "dependabot[bot]", False),
        ("fabrikam/gateway", "contoso", False),
    ],
)
def test_a_fork_and_dependabot_get_no_preview(repository: str, author: str, signs_in: bool) -> None:
    head = {"head": {"repo": {"full_name": repository}}, "user": {"login": author}}
    github = {"repository": "contoso/gateway", "event": {"pull_request": head}}
    guard = workflow("preview")["jobs"]["stacks"]["if"]
    assert Expressions({"github": github}, {"success": lambda: True}).holds(guard) is signs_in


def test_every_push_and_every_pull_request_is_checked_by_what_a_contributor_runs() -> None:
    checks = workflow("checks")
    assert set(checks["on"]) == {"push", "pull_request", "schedule", "workflow_dispatch"}
    # A job that is skipped counts as passed where it is required.
    assert "if" not in checks["jobs"]["checks"]
    assert checks["jobs"]["checks"]["steps"][-1] == {"run": ".ci/run"}
    assert "exec make test" in (CHECKOUT / ".ci/run").read_text()


def test_each_night_the_engine_tests_run_with_released_plugins_and_azure_native_is_reported_only() -> None:
    released = workflow("checks")["jobs"]["released-plugins"]
    rows = [(row["packages"].split(), row["required"]) for row in released["strategy"]["matrix"]["include"]]
    assert rows == [
        (["kubernetes", "azuread", "random"], True),
        (["azure-native", "kubernetes", "azuread", "random"], False),
    ]
    assert set(rows[1][0]) == set(PLUGINS)
    assert released["continue-on-error"] == "${{ !matrix.required }}"
    assert released["steps"][-1]["env"] == {"PACKAGES": "${{ matrix.packages }}"}
    assert released["steps"][-1]["run"].splitlines()[-1] == ".ci/released $PACKAGES"
    for event, runs in (("schedule", True), ("workflow_dispatch", True), ("push", False), ("pull_request", False)):
        assert Expressions({"github": {"event_name": event}}, {"success": lambda: True}).holds(released["if"]) is runs
    script = (CHECKOUT / ".ci/released").read_text()
    assert 'pulumi plugin install resource "$package" "$version"' in script
    assert "SANDBOX_PLUGINS=$home/plugins .venv/bin/pytest tests/engine" in script


def test_a_push_cancels_the_preview_of_the_one_before() -> None:
    assert workflow("preview")["concurrency"]["cancel-in-progress"] is True


@deployments_on("GitHub")
def test_a_deployment_is_never_cancelled_half_way() -> None:
    deploy = workflow("deploy")["jobs"]
    assert {name: job["concurrency"] for name, job in deploy.items()} == {
        name: {"group": f"deploy-{name}", "cancel-in-progress": False} for name in NAMES
    }


@deployments_on("GitHub")
def test_nothing_but_main_is_deployed() -> None:
    assert workflow("deploy")["on"]["push"]["branches"] == ["main"]
    # The others need the first.
    assert workflow("deploy")["jobs"][NAMES[0]]["if"] == "github.ref == 'refs/heads/main'"


@deployments_on("GitHub")
def test_a_push_that_can_affect_no_stack_deploys_nothing() -> None:
    others = {"Pulumi.sandbox.yaml", *HARMLESS_FILES}
    ignored = workflow("deploy")["on"]["push"]["paths-ignore"]
    assert set(ignored) == {"**.md", *(f"{folder}/**" for folder in HARMLESS_FOLDERS), *others}


@deployments_on("Azure")
def test_a_push_that_can_affect_no_stack_deploys_nothing_in_azure() -> None:
    others = {"Pulumi.sandbox.yaml", *HARMLESS_FILES}
    excluded = expanded(CHECKOUT / "azure-pipelines/deploy.yml")["trigger"]["paths"]["exclude"]
    assert set(excluded) == {"*.md", *HARMLESS_FOLDERS, *others}


def test_the_pipelines_name_every_stack_of_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(CHECKOUT)
    assert sorted(affected(None)) == sorted(NAMES), AFTER_A_CHANGE
    if deploys("GitHub"):
        jobs = workflow("deploy")["jobs"].items()
        assert [(name, job["with"]) for name, job in jobs] == [(name, {"stack": name}) for name in NAMES], (
            AFTER_A_CHANGE
        )
    azure = {file.stem: load(file) for file in AZURE}
    if deploys("Azure"):
        assert [stage["parameters"]["stack"] for stage in azure["deploy"]["stages"]] == NAMES, AFTER_A_CHANGE
    for name in ("preview", "drift"):
        (given,) = [each for each in azure[name]["parameters"] if each["name"] == "stacks"]
        assert given["default"] == NAMES, AFTER_A_CHANGE


def test_deployments_are_there_whole_or_not_at_all() -> None:
    assert (CHECKOUT / ".github/workflows/deploy-stack.yml").exists() == deploys("GitHub")
    assert (CHECKOUT / "azure-pipelines/templates/deploy-stack.yml").exists() == deploys("Azure")


@deployments_on("GitHub")
def test_only_the_update_waits_for_its_environment() -> None:
    environments = {name: job.get("environment") for name, job in workflow("deploy-stack")["jobs"].items()}
    assert environments == {"plan": None, "update": "${{ inputs.stack }}"}


@deployments_on("GitHub")
def test_an_environment_is_deployed_after_the_one_before_it() -> None:
    needs = [(name, job.get("needs")) for name, job in workflow("deploy")["jobs"].items()]
    assert needs[0] == (NAMES[0], None)
    assert needs[1:] == [(name, before) for before, name in pairwise(NAMES)]


def test_every_job_that_signs_in_takes_the_backend_from_one_variable() -> None:
    for file in WORKFLOWS:
        for job in load(file)["jobs"].values():
            prepares = [step for step in job.get("steps", []) if step.get("uses") == "./.github/actions/prepare"]
            assert bool(prepares) == ("env" in job)
            for step in prepares:
                assert job["env"]["PULUMI_BACKEND_URL"] == "${{ vars.PULUMI_BACKEND_URL }}"
                assert step["with"]["backend-url"] == "${{ vars.PULUMI_BACKEND_URL }}"
                assert step["with"]["client-id"] == job["env"]["ARM_CLIENT_ID"]


def test_the_pipelines_install_the_engine_that_the_sandbox_is_tested_with() -> None:
    go_mod = (CHECKOUT / "sandbox/toolchain/engine/go.mod").read_text()
    version = (CHECKOUT / ".pulumi.version").read_text().strip()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{version} " in go_mod


def test_zizmor_finds_nothing() -> None:
    tool = Path(sys.executable).parent / "zizmor"
    finished = subprocess.run(
        [tool, "--offline", "--no-progress", "--color=never", ".github"], cwd=CHECKOUT, capture_output=True, text=True
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr


@pytest.mark.parametrize(("schema", "documents"), [("github-workflows", WORKFLOWS), ("github-actions", ACTIONS)])
def test_workflows_and_actions_keep_to_their_published_schema(schema: str, documents: list[Path]) -> None:
    assert documents
    for file in documents:
        assert problems(schema, load(file)) == []


@pytest.mark.parametrize("file", AZURE, ids=lambda file: file.stem)
def test_the_pipelines_of_azure_keep_to_their_published_schema(file: Path) -> None:
    document = expanded(file)
    assert problems("azure-pipelines", with_typed_inputs(document)) == []
    assert "${{" not in json.dumps(document)


@deployments_on("Azure")
def test_azure_deploys_nothing_but_main(tmp_path: Path) -> None:
    asked = "and(succeeded(), eq(variables['Build.SourceBranch'], 'refs/heads/main'))"
    stages = expanded(CHECKOUT / "azure-pipelines/deploy.yml")["stages"]
    assert [stage["condition"] for stage in stages] == [asked] * 2 * len(NAMES)
    assert azure_run(tmp_path, "deploy.yml", {"Build.SourceBranch": "refs/heads/change"}) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"System.PullRequest.IsFork": "True"},
        {"System.PullRequest.SourceBranch": "dependabot/pip/pulumi-3.251.0"},
        {"System.PullRequest.SourceBranch": "refs/heads/dependabot/pip/pulumi-3.251.0"},
    ],
)
def test_azure_gives_a_fork_and_dependabot_no_sign_in(tmp_path: Path, changes: dict[str, str]) -> None:
    assert azure_run(tmp_path, "preview.yml", {**PULL_REQUEST, **changes}) == []


def azure_run(folder: Path, pipeline: str, variables: dict[str, str]) -> list[str]:
    """The jobs that run, where none gets as far as its steps."""
    (folder / "repository").mkdir()
    repository = Repository(folder / "repository")
    host = AzurePipelines(repository, machine={}, connections={}, folder=folder)
    return [job.name for job in host.run(pipeline, repository.commit(), variables)]


@deployments_on("Azure")
def test_a_stack_may_have_a_name_that_azures_stages_may_not() -> None:
    folder = CHECKOUT / "azure-pipelines"
    (plan, update) = expanded(folder / "templates/deploy-stack.yml", stack="eu-west")["stages"]
    assert (plan["stage"], update["stage"], update["dependsOn"]) == ("plan_eu_west", "update_eu_west", "plan_eu_west")
    assert update["jobs"][0]["environment"] == "eu-west"
    variable = "$[ stageDependencies.plan_eu_west.plan.outputs['kept.attempt'] ]"
    assert update["jobs"][0]["variables"] == {"attempt": variable}


def test_a_stack_may_have_a_name_that_azures_jobs_may_not() -> None:
    folder = CHECKOUT / "azure-pipelines"
    jobs = expanded(folder / "preview.yml", stacks=["eu-west"])["jobs"]
    assert [job["job"] for job in jobs] == ["affected", "preview_eu_west"]
    assert "'\"eu-west\"'" in jobs[1]["condition"]
    assert [job["job"] for job in expanded(folder / "drift.yml", stacks=["eu-west"])["jobs"]] == ["drift_eu_west"]


@deployments_on("Azure")
def test_azure_asks_for_approval_between_plan_and_update() -> None:
    stages = expanded(CHECKOUT / "azure-pipelines/deploy.yml")["stages"]
    connections = [
        [
            step["inputs"]["azureSubscription"]
            for job in stage["jobs"]
            for step in job.get("steps") or job["strategy"]["runOnce"]["deploy"]["steps"]
            if step.get("task") == "AzureCLI@2"
        ]
        for stage in stages
    ]
    environments = [stage["jobs"][0].get("environment") for stage in stages]
    assert list(zip([stage["stage"] for stage in stages], environments, connections, strict=True)) == [
        expected
        for name in NAMES
        for expected in (
            (f"plan_{in_azure(name)}", None, ["self-hosted-gateway-reader"]),
            (f"update_{in_azure(name)}", name, [f"self-hosted-gateway-{name}"]),
        )
    ]


def in_azure(name: str) -> str:
    """A stack's name within those of Azure's stages, which take no '-'."""
    return name.replace("-", "_")


def problems(schema: str, document: Any) -> list[str]:
    """What a published schema finds wrong, at the places that are deepest in the document."""
    text = (files("check_jsonschema") / f"builtin_schemas/vendor/{schema}.json").read_text()
    published = json.loads(text)
    validator = validator_for(published)(published)
    found = [leaf for error in validator.iter_errors(document) for leaf in leaves(error)]
    deepest = max((len(leaf.absolute_path) for leaf in found), default=0)
    return [f"{leaf.json_path}: {leaf.message}" for leaf in found if len(leaf.absolute_path) == deepest]


def leaves(error: jsonschema.ValidationError) -> list[jsonschema.ValidationError]:
    return [leaf for inner in error.context for leaf in leaves(inner)] if error.context else [error]


def with_typed_inputs(value: Any) -> Any:
    """Azure reads texts only; of a task's inputs, the schema wants truth values as such."""
    if isinstance(value, list):
        return [with_typed_inputs(item) for item in value]
    if not isinstance(value, dict):
        return value
    typed = {key: with_typed_inputs(item) for key, item in value.items()}
    if "task" in typed:
        truth = {"true": True, "false": False}
        typed["inputs"] = {key: truth.get(item, item) for key, item in typed["inputs"].items()}
    return typed

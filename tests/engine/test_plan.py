"""What was approved is carried out: an update that is held to a saved plan does not find that the plan said too little."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from .sandbox import DEPLOYER, SUBSCRIPTION, TENANT, Stack, eventually, sandbox_config, sandbox_gateway

AUTHENTICATION = sandbox_gateway()["authentication"]


def configure(stack: Stack, days_ago: int, **authentication: Any) -> None:
    secret = {"rotation": datetime.now(UTC).date() - timedelta(days=days_ago), "validity": "P90D"}
    gateway = sandbox_gateway(authentication={**AUTHENTICATION, "clientSecret": secret, **authentication})
    stack.configure(sandbox_config(gateways=[gateway]))


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """The sandbox's configuration with a secret that can be rotated, deployed."""
    configure(deployable, days_ago=30)
    deployable.up().ok()
    return deployable


def planned_and_deployed(stack: Stack, folder: Path) -> str:
    """What the preview says, after the update has done just that."""
    preview = stack.ops("preview", "--refresh", "--save", str(folder)).ok()
    stack.ops("deploy", "--plan", str(folder / "plan.json")).ok()
    stack.sandbox.wait_for_pods()
    assert stack.ops("drift").ok().output.startswith("No drift")
    return preview.output


def pods(stack: Stack) -> set[str]:
    return set(stack.sandbox.objects("pods"))


@pytest.mark.parametrize(
    ("kind", "name", "data"),
    [
        ("configmap", "mygw-env", {"config.service.endpoint": "contoso-other.configuration.azure-api.net"}),
        ("secret", "mygw-auth", {"clientSecret": "Y29udG9zbw=="}),
    ],
)
def test_what_somebody_changed_is_put_back_and_the_pods_are_replaced(
    deployed: Stack, tmp_path: Path, kind: str, name: str, data: dict[str, str]
) -> None:
    before = pods(deployed)
    deployed.sandbox.kubectl("patch", kind, name, "--type=merge", "-p", json.dumps({"data": data})).ok()
    said = planned_and_deployed(deployed, tmp_path)
    assert "mygw-workload-deployment" in said
    assert not before & pods(deployed)


def test_a_key_that_somebody_added_is_not_brought_to_the_pods(deployed: Stack) -> None:
    before = pods(deployed)
    patch = ("patch", "configmap", "mygw-env", "--type=merge", "-p")
    deployed.sandbox.kubectl(*patch, json.dumps({"data": {"contoso": "added"}})).ok()
    deployed.up("--refresh").ok()
    assert pods(deployed) == before
    deployed.sandbox.kubectl(*patch, json.dumps({"data": {"contoso": None}})).ok()


def test_what_changed_since_the_plan_was_made_is_not_done(deployed: Stack, tmp_path: Path) -> None:
    deployed.ops("preview", "--refresh", "--save", str(tmp_path)).ok()
    plan = str(tmp_path / "plan.json")
    deployed.sandbox.kubectl("label", "configmap", "mygw-env", "app=other", "--overwrite").ok()
    reality_changed = deployed.ops("deploy", "--plan", plan)
    assert reality_changed.code == 1
    assert "have that approved" in reality_changed.output
    assert deployed.sandbox.objects("configmaps")["mygw-env"]["metadata"]["labels"] == {"app": "other"}
    deployed.up("--refresh").ok()
    state_changed = deployed.ops("deploy", "--plan", plan)
    assert state_changed.code == 1
    assert "The stack has been updated since the plan was made, and nothing was done now" in state_changed.output


def test_a_changed_setting(deployed: Stack, tmp_path: Path) -> None:
    configure(deployed, days_ago=30, tokenAudience="https://azure-api.net/configuration")
    assert "mygw-workload-env" in planned_and_deployed(deployed, tmp_path)


def test_a_rotation_that_a_quota_holds_up_says_why(deployed: Stack, tmp_path: Path) -> None:
    configure(deployed, days_ago=20, tokenAudience="https://azure-api.net/configuration")
    preview = deployed.ops("preview", "--refresh", "--save", str(tmp_path)).ok()
    assert "mygw-identity-client-secret" in preview.output
    log, plan = tmp_path / "deploy.log", str(tmp_path / "plan.json")
    # Of a rollout's two pods, the new one is too many.
    deployed.sandbox.kubectl("create", "quota", "contoso", "--hard=pods=1").ok()
    deploying = deployed.started_ops(log, "deploy", "--plan", plan, identity="deployer")

    def told() -> None:
        assert "next: The namespace's ResourceQuota refuses the pods: " in log.read_text()

    try:
        eventually(told)
    finally:
        deployed.sandbox.kubectl("delete", "quota", "contoso").ok()
        code = deploying.wait(600)
    said = log.read_text()
    assert code == 0, said
    assert said.count("exceeded quota: contoso") == 1
    assert said.count("gone    mygw: pods: quota, after ") == 1
    deployed.sandbox.wait_for_pods()
    assert deployed.ops("drift").ok().output.startswith("No drift")


def test_nothing_to_do(deployed: Stack, tmp_path: Path) -> None:
    before = pods(deployed)
    planned_and_deployed(deployed, tmp_path)
    assert pods(deployed) == before


def test_a_live_run_ends_well_leaves_nothing_and_names_nobody(deployed: Stack, tmp_path: Path) -> None:
    result = deployed.ops("live", "--yes", "--save", str(tmp_path)).ok()
    report = (tmp_path / "live.md").read_text()
    assert report.startswith(f"## Live run of stack `{deployed.name}`: well\n")
    assert "| one difference: mygw-workload-env, changed: metadata.labels.app |" in report
    assert "| Whether a second preview proposes anything | no |" in report

    shown = deployed.sandbox.kubectl("get", "configmap", "mygw-env", "-o", "json", "--show-managed-fields").ok().output
    metadata = json.loads(shown)["metadata"]
    assert metadata["labels"] == {"app": "mygw"}
    assert "self-hosted-gateway-live-run" not in [entry["manager"] for entry in metadata["managedFields"]]
    environment = deployed.sandbox.environments["deployer"]
    secrets = (deployed.outputs(secrets=True)["clientSecrets"]["mygw"], environment["ARM_CLIENT_SECRET"])
    names = (TENANT, SUBSCRIPTION, DEPLOYER, environment["ARM_METADATA_HOSTNAME"], "contoso-apim.configuration")
    told = [line for line in result.output.splitlines() if any(text in line for text in (*secrets, *names))]
    assert told == []

"""The whole deployment, as `make sandbox` makes it, and what it leaves alone and behind."""

import json
import shutil
import sys
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from sandbox.plugin_sources import found_plugins
from sandbox.plugins.install import released

from .reality import NOTHING, reality
from .sandbox import CHECKOUT, INSTANCE, SUBSCRIPTION, Result, Stack, sandbox_config, sandbox_gateway


@pytest.fixture(scope="module")
def first_up(deployable: Stack) -> Result:
    """The sandbox's configuration, deployed."""
    deployable.configure(sandbox_config())
    return deployable.up().ok()


def test_the_gateway_serves_the_attached_api_and_no_other(deployable: Stack, first_up: Result) -> None:
    url = deployable.sandbox.live_traffic()
    assert httpx.get(f"{url}/echo/hello", trust_env=False).status_code == 200
    absent = httpx.get(f"{url}/orders", trust_env=False)
    assert (absent.status_code, absent.json()) == (404, {"statusCode": 404, "message": "Resource not found"})


def test_the_pod_is_ready_for_kubectl(deployable: Stack, first_up: Result) -> None:
    (pod,) = deployable.sandbox.objects("pods").values()
    conditions = {condition["type"]: condition["status"] for condition in pod["status"]["conditions"]}
    assert (pod["status"]["phase"], conditions["Ready"]) == ("Running", "True")


def test_the_engine_prints_no_warning(first_up: Result) -> None:
    # What its pods wait for while they start, the Kubernetes provider says as warnings beside the Deployment.
    passing = "mygw-workload-deployment creating ("
    said = [line for line in first_up.output.splitlines() if "warning" in line.lower() and passing not in line]
    # Of a plugin that SANDBOX_PLUGINS has in another version than the pinned one, the engine warns.
    found = found_plugins()
    pinned = {package: version for package, version in released().items() if f"resource-{package}" in found}
    others = [package for package, version in pinned.items() if found[f"resource-{package}"].version != version]
    told = [f"resource plugin {package} is expected to have version" for package in others]
    told += [f" {len(others)} warning"] if others else []  # their count, beside the stack
    assert [line for line in said if not any(text in line for text in told)] == []


def test_outputs_name_what_was_made_and_hide_the_secret(deployable: Stack, first_up: Result) -> None:
    outputs = deployable.outputs()
    (gateway,) = outputs["gateways"].values()
    assert gateway["tenantId"] == "5a0c0de0-0000-4000-8000-000000000001"
    assert gateway["configurationEndpoint"] == "contoso-apim.configuration.azure-api.net"
    assert gateway["serviceAddress"] == "127.0.0.1"
    assert gateway["clientSecretEndDate"] == "2036-10-29T00:00:00Z"
    assert gateway["readerAssignmentId"].startswith(f"{INSTANCE}/providers/Microsoft.Authorization/roleAssignments/")
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-rg"
    assert outputs["validatorAssignmentId"].startswith(f"{group}/providers/Microsoft.Authorization/roleAssignments/")
    assert outputs["clientSecrets"] == "[secret]"
    assert len(deployable.outputs(secrets=True)["clientSecrets"]["mygw"]) == 40


@pytest.mark.parametrize("identity", ["deployer", "reader"])
def test_nothing_to_do_and_no_drift_for_anybody_anywhere(
    deployable: Stack, first_up: Result, identity: str, tmp_path: Path
) -> None:
    sandbox = deployable.sandbox
    elsewhere = tmp_path / "elsewhere"
    shutil.copytree(sandbox.program, elsewhere, symlinks=True)
    kubeconfig = shutil.copy(sandbox.environments[identity]["KUBECONFIG"], tmp_path / "another-kubeconfig")
    sandbox.azure().delete("/_sandbox/requests")

    for cwd, changes in ((sandbox.program, {}), (elsewhere, {"KUBECONFIG": str(kubeconfig)})):
        deployable.preview("--expect-no-changes", identity=identity, cwd=cwd, **changes).ok()
        deployable.check_drift(identity=identity, cwd=cwd, **changes).ok()

    assert sandbox.azure().get("/_sandbox/requests").json()["writes"] == {"ARM": 0, "Graph": 0}


def test_a_second_up_changes_nothing(deployable: Stack, first_up: Result) -> None:
    before = deployable.sandbox.objects("pods").keys()
    assert "27 unchanged" in deployable.up().ok().output
    assert deployable.sandbox.objects("pods").keys() == before


def test_it_moves_to_another_backend(deployable: Stack, first_up: Result, tmp_path: Path) -> None:
    """As bootstrap/README.md says."""
    backend, file = tmp_path / "backend", tmp_path / "state.json"
    backend.mkdir()
    there = f"file://{backend}?metadata=skip"
    deployable.pulumi("stack", "export", "--file", str(file)).ok()
    deployable.sandbox.run("pulumi", "stack", "init", deployable.name, "--no-select", PULUMI_BACKEND_URL=there).ok()
    deployable.pulumi("stack", "import", "--file", str(file), PULUMI_BACKEND_URL=there).ok()
    deployable.preview("--refresh", "--expect-no-changes", PULUMI_BACKEND_URL=there).ok()
    secret = deployable.outputs(secrets=True)["clientSecrets"]["mygw"]
    assert not [f for f in tmp_path.rglob("*") if f.is_file() and secret in f.read_text(errors="replace")]


def test_the_picture_in_the_readme_is_the_engines_own(deployable: Stack, first_up: Result) -> None:
    drawn = deployable.sandbox.run(sys.executable, "-m", "ops", "graph", "--stack", deployable.name, cwd=CHECKOUT).ok()
    readme = (CHECKOUT / "README.md").read_text()
    assert readme.split("```mermaid\n")[1].split("\n```")[0] == drawn.output.strip()


def test_no_tracked_file_changes(first_up: Result, deployable: Stack) -> None:
    for name in ("Pulumi.yaml", "Pulumi.sandbox.yaml"):
        assert "encryptedkey" not in (CHECKOUT / name).read_text()
    config = deployable.sandbox.program / f"Pulumi.{deployable.name}.yaml"
    assert config.read_text().count("encryptionsalt") == 1


def test_the_client_secret_is_in_a_secret_and_in_no_config_map(deployable: Stack, first_up: Result) -> None:
    secret = deployable.outputs(secrets=True)["clientSecrets"]["mygw"]
    encoded = b64encode(secret.encode()).decode()
    assert deployable.sandbox.objects("secrets")["mygw-auth"]["data"] == {"clientSecret": encoded}
    config_maps = json.dumps(list(deployable.sandbox.objects("configmaps").values()))
    assert secret not in config_maps
    assert encoded not in config_maps


def test_no_secret_is_in_clear_text_in_state_output_or_logs(deployable: Stack, first_up: Result) -> None:
    sandbox = deployable.sandbox
    secrets = [deployable.outputs(secrets=True)["clientSecrets"]["mygw"]]
    deployable.pulumi("refresh", "--yes", "--skip-preview").ok()
    # An update that fails half-way, then a rotation.
    deployable.configure(sandbox_config(gateways=[sandbox_gateway(namespace="absent")]))
    assert deployable.up().code != 0
    rotated = sandbox_gateway()
    rotated["authentication"]["clientSecret"]["rotation"] = "2026-11-02"
    deployable.configure(sandbox_config(gateways=[rotated]))
    deployable.up().ok()
    secrets.append(deployable.outputs(secrets=True)["clientSecrets"]["mygw"])

    assert secrets[0] != secrets[1]
    deployer = sandbox.environments["deployer"]["ARM_CLIENT_SECRET"]
    forbidden = [text for secret in (*secrets, deployer) for text in (secret, b64encode(secret.encode()).decode())]
    sandbox.wait_for_pods()  # with those that end, their folders go
    # The backend with every version of the state, all logs of parts and pods, all that the engine printed.
    places = [*(sandbox.home / "backend").rglob("*"), *sandbox.home.rglob("*.log"), *(sandbox.home / "logs").rglob("*")]
    texts = {str(place): place.read_text(errors="replace") for place in places if place.is_file()}
    texts["the engine's output"] = "\n".join(sandbox.output)
    assert len(texts) > 5
    assert [place for place, text in texts.items() if any(secret in text for secret in forbidden)] == []


def test_destroy_leaves_nothing_behind(deployable: Stack, first_up: Result) -> None:
    sandbox = deployable.sandbox
    deployable.destroy().ok()

    assert reality(sandbox) == NOTHING
    for kind in ("deployments", "pods", "secrets"):
        assert sandbox.objects(kind) == {}
    assert set(sandbox.objects("services")) == {"kubernetes"}
    assert set(sandbox.objects("configmaps")) == {"kube-root-ca.crt"}

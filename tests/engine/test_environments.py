"""The stack files of dev, staging and prod, their placeholders filled in and nothing else, side by side in one tenant."""

from collections.abc import Iterator

import httpx
import pytest

from .sandbox import DEPLOYER, Sandbox, Stack, eventually
from .shipped_files import TODAY, configuration

ENVIRONMENTS = {
    "dev": ("mygw", "default"),
    "staging": ("mygw-staging", "default"),
    "prod": ("mygw-prod", "apim"),
}


@pytest.fixture(scope="module")
def deployed(sandbox: Sandbox) -> Iterator[dict[str, Stack]]:
    """All three, deployed in the order in which a pipeline does."""
    configurations = {name: configuration(name) for name in ENVIRONMENTS}
    sandbox.reset_azure()
    sandbox.erase_cluster()
    sandbox.add_namespace("apim")
    stacks = {name: Stack(sandbox, name) for name in ENVIRONMENTS}
    for name, stack in stacks.items():
        stack.configure(configurations[name])
        sandbox.run("pulumi", "stack", "init", name, "--no-select").ok()
        stack.up().ok()
    yield stacks
    for stack in stacks.values():
        stack.remove()


def test_each_serves_and_none_sees_drift_in_the_others(deployed: dict[str, Stack]) -> None:
    for name, (gateway, namespace) in ENVIRONMENTS.items():
        sandbox = deployed[name].sandbox
        if name != "dev":  # the article attaches no API
            url = f"{sandbox.live_traffic(f'{gateway}-live-traffic', namespace=namespace)}/echo/hello"

            def serves(url: str = url) -> None:
                assert httpx.get(url, trust_env=False).status_code == 200

            eventually(serves)
        assert deployed[name].ops("drift").ok().output.startswith("No drift")
        deployed[name].preview("--expect-no-changes").ok()
        # The state of those that take dev's roles has a provider without inputs.
        assert "there is nothing to recover" in deployed[name].ops("recover").ok().output


def test_the_roles_are_devs_and_each_instance_has_one_validator(deployed: dict[str, Stack]) -> None:
    outputs = {name: stack.outputs() for name, stack in deployed.items()}
    for output in ("validatorRoleDefinitionId", "readerRoleDefinitionId"):
        assert len({outputs[name][output] for name in ENVIRONMENTS}) == 1
    assert {name for name in ENVIRONMENTS if "validatorAssignmentId" in outputs[name]} == {"dev", "prod"}


def test_what_is_protected_is_neither_deleted_nor_replaced(deployed: dict[str, Stack]) -> None:
    prod = deployed["prod"]
    refused = prod.destroy()
    assert refused.code != 0
    # The first that would go is what is told; nothing has gone.
    assert "mygw-prod-workload-live-traffic" in refused.output
    assert "is protected" in refused.output
    prod.preview("--expect-no-changes").ok()
    config = configuration("prod")
    gateways = config["self-hosted-gateway:gateways"]
    moved = {**config, "self-hosted-gateway:gateways": [{**gateways[0], "namespace": "default"}]}
    prod.configure(moved)
    refused = prod.up()
    assert refused.code != 0
    assert "mygw-prod-workload" in refused.output
    prod.configure(config)
    prod.preview("--expect-no-changes").ok()


def test_the_roles_outlive_a_destruction_of_dev(deployed: dict[str, Stack]) -> None:
    roles = deployed["dev"].outputs()["readerRoleDefinitionId"]
    refused = deployed["dev"].destroy()
    assert refused.code != 0
    # The engine goes as far as what is protected.
    assert "roles-reader" in refused.output
    assert "is protected" in refused.output
    assert deployed["prod"].ops("verify").ok().output.count("ok ") == 8
    deployed["dev"].up().ok()
    assert deployed["dev"].outputs()["readerRoleDefinitionId"] == roles


def test_what_is_protected_can_be_rotated_and_lose_its_budget(deployed: dict[str, Stack]) -> None:
    prod = deployed["prod"]
    config = configuration("prod")
    gateways = config["self-hosted-gateway:gateways"]
    authentication = {"owners": [DEPLOYER], "clientSecret": {"rotation": f"{TODAY}", "validity": "P90D"}}
    changed = {**gateways[0], "authentication": authentication, "apis": []}
    del changed["disruptionBudget"]
    config["self-hosted-gateway:gateways"] = [changed]
    prod.configure(config)
    before = prod.outputs()["gateways"]["mygw-prod"]["clientSecretKeyId"]
    assert list(prod.sandbox.objects("poddisruptionbudgets", "apim")) == ["mygw-prod"]
    prod.up().ok()
    assert prod.outputs()["gateways"]["mygw-prod"]["clientSecretKeyId"] != before
    assert prod.sandbox.objects("poddisruptionbudgets", "apim") == {}


def test_they_go_in_the_order_in_which_they_need_each_other(deployed: dict[str, Stack]) -> None:
    for name in ("prod", "staging", "dev"):
        config = configuration(name)
        config["self-hosted-gateway:protect"] = []
        deployed[name].configure(config)
        deployed[name].up().ok()
        deployed[name].destroy().ok()
    left = deployed["dev"].sandbox.graph().get("/v1.0/applications").json()["value"]
    assert not [application for application in left if "self-hosted gateway" in application["displayName"]]

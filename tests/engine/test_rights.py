"""The deployer's documented role has what is needed, and nothing else: each action that is taken away is missed."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from .sandbox import AUTHORIZATION_VERSION, CHECKOUT, SUBSCRIPTION, Result, Stack, sandbox_config, sandbox_gateway

VERSION = {"api-version": AUTHORIZATION_VERSION}
AUTHORIZATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
DEPLOYER_ROLE = f"{AUTHORIZATION}/roleDefinitions/5a0c0de0-0000-4000-8000-000000000022"
READER_ROLE = f"{AUTHORIZATION}/roleDefinitions/5a0c0de0-0000-4000-8000-000000000032"


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """A stack with every kind of resource, deployed."""
    deployable.configure(configuration())
    deployable.up().ok()
    return deployable


def configuration(**changes: Any) -> dict[str, Any]:
    own = {"name": "owngw", "createGatewayResource": True, "locationName": "contoso branch"}
    suffix = changes.pop("suffix", "")
    config = sandbox_config(gateways=[sandbox_gateway(**{**own, **changes})])
    return {**config, "self-hosted-gateway:roles": {"nameSuffix": suffix}} if suffix else config


@contextmanager
def without(stack: Stack, action: str, role_id: str = DEPLOYER_ROLE) -> Iterator[None]:
    """A role, the deployer's, without one action."""
    administrator = stack.sandbox.arm("administrator")
    role = administrator.get(role_id, params=VERSION).raise_for_status().json()["properties"]
    (permission,) = role["permissions"]
    assert action in permission["actions"]
    less = {**permission, "actions": [right for right in permission["actions"] if right != action]}
    body = {"properties": {**role, "permissions": [less]}}
    administrator.put(role_id, params=VERSION, json=body).raise_for_status()
    try:
        yield
    finally:
        administrator.put(role_id, params=VERSION, json={"properties": role}).raise_for_status()


def checking(stack: Stack) -> Result:
    return stack.check_drift()


def updating(**changes: Any) -> Callable[[Stack], Result]:
    def update(stack: Stack) -> Result:
        stack.configure(configuration(**changes))
        return stack.up()

    return update


def destroying(stack: Stack) -> Result:
    return stack.destroy()


# In this order: what one of them fails to change, the next update does.
MISSED: list[tuple[str, Callable[[Stack], Result]]] = [
    ("Microsoft.Authorization/roleDefinitions/read", checking),
    ("Microsoft.Authorization/roleAssignments/read", checking),
    ("Microsoft.ApiManagement/service/read", checking),
    ("Microsoft.ApiManagement/service/gateways/read", checking),
    ("Microsoft.Authorization/roleDefinitions/write", updating(suffix="West")),
    ("Microsoft.Authorization/roleAssignments/write", updating(readerScope="resourceGroup")),
    ("Microsoft.ApiManagement/service/gateways/write", updating(locationName="contoso elsewhere")),
    ("Microsoft.ApiManagement/service/gateways/apis/delete", updating(apis=[])),
    ("Microsoft.Authorization/roleAssignments/delete", destroying),
    ("Microsoft.ApiManagement/service/gateways/delete", destroying),
    ("Microsoft.ApiManagement/service/gateways/apis/write", updating()),
    ("Microsoft.Authorization/roleDefinitions/delete", destroying),
]
# ARM answers to HEAD without a body: nothing names the action.
WITHOUT_A_BODY = "Microsoft.ApiManagement/service/gateways/apis/read"
# Who lacks it, as with the role of an earlier version, goes on with a warning.
WARNED_OF = "Microsoft.ApiManagement/service/apis/read"
READS = json.loads((CHECKOUT / "docs" / "roles" / "reader.json").read_text())["Actions"]


def test_who_may_not_read_apis_is_warned_and_goes_on(deployed: Stack) -> None:
    with without(deployed, WARNED_OF), without(deployed, WARNED_OF, READER_ROLE):
        results = [deployed.preview(), deployed.preview(identity="reader"), deployed.up()]
    for result in results:
        assert (
            "warning: Whether the APIs exist that self-hosted-gateway:gateways names can't be checked"
            in result.ok().output
        )
        assert f"does not have authorization to perform action '{WARNED_OF}' over scope" in result.output
    assert "can't be checked" not in deployed.preview(identity="reader").ok().output


@pytest.mark.parametrize("action", [action for action in READS if action != WARNED_OF])
def test_an_action_that_the_reader_lacks_is_missed_by_its_checks(deployed: Stack, action: str) -> None:
    with without(deployed, action, READER_ROLE):
        result = deployed.check_drift(identity="reader")
    assert result.code not in (0, 7), result.output
    named = f"does not have authorization to perform action '{action}' over scope '/subscriptions/" in result.output
    assert named is (action != WITHOUT_A_BODY)
    assert ("RESPONSE 403: 403 Forbidden" if action == WITHOUT_A_BODY else "Status=403") in result.output


def test_an_action_that_is_asked_for_with_head_is_missed_without_a_name(deployed: Stack) -> None:
    with without(deployed, WITHOUT_A_BODY):
        result = deployed.check_drift()
    assert result.code not in (0, 7), result.output
    assert "RESPONSE 403: 403 Forbidden" in result.output
    assert "mygw" in result.output or "owngw" in result.output


@pytest.mark.parametrize(("action", "command"), MISSED, ids=[action for action, _ in MISSED])
def test_an_action_that_is_missing_is_named_with_its_scope(
    deployed: Stack, action: str, command: Callable[[Stack], Result]
) -> None:
    with without(deployed, action):
        result = command(deployed)
    assert result.code not in (0, 7), result.output
    assert f"does not have authorization to perform action '{action}' over scope '/subscriptions/" in result.output
    assert "Traceback" not in result.output


def test_every_action_of_the_documented_role_has_its_case() -> None:
    role = json.loads((CHECKOUT / "docs" / "roles" / "deployer.json").read_text())
    assert sorted(role["Actions"]) == sorted([*(action for action, _ in MISSED), WITHOUT_A_BODY, WARNED_OF])


@pytest.mark.parametrize("who", ["deployer", "reader"])
def test_the_sandboxs_principals_have_exactly_the_documented_roles(who: str) -> None:
    seed = yaml.safe_load((CHECKOUT / "sandbox" / "azure" / "seed.yaml").read_text())
    (principal,) = [principal for principal in seed["principals"] if principal["name"] == who]
    role = json.loads((CHECKOUT / "docs" / "roles" / f"{who}.json").read_text())
    assert role["Actions"] == principal["role"]["actions"]
    assert (role["NotActions"], role["DataActions"], role["NotDataActions"]) == ([], [], [])

"""Each permission of Microsoft Graph taken away: the failure leads to a row of `docs/permissions.md`."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from .sandbox import CHECKOUT, DEPLOYER, Result, Stack, sandbox_config, sandbox_gateway

GRAPH = "5a0c0de0-0000-4000-8000-000000000003"
READ_ALL = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"
OWNED_BY = "18a4783c-866b-4cc7-a460-3d5e5662c884"
ASSIGNMENTS = f"/v1.0/servicePrincipals/{DEPLOYER}/appRoleAssignments"


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """The sandbox's configuration, deployed."""
    deployable.configure(configuration("2026-11-01"))
    deployable.up().ok()
    return deployable


def configuration(rotation: str, **changes: object) -> dict[str, object]:
    authentication = sandbox_gateway()["authentication"]
    secret = {**authentication["clientSecret"], "rotation": rotation}
    changed = {**authentication, "clientSecret": secret, **changes}
    return sandbox_config(gateways=[sandbox_gateway(authentication=changed)])


def assign(stack: Stack, role: str) -> None:
    body = {"appRoleId": role, "principalId": DEPLOYER, "resourceId": GRAPH}
    stack.sandbox.graph("administrator").post(ASSIGNMENTS, json=body).raise_for_status()


def withdraw(stack: Stack, role: str) -> None:
    graph = stack.sandbox.graph("administrator")
    assigned = graph.get(ASSIGNMENTS).raise_for_status().json()["value"]
    (id_,) = [assignment["id"] for assignment in assigned if assignment["appRoleId"] == role]
    graph.delete(f"{ASSIGNMENTS}/{id_}").raise_for_status()


@contextmanager
def permission(stack: Stack, instead: str | None) -> Iterator[None]:
    """The deployer without its permission, and with another in its place where one is named."""
    withdraw(stack, OWNED_BY)
    if instead is not None:
        assign(stack, instead)
    try:
        yield
    finally:
        if instead is not None:
            withdraw(stack, instead)
        assign(stack, OWNED_BY)


@contextmanager
def without_ownership(stack: Stack) -> Iterator[None]:
    """The deployer no owner of the application."""
    (id_,) = [r["id"] for r in stack.resources() if r["urn"].endswith("::mygw-identity-application")]
    graph = stack.sandbox.graph("administrator")
    graph.delete(f"/v1.0{id_}/owners/{DEPLOYER}/$ref").raise_for_status()
    try:
        yield
    finally:
        reference = {"@odata.id": f"https://graph.microsoft.com/v1.0/directoryObjects/{DEPLOYER}"}
        graph.post(f"/v1.0{id_}/owners/$ref", json=reference).raise_for_status()


def leads_to(result: Result, resource: str, doing: str) -> None:
    """The engine names the resource, Graph's code is in the message, and the table has the row."""
    assert result.code not in (0, 7), result.output
    assert re.search(rf"{resource} \([\w-]+\)", result.output), result.output
    assert "Authorization_RequestDenied" in result.output
    assert "Traceback" not in result.output
    table = (CHECKOUT / "docs" / "permissions.md").read_text()
    assert f"| `{resource}` | {doing} | " in table


def test_without_a_permission_no_application_is_made(stack: Stack) -> None:
    stack.configure(sandbox_config())
    with permission(stack, None):
        leads_to(stack.up(), "azuread:index:Application", "creating")
    stack.up().ok()


def test_without_a_permission_nothing_is_read(deployed: Stack) -> None:
    with permission(deployed, None):
        leads_to(deployed.check_drift(), "azuread:index:Application", "reading")
        drift = deployed.ops("drift")
        assert drift.code == 1
        assert "Authorization_RequestDenied" in drift.output
    deployed.check_drift().ok()


def test_with_the_permission_to_read_nothing_is_changed(deployed: Stack) -> None:
    with permission(deployed, READ_ALL):
        deployed.check_drift().ok()
        deployed.configure(configuration("2026-11-02"))
        leads_to(deployed.up(), "azuread:index:ApplicationPassword", "creating")
        deployed.configure(configuration("2026-11-01", owners=[DEPLOYER, "5a0c0de0-0000-4000-8000-000000000031"]))
        leads_to(deployed.up(), "azuread:index:Application", "updating")
        leads_to(deployed.destroy(), "azuread:index:ApplicationPassword", "deleting")
    deployed.configure(configuration("2026-11-01"))
    deployed.up().ok()


def test_a_deployer_that_is_no_owner_changes_nothing(deployed: Stack) -> None:
    with without_ownership(deployed):
        deployed.configure(configuration("2026-11-03"))
        leads_to(deployed.up(), "azuread:index:ApplicationPassword", "creating")
    deployed.up().ok()
    deployed.check_drift().ok()

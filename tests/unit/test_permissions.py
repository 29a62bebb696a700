"""Which actions a role grants, and where, as ARM decides it; and which the documented roles ask for."""

import json

import pytest

from ops.azure.permissions import any_grants, covers, grants

from ..conftest import CHECKOUT

GET_CONFIGURATION = "Microsoft.ApiManagement/service/gateways/getConfiguration/action"
READ_ASSIGNMENTS = "Microsoft.Authorization/roleAssignments/read"
GROUP = "/subscriptions/a/resourceGroups/contoso-rg"


@pytest.mark.parametrize(
    ("permission", "granted"),
    [
        ({"dataActions": [GET_CONFIGURATION]}, True),
        ({"dataActions": ["*"]}, True),
        ({"dataActions": ["microsoft.apimanagement/service/GATEWAYS/*"]}, True),
        ({"dataActions": ["*"], "notDataActions": ["*/getConfiguration/action"]}, False),
        ({"dataActions": ["Microsoft.ApiManagement/service/users/read"]}, False),
        ({"actions": ["*"]}, False),
        ({}, False),
    ],
)
def test_a_role_grants_the_data_action_or_not(permission: dict[str, list[str]], granted: bool) -> None:
    assert grants(permission, GET_CONFIGURATION, data=True) is granted


@pytest.mark.parametrize(
    ("permission", "granted"),
    [
        ({"actions": ["Microsoft.Authorization/*/read"]}, True),
        ({"actions": ["*/read"]}, True),
        ({"actions": ["Microsoft.Authorization/*/read"], "notActions": ["*/roleAssignments/*"]}, False),
        ({"actions": ["Microsoft.Authorization/roleDefinitions/read"]}, False),
        ({"dataActions": ["*"]}, False),
    ],
)
def test_a_role_grants_the_action_or_not(permission: dict[str, list[str]], granted: bool) -> None:
    assert grants(permission, READ_ASSIGNMENTS) is granted


def test_what_one_permission_leaves_out_another_gives() -> None:
    without = {"actions": ["*"], "notActions": ["Microsoft.Authorization/*"]}
    assert any_grants([without], READ_ASSIGNMENTS) is False
    assert any_grants([without, {"actions": [READ_ASSIGNMENTS]}], READ_ASSIGNMENTS) is True


@pytest.mark.parametrize(
    ("scope", "covered"),
    [
        (GROUP, True),
        ("/subscriptions/A/RESOURCEGROUPS/Contoso-RG/", True),
        ("/subscriptions/a", True),
        ("/", True),
        (f"{GROUP}-2", False),
        ("/subscriptions/a/resourceGroups/contoso", False),
        (f"{GROUP}/providers/Microsoft.ApiManagement/service/other", False),
    ],
)
def test_a_scope_covers_what_is_below_it(scope: str, covered: bool) -> None:
    assert covers(scope, f"{GROUP}/providers/Microsoft.ApiManagement/service/contoso-apim") is covered


def test_the_documented_reader_reads_what_the_deployer_does_and_nothing_else() -> None:
    deployer, reader = (
        json.loads((CHECKOUT / "docs" / "roles" / f"{role}.json").read_text())["Actions"]
        for role in ("deployer", "reader")
    )
    assert reader == [
        "Microsoft.Authorization/roleDefinitions/read",
        "Microsoft.Authorization/roleAssignments/read",
        "Microsoft.ApiManagement/service/read",
        "Microsoft.ApiManagement/service/apis/read",
        "Microsoft.ApiManagement/service/gateways/read",
        "Microsoft.ApiManagement/service/gateways/apis/read",
    ]
    assert [action for action in deployer if action.endswith("/read")] == reader

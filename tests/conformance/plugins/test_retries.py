"""What the Azure plugins try again, how often, and what they give up at once: no more patient than the released ones."""

from typing import Any

import pytest

from ..azure.emulator import GROUP_SCOPE, Emulator
from ..azure.test_faults import fault
from .plugin import Plugin, PluginError
from .test_azure_native import ASSIGNMENT, DEFINITION, GATEWAY, assignment, definition, gateway
from .test_azuread import DEPLOYER, PRINCIPAL, application, password

PUT_GATEWAY = "ARM PUT Microsoft.ApiManagement/service/gateways"


def ended(emulator: Emulator, operation: str) -> int:
    """How many requests it took."""
    return emulator.requests().get(operation, 0)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_azure_native_tries_three_times_again(azure_native: Plugin, emulator: Emulator, status: int) -> None:
    fault(emulator, operation=PUT_GATEWAY, status=status, count=3)
    emulator.forget_requests()
    azure_native.create(GATEWAY, gateway())
    assert ended(emulator, PUT_GATEWAY) == 4


def test_azure_native_gives_up_after_the_fourth_refusal(azure_native: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation=PUT_GATEWAY, status=429, retryAfter=0)
    emulator.forget_requests()
    with pytest.raises(PluginError, match='Status=429 Code="TooManyRequests"'):
        azure_native.create(GATEWAY, gateway())
    assert ended(emulator, PUT_GATEWAY) == 4


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409])
def test_azure_native_gives_up_at_once_on_other_refusals(azure_native: Plugin, emulator: Emulator, status: int) -> None:
    fault(emulator, operation=PUT_GATEWAY, status=status)
    emulator.forget_requests()
    with pytest.raises(PluginError, match=f"Status={status}"):
        azure_native.create(GATEWAY, gateway())
    assert ended(emulator, PUT_GATEWAY) == 1


def test_azure_native_tries_again_after_a_lost_connection(azure_native: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation=PUT_GATEWAY, reset=True, count=1)
    azure_native.create(GATEWAY, gateway())


def test_a_check_for_existence_that_fails_says_with_what_status(azure_native: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation="ARM GET Microsoft.Authorization/roleAssignments", status=403)
    role = azure_native.create(DEFINITION, definition())
    with pytest.raises(PluginError, match=f"cannot check existence of resource '{GROUP_SCOPE}/.*Status=403"):
        azure_native.create(ASSIGNMENT, assignment(role.id))


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_azuread_tries_again(azuread: Plugin, emulator: Emulator, status: int) -> None:
    fault(emulator, operation="Graph POST applications", status=status, retryAfter=1, count=3)
    emulator.forget_requests()
    application(azuread)
    assert ended(emulator, "Graph POST applications") == 4


def test_azuread_gives_up_at_once_on_a_refusal(azuread: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation="Graph POST applications", status=403)
    emulator.forget_requests()
    with pytest.raises(PluginError, match="unexpected status 403"):
        application(azuread)
    assert ended(emulator, "Graph POST applications") == 1


@pytest.mark.parametrize("status", [404, 409])
def test_a_new_application_that_is_not_known_everywhere_is_renamed_until_it_is(
    azuread: Plugin, emulator: Emulator, status: int
) -> None:
    fault(emulator, operation="Graph PATCH applications/{id}", status=status, count=3)
    emulator.forget_requests()
    assert application(azuread).state["displayName"] == "contoso-app"
    assert ended(emulator, "Graph PATCH applications/{id}") == 5


@pytest.mark.parametrize(
    ("status", "message", "tries"),
    [
        (400, "The appId 'x' of the service principal does not reference a valid application object.", 3),
        (
            403,
            "When using this permission, the backing application of the service principal being created must in the local "
            "tenant",
            3,
        ),
        (400, "Something else.", 1),
        (403, "Insufficient privileges to complete the operation.", 1),
    ],
)
def test_a_service_principal_waits_for_its_application_only(
    azuread: Plugin, emulator: Emulator, status: int, message: str, tries: int
) -> None:
    app = application(azuread)
    fault(emulator, operation="Graph POST servicePrincipals", status=status, message=message, count=2)
    emulator.forget_requests()
    inputs: dict[str, Any] = {"clientId": app.state["clientId"], "owners": [DEPLOYER]}
    if tries == 1:
        with pytest.raises(PluginError, match=f"unexpected status {status}"):
            azuread.create(PRINCIPAL, inputs)
    else:
        azuread.create(PRINCIPAL, inputs)
    assert ended(emulator, "Graph POST servicePrincipals") == tries


def test_a_read_that_fails_while_a_new_password_is_waited_for_ends_it(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    # The first read is before the password is made.
    fault(emulator, operation="Graph GET applications/{id}", status=404, skip=5, count=1)
    emulator.forget_requests()
    with pytest.raises(PluginError) as refused:
        password(azuread, app)
    # Nobody knows the password then.
    assert refused.value.made is None
    assert str(refused.value).startswith(
        f'1 error occurred:\n\t* Waiting for password credential for Application (Application: "{app.state["objectId"]}"): '
        "unexpected status 404 (404 Not Found) with error: "
    )
    assert ended(emulator, "Graph GET applications/{id}") == 1 + 5


def test_a_delete_waits_until_the_object_is_gone(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    emulator.forget_requests()
    azuread.delete(app)
    assert ended(emulator, "Graph GET applications/{id}") == 5  # not there five times in a row


def test_a_refused_token_request_is_not_repeated(emulator: Emulator) -> None:
    plugin = Plugin("azure_native", emulator.environment())
    try:
        plugin.configure()
        fault(emulator, operation="Entra POST token", status=400, code="AADSTS90033", message="Busy.")
        with pytest.raises(PluginError, match="authentication failed: temporarily_unavailable: AADSTS90033: Busy"):
            plugin.create(GATEWAY, gateway())
    finally:
        plugin.end()

"""What the Azure plugins try again, how often, and what they give up at once: no more patient than the released ones."""

from typing import Any

import httpx
import pytest

from sandbox.plugins.azure_native.arm import ArmError

from ..azure.emulator import GROUP_SCOPE, INSTANCE_SCOPE, Emulator
from ..azure.test_faults import fault
from .plugin import Plugin, PluginError
from .test_azure_native import ASSIGNMENT, DEFINITION, GATEWAY, assignment, definition, gateway
from .test_azuread import DEPLOYER, PRINCIPAL, application, password

PUT_GATEWAY = "ARM PUT Microsoft.ApiManagement/service/gateways"
# azcore's many lines for an answer without JSON, up to its body.
LINES = f"GET https://management.azure.com/it\n{'-' * 80}\nRESPONSE {{0}}: {{0}} {{1}}\nERROR CODE UNAVAILABLE\n{'-' * 80}\n"


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


def test_azure_native_ends_after_four_tries_of_what_azure_calls_retryable(
    azure_native: Plugin, emulator: Emulator
) -> None:
    # Its issues 3720 and 4509: without a Retry-After, which this refusal has in its message only.
    code, message = "RetryableError", "A retryable error occurred."
    fault(emulator, operation=PUT_GATEWAY, status=429, code=code, message=message)
    emulator.forget_requests()
    with pytest.raises(PluginError) as refused:
        azure_native.create(GATEWAY, gateway())
    assert str(refused.value) == 'Status=429 Code="RetryableError" Message="A retryable error occurred."'
    assert ended(emulator, PUT_GATEWAY) == 4


def test_azure_native_does_not_wait_longer_than_two_minutes_for_what_throttles(
    azure_native: Plugin, emulator: Emulator
) -> None:
    fault(emulator, operation=PUT_GATEWAY, status=429, retryAfter=121)
    emulator.forget_requests()
    with pytest.raises(PluginError, match=r"^Status=429 "):
        azure_native.create(GATEWAY, gateway())
    assert ended(emulator, PUT_GATEWAY) == 1


@pytest.mark.parametrize(
    ("code", "tries"), [("AnotherOperationInProgress", 4), ("PessimisticConcurrencyConflict", 1), ("ScopeLocked", 1)]
)
def test_azure_native_tries_one_conflict_again_and_no_other(
    azure_native: Plugin, emulator: Emulator, code: str, tries: int
) -> None:
    fault(emulator, operation=PUT_GATEWAY, status=409, code=code, message="Busy.")
    emulator.forget_requests()
    with pytest.raises(PluginError) as refused:
        azure_native.create(GATEWAY, gateway())
    assert str(refused.value) == f'Status=409 Code="{code}" Message="Busy."'
    assert ended(emulator, PUT_GATEWAY) == tries


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 412, 422])
def test_azure_native_gives_up_at_once_on_other_refusals(azure_native: Plugin, emulator: Emulator, status: int) -> None:
    fault(emulator, operation=PUT_GATEWAY, status=status)
    emulator.forget_requests()
    with pytest.raises(PluginError, match=f"Status={status}"):
        azure_native.create(GATEWAY, gateway())
    assert ended(emulator, PUT_GATEWAY) == 1


def test_azure_native_tries_again_after_a_lost_connection(azure_native: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation=PUT_GATEWAY, reset=True, count=1)
    azure_native.create(GATEWAY, gateway())


def test_azure_native_ends_when_nobody_answers_at_all(azure_native: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation=PUT_GATEWAY, reset=True)
    emulator.forget_requests()
    with pytest.raises(PluginError) as refused:
        azure_native.create(GATEWAY, gateway())
    address = f"{emulator.url}{INSTANCE_SCOPE}/gateways/second?api-version=2024-05-01"
    assert str(refused.value) in (f'Put "{address}": {reason}' for reason in ("EOF", "read: connection reset by peer"))
    assert ended(emulator, PUT_GATEWAY) == 4


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (
            httpx.Response(403, json={"error": {"code": "AuthorizationFailed", "message": "No."}}),
            'Status=403 Code="AuthorizationFailed" Message="No."',
        ),
        (httpx.Response(400, json={"error": {"message": "No."}}), 'Status=400 Message="No."'),
        (
            httpx.Response(400, json={"code": "BadRequest"}),
            'Status=400 Code="BadRequest" Message="{"code":"BadRequest"}"',
        ),
        (
            httpx.Response(409, json={"error": {"code": "A", "message": "No."}}, headers={"x-ms-error-code": "B"}),
            'Status=409 Code="B" Message="No."',
        ),
        (httpx.Response(404), f"{LINES.format(404, 'Not Found')}Response contained no body\n{'-' * 80}\n"),
        (httpx.Response(400, text="<html/>"), f"{LINES.format(400, 'Bad Request')}<html/>\n{'-' * 80}\n"),
    ],
)
def test_azure_native_words_a_refusal_as_it_is_answered(answer: httpx.Response, message: str) -> None:
    answer.request = httpx.Request("GET", "https://management.azure.com/it?api-version=1")
    assert str(ArmError(answer)) == message


def test_a_check_for_existence_that_fails_says_with_what_status(azure_native: Plugin, emulator: Emulator) -> None:
    fault(emulator, operation="ARM GET Microsoft.Authorization/roleAssignments", status=403)
    role = azure_native.create(DEFINITION, definition())
    with pytest.raises(
        PluginError, match=f"cannot check existence of resource '{GROUP_SCOPE}/.*': status code 403, {{"
    ):
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

"""The stand-in for azuread: the calls of the released provider, its traps, and what it notices."""

from typing import Any

import pytest

from sandbox.plugins.engine.values import UNKNOWN, Properties, Secret, Unknown, reveal

from ..azure.emulator import Emulator, new_application
from ..azure.test_faults import fault
from .plugin import Made, Plugin, PluginError

APPLICATION = "azuread:index/application:Application"
PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
DEPLOYER = "5a0c0de0-0000-4000-8000-000000000021"
READER = "5a0c0de0-0000-4000-8000-000000000031"
END = "2030-01-01T00:00:00Z"


def application(azuread: Plugin, **changes: Any) -> Made:
    return azuread.create(APPLICATION, {"displayName": "contoso-app", "owners": [DEPLOYER], **changes})


def principal(azuread: Plugin, made: Made, **changes: Any) -> Made:
    return azuread.create(PRINCIPAL, {"clientId": made.state["clientId"], "owners": [DEPLOYER], **changes})


def password(azuread: Plugin, made: Made, **changes: Any) -> Made:
    return azuread.create(PASSWORD, {"applicationId": made.id, "displayName": "mygw", "endDate": END, **changes})


def graph_requests(emulator: Emulator) -> dict[str, int]:
    return {operation: count for operation, count in emulator.requests().items() if operation.startswith("Graph")}


def object_id(made: Made) -> str:
    return made.id.rsplit("/", 1)[-1]


def to_be_imported(resource: str) -> str:
    return (
        "To be managed via Terraform, this resource needs to be imported into the State. Please see the resource "
        f'documentation for "{resource}" for more information.'
    )


def gone(made: Made) -> str:
    return (
        f"unexpected status 404 (404 Not Found) with error: Request_ResourceNotFound: Resource '{object_id(made)}' does not "
        "exist or one of its queried reference-property objects are not present."
    )


def test_an_application_is_made_renamed_twice_and_read(azuread: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    made = application(azuread)
    assert made.id == f"/applications/{made.state['objectId']}"
    assert made.state["displayName"] == "contoso-app"
    assert graph_requests(emulator) == {
        "Graph POST applications": 1,
        "Graph PATCH applications/{id}": 2,
        "Graph GET applications/{id}": 2,  # v1.0 and beta
        "Graph GET applications/{id}/owners": 1,
    }


def test_a_service_principal_is_looked_for_made_described_and_read(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    emulator.forget_requests()
    made = principal(azuread, app)
    assert made.id == f"/servicePrincipals/{made.state['objectId']}"
    assert made.state["applicationTenantId"] == "5a0c0de0-0000-4000-8000-000000000001"
    assert graph_requests(emulator) == {
        "Graph GET servicePrincipals": 1,
        "Graph POST servicePrincipals": 1,
        "Graph PATCH servicePrincipals/{id}": 1,
        "Graph GET servicePrincipals/{id}": 2,
        "Graph GET servicePrincipals/{id}/owners": 1,
    }
    assert emulator.graph().get(f"/v1.0{made.id}").json()["description"] is None


def test_a_password_is_made_and_waited_for_until_it_was_seen_five_times(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    emulator.forget_requests()
    made = password(azuread, app)
    assert isinstance(made.state["value"], Secret)
    assert made.id == f"{object_id(app)}/password/{made.state['keyId']}"
    assert (made.state["displayName"], made.state["endDate"]) == ("mygw", END)
    assert graph_requests(emulator) == {
        "Graph GET applications/{id}": 7,  # once before, five times until it is there, and once for the state
        "Graph POST applications/{id}/addPassword": 1,
    }


def test_the_creator_loses_its_rights_unless_it_is_an_owner(azuread: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    made = application(azuread, owners=[READER])
    assert emulator.requests()["Graph DELETE applications/{id}/owners/{id}/$ref"] == 1
    assert made.state["owners"] == [READER]
    denied = "Authorization_RequestDenied: Insufficient privileges to complete the operation."
    with pytest.raises(PluginError, match=denied):
        password(azuread, made)
    with pytest.raises(PluginError, match="403"):
        principal(azuread, made)


def test_a_taken_name_is_refused_where_the_program_says_so(azuread: Plugin) -> None:
    first = application(azuread)
    application(azuread)  # display names are not unique
    for preview in (True, False):
        with pytest.raises(PluginError) as refused:
            azuread.create(APPLICATION, {"displayName": "contoso-app", "preventDuplicateNames": True}, preview=preview)
        assert str(refused.value) == (
            f"diffing {first.urn}: 1 error occurred:\n\t* "
            f'An existing "azuread_application" with name "contoso-app" (ID: "{object_id(first)}") was found and '
            f"`prevent_duplicate_names` was specified. {to_be_imported('azuread_application')}\n\n"
        )


def test_an_existing_service_principal_is_taken_over_only_on_purpose(azuread: Plugin) -> None:
    app = application(azuread)
    first = principal(azuread, app)
    with pytest.raises(PluginError) as refused:
        principal(azuread, app)
    assert str(refused.value) == (
        f'1 error occurred:\n\t* [id] A resource with the ID "{object_id(first)}" already exists: '
        f"{to_be_imported('azuread_service_principal')}\n\n"
    )
    assert principal(azuread, app, useExisting=True).id == first.id


def test_a_preview_asks_nothing_and_knows_no_outputs(azuread: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    app = azuread.create(APPLICATION, {"displayName": "contoso-app"}, preview=True)
    assert isinstance(app.state["clientId"], Unknown)
    secret = azuread.create(PASSWORD, {"applicationId": UNKNOWN}, preview=True)
    assert isinstance(secret.state["value"], Secret)
    assert isinstance(reveal(secret.state["value"]), Unknown)
    assert isinstance(secret.state["keyId"], Unknown)
    assert graph_requests(emulator) == {}


def test_each_input_has_its_default_in_the_state(azuread: Plugin) -> None:
    assert application(azuread).inputs["signInAudience"] == "AzureADMyOrg"
    assert principal(azuread, application(azuread)).inputs["accountEnabled"] is True


@pytest.mark.parametrize(
    ("change", "drift"),
    [
        ({"displayName": "renamed"}, {"displayName": "UPDATE"}),
        ({"notes": "by hand"}, {"notes": "ADD"}),
        ({"description": "by hand"}, {"description": "ADD"}),
        ({"tags": ["a"]}, {}),  # Graph gives tags where the program does not
        ({"signInAudience": "AzureADMultipleOrgs"}, {"signInAudience": "UPDATE"}),
    ],
)
def test_a_refresh_notices_each_change_of_an_application(
    azuread: Plugin, emulator: Emulator, change: Properties, drift: dict[str, str]
) -> None:
    made = application(azuread)
    assert azuread.drift(made) == {}
    emulator.graph().patch(f"/v1.0{made.id}", json=change).raise_for_status()
    assert azuread.drift(made) == drift


@pytest.mark.parametrize(
    ("change", "drift"),
    [
        ({"accountEnabled": False}, {"accountEnabled": "UPDATE"}),
        ({"appRoleAssignmentRequired": True}, {"appRoleAssignmentRequired": "ADD"}),
        ({"notes": "by hand"}, {"notes": "ADD"}),
    ],
)
def test_a_refresh_notices_each_change_of_a_service_principal(
    azuread: Plugin, emulator: Emulator, change: Properties, drift: dict[str, str]
) -> None:
    made = principal(azuread, application(azuread))
    assert azuread.drift(made) == {}
    emulator.graph().patch(f"/v1.0{made.id}", json=change).raise_for_status()
    assert azuread.drift(made) == drift


def test_owners_are_a_set(azuread: Plugin, emulator: Emulator) -> None:
    made = application(azuread, owners=[READER, DEPLOYER])
    assert azuread.drift(made) == {}
    assert azuread.diff(made, {**made.inputs, "owners": [DEPLOYER, READER]}) == {}
    emulator.graph().delete(f"/v1.0{made.id}/owners/{READER}/$ref").raise_for_status()
    assert set(azuread.drift(made)) <= {"owners[0]", "owners[1]"}
    assert azuread.drift(made) != {}


def test_an_update_changes_properties_and_owners_and_clears_what_is_dropped(
    azuread: Plugin, emulator: Emulator
) -> None:
    made = application(azuread, notes="for mygw")
    inputs = {"displayName": "renamed", "owners": [DEPLOYER, READER]}
    changed = azuread.update(made, inputs)
    shown = emulator.graph().get(f"/v1.0{made.id}").json()
    assert (shown["displayName"], shown["notes"] or "") == ("renamed", "")
    assert sorted(changed.state["owners"]) == [DEPLOYER, READER]


def test_what_is_gone_reads_as_gone_and_its_deletion_is_refused(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    sp, secret = principal(azuread, app), password(azuread, app)
    emulator.graph().delete(f"/v1.0{app.id}").raise_for_status()
    removing = (
        f'Removing password credential "{secret.state["keyId"]}" from Application (Application: "{object_id(app)}")'
    )
    for made, text in (
        (secret, f"{removing}: {gone(app)}"),
        (sp, f'[id] Deleting Service Principal (Service Principal: "{object_id(sp)}"): {gone(sp)}'),
        (app, f'[id] deleting Application (Application: "{object_id(app)}"): {gone(app)}: {gone(app)}'),
    ):
        assert azuread.read(made) is None
        with pytest.raises(PluginError) as refused:
            azuread.delete(made)
        assert str(refused.value) == f"deleting {made.urn}: 1 error occurred:\n\t* {text}\n\n"


def test_the_deletion_of_a_password_that_is_gone_is_refused(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    secret = password(azuread, app)
    key_id = secret.state["keyId"]
    emulator.graph().post(f"/v1.0{app.id}/removePassword", json={"keyId": key_id}).raise_for_status()
    with pytest.raises(PluginError) as refused:
        azuread.delete(secret)
    assert str(refused.value) == (
        f"deleting {secret.urn}: 1 error occurred:\n\t* "
        f'Removing password credential "{key_id}" from Application (Application: "{object_id(app)}"): unexpected status 400 '
        f"(400 Bad Request) with error: Request_BadRequest: No password credential found with keyId {key_id}.\n\n"
    )


def test_a_delete_deletes_and_waits_until_it_is_gone(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    sp, secret = principal(azuread, app), password(azuread, app)
    emulator.forget_requests()
    azuread.delete(secret)
    assert emulator.requests()["Graph POST applications/{id}/removePassword"] == 1
    azuread.delete(sp)
    azuread.delete(app)
    requests = emulator.requests()
    assert requests["Graph DELETE servicePrincipals/{id}"] == 1
    assert requests["Graph DELETE applications/{id}"] == 1
    assert requests["Graph GET servicePrincipals/{id}"] == 5  # not there five times in a row
    assert emulator.graph().get(f"/v1.0{app.id}").status_code == 404


def test_a_removed_password_reads_as_gone(azuread: Plugin, emulator: Emulator) -> None:
    app = application(azuread)
    secret = password(azuread, app)
    assert azuread.drift(secret) == {}
    path = f"/v1.0{app.id}/removePassword"
    emulator.graph().post(path, json={"keyId": secret.state["keyId"]}).raise_for_status()
    assert azuread.read(secret) is None


def test_a_password_cannot_be_imported(azuread: Plugin) -> None:
    made = password(azuread, application(azuread))
    assert azuread.import_(PASSWORD, made.id) is None


def test_applications_and_service_principals_are_imported_with_their_inputs(
    azuread: Plugin, emulator: Emulator
) -> None:
    app, sp = new_application(emulator.graph(), "contoso-by-hand")
    found = azuread.import_(APPLICATION, f"/applications/{app['id']}")
    assert found is not None
    assert (found.inputs["displayName"], found.inputs["owners"]) == ("contoso-by-hand", [DEPLOYER])
    other = azuread.import_(PRINCIPAL, f"/servicePrincipals/{sp['id']}")
    assert other is not None
    assert (other.inputs["clientId"], other.state["objectId"]) == (app["appId"], sp["id"])


def test_passwords_have_no_relative_end_date_and_no_unknown_inputs(azuread: Plugin) -> None:
    with pytest.raises(PluginError, match="endDateRelative"):
        azuread.check(PASSWORD, {"applicationId": "/applications/x", "endDateRelative": "24h", "endDate": END})
    with pytest.raises(PluginError) as refused:
        azuread.check(APPLICATION, {"displayName": "contoso-app", "name": "x"})
    assert str(refused.value) == ": Invalid or unknown key. Examine values at 'it.name'."
    with pytest.raises(PluginError) as refused:
        azuread.check(PRINCIPAL, {})
    assert str(refused.value) == (
        ': Missing required argument. The argument "client_id" is required, but no definition was found.. Examine values '
        "at 'it.clientId'."
    )


def test_who_is_signed_in_is_known_without_asking_graph(azuread: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    answer = azuread.invoke("azuread:index/getClientConfig:getClientConfig")
    assert (answer["clientId"], answer["objectId"]) == ("5a0c0de0-0000-4000-8000-000000000020", DEPLOYER)
    assert not any(operation.startswith("Graph") for operation in emulator.requests())


def test_a_service_principal_that_is_not_known_everywhere_ends_the_update_and_the_next_goes_on(
    azuread: Plugin, emulator: Emulator
) -> None:
    app = application(azuread)
    fault(emulator, operation="Graph PATCH servicePrincipals/{id}", status=404, count=1)
    emulator.forget_requests()
    with pytest.raises(PluginError) as refused:
        principal(azuread, app)
    assert emulator.requests()["Graph PATCH servicePrincipals/{id}"] == 1
    made = refused.value.made
    assert made is not None
    (reason,) = refused.value.reasons
    assert reason.startswith(
        f"creating {made.urn}: 1 error occurred:\n\t* Timed out whilst waiting for new service principal to be replicated in "
        "Azure AD: unexpected status 404 (404 Not Found) with error: "
    )
    # The engine has it, and updates it the next time.
    assert emulator.graph().get(f"/v1.0{made.id}").json()["description"].startswith("TERRAFORM_UPDATE_")
    inputs = {"clientId": app.state["clientId"], "owners": [DEPLOYER]}
    changed = azuread.update(made, inputs)
    assert changed.state["objectId"] == object_id(made)
    assert emulator.graph().get(f"/v1.0{made.id}").json()["description"] is None


def test_of_such_a_service_principal_its_creator_stays_an_owner_until_the_update_after_the_next(
    azuread: Plugin, emulator: Emulator
) -> None:
    app = application(azuread)
    fault(emulator, operation="Graph PATCH servicePrincipals/{id}", status=404, count=1)
    inputs = {"clientId": app.state["clientId"]}
    with pytest.raises(PluginError) as refused:
        azuread.create(PRINCIPAL, inputs)
    made = refused.value.made
    assert made is not None
    # The state that broke off knows no owners, so that the next update sees none to take away; then it has read them.
    assert "owners" not in azuread.diff(made, inputs)
    changed = azuread.update(made, inputs)
    assert changed.state["owners"] == [DEPLOYER]
    assert azuread.diff(changed, changed.inputs)["owners"] == "DELETE"
    assert azuread.update(changed, inputs).state["owners"] == []
    assert emulator.graph().get(f"/v1.0{made.id}/owners").json()["value"] == []


def test_an_application_that_is_not_known_everywhere_is_waited_for(azuread: Plugin, emulator: Emulator) -> None:
    emulator.switch(graphReplicationSeconds=0.15)
    assert application(azuread).state["displayName"] == "contoso-app"


def test_a_refused_update_is_in_the_state_with_its_error(azuread: Plugin) -> None:
    made = application(azuread, owners=[READER])
    with pytest.raises(PluginError) as refused:
        azuread.update(made, {**made.inputs, "notes": "for mygw"})
    text = (
        f"updating {made.urn}: 1 error occurred:\n\t* "
        f'Could not update application with object ID: "{object_id(made)}": unexpected status 403 (403 Forbidden) with '
        "error: Authorization_RequestDenied: Insufficient privileges to complete the operation.\n\n"
    )
    assert refused.value.reasons == [text]
    assert refused.value.made is not None
    assert refused.value.made.state["notes"] == "for mygw"


@pytest.mark.parametrize("operation", ["Graph POST applications", "Graph PATCH applications/{id}"])
def test_a_write_that_nobody_answers_is_not_sent_again(azuread: Plugin, emulator: Emulator, operation: str) -> None:
    fault(emulator, operation=operation, reset=True, count=1)
    with pytest.raises(PluginError, match="HTTP response was nil; connection may have been reset"):
        application(azuread)


def test_a_read_that_nobody_answers_is_not_sent_again(azuread: Plugin, emulator: Emulator) -> None:
    made = application(azuread)
    fault(emulator, operation="Graph GET applications/{id}", reset=True, count=1)
    with pytest.raises(PluginError) as refused:
        azuread.read(made)
    assert str(refused.value).startswith(
        f"refreshing {made.urn}: 1 error occurred:\n\t* [id] Retrieving Application "
        f'(Application: "{object_id(made)}"): '
    )


def test_a_service_principal_is_looked_up_by_its_object_id(azuread: Plugin) -> None:
    function = "azuread:index/getServicePrincipal:getServicePrincipal"
    assert azuread.invoke(function, objectId=READER)["objectId"] == READER
    absent = 'Service Principal \\(Service Principal: "5a0c0de0-0000-4000-8000-0000000000ff"\\) was not found'
    with pytest.raises(PluginError, match=absent):
        azuread.invoke(function, objectId="5a0c0de0-0000-4000-8000-0000000000ff")


def test_a_user_is_looked_up_with_the_permission_to_read_users_only(azuread: Plugin, emulator: Emulator) -> None:
    arguments = {"objectId": "5a0c0de0-0000-4000-8000-0000000000ff"}
    with pytest.raises(PluginError, match=r'Retrieving user with object ID: "5a0c.*403.* Authorization_RequestDenied'):
        azuread.invoke("azuread:index/getUser:getUser", **arguments)

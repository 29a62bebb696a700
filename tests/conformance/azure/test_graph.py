"""Microsoft Graph over HTTP: applications, service principals, owners, deleted items, permissions, replication."""

import re

import httpx
import pytest

from .emulator import INSTANCE_PRINCIPAL, Emulator, Identity, new_application

ABSENT = "00000000-0000-4000-8000-000000000099"
DEPLOYER = "5a0c0de0-0000-4000-8000-000000000021"
READER = "5a0c0de0-0000-4000-8000-000000000031"


def error(answer: httpx.Response) -> tuple[int, str, str]:
    body = answer.json()["error"]
    assert {"date", "request-id", "client-request-id"} <= set(body["innerError"])
    return answer.status_code, body["code"], body["message"]


def reference(principal: str) -> str:
    return f"https://graph.microsoft.com/v1.0/directoryObjects/{principal}"


def test_a_new_application_answers_as_graph_does(emulator: Emulator) -> None:
    answer = emulator.graph().post("/v1.0/applications", json={"displayName": "contoso-app"})
    body = answer.json()
    assert answer.status_code == 201
    assert body["@odata.context"].endswith("/v1.0/$metadata#applications/$entity")
    assert answer.headers["location"].endswith(
        f"/directoryObjects/{body['id']}/Microsoft.DirectoryServices.Application"
    )
    assert body["displayName"] == "contoso-app"
    assert body["signInAudience"] == "AzureADMyOrg"
    assert body["publisherDomain"] == "contoso.onmicrosoft.com"
    assert body["passwordCredentials"] == []
    assert body["id"] != body["appId"]


def test_a_new_service_principal_answers_as_graph_does(emulator: Emulator) -> None:
    application, principal = new_application(emulator.graph())
    assert principal["appId"] == application["appId"]
    assert principal["appOwnerOrganizationId"] == "5a0c0de0-0000-4000-8000-000000000001"
    assert principal["servicePrincipalNames"] == [application["appId"]]
    assert principal["servicePrincipalType"] == "Application"
    assert principal["accountEnabled"] is True


def test_display_names_are_not_unique_and_found_by_filter(emulator: Emulator) -> None:
    graph = emulator.graph()
    ids = {graph.post("/v1.0/applications", json={"displayName": "contoso's app"}).json()["id"] for _ in range(2)}
    found = graph.get("/v1.0/applications", params={"$filter": "displayName eq 'contoso''s app'"}).json()["value"]
    assert {application["id"] for application in found} == ids
    starting = graph.get("/v1.0/applications", params={"$filter": "startswith(displayName, 'contoso''s')"}).json()
    assert [application["displayName"] for application in starting["value"]] == ["contoso's app", "contoso's app"]
    assert graph.get("/v1.0/applications", params={"$filter": "endswith(displayName, 'p')"}).status_code == 400


def test_an_application_is_reached_by_its_application_id(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    read = graph.get(f"/v1.0/applications(appId='{application['appId']}')")
    assert read.json()["id"] == application["id"]
    assert graph.get(f"/v1.0/applications(appId='{ABSENT}')").status_code == 404


def test_what_is_absent_is_not_found(emulator: Emulator) -> None:
    graph = emulator.graph()
    message = f"Resource '{ABSENT}' does not exist or one of its queried reference-property objects are not present."
    for answer in (
        graph.get(f"/v1.0/applications/{ABSENT}"),
        graph.patch(f"/v1.0/servicePrincipals/{ABSENT}", json={}),
        graph.delete(f"/v1.0/applications/{ABSENT}"),
    ):
        assert error(answer) == (404, "Request_ResourceNotFound", message)


def test_a_change_answers_without_a_body_and_keeps_the_rest(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    changed = graph.patch(f"/v1.0/applications/{application['id']}", json={"notes": "for mygw"})
    assert (changed.status_code, changed.content) == (204, b"")
    read = graph.get(f"/v1.0/applications/{application['id']}").json()
    assert (read["notes"], read["displayName"]) == ("for mygw", "contoso-app")


@pytest.mark.parametrize(
    ("collection", "body"),
    [
        ("applications", {"displayName": "contoso-app", "owner": "me"}),
        ("applications", {"displayName": "contoso-app", "passwordCredentials": []}),
        ("applications", {}),
        ("servicePrincipals", {"appId": ABSENT, "objectId": "x"}),
    ],
)
def test_properties_that_graph_does_not_take_are_refused(
    emulator: Emulator, collection: str, body: dict[str, str]
) -> None:
    assert error(emulator.graph().post(f"/v1.0/{collection}", json=body))[:2] == (400, "Request_BadRequest")


def test_a_service_principal_needs_an_application_and_is_alone(emulator: Emulator) -> None:
    graph = emulator.graph()
    assert error(graph.post("/v1.0/servicePrincipals", json={"appId": ABSENT})) == (
        403,
        "Authorization_RequestDenied",
        "When using this permission, the backing application of the service principal being created must in the local "
        "tenant",
    )
    application, _ = new_application(graph)
    again = graph.post("/v1.0/servicePrincipals", json={"appId": application["appId"]})
    assert error(again)[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")


def test_with_owned_by_only_an_owner_may_change(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, principal = new_application(graph)
    denied = (403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    for collection, object_ in (("applications", application), ("servicePrincipals", principal)):
        path = f"/v1.0/{collection}/{object_['id']}"
        assert [owner["id"] for owner in graph.get(f"{path}/owners").json()["value"]] == [DEPLOYER]
        assert graph.delete(f"{path}/owners/{DEPLOYER}/$ref").status_code == 204
        assert error(graph.patch(path, json={"notes": "x"})) == denied
        assert error(graph.delete(path)) == denied
    assert error(graph.post(f"/v1.0/applications/{application['id']}/addPassword", json={})) == denied


def test_a_service_principal_is_made_by_an_owner_of_its_application_only(emulator: Emulator) -> None:
    graph = emulator.graph()
    application = graph.post("/v1.0/applications", json={"displayName": "contoso-app"}).json()
    graph.delete(f"/v1.0/applications/{application['id']}/owners/{DEPLOYER}/$ref").raise_for_status()
    refused = graph.post("/v1.0/servicePrincipals", json={"appId": application["appId"]})
    assert error(refused)[:2] == (403, "Authorization_RequestDenied")


def test_owners_are_added_once_and_must_exist(emulator: Emulator) -> None:
    graph = emulator.graph()
    bound = {"displayName": "contoso-app", "owners@odata.bind": [reference(DEPLOYER), reference(READER)]}
    application = graph.post("/v1.0/applications", json=bound).json()
    path = f"/v1.0/applications/{application['id']}/owners"
    assert {owner["id"] for owner in graph.get(path).json()["value"]} == {DEPLOYER, READER}
    assert error(graph.post(f"{path}/$ref", json={"@odata.id": reference(READER)}))[:2] == (400, "Request_BadRequest")
    assert error(graph.post(f"{path}/$ref", json={"@odata.id": reference(ABSENT)}))[0] == 404
    unknown = {"displayName": "contoso-app", "owners@odata.bind": [reference(ABSENT)]}
    assert error(graph.post("/v1.0/applications", json=unknown))[0] == 404


def test_a_reader_reads_and_changes_nothing(emulator: Emulator) -> None:
    application, _ = new_application(emulator.graph())
    reader = emulator.graph("reader")
    assert reader.get(f"/v1.0/applications/{application['id']}").status_code == 200
    for answer in (
        reader.post("/v1.0/applications", json={"displayName": "other"}),
        reader.patch(f"/v1.0/applications/{application['id']}", json={"notes": "x"}),
        reader.post(f"/v1.0/applications/{application['id']}/addPassword", json={}),
        reader.delete(f"/v1.0/applications/{application['id']}"),
    ):
        assert error(answer)[:2] == (403, "Authorization_RequestDenied")


def test_without_a_token_for_graph_nothing_is_shown(emulator: Emulator) -> None:
    for client in (emulator.client(), emulator.arm()):
        assert error(client.get("/v1.0/applications"))[:2] == (401, "InvalidAuthenticationToken")


def test_an_application_without_permissions_reads_nothing(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    secret = graph.post(f"/v1.0/applications/{application['id']}/addPassword", json={}).json()["secretText"]
    plain = emulator.graph(Identity(application["appId"], "", secret))
    assert error(plain.get("/v1.0/applications"))[:2] == (403, "Authorization_RequestDenied")


def test_a_deleted_application_takes_its_service_principal_along_and_can_be_restored(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, principal = new_application(graph)
    assert graph.delete(f"/v1.0/applications/{application['id']}").status_code == 204
    assert graph.get(f"/v1.0/applications/{application['id']}").status_code == 404
    assert graph.get(f"/v1.0/servicePrincipals/{principal['id']}").status_code == 404
    deleted = graph.get("/v1.0/directory/deletedItems/microsoft.graph.application").json()["value"]
    assert [item["id"] for item in deleted] == [application["id"]]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", deleted[0]["deletedDateTime"])
    graph.post(f"/v1.0/directory/deletedItems/{application['id']}/restore").raise_for_status()
    assert graph.get(f"/v1.0/applications/{application['id']}").json()["appId"] == application["appId"]
    graph.delete(f"/v1.0/applications/{application['id']}").raise_for_status()
    assert graph.delete(f"/v1.0/directory/deletedItems/{application['id']}").status_code == 204
    assert graph.get(f"/v1.0/directory/deletedItems/{application['id']}").status_code == 404


def test_a_managed_identity_is_a_service_principal(emulator: Emulator) -> None:
    read = emulator.graph().get(f"/v1.0/servicePrincipals/{INSTANCE_PRINCIPAL}").json()
    assert (read["servicePrincipalType"], read["displayName"]) == ("ManagedIdentity", "contoso-apim")


def test_new_objects_are_unknown_until_they_are_replicated(emulator: Emulator) -> None:
    graph = emulator.graph()
    emulator.switch(graphReplicationSeconds=300)
    application = graph.post("/v1.0/applications", json={"displayName": "contoso-app"}).json()
    assert graph.get(f"/v1.0/applications/{application['id']}").status_code == 404
    assert graph.patch(f"/v1.0/applications/{application['id']}", json={"notes": "x"}).status_code == 404
    refused = graph.post("/v1.0/servicePrincipals", json={"appId": application["appId"]})
    assert error(refused)[0] == 403
    emulator.switch(graphReplicationSeconds=0)
    assert graph.get(f"/v1.0/applications/{application['id']}").status_code == 200


def test_beta_has_the_properties_that_the_plugin_asks_it_for(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, principal = new_application(graph)
    shown = graph.get(f"/beta/applications/{application['id']}", params={"$select": "oauth2RequirePostResponse"}).json()
    assert "oauth2RequirePostResponse" in shown
    assert "displayName" not in shown
    path = f"/beta/servicePrincipals/{principal['id']}"
    assert "samlMetadataUrl" in graph.get(path, params={"$select": "samlMetadataUrl"}).json()


def test_a_client_may_say_of_what_type_an_object_is_and_it_is_not_kept(emulator: Emulator) -> None:
    # As the azuread provider does with all that it writes.
    graph, annotation = emulator.graph(), {"@odata.type": "#microsoft.graph.application"}
    made = graph.post("/v1.0/applications", json={**annotation, "displayName": "contoso-app", "description": None})
    assert (made.status_code, "@odata.type" in made.json()) == (201, False)
    path = f"/v1.0/applications/{made.json()['id']}"
    assert graph.patch(path, json={**annotation, "notes": "for mygw"}).status_code == 204
    shown = graph.get(path).json()
    assert (shown["notes"], "@odata.type" in shown) == ("for mygw", False)

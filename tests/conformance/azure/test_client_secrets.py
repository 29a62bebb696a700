"""Client secrets over Graph: shown once, dated, removed by their key id."""

from datetime import datetime

import pytest

from .emulator import INSTANCE_PRINCIPAL, Emulator, Identity, eventually, new_application
from .test_graph import DEPLOYER, error


def test_a_secret_is_shown_once(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}"
    answer = graph.post(f"{path}/addPassword", json={"passwordCredential": {"displayName": "mygw"}})
    added = answer.json()
    assert answer.status_code == 200
    assert set(added) == {
        "@odata.context", "customKeyIdentifier", "displayName", "endDateTime", "hint", "keyId", "secretText",
        "startDateTime",
    }  # fmt: skip
    assert 16 <= len(added["secretText"]) <= 64
    assert added["hint"] == added["secretText"][:3]
    (listed,) = graph.get(path).json()["passwordCredentials"]
    assert (listed["keyId"], listed["secretText"], listed["hint"]) == (added["keyId"], None, added["hint"])
    assert added["secretText"] not in graph.get("/v1.0/applications").text


def test_a_secret_ends_after_two_years_unless_it_says_when(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}/addPassword"
    plain = graph.post(path, json={"passwordCredential": {"startDateTime": "2026-11-01T00:00:00Z"}}).json()
    assert datetime.fromisoformat(plain["endDateTime"]) == datetime.fromisoformat("2028-10-31T00:00:00Z")
    dated = {"startDateTime": "2026-11-01T00:00:00Z", "endDateTime": "2027-05-01T00:00:00Z"}
    assert graph.post(path, json={"passwordCredential": dated}).json()["endDateTime"] == "2027-05-01T00:00:00Z"


@pytest.mark.parametrize(
    "dates",
    [
        {"endDateTime": "2020-01-01T00:00:00Z"},
        {"startDateTime": "2026-02-01T00:00:00Z", "endDateTime": "2026-01-01T00:00:00Z"},
        {"endDateTime": "soon"},
    ],
)
def test_dates_in_the_wrong_order_are_refused(emulator: Emulator, dates: dict[str, str]) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    refused = graph.post(f"/v1.0/applications/{application['id']}/addPassword", json={"passwordCredential": dates})
    assert error(refused)[:2] == (400, "Request_BadRequest")


def test_a_secret_is_removed_by_its_key_id(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}"
    old, new = (graph.post(f"{path}/addPassword", json={}).json()["keyId"] for _ in range(2))
    assert graph.post(f"{path}/removePassword", json={"keyId": old}).status_code == 204
    assert [c["keyId"] for c in graph.get(path).json()["passwordCredentials"]] == [new]
    again = error(graph.post(f"{path}/removePassword", json={"keyId": old}))
    assert again == (400, "Request_BadRequest", f"No password credential found with keyId {old}.")


def test_a_new_secret_is_not_listed_before_it_is_replicated(emulator: Emulator) -> None:
    graph = emulator.graph("administrator")
    # An application of the seed, which has been replicated however long that takes.
    path = f"/v1.0/applications(appId='{emulator.identity('reader').client_id}')"
    before = graph.get(path).json()["passwordCredentials"]
    emulator.switch(graphReplicationSeconds=300)
    added = graph.post(f"{path}/addPassword", json={}).raise_for_status().json()
    assert graph.get(path).json()["passwordCredentials"] == before
    emulator.switch(graphReplicationSeconds=1)
    eventually(lambda: added["keyId"] in [each["keyId"] for each in graph.get(path).json()["passwordCredentials"]])


def test_a_service_principal_has_secrets_of_its_own_and_signs_in_with_them(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, principal = new_application(graph)
    path = f"/v1.0/servicePrincipals/{principal['id']}"
    assert (principal["passwordCredentials"], principal["keyCredentials"]) == ([], [])
    answer = graph.post(f"{path}/addPassword", json={"passwordCredential": {"displayName": "by hand"}})
    added = answer.json()
    assert answer.status_code == 200
    assert set(added) == {
        "@odata.context", "customKeyIdentifier", "displayName", "endDateTime", "hint", "keyId", "secretText",
        "startDateTime",
    }  # fmt: skip
    (listed,) = graph.get(path).json()["passwordCredentials"]
    assert (listed["keyId"], listed["secretText"]) == (added["keyId"], None)
    assert graph.get(f"/v1.0/applications/{application['id']}").json()["passwordCredentials"] == []

    identity = Identity(application["appId"], principal["id"], added["secretText"])
    assert emulator.token(identity).status_code == 200
    # It is the principal's: the application has none of this key id.
    wrong = graph.post(f"/v1.0/applications/{application['id']}/removePassword", json={"keyId": added["keyId"]})
    assert error(wrong)[:2] == (400, "Request_BadRequest")
    assert graph.post(f"{path}/removePassword", json={"keyId": added["keyId"]}).status_code == 204
    assert emulator.token(identity).json()["error_codes"] == [7000215]


def test_a_service_principals_secret_is_its_owners_to_add(emulator: Emulator) -> None:
    graph = emulator.graph()
    _, principal = new_application(graph)
    path = f"/v1.0/servicePrincipals/{principal['id']}"
    denied = (403, "Authorization_RequestDenied")
    assert error(emulator.graph("reader").post(f"{path}/addPassword", json={}))[:2] == denied
    assert error(graph.post(f"/v1.0/servicePrincipals/{INSTANCE_PRINCIPAL}/addPassword", json={}))[:2] == denied
    graph.delete(f"{path}/owners/{DEPLOYER}/$ref").raise_for_status()
    assert error(graph.post(f"{path}/addPassword", json={}))[:2] == denied

"""Federated identity credentials over Graph."""

from typing import Any

import pytest

from .emulator import Emulator, new_application
from .test_graph import error

CREDENTIAL: dict[str, Any] = {
    "name": "cluster",
    "issuer": "https://cluster.contoso.example",
    "subject": "system:serviceaccount:default:mygw",
    "audiences": ["api://AzureADTokenExchange"],
}


def test_a_credential_is_made_listed_changed_and_deleted(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}/federatedIdentityCredentials"
    made = graph.post(path, json=CREDENTIAL)
    assert made.status_code == 201
    one = f"{path}/{made.json()['id']}"
    assert {key: graph.get(one).json()[key] for key in CREDENTIAL} == CREDENTIAL
    assert graph.patch(one, json={"subject": "system:serviceaccount:apim:mygw"}).status_code == 204
    (listed,) = graph.get(path).json()["value"]
    assert (listed["name"], listed["subject"]) == ("cluster", "system:serviceaccount:apim:mygw")
    assert error(graph.patch(one, json={"name": "other"}))[:2] == (400, "Request_BadRequest")
    assert graph.delete(one).status_code == 204
    assert error(graph.get(one))[0] == 404


def test_a_client_may_say_of_what_type_a_credential_is_and_which_it_is(emulator: Emulator) -> None:
    # As the azuread provider does.
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}/federatedIdentityCredentials"
    annotation = {"@odata.type": "#microsoft.graph.federatedIdentityCredential"}
    id_ = graph.post(path, json={**CREDENTIAL, **annotation, "description": None}).json()["id"]
    change = {**CREDENTIAL, **annotation, "id": id_, "subject": "system:serviceaccount:apim:mygw"}
    assert graph.patch(f"{path}/{id_}", json=change).status_code == 204
    shown = graph.get(f"{path}/{id_}").json()
    assert (shown["subject"], "@odata.type" in shown) == ("system:serviceaccount:apim:mygw", False)
    other = {"id": "00000000-0000-0000-0000-000000000009"}
    assert error(graph.patch(f"{path}/{id_}", json=other))[:2] == (400, "Request_BadRequest")


def test_name_and_issuer_with_subject_are_unique_in_an_application(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}/federatedIdentityCredentials"
    graph.post(path, json=CREDENTIAL).raise_for_status()
    same_name = graph.post(path, json={**CREDENTIAL, "subject": "other"})
    assert error(same_name) == (
        409,
        "Request_MultipleObjectsWithSameKeyValue",
        "FederatedIdentityCredential with name cluster already exists.",
    )
    same_subject = graph.post(path, json={**CREDENTIAL, "name": "other"})
    assert error(same_subject)[:2] == (409, "Request_MultipleObjectsWithSameKeyValue")


def test_an_application_has_at_most_twenty(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}/federatedIdentityCredentials"
    for number in range(20):
        graph.post(path, json={**CREDENTIAL, "name": f"c{number}", "subject": f"s{number}"}).raise_for_status()
    assert error(graph.post(path, json={**CREDENTIAL, "name": "more", "subject": "more"}))[0] == 400


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "with space"},
        {"name": "x" * 121},
        {"issuer": ""},
        {"subject": "x" * 601},
        {"audiences": []},
        {"audiences": ["a", "b"]},
        {"clientId": "x"},
    ],
)
def test_an_invalid_credential_is_refused(emulator: Emulator, change: dict[str, Any]) -> None:
    graph = emulator.graph()
    application, _ = new_application(graph)
    path = f"/v1.0/applications/{application['id']}/federatedIdentityCredentials"
    assert error(graph.post(path, json={**CREDENTIAL, **change}))[:2] == (400, "Request_BadRequest")

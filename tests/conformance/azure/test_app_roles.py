"""App role assignments over Graph: how an application permission is given and taken, and what a token then says."""

import httpx
import jwt
import pytest

from .emulator import GRAPH, Emulator, Identity, new_identity

GRAPH_APP_ID = "00000003-0000-0000-c000-000000000000"
READ_ALL = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"
ABSENT = "00000000-0000-4000-8000-000000000099"


@pytest.fixture
def identity(emulator: Emulator) -> Identity:
    """A service principal without permissions."""
    return new_identity(emulator)


@pytest.fixture
def resource(emulator: Emulator) -> str:
    """Graph's own service principal in the tenant."""
    found = emulator.graph("reader").get("/v1.0/servicePrincipals", params={"$filter": f"appId eq '{GRAPH_APP_ID}'"})
    return found.json()["value"][0]["id"]


def assigned(identity: Identity, resource: str, role: str = READ_ALL) -> dict[str, str]:
    return {"appRoleId": role, "principalId": identity.object_id, "resourceId": resource}


def path(identity: Identity) -> str:
    return f"/v1.0/servicePrincipals/{identity.object_id}/appRoleAssignments"


def permissions(emulator: Emulator, identity: Identity) -> list[str] | None:
    token = emulator.token(identity, GRAPH).json()["access_token"]
    return jwt.decode(token, options={"verify_signature": False}).get("roles")


def refused(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_a_permission_is_in_the_next_token_and_gone_from_the_one_after(
    emulator: Emulator, identity: Identity, resource: str
) -> None:
    assert emulator.graph(identity).get("/v1.0/applications").status_code == 403
    administrator = emulator.graph("administrator")
    made = administrator.post(path(identity), json=assigned(identity, resource))
    assert made.status_code == 201
    assert permissions(emulator, identity) == ["Application.Read.All"]
    assert emulator.graph(identity).get("/v1.0/applications").status_code == 200
    listed = administrator.get(f"/v1.0/servicePrincipals/{resource}/appRoleAssignedTo").json()["value"]
    assert made.json()["id"] in [assignment["id"] for assignment in listed]
    assert administrator.delete(f"{path(identity)}/{made.json()['id']}").status_code == 204
    assert permissions(emulator, identity) is None


def test_only_who_may_assign_app_roles_does(emulator: Emulator, identity: Identity, resource: str) -> None:
    for who in ("deployer", "reader"):
        answer = emulator.graph(who).post(path(identity), json=assigned(identity, resource))
        assert refused(answer) == (403, "Authorization_RequestDenied")


def test_what_cannot_be_assigned_is_refused(emulator: Emulator, identity: Identity, resource: str) -> None:
    graph = emulator.graph("administrator")
    graph.post(path(identity), json=assigned(identity, resource)).raise_for_status()
    twice = graph.post(path(identity), json=assigned(identity, resource))
    assert refused(twice) == (400, "Request_BadRequest")
    assert twice.json()["error"]["message"] == "Permission being assigned already exists on the object"
    unknown = graph.post(path(identity), json=assigned(identity, resource, ABSENT))
    assert unknown.json()["error"]["message"] == "Permission being assigned was not found on application"
    absent = graph.post(path(identity), json=assigned(identity, ABSENT))
    assert refused(absent) == (404, "Request_ResourceNotFound")


def test_a_client_may_say_of_what_type_an_assignment_is(emulator: Emulator, identity: Identity, resource: str) -> None:
    # As the azuread provider does. Who is assigned is Graph's to say.
    graph = emulator.graph("administrator")
    annotated = {**assigned(identity, resource), "@odata.type": "#microsoft.graph.appRoleAssignment"}
    assert refused(graph.post(path(identity), json={**annotated, "principalType": "User"})) == (
        400,
        "Request_BadRequest",
    )
    made = graph.post(path(identity), json=annotated)
    assert (made.status_code, "@odata.type" in made.json()) == (201, False)

"""Entra's endpoints, with azure-identity and as any client sees them."""

import json
import time
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError

from .clients import credential
from .emulator import ARM, CONFIGURATION, GRAPH, TENANT, Emulator, Identity, new_application, new_identity

NOBODY = Identity("00000000-0000-4000-8000-000000000099", "", "none")


def test_the_official_client_signs_in_and_the_token_says_who_it_is(emulator: Emulator) -> None:
    deployer = emulator.identity("deployer")
    token = credential(emulator, deployer).get_token(f"{ARM}/.default")
    (key,) = emulator.client().get(f"/{TENANT}/discovery/v2.0/keys").json()["keys"]
    claims = jwt.decode(token.token, jwt.PyJWK(key, "RS256"), audience=ARM, issuer=f"https://sts.windows.net/{TENANT}/")
    assert (claims["appid"], claims["oid"], claims["tid"]) == (
        "5a0c0de0-0000-4000-8000-000000000020",
        "5a0c0de0-0000-4000-8000-000000000021",
        TENANT,
    )
    assert 3500 < token.expires_on - time.time() < 3600
    assert "roles" not in claims


def test_only_a_token_for_graph_carries_graphs_permissions(emulator: Emulator) -> None:
    for identity, roles in (("deployer", ["Application.ReadWrite.OwnedBy"]), ("reader", ["Application.Read.All"])):
        token = emulator.token(emulator.identity(identity), GRAPH).json()["access_token"]
        assert jwt.decode(token, options={"verify_signature": False})["roles"] == roles


def test_the_token_response_has_exactly_entras_fields(emulator: Emulator) -> None:
    answer = emulator.token(emulator.identity("deployer"))
    assert set(answer.json()) == {"token_type", "expires_in", "ext_expires_in", "access_token"}
    assert (answer.json()["token_type"], answer.json()["expires_in"]) == ("Bearer", 3599)
    assert "no-store" in answer.headers["cache-control"]


def test_the_secret_may_come_as_http_basic(emulator: Emulator) -> None:
    deployer = emulator.identity("deployer")
    form = {"grant_type": "client_credentials", "scope": f"{ARM}/.default"}
    basic = (deployer.client_id, deployer.client_secret)
    assert emulator.client().post(f"/{TENANT}/oauth2/v2.0/token", data=form, auth=basic).status_code == 200


@pytest.mark.parametrize(
    ("changes", "status", "error", "code", "text"),
    [
        (
            {"client_secret": "wrong"},
            401,
            "invalid_client",
            7000215,
            "Invalid client secret provided. Ensure the secret",
        ),
        (
            {"client_id": NOBODY.client_id},
            400,
            "unauthorized_client",
            700016,
            f"Application with identifier '{NOBODY.client_id}' was not found in the directory",
        ),
        ({"client_secret": ""}, 401, "invalid_client", 7000218, "must contain the following parameter"),
        ({"grant_type": ""}, 400, "invalid_request", 900144, "following parameter: 'grant_type'."),
        ({"scope": ""}, 400, "invalid_request", 900144, "following parameter: 'scope'."),
        ({"client_id": ""}, 400, "invalid_request", 900144, "following parameter: 'client_id'."),
        ({"grant_type": "password"}, 400, "unsupported_grant_type", 70003, "unsupported grant type"),
        ({"scope": "https://management.azure.com/user"}, 400, "invalid_scope", 70011, "is not valid"),
        ({"scope": f"{ARM}/.default {GRAPH}/.default"}, 400, "invalid_scope", 70011, "is not valid"),
        (
            {"scope": "https://contoso.example/.default"},
            400,
            "invalid_resource",
            500011,
            "The resource principal named https://contoso.example was not found in the tenant",
        ),
    ],
)
def test_a_refused_token_request_says_why(
    emulator: Emulator, changes: dict[str, str], status: int, error: str, code: int, text: str
) -> None:
    answer = emulator.token(emulator.identity("deployer"), **changes)
    body = answer.json()
    assert (answer.status_code, body["error"], body["error_codes"]) == (status, error, [code])
    assert body["error_description"].startswith(f"AADSTS{code}: ")
    assert text in body["error_description"]
    assert {"timestamp", "trace_id", "correlation_id", "error_uri"} <= set(body)


def test_another_tenant_is_not_found(emulator: Emulator) -> None:
    other = "00000000-0000-4000-8000-00000000000f"
    token = emulator.client().post(f"/{other}/oauth2/v2.0/token", data={})
    discovery = emulator.client().get(f"/{other}/v2.0/.well-known/openid-configuration")
    for answer, error in ((token, "invalid_request"), (discovery, "invalid_tenant")):
        assert (answer.status_code, answer.json()["error"], answer.json()["error_codes"]) == (400, error, [90002])
        assert f"Tenant '{other}' not found." in answer.json()["error_description"]


def test_the_official_client_shows_entras_message(emulator: Emulator) -> None:
    wrong = Identity(emulator.identity("deployer").client_id, "", "wrong")
    with pytest.raises(ClientAuthenticationError, match="AADSTS7000215: Invalid client secret provided"):
        credential(emulator, wrong).get_token(f"{ARM}/.default")


def test_an_application_without_a_service_principal_cannot_sign_in(emulator: Emulator) -> None:
    graph = emulator.graph()
    application = graph.post("/v1.0/applications", json={"displayName": "contoso-app"}).json()
    secret = graph.post(f"/v1.0/applications/{application['id']}/addPassword", json={}).json()["secretText"]
    answer = emulator.token(Identity(application["appId"], "", secret))
    assert (answer.status_code, answer.json()["error_codes"]) == (401, [7000229])


def test_a_secret_works_within_its_dates_only(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, principal = new_application(graph)
    now = datetime.now(UTC)
    for start, end, code in (
        (now - timedelta(days=2), now - timedelta(days=1), 7000222),
        (now + timedelta(days=1), now + timedelta(days=2), 7000215),
    ):
        body = {"passwordCredential": {"startDateTime": start.isoformat(), "endDateTime": end.isoformat()}}
        added = graph.post(f"/v1.0/applications/{application['id']}/addPassword", json=body).json()
        answer = emulator.token(Identity(application["appId"], principal["id"], added["secretText"]))
        assert (answer.status_code, answer.json()["error_codes"]) == (401, [code])
        assert added["secretText"] not in answer.text


def test_a_removed_secret_signs_nobody_in(emulator: Emulator) -> None:
    graph = emulator.graph()
    application, principal = new_application(graph)
    added = graph.post(f"/v1.0/applications/{application['id']}/addPassword", json={}).json()
    who = Identity(application["appId"], principal["id"], added["secretText"])
    assert emulator.token(who).status_code == 200
    graph.post(f"/v1.0/applications/{application['id']}/removePassword", json={"keyId": added["keyId"]})
    assert emulator.token(who).json()["error_codes"] == [7000215]


def test_a_disabled_service_principal_cannot_sign_in(emulator: Emulator) -> None:
    who = new_identity(emulator)
    emulator.graph().patch(f"/v1.0/servicePrincipals/{who.object_id}", json={"accountEnabled": False})
    assert emulator.token(who).json()["error_codes"] == [7000112]


def test_what_is_not_replicated_cannot_sign_in_yet(emulator: Emulator) -> None:
    emulator.switch(graphReplicationSeconds=300)
    graph = emulator.graph()
    application = graph.post("/v1.0/applications", json={"displayName": "contoso-app"}).json()
    assert emulator.token(Identity(application["appId"], "", "any")).json()["error_codes"] == [700016]


@pytest.mark.parametrize("audience", [CONFIGURATION, f"{CONFIGURATION}/"])
def test_a_token_is_for_the_resource_that_was_asked_for(emulator: Emulator, audience: str) -> None:
    token = emulator.token(emulator.identity("deployer"), audience).json()["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["aud"] == audience
    refused = emulator.client(token).get(f"/subscriptions?{json.dumps({})}")
    assert refused.status_code == 401

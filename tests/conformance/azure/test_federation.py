"""Tokens of a pipeline's job instead of a client secret: which Entra takes, and what it says of the others."""

import time
from typing import Any

import httpx
import jwt
import pytest
from azure.identity import ClientAssertionCredential
from cryptography.hazmat.primitives.asymmetric import rsa

from .emulator import ARM, TENANT, Emulator, eventually, new_application

ISSUER = "https://token.actions.githubusercontent.com"
SUBJECT = "repo:contoso/gateways:environment:dev"
AUDIENCE = "api://AzureADTokenExchange"
STRANGER = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def federated(emulator: Emulator, **changes: Any) -> str:
    """Client id of an application that takes the tokens of one environment's jobs."""
    graph = emulator.graph()
    application, _ = new_application(graph)
    credential = {"name": "dev", "issuer": ISSUER, "subject": SUBJECT, "audiences": [AUDIENCE], **changes}
    path = f"/v1.0/applications/{application['id']}/federatedIdentityCredentials"
    graph.post(path, json=credential).raise_for_status()
    return application["appId"]


def refusal(answer: httpx.Response) -> tuple[int, str, int]:
    body = answer.json()
    (number,) = body["error_codes"]
    assert body["error_description"].startswith(f"AADSTS{number}: ")
    return answer.status_code, body["error"], number


def forged(claims: dict[str, Any] | None = None, key: Any = STRANGER, algorithm: str = "RS256", kid: str = "x") -> str:
    now = int(time.time())
    usual = {"iss": ISSUER, "sub": SUBJECT, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 300}
    return jwt.encode({**usual, **(claims or {})}, key, algorithm=algorithm, headers={"kid": kid})


def test_the_official_client_signs_in_with_a_jobs_token(emulator: Emulator) -> None:
    client_id, job = federated(emulator), emulator.job(environment="dev")
    credential = ClientAssertionCredential(
        TENANT,
        client_id,
        lambda: emulator.job_token(job),
        authority=emulator.url,
        disable_instance_discovery=True,
        connection_verify=str(emulator.ca),
    )
    token = credential.get_token(f"{ARM}/.default").token
    claims = jwt.decode(token, options={"verify_signature": False})
    assert (claims["appid"], claims["aud"], claims["appidacr"]) == (client_id, ARM, "2")


def test_a_job_gets_tokens_of_its_own_subject_only_and_with_its_request_token(emulator: Emulator) -> None:
    for job, subject in (
        ({"environment": "dev"}, "repo:contoso/gateways:environment:dev"),
        ({"event": "pull_request", "ref": "refs/pull/7/merge"}, "repo:contoso/gateways:pull_request"),
        ({"event": "schedule"}, "repo:contoso/gateways:ref:refs/heads/main"),
        ({"ref": "refs/heads/feature"}, "repo:contoso/gateways:ref:refs/heads/feature"),
    ):
        token = emulator.job_token(emulator.job(**job))
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["iss"], claims["sub"], claims["aud"]) == (ISSUER, subject, AUDIENCE)
        assert claims["exp"] - claims["iat"] == 300
    one, other = emulator.job(environment="dev"), emulator.job(environment="prod")
    url = f"{one['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={AUDIENCE}"
    assert emulator.client().get(url).status_code == 401
    assert emulator.client(other["ACTIONS_ID_TOKEN_REQUEST_TOKEN"]).get(url).status_code == 401


def test_the_issuer_is_reached_under_its_own_name(emulator: Emulator) -> None:
    issuer = emulator.client(host="token.actions.githubusercontent.com")
    metadata = issuer.get("/.well-known/openid-configuration").json()
    assert (metadata["issuer"], metadata["jwks_uri"]) == (ISSUER, f"{ISSUER}/.well-known/jwks")
    (key,) = issuer.get("/.well-known/jwks").json()["keys"]
    jwt.decode(
        emulator.job_token(emulator.job()), jwt.PyJWK(key), algorithms=["RS256"], issuer=ISSUER, audience=AUDIENCE
    )
    assert emulator.client().get("/.well-known/jwks").status_code == 401  # ARM's: not this machine's name


@pytest.mark.parametrize(
    ("job", "number", "text"),
    [
        ({"environment": "prod"}, 700213, "assertion subject 'repo:contoso/gateways:environment:prod'. Check your"),
        ({"event": "pull_request"}, 700213, "assertion subject 'repo:contoso/gateways:pull_request'"),
        ({"repository": "contoso/other", "environment": "dev"}, 700213, "'repo:contoso/other:environment:dev'"),
        (
            {"repository": "contoso@1/gateways@2", "environment": "dev"},
            700213,
            "'repo:contoso@1/gateways@2:environment",
        ),
        ({"environment": "Dev"}, 7002138, "matches with case-insensitive comparison, but not with case-sensitive"),
        ({"environment": "dev", "lifetimeSeconds": 0}, 700024, "is not within its valid time range. Current time: "),
    ],
)
def test_a_token_of_another_job_is_refused(emulator: Emulator, job: dict[str, Any], number: int, text: str) -> None:
    answer = emulator.exchange(federated(emulator), emulator.job_token(emulator.job(**job)))
    assert refusal(answer) == (401, "invalid_client", number)
    assert text in answer.json()["error_description"]


def test_issuer_and_audience_are_compared_exactly(emulator: Emulator) -> None:
    job = emulator.job(environment="dev")
    other_issuer = federated(emulator, issuer=f"{ISSUER}/")
    answer = emulator.exchange(other_issuer, emulator.job_token(job))
    assert refusal(answer) == (401, "invalid_client", 700211)
    assert f"presented assertion issuer '{ISSUER}'" in answer.json()["error_description"]
    answer = emulator.exchange(federated(emulator), emulator.job_token(job, "https://github.com/contoso"))
    assert refusal(answer) == (401, "invalid_client", 700212)
    assert "presented assertion audience 'https://github.com/contoso'" in answer.json()["error_description"]


@pytest.mark.parametrize(
    ("assertion", "number"),
    [
        ("no token", 50027),
        (forged(), 7000272),
        (forged(key="a-secret-of-at-least-thirty-two-bytes", algorithm="HS256"), 5002738),
        (forged(algorithm="RS384"), 5002738),
        (forged({"aud": [AUDIENCE, "other"]}), 700212),
    ],
)
def test_a_forged_token_is_refused(emulator: Emulator, assertion: str, number: int) -> None:
    assert refusal(emulator.exchange(federated(emulator), assertion)) == (401, "invalid_client", number)


def test_a_known_key_id_does_not_help_a_forger(emulator: Emulator) -> None:
    kid = jwt.get_unverified_header(emulator.job_token(emulator.job()))["kid"]
    assert refusal(emulator.exchange(federated(emulator), forged(kid=kid)))[2] == 7000272


def test_an_issuer_that_does_not_answer_is_told(emulator: Emulator) -> None:
    issuer = f"https://localhost:{emulator.port}/nowhere"
    answer = emulator.exchange(federated(emulator, issuer=issuer), forged({"iss": issuer}))
    assert refusal(answer) == (400, "invalid_request", 501661)


def test_an_assertion_needs_its_type(emulator: Emulator) -> None:
    client_id, token = federated(emulator), emulator.job_token(emulator.job(environment="dev"))
    answer = emulator.exchange(client_id, token, client_assertion_type="jwt")
    assert refusal(answer) == (400, "invalid_request", 900144)


def test_a_new_credential_takes_a_while(emulator: Emulator) -> None:
    # An application of the seed, which has been replicated however long that takes.
    client_id, token = emulator.identity("reader").client_id, emulator.job_token(emulator.job(environment="late"))
    graph = emulator.graph("administrator")
    path = f"/v1.0/applications(appId='{client_id}')/federatedIdentityCredentials"
    credential = {"name": "late", "issuer": ISSUER, "audiences": [AUDIENCE]}
    credential["subject"] = "repo:contoso/gateways:environment:late"
    emulator.switch(graphReplicationSeconds=300)
    graph.post(path, json=credential).raise_for_status()
    assert refusal(emulator.exchange(client_id, token))[2] == 700211
    emulator.switch(graphReplicationSeconds=1)
    eventually(lambda: emulator.exchange(client_id, token).status_code == 200)

"""The configuration API: who asks, may the instance find out, and may the caller have it."""

import time
from datetime import UTC, datetime
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from .clients import GET_CONFIGURATION, READ, assign, define, role
from .emulator import (
    ARM,
    CONFIGURATION,
    GROUP_SCOPE,
    INSTANCE_PRINCIPAL,
    INSTANCE_SCOPE,
    SUBSCRIPTION_SCOPE,
    TENANT,
    Emulator,
    Identity,
    new_identity,
)

HOST = "contoso-apim.configuration.azure-api.net"
OTHER_TENANT = "00000000-0000-4000-8000-00000000000f"


@pytest.fixture
def identity(emulator: Emulator) -> Identity:
    """A gateway's identity, with no rights yet."""
    return new_identity(emulator)


def validate(emulator: Emulator, actions: list[str] | None = None, scope: str = GROUP_SCOPE) -> None:
    assign(emulator, define(emulator, role("Contoso Validator", actions or [READ])), INSTANCE_PRINCIPAL, scope)


def grant(emulator: Emulator, identity: Identity, action: str = GET_CONFIGURATION, scope: str = INSTANCE_SCOPE) -> None:
    assign(emulator, define(emulator, role("Contoso Gateway", data_actions=[action])), identity.object_id, scope)


def ask(emulator: Emulator, identity: Identity, resource: str = CONFIGURATION, host: str = HOST) -> httpx.Response:
    return emulator.sign_in(identity, resource, host).get("/gateways/mygw/events")


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    error = answer.json()["error"]
    return answer.status_code, error["code"], error["message"]


def test_with_both_rights_the_gateways_apis_are_given(emulator: Emulator, identity: Identity) -> None:
    validate(emulator)
    grant(emulator, identity)
    assert ask(emulator, identity).json() == {"gateway": {"name": "mygw"}, "apis": []}
    tag = {"properties": {"provisioningState": "created"}}
    url = f"{INSTANCE_SCOPE}/gateways/mygw/apis/echo"
    emulator.arm().put(url, params={"api-version": "2024-05-01"}, json=tag).raise_for_status()
    answer = ask(emulator, identity)
    assert answer.json()["apis"] == [{"name": "echo", "displayName": "Echo API", "path": "echo"}]
    client = emulator.sign_in(identity, CONFIGURATION, HOST)
    again = client.get("/gateways/mygw/events", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_arm_shows_the_heartbeats_of_a_gateway_in_the_version_whose_answers_have_them(
    emulator: Emulator, identity: Identity
) -> None:
    arm, gateway = emulator.arm(), f"{INSTANCE_SCOPE}/gateways/mygw"

    def shown(version: str = "2021-08-01") -> Any:
        properties = arm.get(gateway, params={"api-version": version}).json()["properties"]
        (listed,) = arm.get(f"{INSTANCE_SCOPE}/gateways", params={"api-version": version}).json()["value"]
        assert listed["properties"] == properties
        return properties.get("heartbeat", "not shown")

    assert shown() == []
    client = emulator.sign_in(identity, CONFIGURATION, HOST)
    beat = {"instanceId": "mygw-7d9c-abcde"}
    validate(emulator)
    assert refused(client.post("/gateways/mygw/heartbeats", json=beat))[:2] == (403, "GatewayAccessDenied")
    assert shown() == []
    grant(emulator, identity)
    before = datetime.now(UTC)
    for _ in range(2):
        assert client.post("/gateways/mygw/heartbeats", json=beat).status_code == 204
    (heard,) = shown()
    assert heard["instanceId"] == "mygw-7d9c-abcde"
    assert before <= datetime.fromisoformat(heard["timestamp"]) <= datetime.now(UTC)
    assert [shown(version) for version in ("2022-08-01", "2024-05-01")] == ["not shown", "not shown"]
    body = {"properties": {"locationData": {"name": "there"}}}
    put = arm.put(gateway, params={"api-version": "2021-08-01"}, json=body).json()
    assert put["properties"] == {"locationData": {"name": "there"}, "description": None, "heartbeat": None}
    arm.delete(gateway, params={"api-version": "2021-08-01"}, headers={"If-Match": "*"}).raise_for_status()
    arm.put(gateway, params={"api-version": "2021-08-01"}, json=body).raise_for_status()
    assert shown() == []


def test_without_the_validator_nobody_can_be_checked(emulator: Emulator, identity: Identity) -> None:
    grant(emulator, identity)
    status, code, message = refused(ask(emulator, identity))
    assert (status, code) == (403, "ValidatorAccessDenied")
    assert INSTANCE_PRINCIPAL in message
    assert INSTANCE_SCOPE in message


@pytest.mark.parametrize(
    "actions",
    [
        ["Microsoft.Authorization/roleAssignments/read"],
        ["Microsoft.Authorization/roleAssignments/read", "Microsoft.Authorization/roleDefinitions/read"],
        ["Microsoft.ApiManagement/*"],
    ],
)
def test_a_validator_that_reads_too_little_is_not_enough(
    emulator: Emulator, identity: Identity, actions: list[str]
) -> None:
    validate(emulator, actions)
    grant(emulator, identity)
    assert refused(ask(emulator, identity))[:2] == (403, "ValidatorAccessDenied")


def test_the_validators_three_reads_are_enough_at_the_instance(emulator: Emulator, identity: Identity) -> None:
    kinds = ("denyAssignments", "roleAssignments", "roleDefinitions")
    validate(emulator, [f"Microsoft.Authorization/{kind}/read" for kind in kinds], INSTANCE_SCOPE)
    grant(emulator, identity)
    assert ask(emulator, identity).status_code == 200


def test_a_validator_elsewhere_does_not_help(emulator: Emulator, identity: Identity) -> None:
    validate(emulator, scope=f"{GROUP_SCOPE}-other")
    grant(emulator, identity)
    assert refused(ask(emulator, identity))[:2] == (403, "ValidatorAccessDenied")


def test_without_the_data_action_the_caller_is_denied(emulator: Emulator, identity: Identity) -> None:
    validate(emulator)
    status, code, message = refused(ask(emulator, identity))
    assert (status, code) == (403, "GatewayAccessDenied")
    assert identity.object_id in message or identity.client_id in message
    assert GET_CONFIGURATION in message


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        (SUBSCRIPTION_SCOPE, 200),
        (GROUP_SCOPE, 200),
        (f"{INSTANCE_SCOPE}/gateways/mygw", 200),
        (f"{INSTANCE_SCOPE}/gateways/other", 403),
        (f"{INSTANCE_SCOPE}-noidentity", 403),
    ],
)
def test_the_data_action_counts_at_the_gateway_and_above_it(
    emulator: Emulator, identity: Identity, scope: str, status: int
) -> None:
    validate(emulator)
    grant(emulator, identity, scope=scope)
    assert ask(emulator, identity).status_code == status


def test_an_action_of_that_name_is_no_data_action(emulator: Emulator, identity: Identity) -> None:
    validate(emulator)
    assign(emulator, define(emulator, role("Contoso Owner", ["*"])), identity.object_id, INSTANCE_SCOPE)
    assert refused(ask(emulator, identity))[:2] == (403, "GatewayAccessDenied")


def test_an_instance_without_an_identity_can_check_nobody(emulator: Emulator, identity: Identity) -> None:
    validate(emulator, scope=SUBSCRIPTION_SCOPE)
    grant(emulator, identity, scope=SUBSCRIPTION_SCOPE)
    answer = ask(emulator, identity, host="contoso-apim-noidentity.configuration.azure-api.net")
    assert refused(answer)[:2] == (403, "ValidatorAccessDenied")
    assert "has no system-assigned managed identity" in answer.text


def test_a_gateway_or_instance_that_is_not_there_is_not_found(emulator: Emulator, identity: Identity) -> None:
    validate(emulator)
    grant(emulator, identity)
    client = emulator.sign_in(identity, CONFIGURATION, HOST)
    assert refused(client.get("/gateways/other/events"))[:2] == (404, "GatewayNotFound")
    elsewhere = ask(emulator, identity, host="contoso-none.configuration.azure-api.net")
    assert refused(elsewhere)[:2] == (404, "ServiceNotFound")


def test_a_token_for_another_resource_is_refused(emulator: Emulator, identity: Identity) -> None:
    validate(emulator)
    grant(emulator, identity)
    for resource in (ARM, "https://azure-api.us/configuration"):
        status, code, message = refused(ask(emulator, identity, resource))
        assert (status, code) == (401, "InvalidToken")
        assert "audience" in message
    no_token = emulator.client(host=HOST).get("/gateways/mygw/events")
    assert refused(no_token)[:2] == (401, "InvalidToken")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"exp": 1}, "expired"),
        ({"iss": f"https://sts.windows.net/{OTHER_TENANT}/"}, "wrong issuer"),
        ({"tid": OTHER_TENANT}, "of another tenant"),
        ({"nbf": 4102444800}, "ImmatureSignatureError"),
        ({}, None),
    ],
)
def test_each_claim_of_the_token_is_checked(
    emulator: Emulator, identity: Identity, changes: dict[str, Any], reason: str | None
) -> None:
    # Signed with the emulator's own key, so that one claim at a time is what is wrong.
    validate(emulator)
    grant(emulator, identity)
    claims = {
        "aud": CONFIGURATION,
        "iss": f"https://sts.windows.net/{TENANT}/",
        "nbf": int(time.time()),
        "exp": int(time.time()) + 600,
        "oid": identity.object_id,
        "tid": TENANT,
        **changes,
    }
    key = (emulator.state / "token-key.pem").read_text()
    token = jwt.encode(claims, key, algorithm="RS256")
    answer = emulator.client(token, HOST).get("/gateways/mygw/events")
    if reason is None:
        assert answer.status_code == 200
    else:
        assert refused(answer)[:2] == (401, "InvalidToken")
        assert reason in answer.text


def test_a_token_signed_by_somebody_else_is_refused(emulator: Emulator, identity: Identity) -> None:
    token = emulator.token(identity, CONFIGURATION).json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    forged = jwt.encode(claims, rsa.generate_private_key(public_exponent=65537, key_size=2048), algorithm="RS256")
    answer = emulator.client(forged, HOST).get("/gateways/mygw/events")
    assert refused(answer)[:2] == (401, "InvalidToken")

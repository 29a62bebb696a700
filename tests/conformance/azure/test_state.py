"""What the emulator keeps, counts, logs and forgets."""

import json
import signal
import stat
from collections.abc import Iterator

import pytest
import trustme

from sandbox.loopback_ports import free_port

from .clients import READ, authorization, define, role
from .emulator import SUBSCRIPTION_SCOPE, Emulator, new_application, new_identity


@pytest.fixture
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An emulator of the test's own."""
    emulator = Emulator(tmp_path_factory.mktemp("own") / "azure", free_port())
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_its_state_outlives_the_process(own: Emulator, ending: signal.Signals) -> None:
    role_id = define(own, role("Contoso Reader", [READ]))
    who = new_identity(own)
    own.stop(ending)
    own.start()
    name = role_id.rsplit("/", 1)[-1]
    assert authorization(own).role_definitions.get(SUBSCRIPTION_SCOPE, name).role_name == "Contoso Reader"
    assert own.token(who).status_code == 200


def test_a_certificate_lasts_until_it_lacks_a_name(own: Emulator) -> None:
    kept = own.ca.read_bytes()
    own.stop()
    own.start()
    assert own.ca.read_bytes() == kept
    own.stop()
    earlier = trustme.CA()
    earlier.cert_pem.write_to_path(str(own.ca))
    earlier.issue_cert("localhost").private_key_and_cert_chain_pem.write_to_path(str(own.state / "server.pem"))
    own.start()
    own.client(host="token.actions.githubusercontent.com").get("/.well-known/jwks").raise_for_status()


def test_a_reset_forgets_everything_but_the_seeds_secrets(own: Emulator) -> None:
    define(own, role("Contoso Reader", [READ]))
    new_application(own.graph())
    own.switch(rbacDelaySeconds=300)
    before = own.identity("deployer")
    own.reset()
    assert own.identity("deployer") == before
    custom = authorization(own).role_definitions.list(SUBSCRIPTION_SCOPE, filter="type eq 'CustomRole'")
    assert len(list(custom)) == 3
    names = {application["displayName"] for application in own.graph().get("/v1.0/applications").json()["value"]}
    assert names == {"deployer", "reader", "administrator"}
    assert own.client().get("/_sandbox/settings").json() == {
        "rbacDelaySeconds": 0,
        "graphReplicationSeconds": 0,
        "listDelaySeconds": 0,
        "tokenLifetimeSeconds": 3599,
    }


def test_no_secret_and_no_token_is_logged(own: Emulator) -> None:
    who = new_identity(own)
    token = own.token(who).json()["access_token"]
    own.arm(who).get(SUBSCRIPTION_SCOPE, params={"api-version": "2022-04-01"})
    text = own.log.read_text()
    assert "/oauth2/v2.0/token 200" in text
    for secret in (who.client_secret, own.identity("deployer").client_secret, token):
        assert secret not in text


def test_files_with_keys_or_secrets_are_its_owners_alone(own: Emulator) -> None:
    assert stat.S_IMODE(own.state.stat().st_mode) == 0o700
    for name in ("credentials.json", "token-key.pem"):
        assert stat.S_IMODE((own.state / name).stat().st_mode) == 0o600


def test_requests_are_counted_by_operation(emulator: Emulator) -> None:
    arm = emulator.arm()
    emulator.forget_requests()
    url = f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/b6b4ec5d-2f5c-4d8b-9c1a-0f5c5b9f6a11"
    arm.get(url, params={"api-version": "2022-04-01"})
    arm.put(url, params={"api-version": "2022-04-01"}, json={"properties": role("Contoso Reader", [READ])})
    answer = emulator.client().get("/_sandbox/requests").json()
    assert answer == {
        "operations": {
            "ARM GET Microsoft.Authorization/roleDefinitions": 1,
            "ARM PUT Microsoft.Authorization/roleDefinitions": 1,
        },
        "writes": {"ARM": 1, "Graph": 0},
        "signIns": {},
    }


def test_sign_ins_are_counted_by_the_client_secret(emulator: Emulator) -> None:
    emulator.forget_requests()
    emulator.arm()
    (count,) = emulator.client().get("/_sandbox/requests").json()["signIns"].values()
    assert count == 1


def test_settings_that_it_does_not_have_are_refused(emulator: Emulator) -> None:
    for body in ({"rbacDelay": 1}, {"rbacDelaySeconds": -1}, {"tokenLifetimeSeconds": 0}):
        answer = emulator.client().patch("/_sandbox/settings", content=json.dumps(body))
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidSettings")


def test_its_own_api_has_none_of_azures_names(emulator: Emulator) -> None:
    answer = emulator.client(host="management.azure.com").post("/_sandbox/reset")
    assert answer.status_code in (401, 404)


def test_the_metadata_says_where_everything_is(emulator: Emulator) -> None:
    body = emulator.client().get("/metadata/endpoints", params={"api-version": "2022-09-01"}).json()
    assert body["authentication"]["loginEndpoint"] == emulator.url
    assert body["authentication"]["audiences"][0] == "https://management.core.windows.net/"
    assert (body["resourceManager"], body["microsoftGraphResourceId"]) == (f"{emulator.url}/", f"{emulator.url}/")

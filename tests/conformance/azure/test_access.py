"""Role-based access control, as a caller of ARM meets it: what is granted, where, and from when to when."""

import uuid

import httpx
import jwt
import pytest

from .clients import GET_CONFIGURATION, READ, api_management, assign, authorization, define, refusal, role
from .emulator import (
    GROUP_SCOPE,
    INSTANCE_SCOPE,
    SUBSCRIPTION,
    SUBSCRIPTION_SCOPE,
    Emulator,
    Identity,
    eventually,
    new_identity,
)

SERVICE_READ = "Microsoft.ApiManagement/service/read"
GATEWAY = f"{INSTANCE_SCOPE}/gateways/mygw"


@pytest.fixture
def identity(emulator: Emulator) -> Identity:
    """A service principal without rights."""
    return new_identity(emulator)


def reads_the_instance(emulator: Emulator, identity: Identity) -> bool:
    answer = emulator.arm(identity).get(INSTANCE_SCOPE, params={"api-version": "2024-05-01"})
    assert answer.status_code in (200, 403)
    return answer.status_code == 200


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def test_without_an_assignment_everything_is_denied(emulator: Emulator, identity: Identity) -> None:
    status, code, message = refusal(
        lambda: api_management(emulator, identity).gateway.get("contoso-rg", "contoso-apim", "mygw")
    )
    assert (status, code) == (403, "AuthorizationFailed")
    assert message == (
        f"The client '{identity.client_id}' with object id '{identity.object_id}' does not have authorization to perform "
        f"action 'Microsoft.ApiManagement/service/gateways/read' over scope '{GATEWAY}' or the scope is invalid. If access "
        "was recently granted, please refresh your credentials."
    )


@pytest.mark.parametrize("scope", [SUBSCRIPTION_SCOPE, GROUP_SCOPE, INSTANCE_SCOPE, INSTANCE_SCOPE.upper()])
def test_an_assignment_works_at_its_scope_and_below(emulator: Emulator, identity: Identity, scope: str) -> None:
    assign(emulator, define(emulator, role("Contoso Reader", [SERVICE_READ])), identity.object_id, scope)
    assert reads_the_instance(emulator, identity)


@pytest.mark.parametrize(
    "scope",
    [f"{GROUP_SCOPE}-other", f"{GROUP_SCOPE[:-1]}", f"{INSTANCE_SCOPE}-consumption", f"{INSTANCE_SCOPE}/gateways/mygw"],
)
def test_an_assignment_beside_or_below_a_scope_does_not_work_there(
    emulator: Emulator, identity: Identity, scope: str
) -> None:
    assign(emulator, define(emulator, role("Contoso Reader", [SERVICE_READ])), identity.object_id, scope)
    assert not reads_the_instance(emulator, identity)


@pytest.mark.parametrize(
    ("actions", "not_actions", "granted"),
    [
        ([SERVICE_READ], [], True),
        (["microsoft.apimanagement/SERVICE/read"], [], True),
        (["*/read"], [], True),
        (["*"], [], True),
        (["Microsoft.ApiManagement/*"], [], True),
        (["Microsoft.ApiManagement/service/*"], [], True),
        (["Microsoft.ApiManagement/service/gateways/*"], [], False),
        (["Microsoft.ApiManagement/service/*/read"], [], False),
        (["Microsoft.ApiManagement/service/write"], [], False),
        (["*"], [SERVICE_READ], False),
        (["*"], ["Microsoft.ApiManagement/*"], False),
        (["*"], ["*/write"], True),
        ([], [], False),
    ],
)
def test_actions_grant_and_not_actions_take_away(
    emulator: Emulator, identity: Identity, actions: list[str], not_actions: list[str], granted: bool
) -> None:
    definition = define(emulator, role("Contoso Custom", actions, not_actions=not_actions))
    assign(emulator, definition, identity.object_id, INSTANCE_SCOPE)
    assert reads_the_instance(emulator, identity) is granted


def test_not_actions_take_away_from_their_own_role_only(emulator: Emulator, identity: Identity) -> None:
    without = define(emulator, role("Contoso Without", ["*"], not_actions=[SERVICE_READ]))
    with_ = define(emulator, role("Contoso With", [SERVICE_READ]))
    for role_id in (without, with_):
        assign(emulator, role_id, identity.object_id, INSTANCE_SCOPE)
    assert reads_the_instance(emulator, identity)


def test_a_data_action_grants_no_action(emulator: Emulator, identity: Identity) -> None:
    definition = define(emulator, role("Contoso Data", [], data_actions=["*"]))
    assign(emulator, definition, identity.object_id, INSTANCE_SCOPE)
    assert not reads_the_instance(emulator, identity)


def test_another_principals_assignment_does_not_help(emulator: Emulator, identity: Identity) -> None:
    other = new_identity(emulator, "contoso-other")
    assign(emulator, define(emulator, role("Contoso Reader", [SERVICE_READ])), other.object_id, INSTANCE_SCOPE)
    assert not reads_the_instance(emulator, identity)


def test_a_changed_definition_changes_what_its_assignments_grant(emulator: Emulator, identity: Identity) -> None:
    definition = define(emulator, role("Contoso Reader", [SERVICE_READ]))
    assign(emulator, definition, identity.object_id, INSTANCE_SCOPE)
    properties = role("Contoso Renamed", [READ])
    name = definition.rsplit("/", 1)[-1]
    authorization(emulator).role_definitions.create_or_update(SUBSCRIPTION_SCOPE, name, {"properties": properties})
    assert not reads_the_instance(emulator, identity)


def test_a_new_assignment_works_after_a_while(emulator: Emulator, identity: Identity) -> None:
    definition = define(emulator, role("Contoso Reader", [SERVICE_READ]))
    emulator.switch(rbacDelaySeconds=300)
    assign(emulator, definition, identity.object_id, INSTANCE_SCOPE)
    assert not reads_the_instance(emulator, identity)
    emulator.switch(rbacDelaySeconds=1)
    eventually(lambda: reads_the_instance(emulator, identity))


def test_a_removed_assignment_goes_on_for_a_while(emulator: Emulator) -> None:
    reader = emulator.identity("reader")  # of the seed, whose assignment is as old as need be
    emulator.switch(rbacDelaySeconds=300)
    assert reads_the_instance(emulator, reader)
    authorization(emulator, "administrator").role_assignments.delete(SUBSCRIPTION_SCOPE, reader.object_id)
    assert reads_the_instance(emulator, reader)
    emulator.switch(rbacDelaySeconds=1)
    eventually(lambda: not reads_the_instance(emulator, reader))


def test_the_reader_changes_nothing(emulator: Emulator) -> None:
    client = authorization(emulator, "reader")
    created = refusal(
        lambda: client.role_definitions.create_or_update(
            SUBSCRIPTION_SCOPE, str(uuid.uuid4()), {"properties": role("Contoso Reader", [READ])}
        )
    )
    assert created[:2] == (403, "AuthorizationFailed")
    assert "'Microsoft.Authorization/roleDefinitions/write'" in created[2]
    gateway = {"properties": {"locationData": {"name": "here"}}}
    answer = emulator.arm("reader").put(GATEWAY, params={"api-version": "2024-05-01"}, json=gateway)
    assert error(answer) == (403, "AuthorizationFailed")


def test_a_token_is_needed_and_it_has_to_be_for_arm(emulator: Emulator) -> None:
    version = {"api-version": "2024-05-01"}
    assert error(emulator.client().get(INSTANCE_SCOPE, params=version)) == (401, "AuthenticationFailed")
    graph = emulator.graph()
    assert error(graph.get(INSTANCE_SCOPE, params=version)) == (401, "InvalidAuthenticationTokenAudience")
    good = emulator.token(emulator.identity("deployer")).json()["access_token"]
    claims = jwt.decode(good, options={"verify_signature": False})
    forged = jwt.encode(claims, "not-the-emulators-key-but-long-enough", algorithm="HS256")
    assert error(emulator.client(forged).get(INSTANCE_SCOPE, params=version)) == (401, "InvalidAuthenticationToken")


def test_an_expired_token_is_refused(emulator: Emulator) -> None:
    emulator.switch(tokenLifetimeSeconds=1)
    client = emulator.arm()
    version = {"api-version": "2024-05-01"}
    eventually(lambda: client.get(INSTANCE_SCOPE, params=version).status_code == 401)
    assert error(client.get(INSTANCE_SCOPE, params=version)) == (401, "ExpiredAuthenticationToken")


@pytest.mark.parametrize(
    ("path", "query", "status", "code"),
    [
        (INSTANCE_SCOPE, {}, 400, "MissingApiVersionParameter"),
        (INSTANCE_SCOPE, {"api-version": "2014-01-01"}, 400, "InvalidResourceType"),
        (f"{GROUP_SCOPE}/providers/Contoso.Things/things/x", {"api-version": "2024-05-01"}, 404, "InvalidResourceType"),
        (
            INSTANCE_SCOPE.replace(SUBSCRIPTION, "00000000-0000-4000-8000-000000000077"),
            {"api-version": "2024-05-01"},
            404,
            "SubscriptionNotFound",
        ),
    ],
)
def test_what_arm_does_not_have_is_refused(
    emulator: Emulator, path: str, query: dict[str, str], status: int, code: str
) -> None:
    assert error(emulator.arm().get(path, params=query)) == (status, code)


def test_a_renamed_role_with_a_wildcard_grants_the_data_action(emulator: Emulator, identity: Identity) -> None:
    # What the configuration API checks is the right, not the name of a role.
    validator = define(emulator, role("Renamed Validator", ["*/read"]))
    reader = define(emulator, role("Renamed Reader", [], data_actions=["Microsoft.ApiManagement/service/gateways/*"]))
    assign(emulator, validator, "5a0c0de0-0000-4000-8000-000000000010", SUBSCRIPTION_SCOPE)
    assign(emulator, reader, identity.object_id, SUBSCRIPTION_SCOPE)
    client = emulator.sign_in(
        identity, "https://azure-api.net/configuration", "contoso-apim.configuration.azure-api.net"
    )
    assert client.get("/gateways/mygw/events").status_code == 200
    assert GET_CONFIGURATION.endswith("/getConfiguration/action")

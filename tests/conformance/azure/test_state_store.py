"""What a state backend needs of ARM: resource groups, storage accounts and containers, key vaults and keys."""

from typing import Any

import httpx
import pytest

from .clients import authorization
from .emulator import SUBSCRIPTION_SCOPE, TENANT, Emulator

GROUP = f"{SUBSCRIPTION_SCOPE}/resourceGroups/contoso-state"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/contosostate"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/state"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/contoso-state"
KEY = f"{VAULT}/keys/state"
VERSIONS = {"Microsoft.Storage": "2024-01-01", "Microsoft.KeyVault": "2024-11-01"}


def send(arm: httpx.Client, method: str, id_: str, body: dict[str, Any] | None = None) -> httpx.Response:
    version = next((version for type_, version in VERSIONS.items() if type_ in id_), "2024-03-01")
    return arm.request(method, id_, params={"api-version": version}, json=body)


def error(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["code"]


def account(**properties: Any) -> dict[str, Any]:
    return {
        "location": "westeurope",
        "kind": "StorageV2",
        "sku": {"name": "Standard_ZRS"},
        "properties": {"minimumTlsVersion": "TLS1_2", **properties},
    }


def vault(**properties: Any) -> dict[str, Any]:
    usual = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}, "enableRbacAuthorization": True}
    return {"location": "westeurope", "properties": {**usual, **properties}}


def finish(arm: httpx.Client, accepted: httpx.Response) -> httpx.Response:
    """The result of what was accepted: not ready when first asked."""
    assert accepted.status_code == 202
    assert arm.get(accepted.headers["Location"]).status_code == 202
    return arm.get(accepted.headers["Location"])


@pytest.fixture
def arm(emulator: Emulator) -> httpx.Client:
    """The administrator's client, with a resource group."""
    client = emulator.arm("administrator")
    assert send(client, "PUT", GROUP, {"location": "westeurope"}).status_code == 201
    return client


def test_an_account_is_accepted_made_changed_and_deleted(arm: httpx.Client) -> None:
    made = finish(arm, send(arm, "PUT", ACCOUNT, account(allowSharedKeyAccess=False)))
    assert made.json()["properties"]["primaryEndpoints"] == {"blob": "https://contosostate.blob.core.windows.net/"}
    changed = send(arm, "PUT", ACCOUNT, account(minimumTlsVersion="TLS1_3"))
    assert changed.status_code == 200
    properties = send(arm, "GET", ACCOUNT).json()["properties"]
    assert (properties["minimumTlsVersion"], properties["allowSharedKeyAccess"]) == ("TLS1_3", False)
    assert send(arm, "PUT", CONTAINER, {}).status_code == 201
    assert send(arm, "PUT", CONTAINER, {}).status_code == 200
    assert send(arm, "DELETE", ACCOUNT).status_code == 200
    assert error(send(arm, "GET", ACCOUNT)) == (404, "ResourceNotFound")
    assert send(arm, "DELETE", ACCOUNT).status_code == 204


@pytest.mark.parametrize(
    ("method", "id_", "body", "expected"),
    [
        ("PUT", ACCOUNT.replace("contosostate", "Contoso-State"), account(), (400, "AccountNameInvalid")),
        ("PUT", ACCOUNT, {"location": "westeurope"}, (400, "InvalidRequestContent")),
        ("PUT", ACCOUNT.replace("contoso-state", "contoso-none"), account(), (404, "ResourceGroupNotFound")),
        ("PUT", CONTAINER, {}, (404, "ResourceNotFound")),
        ("PUT", VAULT.replace("contoso-state", "1-state"), vault(), (404, "ResourceGroupNotFound")),
        ("PUT", f"{GROUP}/providers/Microsoft.KeyVault/vaults/a--b", vault(), (400, "VaultNameNotValid")),
        ("PUT", VAULT, vault(enablePurgeProtection=False), (400, "BadRequest")),
        ("PUT", VAULT, vault(softDeleteRetentionInDays=6), (400, "BadRequest")),
        ("PUT", VAULT, vault(tenantId="5a0c0de0-0000-4000-8000-0000000000ff"), (400, "BadRequest")),
        ("PUT", VAULT, vault(enableRbacAuthorization=False), (400, "BadRequest")),
        ("PUT", GROUP, {"location": "northeurope"}, (409, "InvalidResourceGroupLocation")),
        ("GET", f"{GROUP}-2", None, (404, "ResourceGroupNotFound")),
    ],
)
def test_what_azure_refuses_is_refused(
    arm: httpx.Client, method: str, id_: str, body: dict[str, Any] | None, expected: tuple[int, str]
) -> None:
    assert error(send(arm, method, id_, body)) == expected


def test_names_are_taken_everywhere_and_public_access_needs_the_accounts_leave(arm: httpx.Client) -> None:
    finish(arm, send(arm, "PUT", ACCOUNT, account()))
    elsewhere = ACCOUNT.replace("/contoso-state/", "/contoso-rg/")
    assert error(send(arm, "PUT", elsewhere, account())) == (409, "StorageAccountAlreadyTaken")
    public = {"properties": {"publicAccess": "Blob"}}
    assert error(send(arm, "PUT", CONTAINER, public)) == (409, "PublicAccessNotPermitted")
    assert send(arm, "PUT", VAULT, vault()).status_code == 201
    elsewhere = VAULT.replace("/resourceGroups/contoso-state/", "/resourceGroups/contoso-rg/")
    assert error(send(arm, "PUT", elsewhere, vault())) == (409, "VaultAlreadyExists")


def test_a_key_is_made_once_and_goes_with_its_vault(arm: httpx.Client) -> None:
    send(arm, "PUT", VAULT, vault(enablePurgeProtection=True)).raise_for_status()
    made = send(arm, "PUT", KEY, {"properties": {"kty": "RSA", "keySize": 3072}})
    assert (made.status_code, made.json()["properties"]["keySize"]) == (200, 3072)
    assert made.json()["properties"]["keyUri"] == "https://contoso-state.vault.azure.net/keys/state"
    again = send(arm, "PUT", KEY, {"properties": {"kty": "RSA", "keySize": 4096}})
    assert again.json() == made.json()
    assert error(send(arm, "DELETE", KEY)) == (404, "InvalidResourceType")
    assert send(arm, "DELETE", VAULT).status_code == 200
    assert error(send(arm, "PUT", VAULT, vault())) == (409, "ConflictError")


def test_a_group_goes_with_what_is_in_it(arm: httpx.Client) -> None:
    finish(arm, send(arm, "PUT", ACCOUNT, account()))
    send(arm, "PUT", VAULT, vault()).raise_for_status()
    assert finish(arm, send(arm, "DELETE", GROUP)).status_code == 200
    assert error(send(arm, "GET", GROUP)) == (404, "ResourceGroupNotFound")
    send(arm, "PUT", GROUP, {"location": "westeurope"}).raise_for_status()
    assert error(send(arm, "GET", ACCOUNT)) == (404, "ResourceNotFound")
    assert error(send(arm, "PUT", VAULT, vault())) == (409, "ConflictError")


@pytest.mark.parametrize("id_", [GROUP, ACCOUNT, CONTAINER, VAULT, KEY])
def test_who_has_no_right_is_refused(arm: httpx.Client, emulator: Emulator, id_: str) -> None:
    finish(arm, send(arm, "PUT", ACCOUNT, account()))
    send(arm, "PUT", VAULT, vault()).raise_for_status()
    deployer = emulator.arm("deployer")
    for method in ("GET", "PUT"):
        assert error(send(deployer, method, id_, {})) == (403, "AuthorizationFailed")


def test_microsofts_roles_can_be_assigned_and_stay_as_they_are(emulator: Emulator) -> None:
    client = authorization(emulator, "administrator")
    crypto_user = "12338af0-0e69-4776-bea7-57ae8d297424"
    role = client.role_definitions.get(SUBSCRIPTION_SCOPE, crypto_user)
    assert (role.role_name, role.role_type, role.assignable_scopes) == ("Key Vault Crypto User", "BuiltInRole", ["/"])
    arm = emulator.arm("administrator")
    definition = f"{SUBSCRIPTION_SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{crypto_user}"
    answer = arm.delete(definition, params={"api-version": "2022-04-01"})
    assert error(answer) == (400, "InvalidRoleDefinitionType")

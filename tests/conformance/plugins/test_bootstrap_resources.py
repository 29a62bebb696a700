"""What the bootstrap program makes through the two Azure plugins: waits, replacements, drift and look-ups."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.plugins.engine.values import Properties

from ..azure.emulator import TENANT, Emulator, new_application
from ..azure.test_faults import fault
from .plugin import Made, Plugin, PluginError

GROUP = "azure-native:resources:ResourceGroup"
ACCOUNT = "azure-native:storage:StorageAccount"
BLOBS = "azure-native:storage:BlobServiceProperties"
CONTAINER = "azure-native:storage:BlobContainer"
VAULT = "azure-native:keyvault:Vault"
KEY = "azure-native:keyvault:Key"
CREDENTIAL = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
PERMISSION = "azuread:index/appRoleAssignment:AppRoleAssignment"
GRAPH = "5a0c0de0-0000-4000-8000-000000000003"
READ_ALL = "9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30"
STORAGE_VERSION = {"api-version": "2024-01-01"}
IN_GROUP = {"resourceGroupName": "contoso-state"}
IN_ACCOUNT = {**IN_GROUP, "accountName": "contosostate"}
ISSUER = "https://token.actions.githubusercontent.com"


def _started(package: str, emulator: Emulator) -> Iterator[Plugin]:
    plugin = Plugin(package, emulator.environment("administrator"))
    plugin.configure()
    yield plugin
    plugin.end()


@pytest.fixture
def azure_native(emulator: Emulator) -> Iterator[Plugin]:
    """The plugin, signed in as the administrator."""
    yield from _started("azure_native", emulator)


@pytest.fixture
def azuread(emulator: Emulator) -> Iterator[Plugin]:
    """The plugin, signed in as the administrator."""
    yield from _started("azuread", emulator)


def group(azure_native: Plugin) -> Made:
    return azure_native.create(GROUP, {**IN_GROUP, "location": "westeurope"})


def account(azure_native: Plugin, **changes: Any) -> Made:
    usual = {"location": "westeurope", "kind": "StorageV2", "sku": {"name": "Standard_ZRS"}}
    return azure_native.create(ACCOUNT, {**IN_ACCOUNT, **usual, "enableHttpsTrafficOnly": True, **changes})


def vault(azure_native: Plugin) -> Made:
    properties = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "enablePurgeProtection": True,
    }
    return azure_native.create(
        VAULT, {**IN_GROUP, "vaultName": "contoso-state", "location": "westeurope", "properties": properties}
    )


def key(azure_native: Plugin) -> Made:
    properties = {"kty": "RSA", "keySize": 3072, "keyOps": ["encrypt", "decrypt"]}
    return azure_native.create(
        KEY, {**IN_GROUP, "vaultName": "contoso-state", "keyName": "state", "properties": properties}
    )


def test_an_account_is_waited_for_and_compared_by_the_plugins_names(azure_native: Plugin, emulator: Emulator) -> None:
    group(azure_native)
    emulator.forget_requests()
    made = account(azure_native, minimumTlsVersion="TLS1_2")
    assert emulator.requests()["ARM GET Microsoft.Resources/subscriptions/operationresults"] == 2
    assert made.state["primaryEndpoints"] == {"blob": "https://contosostate.blob.core.windows.net/"}
    assert azure_native.drift(made) == {}
    arm = emulator.arm("administrator")
    live = arm.get(made.id, params=STORAGE_VERSION).json()
    live["properties"] = {"minimumTlsVersion": "TLS1_0", "supportsHttpsTrafficOnly": False}
    arm.put(made.id, params=STORAGE_VERSION, json=live).raise_for_status()
    assert azure_native.drift(made) == {"enableHttpsTrafficOnly": "UPDATE", "minimumTlsVersion": "UPDATE"}
    assert azure_native.diff(made, {**made.inputs, "location": "northeurope"}) == {"location": "UPDATE_REPLACE"}
    assert azure_native.diff(made, {**made.inputs, "sku": {"name": "Standard_GRS"}}) == {"sku.name": "UPDATE"}
    with pytest.raises(PluginError, match="cannot create already existing resource"):
        account(azure_native)


def test_an_account_that_fails_after_it_was_accepted_is_in_the_state(azure_native: Plugin, emulator: Emulator) -> None:
    group(azure_native)
    result = "ARM GET Microsoft.Resources/subscriptions/operationresults"
    fault(emulator, operation=result, status=409, code="AccountIsBusy", message="Busy.")
    with pytest.raises(PluginError) as failed:
        account(azure_native)
    assert failed.value.reasons == ['Status=409 Code="AccountIsBusy" Message="Busy."']
    assert failed.value.made is not None
    assert failed.value.made.state["name"] == "contosostate"


def test_the_blob_service_is_there_with_its_account_and_is_emptied(azure_native: Plugin, emulator: Emulator) -> None:
    group(azure_native)
    account(azure_native)
    made = azure_native.create(BLOBS, {**IN_ACCOUNT, "isVersioningEnabled": True})
    assert made.inputs["blobServicesName"] == "default"
    assert azure_native.drift(made) == {}
    azure_native.delete(made)
    arm = emulator.arm("administrator")
    assert arm.get(made.id, params=STORAGE_VERSION).json()["properties"] == {}


def test_a_container_is_made_compared_and_deleted(azure_native: Plugin) -> None:
    group(azure_native)
    account(azure_native)
    made = azure_native.create(CONTAINER, {**IN_ACCOUNT, "containerName": "state", "publicAccess": "None"})
    assert made.id.endswith("/storageAccounts/contosostate/blobServices/default/containers/state")
    assert azure_native.drift(made) == {}
    azure_native.delete(made)
    assert azure_native.read(made) is None


def test_a_vault_and_its_key_are_made_and_the_key_is_not_deleted_alone(azure_native: Plugin) -> None:
    group(azure_native)
    made_vault, made_key = vault(azure_native), key(azure_native)
    assert (azure_native.drift(made_vault), azure_native.drift(made_key)) == ({}, {})
    assert made_key.state["keyUri"] == "https://contoso-state.vault.azure.net/keys/state"
    other = {**made_key.inputs, "properties": {**made_key.inputs["properties"], "keySize": 4096}}
    assert azure_native.diff(made_key, other) == {"properties.keySize": "UPDATE_REPLACE"}
    with pytest.raises(PluginError, match="ARM does not delete keys"):
        azure_native.delete(made_key)
    azure_native.delete(made_vault)
    with pytest.raises(PluginError, match="already exists in deleted state"):
        vault(azure_native)


def test_a_groups_deletion_is_waited_for(azure_native: Plugin, emulator: Emulator) -> None:
    made = group(azure_native)
    account(azure_native)
    emulator.forget_requests()
    azure_native.delete(made)
    assert emulator.requests()["ARM GET Microsoft.Resources/subscriptions/operationresults"] == 2
    assert azure_native.read(made) is None


@pytest.mark.parametrize(
    ("type_", "inputs", "reason"),
    [
        (ACCOUNT, {**IN_ACCOUNT, "kind": "StorageV2"}, "missing required property 'sku'"),
        (
            ACCOUNT,
            {**IN_ACCOUNT, "kind": "StorageV2", "sku": {"name": "x"}, "isSftpEnabled": True},
            "not part of the stand-in",
        ),
        (VAULT, {**IN_GROUP, "properties": {"tenantId": TENANT}}, "missing required property 'properties.sku'"),
    ],
)
def test_inputs_are_checked(azure_native: Plugin, type_: str, inputs: Properties, reason: str) -> None:
    with pytest.raises(PluginError, match=reason):
        azure_native.check(type_, inputs)


def credential(azuread: Plugin, emulator: Emulator, **changes: Any) -> tuple[Made, str, httpx.Client]:
    """A credential of a new application, its path in Graph, and a client that may change it."""
    graph = emulator.graph("administrator")
    application, _ = new_application(graph)
    inputs = {
        "applicationId": f"/applications/{application['id']}",
        "displayName": "dev",
        "issuer": ISSUER,
        "subject": "repo:contoso/gateways:environment:dev",
        "audiences": ["api://AzureADTokenExchange"],
        **changes,
    }
    made = azuread.create(CREDENTIAL, inputs)
    path = f"/v1.0/applications/{application['id']}/federatedIdentityCredentials/{made.state['credentialId']}"
    return made, path, graph


def test_a_credential_is_made_seen_five_times_and_compared(azuread: Plugin, emulator: Emulator) -> None:
    emulator.forget_requests()
    made, path, graph = credential(azuread, emulator)
    seen = emulator.requests()["Graph GET applications/{id}/federatedIdentityCredentials/{id}"]
    assert seen == 6  # five times until it is there, and once for the state
    assert azuread.drift(made) == {}
    graph.patch(path, json={"subject": "repo:contoso/other:environment:dev"}).raise_for_status()
    assert azuread.drift(made) == {"subject": "UPDATE"}
    restored = azuread.update(made, made.inputs)
    assert restored.state["subject"] == "repo:contoso/gateways:environment:dev"
    assert azuread.diff(made, {**made.inputs, "displayName": "other"}) == {"displayName": "UPDATE_REPLACE"}
    assert azuread.diff(made, {**made.inputs, "issuer": "https://contoso.example"}) == {"issuer": "UPDATE"}
    azuread.delete(made)
    assert azuread.read(made) is None


def test_a_description_that_is_declared_no_more_goes(azuread: Plugin, emulator: Emulator) -> None:
    made, path, graph = credential(azuread, emulator, description="For dev.")
    assert graph.get(path).json()["description"] == "For dev."
    azuread.update(made, {name: value for name, value in made.inputs.items() if name != "description"})
    assert graph.get(path).json()["description"] == ""


def test_a_credential_is_imported_by_its_id(azuread: Plugin, emulator: Emulator) -> None:
    made, _, _ = credential(azuread, emulator)
    imported = azuread.import_(CREDENTIAL, made.id)
    assert imported is not None
    assert {**imported.inputs, "__defaults": []} == {**made.inputs, "__defaults": []}


def test_a_permission_is_given_read_and_taken(azuread: Plugin, emulator: Emulator) -> None:
    _, principal = new_application(emulator.graph("administrator"))
    inputs = {"appRoleId": READ_ALL, "principalObjectId": principal["id"], "resourceObjectId": GRAPH}
    made = azuread.create(PERMISSION, inputs)
    assert made.id.startswith(f"/servicePrincipals/{GRAPH}/appRoleAssignedTo/")
    assert (made.state["resourceDisplayName"], made.state["principalType"]) == ("Microsoft Graph", "ServicePrincipal")
    assert azuread.drift(made) == {}
    assert azuread.diff(made, {**made.inputs, "appRoleId": GRAPH}) == {"appRoleId": "UPDATE_REPLACE"}
    with pytest.raises(PluginError, match="Permission being assigned already exists on the object"):
        azuread.create(PERMISSION, inputs)
    azuread.delete(made)
    assert azuread.read(made) is None


def test_graphs_roles_are_looked_up_by_name(azuread: Plugin) -> None:
    function = "azuread:index/getServicePrincipal:getServicePrincipal"
    found = azuread.invoke(function, clientId="00000003-0000-0000-c000-000000000000")
    assert (found["objectId"], found["displayName"]) == (GRAPH, "Microsoft Graph")
    assert found["appRoleIds"]["Application.Read.All"] == READ_ALL
    with pytest.raises(
        PluginError, match=r"(?s)^invoking azuread.*No service principal found: no service principal found"
    ):
        azuread.invoke(function, clientId="00000000-0000-0000-0000-000000000009")

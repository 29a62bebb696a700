"""The types of resources that the stand-in has, as the API documents describe them."""

import hashlib
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..engine.provider import Request
from ..engine.schema import Schema
from ..engine.values import Properties, reveal


@dataclass(frozen=True)
class Description:
    """One type of resource, as the API document has it."""

    arguments: str
    """The pinned SDK's class of its inputs."""
    path: str
    api_version: str
    api_version_name: str
    name_input: str
    """The path's last parameter."""
    automatic_name: Callable[[Request], str]
    """Its value where the program gives none."""
    properties: dict[str, str]
    """Input -> its name in the body's `properties`."""
    outputs: tuple[str, ...] = ()
    """Further names in the answer's `properties`."""
    body: tuple[str, ...] = ()
    """Inputs beside `properties` in the body, or `properties` itself where the SDK has it as one input."""
    body_outputs: tuple[str, ...] = ()
    """Which of those the answer has under the same name."""
    defaults: dict[str, Any] = field(default_factory=dict)
    replaced_by: tuple[str, ...] = ()
    """Inputs outside the path that force a replacement too."""
    limits: dict[str, "Limit"] = field(default_factory=dict)
    """Path of a text among the inputs -> its limits in the API document."""
    read_with_head: bool = False
    waits_for_deletion: bool = False
    """Whether a deletion that ARM has accepted is waited for: where the API document calls it long-running."""
    singleton: bool = False
    """Made with its parent: its creation minds nothing that is there, and its deletion empties it."""
    undeletable: str = ""
    """Why ARM does not delete it, where it does not."""

    def path_inputs(self) -> list[str]:
        """The inputs that are in the path."""
        return [name for name in re.findall(r"\{(\w+)\}", self.path) if name != "subscriptionId"]

    def named_at_random(self) -> bool:
        """Whether two automatic names differ."""
        return self.automatic_name in (_new_guid, _random_suffix)


@dataclass(frozen=True)
class Limit:
    """How long a text may be, and what it looks like; the plugin refuses others before ARM does."""

    most: int
    least: int = 0
    expression: str = ""

    def __call__(self, path: str, inputs: Properties) -> Iterator[str]:
        """What is wrong with the text at this path, in the plugin's words."""
        value: Any = inputs
        for name in path.split("."):
            value = reveal(value.get(name)) if isinstance(value, dict) else None
        if not isinstance(value, str):
            return
        # Go counts bytes.
        length = len(value.encode())
        if length < self.least:
            yield f"'{path}' is too short ({length}): at least {self.least} characters required"
        if length > self.most:
            yield f"'{path}' is too long ({length}): at most {self.most} characters allowed"
        if self.expression and not re.search(self.expression, value):
            yield f"'{path}' does not match expression '{self.expression}'"


def _new_guid(request: Request) -> str:
    # The engine's seed decides: an update by a saved plan gives the name that the preview gave.
    seed = request.random_seed
    return str(uuid.UUID(bytes=hashlib.sha256(seed).digest()[:16]) if seed else uuid.uuid4())


def _logical_name(request: Request) -> str:
    return request.name


def _random_suffix(request: Request) -> str:
    return f"{request.name}{_new_guid(request)[:8]}"


def _default(_: Request) -> str:
    return "default"


_SERVICE = (
    "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
    "/providers/Microsoft.ApiManagement/service/{serviceName}"
)
_STATE_GROUP = "/subscriptions/{subscriptionId}/resourceGroups/{resourceGroupName}"
_ACCOUNT = f"{_STATE_GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}"
_VAULT = f"{_STATE_GROUP}/providers/Microsoft.KeyVault/vaults/{{vaultName}}"
# The API document's, of API Management.
_INSTANCE_LIMITS = {
    "resourceGroupName": Limit(90, 1),
    "serviceName": Limit(50, 1, "^[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?$"),
}
_STAMPS = ("createdOn", "updatedOn", "createdBy", "updatedBy")

DESCRIPTIONS: dict[str, Description] = {
    "azure-native:authorization:RoleDefinition": Description(
        arguments="authorization.RoleDefinitionArgs",
        path="/{scope}/providers/Microsoft.Authorization/roleDefinitions/{roleDefinitionId}",
        api_version="2022-05-01-preview",
        api_version_name="2022-05-01-preview",
        name_input="roleDefinitionId",
        automatic_name=_new_guid,
        properties={
            "roleName": "roleName",
            "description": "description",
            "roleType": "type",
            "permissions": "permissions",
            "assignableScopes": "assignableScopes",
        },
        outputs=_STAMPS,
    ),
    "azure-native:authorization:RoleAssignment": Description(
        arguments="authorization.RoleAssignmentArgs",
        path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
        api_version="2022-04-01",
        api_version_name="2022-04-01",
        name_input="roleAssignmentName",
        automatic_name=_new_guid,
        properties={
            name: name
            for name in (
                "roleDefinitionId",
                "principalId",
                "principalType",
                "description",
                "condition",
                "conditionVersion",
                "delegatedManagedIdentityResourceId",
            )
        },
        outputs=("scope", *_STAMPS),
        defaults={"principalType": "User"},
        replaced_by=("principalId",),
    ),
    "azure-native:apimanagement:Gateway": Description(
        arguments="apimanagement.GatewayArgs",
        path=f"{_SERVICE}/gateways/{{gatewayId}}",
        api_version="2024-05-01",
        api_version_name="2024-05-01",
        name_input="gatewayId",
        automatic_name=_logical_name,
        properties={"locationData": "locationData", "description": "description"},
        limits={
            **_INSTANCE_LIMITS,
            "gatewayId": Limit(80, 1),
            "description": Limit(1000),
            **{f"locationData.{name}": Limit(256) for name in ("name", "city", "district", "countryOrRegion")},
        },
    ),
    "azure-native:apimanagement:GatewayApiEntityTag": Description(
        arguments="apimanagement.GatewayApiEntityTagArgs",
        path=f"{_SERVICE}/gateways/{{gatewayId}}/apis/{{apiId}}",
        api_version="2024-05-01",
        api_version_name="2024-05-01",
        name_input="apiId",
        automatic_name=_logical_name,
        properties={"provisioningState": "provisioningState"},
        outputs=("displayName", "path", "protocols", "apiRevision", "isCurrent"),
        limits={**_INSTANCE_LIMITS, "gatewayId": Limit(80, 1), "apiId": Limit(80, 1)},
        read_with_head=True,
    ),
    "azure-native:resources:ResourceGroup": Description(
        arguments="resources.ResourceGroupArgs",
        path=_STATE_GROUP,
        api_version="2024-03-01",
        api_version_name="2024-03-01",
        name_input="resourceGroupName",
        automatic_name=_random_suffix,
        properties={},
        body=("location", "managedBy", "tags"),
        waits_for_deletion=True,
        body_outputs=("location", "managedBy", "tags"),
        replaced_by=("location",),
    ),
    "azure-native:storage:StorageAccount": Description(
        arguments="storage.StorageAccountArgs",
        path=_ACCOUNT,
        api_version="2024-01-01",
        api_version_name="2024-01-01",
        name_input="accountName",
        automatic_name=_random_suffix,
        properties={
            "accessTier": "accessTier",
            "allowBlobPublicAccess": "allowBlobPublicAccess",
            "allowCrossTenantReplication": "allowCrossTenantReplication",
            "allowSharedKeyAccess": "allowSharedKeyAccess",
            "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
            "isHnsEnabled": "isHnsEnabled",
            "minimumTlsVersion": "minimumTlsVersion",
            "publicNetworkAccess": "publicNetworkAccess",
        },
        outputs=("creationTime", "primaryEndpoints", "primaryLocation", "provisioningState", "statusOfPrimary"),
        body=("kind", "location", "sku", "tags"),
        body_outputs=("kind", "location", "sku", "tags"),
        replaced_by=("isHnsEnabled", "location"),
    ),
    "azure-native:storage:BlobServiceProperties": Description(
        arguments="storage.BlobServicePropertiesArgs",
        path=f"{_ACCOUNT}/blobServices/{{blobServicesName}}",
        api_version="2024-01-01",
        api_version_name="2024-01-01",
        name_input="blobServicesName",
        automatic_name=_default,
        properties={
            name: name for name in ("containerDeleteRetentionPolicy", "deleteRetentionPolicy", "isVersioningEnabled")
        },
        singleton=True,
    ),
    "azure-native:storage:BlobContainer": Description(
        arguments="storage.BlobContainerArgs",
        path=f"{_ACCOUNT}/blobServices/default/containers/{{containerName}}",
        api_version="2024-01-01",
        api_version_name="2024-01-01",
        name_input="containerName",
        automatic_name=_logical_name,
        properties={
            name: name for name in ("defaultEncryptionScope", "denyEncryptionScopeOverride", "metadata", "publicAccess")
        },
        outputs=("hasImmutabilityPolicy", "hasLegalHold"),
    ),
    "azure-native:keyvault:Vault": Description(
        arguments="keyvault.VaultArgs",
        path=_VAULT,
        api_version="2024-11-01",
        api_version_name="2024-11-01",
        name_input="vaultName",
        automatic_name=_random_suffix,
        properties={},
        body=("location", "properties", "tags"),
        body_outputs=("location", "properties", "tags"),
    ),
    "azure-native:keyvault:Key": Description(
        arguments="keyvault.KeyArgs",
        path=f"{_VAULT}/keys/{{keyName}}",
        api_version="2024-11-01",
        api_version_name="2024-11-01",
        name_input="keyName",
        automatic_name=_random_suffix,
        properties={},
        outputs=("attributes", "kty", "keyOps", "keySize", "keyUri", "keyUriWithVersion"),
        body=("properties", "tags"),
        body_outputs=("tags",),
        # ARM makes a key and never changes it: that what would make another key replaces it is the stricter reading.
        replaced_by=("properties.kty", "properties.keySize", "properties.keyOps", "properties.curveName"),
        undeletable="ARM does not delete keys; the vault's own API, with which the released plugin does, is not played",
    ),
}

PROVIDER_ARGUMENTS = "ProviderArgs"
SCHEMA = Schema(
    "pulumi_azure_native", PROVIDER_ARGUMENTS, *(description.arguments for description in DESCRIPTIONS.values())
)

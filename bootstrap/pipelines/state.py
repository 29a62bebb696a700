"""Where the stacks' state is: a blob container, and the key that the engine encrypts secrets with."""

from dataclasses import dataclass

import pulumi
from pulumi_azure_native import keyvault, resources, storage

from .config import Cloud, StateSettings

# Microsoft's roles; their ids are the same in every tenant. A preview and a drift check read the state and nothing else:
# the engine takes no lock for them.
BLOB_DATA_CONTRIBUTOR = "ba92f5b4-2d11-453d-a403-e96b0029c9fe"
BLOB_DATA_READER = "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1"
CRYPTO_USER = "12338af0-0e69-4776-bea7-57ae8d297424"

# Hosts of key vaults, and what the backend's address has to say of blob storage's.
_VAULTS = {
    Cloud.PUBLIC: "vault.azure.net",
    Cloud.US_GOVERNMENT: "vault.usgovcloudapi.net",
    Cloud.CHINA: "vault.azure.cn",
}
_BLOB_DOMAINS = {
    Cloud.US_GOVERNMENT: "&domain=blob.core.usgovcloudapi.net",
    Cloud.CHINA: "&domain=blob.core.chinacloudapi.cn",
}
_RETENTION_DAYS = 30


@dataclass(frozen=True, kw_only=True)
class StateStoreArgs:
    """Inputs of `StateStore`."""

    settings: StateSettings
    """Names and place."""

    tenant_id: str
    """Tenant that the vault asks for rights."""

    subscription_id: str
    """Subscription that all of it is in."""

    cloud: Cloud
    """The cloud, which is in the addresses."""


class StateStore(pulumi.ComponentResource):
    """A resource group with a storage account and a key vault for the state of the gateways' stacks, and nothing else."""

    container_id: pulumi.Output[str]
    """ARM id of the blob container."""

    key_id: pulumi.Output[str]
    """ARM id of the key."""

    backend_url: str
    """What PULUMI_BACKEND_URL is to be."""

    secrets_provider: str
    """What stacks are made with: `pulumi stack init --secrets-provider=...`."""

    def __init__(self, name: str, args: StateStoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("self-hosted-gateway-bootstrap:state:StateStore", name, None, opts)
        settings, child = args.settings, pulumi.ResourceOptions(parent=self)

        group = resources.ResourceGroup(
            f"{name}-group", resource_group_name=settings.resource_group, location=settings.location, opts=child
        )
        account = storage.StorageAccount(
            f"{name}-account",
            resource_group_name=group.name,
            account_name=settings.storage_account,
            location=settings.location,
            kind=storage.Kind.STORAGE_V2,
            sku=storage.SkuArgs(name=settings.sku),
            # Entra decides who reads and writes: there is no key to leak, and nothing is public.
            allow_shared_key_access=False,
            allow_blob_public_access=False,
            allow_cross_tenant_replication=False,
            enable_https_traffic_only=True,
            minimum_tls_version=storage.MinimumTlsVersion.TLS1_2,
            opts=child,
        )
        # A state that was overwritten or deleted by mistake can be had back.
        kept = storage.DeleteRetentionPolicyArgs(enabled=True, days=_RETENTION_DAYS)
        storage.BlobServiceProperties(
            f"{name}-blob-service",
            resource_group_name=group.name,
            account_name=account.name,
            blob_services_name="default",
            is_versioning_enabled=True,
            delete_retention_policy=kept,
            container_delete_retention_policy=kept,
            opts=child,
        )
        container = storage.BlobContainer(
            f"{name}-container",
            resource_group_name=group.name,
            account_name=account.name,
            container_name=settings.container,
            public_access=storage.PublicAccess.NONE,
            opts=child,
        )
        vault = keyvault.Vault(
            f"{name}-vault",
            resource_group_name=group.name,
            vault_name=settings.key_vault,
            location=settings.location,
            properties=keyvault.VaultPropertiesArgs(
                tenant_id=args.tenant_id,
                sku=keyvault.SkuArgs(family=keyvault.SkuFamily.A, name=keyvault.SkuName.STANDARD),
                enable_rbac_authorization=True,
                # Whoever loses the key loses the secrets of every stack: for 90 days it can be had back.
                enable_purge_protection=True,
            ),
            opts=child,
        )
        key = keyvault.Key(
            f"{name}-key",
            resource_group_name=group.name,
            vault_name=vault.name,
            key_name=settings.key,
            properties=keyvault.KeyPropertiesArgs(
                kty=keyvault.JsonWebKeyType.RSA,
                key_size=3072,
                key_ops=[keyvault.JsonWebKeyOperation.ENCRYPT, keyvault.JsonWebKeyOperation.DECRYPT],
            ),
            # It goes with its vault: ARM does not delete keys, and what it has encrypted may have to be read once more.
            opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
        )

        self.container_id = container.id
        self.key_id = key.id
        self._subscription_id = args.subscription_id
        domain = _BLOB_DOMAINS.get(args.cloud, "")
        self.backend_url = f"azblob://{settings.container}?storage_account={settings.storage_account}{domain}"
        self.secrets_provider = f"azurekeyvault://{settings.key_vault}.{_VAULTS[args.cloud]}/keys/{settings.key}"
        self.register_outputs({"backendUrl": self.backend_url, "secretsProvider": self.secrets_provider})

    def built_in_role(self, guid: str) -> str:
        """ARM id of one of Microsoft's roles, as ARM shows it in the subscription."""
        return f"/subscriptions/{self._subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{guid}"

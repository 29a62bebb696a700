"""Microsoft.KeyVault: vaults, and keys as ARM makes them. ARM never deletes a key; nothing is encrypted here."""

import re
import time
import uuid
from typing import Any

from starlette.responses import Response

from ..azure import Azure
from ..database import Document
from ..responses import arm_error
from .entry import Call, Operation, not_found, operation, respond
from .resource_groups import GROUP, delete_vault, find_group

_VERSIONS = frozenset({"2023-07-01", "2024-11-01", "2025-05-01"})
_VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/{{vault}}"
_KEY = f"{_VAULT}/keys/{{key}}"
_TYPE = "Microsoft.KeyVault/vaults"
_KEY_SIZES = (2048, 3072, 4096)


class KeyVault:
    """The resource provider."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._database = azure.database
        v, o = _VERSIONS, operation
        self.operations: list[Operation] = [
            o("GET", f"{_VAULT})", f"{_TYPE}/read", v, self.get_vault),
            o("PUT", f"{_VAULT})", f"{_TYPE}/write", v, self.put_vault),
            o("DELETE", f"{_VAULT})", f"{_TYPE}/delete", v, self.delete_vault),
            o("GET", f"{_KEY})", f"{_TYPE}/keys/read", v, self.get_key),
            o("PUT", f"{_KEY})", f"{_TYPE}/keys/write", v, self.put_key),
        ]

    def get_vault(self, call: Call) -> Response:
        """GET a vault."""
        return respond(self._vault(call))

    def put_vault(self, call: Call) -> Response:
        """PUT: 201 for a new vault, 200 for a changed one."""
        find_group(self._database, call)
        name, body = call.groups["vault"], call.body
        given: dict[str, Any] = body.get("properties") or {}
        existing = self._database.get("vault", call.scope)
        if existing is None:
            self._check_new_name(name)
        self._check_properties(body, given, existing)
        document = {
            "id": call.scope,
            "name": name,
            "type": _TYPE,
            "location": body["location"],
            "tags": body.get("tags") or {},
            "properties": {
                **(existing["properties"] if existing else {"enabledForDeployment": False}),
                **given,
                "accessPolicies": given.get("accessPolicies") or [],
                "vaultUri": f"https://{name}.vault.azure.net/",
                "provisioningState": "Succeeded",
            },
        }
        self._database.put("vault", call.scope, document)
        return respond(document, 200 if existing else 201)

    def delete_vault(self, call: Call) -> Response:
        """DELETE: 200, or 204 where there is none."""
        find_group(self._database, call)
        vault = self._database.get("vault", call.scope)
        if vault is None:
            return Response(status_code=204)
        with self._database.transaction():
            delete_vault(self._database, vault)
        return Response(status_code=200)

    def get_key(self, call: Call) -> Response:
        """GET a key's current version."""
        self._vault(call)
        key = self._database.get("vaultKey", call.scope)
        if key is None:
            raise arm_error(
                404, "KeyNotFound", f"A key with (name/id) {call.groups['key']} was not found in this key vault."
            )
        return respond(key)

    def put_key(self, call: Call) -> Response:
        """PUT: 200. A key that exists is answered as it is: ARM creates, and changes nothing."""
        vault, name = self._vault(call), call.groups["key"]
        if existing := self._database.get("vaultKey", call.scope):
            return respond(existing)
        given: dict[str, Any] = call.body.get("properties") or {}
        size = given.get("keySize", 2048)
        if not re.fullmatch(r"[a-zA-Z0-9-]{1,127}", name) or given.get("kty") != "RSA" or size not in _KEY_SIZES:
            raise arm_error(
                400, "BadParameter", "A key needs a valid name, kty RSA, and a keySize of 2048, 3072 or 4096."
            )
        uri, version, stamp = f"{vault['properties']['vaultUri']}keys/{name}", uuid.uuid4().hex, int(time.time())
        document = {
            "id": call.scope,
            "name": name,
            "type": f"{_TYPE}/keys",
            "location": vault["location"],
            "tags": call.body.get("tags") or {},
            "properties": {
                "attributes": {"enabled": True, "exportable": False, "created": stamp, "updated": stamp},
                "kty": "RSA",
                "keyOps": given.get("keyOps") or ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"],
                "keySize": size,
                "keyUri": uri,
                "keyUriWithVersion": f"{uri}/{version}",
            },
        }
        self._database.put("vaultKey", call.scope, document)
        return respond(document)

    def _check_new_name(self, name: str) -> None:
        if not re.fullmatch(r"(?!.*--)[a-zA-Z][a-zA-Z0-9-]{1,22}[a-zA-Z0-9]", name):
            raise arm_error(
                400,
                "VaultNameNotValid",
                f"The vault name '{name}' is invalid. A vault's name must be between 3-24 alphanumeric characters. The name "
                "must begin with a letter, end with a letter or digit, and not contain consecutive hyphens.",
            )
        if any(vault["name"].lower() == name.lower() for vault in self._database.all("vault")):
            raise arm_error(409, "VaultAlreadyExists", f"The vault name '{name}' is already in use.")
        if self._database.get("deletedVault", name) is not None:
            raise arm_error(
                409,
                "ConflictError",
                f"A vault with the same name already exists in deleted state. You need to either recover or purge existing "
                f"key vault '{name}'.",
            )

    def _check_properties(self, body: dict[str, Any], given: dict[str, Any], existing: Document | None) -> None:
        sku = given.get("sku") or {}
        if not body.get("location") or sku.get("family") != "A" or sku.get("name") not in ("standard", "premium"):
            raise arm_error(400, "BadRequest", "A vault needs a location and a sku: family A, standard or premium.")
        if given.get("tenantId") != self._azure.tenant_id:
            raise arm_error(400, "BadRequest", "The tenant ID of the vault is not its subscription's.")
        if not given.get("enableRbacAuthorization") and given.get("accessPolicies") is None:
            raise arm_error(400, "BadRequest", "The parameter accessPolicies is not specified.")
        if given.get("enablePurgeProtection") is False:
            raise arm_error(
                400,
                "BadRequest",
                'The property "enablePurgeProtection" cannot be set to false. Enabling the purge protection for a vault is '
                "an irreversible action.",
            )
        if given.get("enableSoftDelete") is False:
            raise arm_error(
                400, "BadRequest", 'The property "enableSoftDelete" can be set to false only for creating new vault.'
            )
        days = given.get("softDeleteRetentionInDays", 90)
        kept = existing["properties"].get("softDeleteRetentionInDays", 90) if existing else days
        if not 7 <= days <= 90 or days != kept:
            raise arm_error(
                400, "BadRequest", 'The property "softDeleteRetentionInDays" is 7 to 90, and does not change.'
            )

    def _vault(self, call: Call) -> Document:
        find_group(self._database, call)
        name = call.groups["vault"]
        vault = self._database.get("vault", f"{call.groups['group']}/providers/Microsoft.KeyVault/vaults/{name}")
        if vault is None:
            raise not_found(call.path, f"Microsoft.KeyVault/vaults/{name}")
        return vault

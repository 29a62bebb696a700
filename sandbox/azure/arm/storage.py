"""Microsoft.Storage: accounts, their blob service and its containers. There are no blobs: nothing stores anything here."""

import re
from typing import Any

from starlette.responses import Response

from ..azure import Azure, now
from ..database import Document
from ..responses import arm_error
from .entry import Call, Operation, not_found, operation, respond
from .long_running import LongRunning
from .resource_groups import GROUP, find_group

_VERSIONS = frozenset({"2023-05-01", "2024-01-01", "2025-01-01"})
_ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{account}}"
_BLOBS = f"{_ACCOUNT}/blobServices/default"
_CONTAINER = f"{_BLOBS}/containers/{{container}}"
_TYPE = "Microsoft.Storage/storageAccounts"

# What an account has where the request does not say.
_DEFAULTS: dict[str, Any] = {
    "accessTier": "Hot",
    "allowBlobPublicAccess": False,
    "allowCrossTenantReplication": False,
    "allowSharedKeyAccess": True,
    "minimumTlsVersion": "TLS1_0",
    "supportsHttpsTrafficOnly": True,
    "publicNetworkAccess": "Enabled",
}


class Storage:
    """The resource provider."""

    def __init__(self, azure: Azure, long_running: LongRunning) -> None:
        self._database = azure.database
        self._long_running = long_running
        blobs, containers, v, o = f"{_TYPE}/blobServices", f"{_TYPE}/blobServices/containers", _VERSIONS, operation
        self.operations: list[Operation] = [
            o("GET", f"{_ACCOUNT})", f"{_TYPE}/read", v, self.get_account),
            o("PUT", f"{_ACCOUNT})", f"{_TYPE}/write", v, self.put_account),
            o("DELETE", f"{_ACCOUNT})", f"{_TYPE}/delete", v, self.delete_account),
            o("GET", f"{_BLOBS})", f"{blobs}/read", v, self.get_blob_service),
            o("PUT", f"{_BLOBS})", f"{blobs}/write", v, self.put_blob_service),
            o("GET", f"{_CONTAINER})", f"{containers}/read", v, self.get_container),
            o("PUT", f"{_CONTAINER})", f"{containers}/write", v, self.put_container),
            o("DELETE", f"{_CONTAINER})", f"{containers}/delete", v, self.delete_container),
        ]

    def get_account(self, call: Call) -> Response:
        """GET an account."""
        return respond(self._account(call))

    def put_account(self, call: Call) -> Response:
        """PUT: 202 for a new account, 200 for a changed one."""
        find_group(self._database, call)
        name, body = call.groups["account"], call.body
        if not re.fullmatch(r"[a-z0-9]{3,24}", name):
            raise arm_error(
                400,
                "AccountNameInvalid",
                f"{name} is not a valid storage account name. Storage account name must be between 3 and 24 characters in "
                "length and use numbers and lower-case letters only.",
            )
        sku = str((body.get("sku") or {}).get("name") or "")
        missing = [key for key in ("location", "kind") if not body.get(key)] + ([] if sku else ["sku"])
        if missing:
            raise arm_error(400, "InvalidRequestContent", f"Required: {', '.join(missing)}.")
        existing = self._database.get("storageAccount", call.scope)
        if existing is None and any(a["name"] == name for a in self._database.all("storageAccount")):
            raise arm_error(409, "StorageAccountAlreadyTaken", f"The storage account named {name} is already taken.")
        if existing is not None and existing["location"] != body["location"]:
            raise arm_error(
                409,
                "InvalidResourceLocation",
                f"The resource '{name}' already exists in location '{existing['location']}'. A resource with the same name "
                f"cannot be created in location '{body['location']}'.",
            )
        made = existing["properties"] if existing else {"creationTime": now()}
        document = {
            "id": call.scope,
            "name": name,
            "type": _TYPE,
            "location": body["location"],
            "kind": body["kind"],
            "sku": {"name": sku, "tier": sku.split("_")[0]},
            "tags": body.get("tags") or {},
            "properties": {
                **(_DEFAULTS if existing is None else {}),
                **made,
                **(body.get("properties") or {}),
                "provisioningState": "Succeeded",
                "primaryLocation": body["location"],
                "statusOfPrimary": "available",
                "primaryEndpoints": {"blob": f"https://{name}.blob.core.windows.net/"},
            },
        }
        self._database.put("storageAccount", call.scope, document)
        return respond(document) if existing else self._long_running.accept(document)

    def delete_account(self, call: Call) -> Response:
        """DELETE: 200, or 204 where there is none."""
        find_group(self._database, call)
        for kind in ("blobService", "blobContainer"):
            for document in self._database.all(kind):
                if document["id"].lower().startswith(f"{call.scope}/".lower()):
                    self._database.delete(kind, document["id"])
        return Response(status_code=200 if self._database.delete("storageAccount", call.scope) else 204)

    def get_blob_service(self, call: Call) -> Response:
        """GET the blob service, which is there with its account."""
        account = self._account(call)
        id_ = f"{account['id']}/blobServices/default"
        default = {"id": id_, "name": "default", "type": f"{_TYPE}/blobServices", "properties": {}}
        return respond(self._database.get("blobService", id_) or default)

    def put_blob_service(self, call: Call) -> Response:
        """PUT: 200, always."""
        account = self._account(call)
        id_ = f"{account['id']}/blobServices/default"
        properties = call.body.get("properties") or {}
        for key in ("deleteRetentionPolicy", "containerDeleteRetentionPolicy"):
            policy = properties.get(key) or {}
            if policy.get("enabled") and not 1 <= int(policy.get("days") or 0) <= 365:
                raise arm_error(400, "InvalidRequestPropertyValue", f"The value of {key}.days is invalid: 1 to 365.")
        document = {"id": id_, "name": "default", "type": f"{_TYPE}/blobServices", "properties": properties}
        self._database.put("blobService", id_, document)
        return respond(document)

    def get_container(self, call: Call) -> Response:
        """GET a container."""
        return respond(self._container(call))

    def put_container(self, call: Call) -> Response:
        """PUT: 201 for a new container, 200 for a changed one."""
        account, name = self._account(call), call.groups["container"]
        if not re.fullmatch(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", name):
            raise arm_error(
                400, "ContainerOperationFailure", "The specified resource name contains invalid characters."
            )
        access = (call.body.get("properties") or {}).get("publicAccess") or "None"
        if access != "None" and not account["properties"]["allowBlobPublicAccess"]:
            raise arm_error(409, "PublicAccessNotPermitted", "Public access is not permitted on this storage account.")
        existing = self._database.get("blobContainer", call.scope)
        document = {
            "id": call.scope,
            "name": name,
            "type": f"{_TYPE}/blobServices/containers",
            "etag": '"0x8DC000000000000"',
            "properties": {
                "publicAccess": access,
                "hasImmutabilityPolicy": False,
                "hasLegalHold": False,
                "defaultEncryptionScope": "$account-encryption-key",
                "denyEncryptionScopeOverride": False,
            },
        }
        self._database.put("blobContainer", call.scope, document)
        return respond(document, 200 if existing else 201)

    def delete_container(self, call: Call) -> Response:
        """DELETE: 200, or 204 where there is none."""
        self._account(call)
        return Response(status_code=200 if self._database.delete("blobContainer", call.scope) else 204)

    def _account(self, call: Call) -> Document:
        find_group(self._database, call)
        name = call.groups["account"]
        account = self._database.get(
            "storageAccount", f"{call.groups['group']}/providers/Microsoft.Storage/storageAccounts/{name}"
        )
        if account is None:
            raise not_found(call.path, f"Microsoft.Storage/storageAccounts/{name}")
        return account

    def _container(self, call: Call) -> Document:
        self._account(call)
        container = self._database.get("blobContainer", call.scope)
        if container is None:
            raise arm_error(404, "ContainerNotFound", "The specified container does not exist.")
        return container

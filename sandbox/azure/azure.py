"""What every API of the emulator shares: the state, the clock, the settings, and the seed."""

import json
import secrets
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from .app_roles import APP_ROLES, GRAPH_PRINCIPAL, graph_principal
from .certificates import write_private
from .database import Database, Document

NEVER = "9999-12-31T00:00:00Z"


class Settings(BaseModel):
    """What tests and operators can switch while the emulator runs."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", validate_assignment=True)

    rbac_delay_seconds: float = Field(default=0, ge=0)
    """How long a new assignment has no effect yet, and a removed one still has."""
    graph_replication_seconds: float = Field(default=0, ge=0)
    """How long after its making a directory object is unknown to reads, to ARM and to the token endpoint."""
    list_delay_seconds: float = Field(default=0, ge=0)
    """How long ARM's lists of roles and assignments do not show what was written."""
    token_lifetime_seconds: int = Field(default=3599, ge=1)
    """`expires_in` of new access tokens."""


@dataclass
class Azure:
    """One emulated tenant with one subscription."""

    state: Path
    port: int
    seed: Document
    database: Database
    settings: Settings = field(default_factory=Settings)
    requests: dict[str, int] = field(default_factory=dict)
    """Requests by operation."""
    sign_ins: dict[str, int] = field(default_factory=dict)
    """Access tokens by the key id of the client secret, or the id of the federated credential, that they were given for."""

    @property
    def tenant_id(self) -> str:
        """The tenant's id."""
        return self.seed["tenant"]["id"]

    @property
    def tenant_name(self) -> str:
        """The tenant's name, as Entra's messages say it."""
        return self.seed["tenant"]["name"]

    @property
    def subscription_id(self) -> str:
        """The subscription's id."""
        return self.seed["subscription"]["id"]

    @property
    def url(self) -> str:
        """Where this emulator is reached."""
        return f"https://localhost:{self.port}"

    def replicated(self, document: Document) -> bool:
        """Whether a directory object, or a secret, has reached all of Entra's replicas."""
        return document.get("_createdAt", 0) + self.settings.graph_replication_seconds <= time.time()

    def listed(self, document: Document) -> bool:
        """Whether ARM's lists show a document as it is now."""
        return document.get("_writtenAt", 0) + self.settings.list_delay_seconds <= time.time()


def open_azure(state: Path, port: int, seed: Path) -> Azure:
    """Open the state folder; at the first start, make it from the seed."""
    state.mkdir(parents=True, exist_ok=True, mode=0o700)
    azure = Azure(state, port, yaml.safe_load(seed.read_text()), Database(state / "azure.sqlite"))
    if not (state / "credentials.json").exists():
        _write_credentials(azure)
    if azure.database.get("seeded", "seeded") is None:
        plant(azure)
    _plant_built_in_roles(azure)
    return azure


def _write_credentials(azure: Azure) -> None:
    credentials: dict[str, Any] = {"tenantId": azure.tenant_id, "subscriptionId": azure.subscription_id}
    for principal in azure.seed["principals"]:
        credentials[principal["name"]] = {
            "clientId": principal["clientId"],
            "objectId": principal["objectId"],
            "clientSecret": new_client_secret(),
        }
    write_private(azure.state / "credentials.json", json.dumps(credentials, indent=2).encode())


def new_client_secret() -> str:
    """A client secret of the length and alphabet that Entra's have: 40 characters."""
    return f"{secrets.token_urlsafe(2)[:3]}8Q~{secrets.token_urlsafe(36)[:34]}"


def now() -> str:
    """The time as Azure writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def plant(azure: Azure) -> None:
    """Put the state back to the seed. Client secrets of the seed's principals stay what they are."""
    credentials = json.loads((azure.state / "credentials.json").read_text())
    database, seed = azure.database, azure.seed
    with database.transaction():
        database.clear()
        database.put("seeded", "seeded", {})
        subscription = f"/subscriptions/{azure.subscription_id}"
        for group in seed["resourceGroups"]:
            id_ = f"{subscription}/resourceGroups/{group['name']}"
            database.put("resourceGroup", id_, {"id": id_, **group})
        for service in seed["apiManagement"]:
            _plant_service(azure, service)
        database.put("servicePrincipal", GRAPH_PRINCIPAL, graph_principal())
        _plant_built_in_roles(azure)
        for principal in seed["principals"]:
            _plant_principal(azure, principal, credentials[principal["name"]]["clientSecret"])


def _plant_service(azure: Azure, service: Document) -> None:
    database = azure.database
    group = f"/subscriptions/{azure.subscription_id}/resourceGroups/{service['resourceGroup']}"
    id_ = f"{group}/providers/Microsoft.ApiManagement/service/{service['name']}"
    database.put("service", id_, {"id": id_, **{k: v for k, v in service.items() if k not in ("gateways", "apis")}})
    if "principalId" in service:
        principal = {"id": service["principalId"], "displayName": service["name"]}
        # A managed identity has an application of its own that nobody sees.
        principal |= {"appId": service["principalId"], "servicePrincipalType": "ManagedIdentity", "_owners": []}
        database.put("servicePrincipal", service["principalId"], principal)
    for gateway in service["gateways"]:
        gateway_id = f"{id_}/gateways/{gateway['name']}"
        properties = {"locationData": {"name": gateway["location"]}, "description": None}
        database.put("gateway", gateway_id, {"id": gateway_id, "name": gateway["name"], "properties": properties})
    for api in service["apis"]:
        api_id = f"{id_}/apis/{api['name']}"
        database.put("api", api_id, {"id": api_id, **api})


def _plant_built_in_roles(azure: Azure) -> None:
    """Microsoft's roles: nobody changes them, and a state of an earlier version may lack some."""
    for role in azure.seed["builtInRoles"]:
        if azure.database.get("roleDefinition", role["id"]) is None:
            _plant_built_in_role(azure, role)


def _plant_built_in_role(azure: Azure, role: Document) -> None:
    # ARM shows a built-in role's id below the subscription that is asked.
    id_ = f"/subscriptions/{azure.subscription_id}/providers/Microsoft.Authorization/roleDefinitions/{role['id']}"
    permission = {
        "actions": role["actions"],
        "notActions": [],
        "dataActions": role["dataActions"],
        "notDataActions": [],
    }
    document = {
        "id": id_,
        "type": "Microsoft.Authorization/roleDefinitions",
        "name": role["id"],
        "properties": {
            "roleName": role["name"],
            "type": "BuiltInRole",
            "description": "",
            "assignableScopes": ["/"],
            "permissions": [permission],
            "createdOn": "2020-05-19T17:52:47.0690000Z",
            "updatedOn": "2021-11-11T20:14:30.6040000Z",
            "createdBy": None,
            "updatedBy": None,
        },
    }
    azure.database.put("roleDefinition", role["id"], document)


def _plant_principal(azure: Azure, principal: Document, client_secret: str) -> None:
    database = azure.database
    object_id, role = principal["objectId"], principal["role"]
    subscription = f"/subscriptions/{azure.subscription_id}"
    application_id = principal["clientId"]
    database.put(
        "application",
        application_id,
        {
            "id": application_id,
            "appId": principal["clientId"],
            "displayName": principal["name"],
            "createdDateTime": now(),
            "signInAudience": "AzureADMyOrg",
            "passwordCredentials": [{"keyId": object_id, "endDateTime": NEVER, "_secret": client_secret}],
            "_owners": [],
        },
    )
    database.put(
        "servicePrincipal",
        object_id,
        {
            "id": object_id,
            "appId": principal["clientId"],
            "displayName": principal["name"],
            "servicePrincipalType": "Application",
            "accountEnabled": True,
            "_owners": [],
        },
    )
    for permission in principal["graph"]:
        assignment = {
            "id": f"{object_id}-{permission}".lower(),
            "appRoleId": APP_ROLES[permission],
            "principalId": object_id,
            "principalDisplayName": principal["name"],
            "principalType": "ServicePrincipal",
            "resourceId": GRAPH_PRINCIPAL,
            "resourceDisplayName": "Microsoft Graph",
            "createdDateTime": now(),
        }
        database.put("appRoleAssignment", assignment["id"], assignment)
    role_id = f"{subscription}/providers/Microsoft.Authorization/roleDefinitions/{role['id']}"
    stamps = {"createdOn": now(), "updatedOn": now(), "createdBy": object_id, "updatedBy": object_id}
    permission = {"actions": role["actions"], "notActions": [], "dataActions": [], "notDataActions": []}
    database.put(
        "roleDefinition",
        role["id"],
        {
            "id": role_id,
            "name": role["id"],
            "properties": {
                "roleName": role["name"],
                "type": "CustomRole",
                "description": "",
                "assignableScopes": [subscription],
                "permissions": [permission],
                **stamps,
            },
        },
    )
    database.put(
        "roleAssignment",
        object_id,
        {
            "id": f"{subscription}/providers/Microsoft.Authorization/roleAssignments/{object_id}",
            "name": object_id,
            "properties": {
                "roleDefinitionId": role_id,
                "principalId": object_id,
                "principalType": "ServicePrincipal",
                "scope": subscription,
                **stamps,
            },
        },
    )

"""The official clients, pointed at the emulator as its users would."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.identity import ClientSecretCredential
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.authorization import AuthorizationManagementClient

from .emulator import ARM, SUBSCRIPTION, SUBSCRIPTION_SCOPE, TENANT, Emulator, Identity

READ = "Microsoft.Authorization/*/read"
GET_CONFIGURATION = "Microsoft.ApiManagement/service/gateways/getConfiguration/action"


def credential(emulator: Emulator, identity: Identity) -> ClientSecretCredential:
    return ClientSecretCredential(
        TENANT,
        identity.client_id,
        identity.client_secret,
        authority=emulator.url,
        disable_instance_discovery=True,
        connection_verify=str(emulator.ca),
    )


def _client(type_: Any, emulator: Emulator, identity: Identity | str) -> Any:
    who = emulator.identity(identity) if isinstance(identity, str) else identity
    return type_(
        credential(emulator, who),
        SUBSCRIPTION,
        base_url=emulator.url,
        credential_scopes=[f"{ARM}/.default"],
        connection_verify=str(emulator.ca),
        retry_total=0,
    )


def authorization(emulator: Emulator, identity: Identity | str = "deployer") -> Any:
    """An `AuthorizationManagementClient`; `Any`, because its models do not say what is always there."""
    return _client(AuthorizationManagementClient, emulator, identity)


def api_management(emulator: Emulator, identity: Identity | str = "deployer") -> Any:
    """An `ApiManagementClient`."""
    return _client(ApiManagementClient, emulator, identity)


def role(name: str, actions: list[str] | None = None, **changes: Any) -> dict[str, Any]:
    """A role definition's properties, as ARM takes them."""
    permission = {
        "actions": actions or [],
        "notActions": changes.pop("not_actions", []),
        "dataActions": changes.pop("data_actions", []),
        "notDataActions": changes.pop("not_data_actions", []),
    }
    return {
        "roleName": name,
        "description": "",
        "assignableScopes": [SUBSCRIPTION_SCOPE],
        "permissions": [permission],
        **changes,
    }


def define(emulator: Emulator, properties: dict[str, Any], scope: str = SUBSCRIPTION_SCOPE) -> str:
    """Make a role definition; its id."""
    made = authorization(emulator).role_definitions.create_or_update(
        scope, str(uuid.uuid4()), {"properties": properties}
    )
    return made.id


def assign(emulator: Emulator, role_id: str, principal_id: str, scope: str) -> str:
    """Assign a role to a service principal; the assignment's name."""
    name = str(uuid.uuid4())
    properties = {"roleDefinitionId": role_id, "principalId": principal_id, "principalType": "ServicePrincipal"}
    authorization(emulator).role_assignments.create(scope, name, {"properties": properties})
    return name


def refusal(call: Callable[[], Any]) -> tuple[int, str, str]:
    """How ARM refuses a call: status, code and message."""
    with pytest.raises(HttpResponseError) as caught:
        call()
    error = caught.value.error
    assert error is not None
    return caught.value.status_code or 0, error.code or "", error.message or ""

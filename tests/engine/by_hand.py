"""The article's procedure, as a person follows it: with kubectl and the official clients, never with the program."""

import json
import uuid
from pathlib import Path
from typing import Any

import yaml
from azure.identity import ClientSecretCredential
from azure.mgmt.apimanagement import ApiManagementClient
from azure.mgmt.authorization import AuthorizationManagementClient
from azure.mgmt.authorization.models import Permission, RoleAssignmentCreateParameters, RoleDefinition

from .sandbox import INSTANCE, SUBSCRIPTION, TENANT, Sandbox

INSTANCE_PRINCIPAL = "5a0c0de0-0000-4000-8000-000000000010"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-rg"


def deploy_by_hand(sandbox: Sandbox, display_name: str = "contoso-gateway") -> dict[str, Any]:
    """Follow the article for the gateway `mygw`; the application with its secret."""
    environment = sandbox.environments["deployer"]
    url = f"https://{environment['ARM_METADATA_HOSTNAME']}"
    trust = environment["SSL_CERT_FILE"]
    credential = ClientSecretCredential(
        TENANT,
        environment["ARM_CLIENT_ID"],
        environment["ARM_CLIENT_SECRET"],
        authority=url,
        disable_instance_discovery=True,
        connection_verify=trust,
    )
    arm = {
        "base_url": url,
        "credential_scopes": ["https://management.azure.com/.default"],
        "connection_verify": trust,
    }

    application = _application(sandbox, display_name)
    authorization = AuthorizationManagementClient(credential, SUBSCRIPTION, **arm)
    validator = _role(
        authorization,
        "API Management Configuration API Access Validator Service Role",
        Permission(actions=["Microsoft.Authorization/*/read"], not_actions=[], data_actions=[], not_data_actions=[]),
    )
    reader = _role(
        authorization,
        "API Management Gateway Configuration Reader Role",
        Permission(
            actions=[],
            not_actions=[],
            data_actions=["Microsoft.ApiManagement/service/gateways/getConfiguration/action"],
            not_data_actions=[],
        ),
    )
    _assign(authorization, GROUP, validator, INSTANCE_PRINCIPAL)
    _assign(authorization, INSTANCE, reader, application["principalId"])
    apis = ApiManagementClient(credential, SUBSCRIPTION, **arm)
    apis.gateway_api.create_or_update("contoso-rg", "contoso-apim", "mygw", "echo")

    article = Path(__file__).with_name("article.yaml").read_text()
    filled = {
        "{service}": "contoso-apim",
        "{tenant}": TENANT,
        "{client}": application["appId"],
        "{secret}": application["secret"],
    }
    for placeholder, value in filled.items():
        article = article.replace(placeholder, value)
    manifest = sandbox.home / "article.json"
    manifest.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": yaml.safe_load(article)}))
    sandbox.kubectl("apply", "-f", str(manifest)).ok()
    manifest.unlink()
    sandbox.wait_for_pods()
    return application


def _application(sandbox: Sandbox, display_name: str) -> dict[str, Any]:
    """App registration, as the portal makes it, with a client secret."""
    graph = sandbox.graph()
    application = graph.post("/v1.0/applications", json={"displayName": display_name}).raise_for_status().json()
    principal = graph.post("/v1.0/servicePrincipals", json={"appId": application["appId"]}).raise_for_status().json()
    body = {"passwordCredential": {"displayName": "by hand"}}
    secret = graph.post(f"/v1.0/applications/{application['id']}/addPassword", json=body).raise_for_status().json()
    return {
        **application,
        "principalId": principal["id"],
        "secret": secret["secretText"],
        "keyId": secret["keyId"],
    }


def _role(client: AuthorizationManagementClient, name: str, permission: Permission) -> str:
    definition: Any = RoleDefinition(
        role_name=name, role_type="CustomRole", permissions=[permission], assignable_scopes=[GROUP], description=name
    )
    created = client.role_definitions.create_or_update(f"/subscriptions/{SUBSCRIPTION}", str(uuid.uuid4()), definition)
    return str(created.id)


def _assign(client: AuthorizationManagementClient, scope: str, role: str, principal: str) -> None:
    parameters: Any = RoleAssignmentCreateParameters(
        role_definition_id=role, principal_id=principal, principal_type="ServicePrincipal"
    )
    client.role_assignments.create(scope, str(uuid.uuid4()), parameters)

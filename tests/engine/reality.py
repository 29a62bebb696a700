"""What is really there, beside the seed: asked of Azure, Graph and the cluster, not of the state."""

from dataclasses import dataclass, field, fields
from typing import Any

from .sandbox import AUTHORIZATION_VERSION, INSTANCE, SUBSCRIPTION, Sandbox, Stack

_SEEDED = "Contoso Self-Hosted Gateway"
_AUTHORIZATION = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
_VERSION = {"api-version": AUTHORIZATION_VERSION}
_API_MANAGEMENT_VERSION = {"api-version": "2024-05-01"}


@dataclass
class Reality:
    """Everything that somebody made since the sandbox was seeded, by names where they are given, else by number."""

    role_definitions: list[str] = field(default_factory=list[str])
    role_assignments: int = 0
    applications: list[str] = field(default_factory=list[str])
    service_principals: int = 0
    client_secrets: int = 0
    attached_apis: list[str] = field(default_factory=list[str])
    objects: list[str] = field(default_factory=list[str])


# One gateway, deployed once: nothing is there twice, nothing is missing.
DEPLOYED_ONCE = Reality(
    role_definitions=[
        "API Management Configuration API Access Validator Service Role",
        "API Management Gateway Configuration Reader Role",
    ],
    role_assignments=2,
    applications=["contoso-apim self-hosted gateway mygw"],
    service_principals=1,
    client_secrets=1,
    attached_apis=["echo"],
    objects=[
        "configmap/mygw-env",
        "deployment/mygw",
        "secret/mygw-auth",
        "service/mygw-instance-discovery",
        "service/mygw-live-traffic",
    ],
)
NOTHING = Reality()


def reality(sandbox: Sandbox) -> Reality:
    """What is there now."""
    arm, graph = sandbox.arm(), sandbox.graph()

    def listed(client: Any, path: str, version: dict[str, str]) -> list[dict[str, Any]]:
        return client.get(path, params=version).raise_for_status().json()["value"]

    definitions = listed(arm, f"{_AUTHORIZATION}/roleDefinitions", {**_VERSION, "$filter": "type eq 'CustomRole'"})
    names = [definition["properties"]["roleName"] for definition in definitions]
    assignments = listed(arm, f"{_AUTHORIZATION}/roleAssignments", _VERSION)
    # The seed's own: one for each principal that it lets in.
    seeded = sum(name.startswith(_SEEDED) for name in names)
    applications = [
        a
        for a in listed(graph, "/v1.0/applications", {})
        if a["displayName"] not in ("deployer", "reader", "administrator")
    ]
    client_ids = {application["appId"] for application in applications}
    principals = listed(graph, "/v1.0/servicePrincipals", {})
    gateway = f"{INSTANCE}/gateways/mygw"
    return Reality(
        role_definitions=sorted(name for name in names if not name.startswith(_SEEDED)),
        role_assignments=len(assignments) - seeded,
        applications=sorted(application["displayName"] for application in applications),
        service_principals=sum(principal["appId"] in client_ids for principal in principals),
        client_secrets=sum(len(application["passwordCredentials"]) for application in applications),
        attached_apis=sorted(api["name"] for api in listed(arm, f"{gateway}/apis", _API_MANAGEMENT_VERSION)),
        objects=sorted(
            f"{kind}/{name}"
            for kind in ("configmap", "secret", "service", "deployment")
            for name in sandbox.objects(kind)
            if name not in ("kube-root-ca.crt", "kubernetes")
        ),
    )


def recorded(stack: Stack) -> Reality:
    """What a stack's state has, in the same words."""
    resources = stack.resources()

    def of(type_: str) -> list[dict[str, Any]]:
        return [resource for resource in resources if resource["type"] == type_]

    return Reality(
        role_definitions=sorted(r["outputs"]["roleName"] for r in of("azure-native:authorization:RoleDefinition")),
        role_assignments=len(of("azure-native:authorization:RoleAssignment")),
        applications=sorted(r["outputs"]["displayName"] for r in of("azuread:index/application:Application")),
        service_principals=len(of("azuread:index/servicePrincipal:ServicePrincipal")),
        client_secrets=len(of("azuread:index/applicationPassword:ApplicationPassword")),
        attached_apis=sorted(r["inputs"]["apiId"] for r in of("azure-native:apimanagement:GatewayApiEntityTag")),
        objects=sorted(
            f"{r['type'].rpartition(':')[2].lower()}/{r['inputs']['metadata']['name']}"
            for r in resources
            if r["type"].startswith("kubernetes:")
        ),
    )


def unrecorded(stack: Stack) -> set[str]:
    """Of what kinds (fields of `Reality`) there is something that the state does not know."""
    there, known = reality(stack.sandbox), recorded(stack)
    return {each.name for each in fields(Reality) if getattr(there, each.name) != getattr(known, each.name)}

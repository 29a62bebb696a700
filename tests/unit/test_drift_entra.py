"""Credentials that no stack declares are found at the application and at its service principal."""

from typing import Any

from ops.drift.beside.entra import added_credentials
from ops.engine.state import StackResource

END = "2028-01-01T00:00:00Z"


class Graph:
    """Graph with one application and its service principal, both with credentials."""

    def find(self, path: str) -> dict[str, Any]:
        side = path.split("/")[2]
        secrets = [{"keyId": f"{side}-key", "displayName": "by hand", "endDateTime": END}]
        secrets += [{"keyId": "declared", "displayName": None, "endDateTime": END}] * (side == "applications")
        return {"passwordCredentials": secrets, "keyCredentials": [{"keyId": f"{side}-cert", "endDateTime": END}]}

    def list(self, path: str) -> list[dict[str, Any]]:
        assert path == "/v1.0/applications/a/federatedIdentityCredentials"
        return []


def resource(type_: str, id_: str, **outputs: Any) -> StackResource:
    return StackResource(f"urn:pulumi:dev::p::{type_}::{type_.rsplit(':', 1)[-1]}", type_, id=id_, outputs=outputs)


def test_credentials_of_both_are_named() -> None:
    resources = [
        resource("azuread:index/application:Application", "/applications/a"),
        resource("azuread:index/servicePrincipal:ServicePrincipal", "/servicePrincipals/p"),
        resource("azuread:index/applicationPassword:ApplicationPassword", "x", keyId="declared"),
    ]
    graph: Any = Graph()
    assert [(found.resource, found.what, found.actual) for found in added_credentials(resources, graph)] == [
        ("Application", "client secret applications-key", "by hand, ends 2028-01-01T00:00:00Z"),
        ("Application", "certificate applications-cert", "without a name, ends 2028-01-01T00:00:00Z"),
        ("ServicePrincipal", "client secret servicePrincipals-key", "by hand, ends 2028-01-01T00:00:00Z"),
        ("ServicePrincipal", "certificate servicePrincipals-cert", "without a name, ends 2028-01-01T00:00:00Z"),
    ]

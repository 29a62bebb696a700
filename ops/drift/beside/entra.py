"""What Entra has beside the stack's applications: credentials, each of which takes on the gateway's identity, and doubles.

A service principal has credentials of its own, which the application does not show and which sign in just as well.
"""

from collections.abc import Iterator
from typing import Any

from ...azure.api import Api
from ...engine.state import StackResource
from ..elsewhere import Elsewhere
from ..report import Finding, Kind

_APPLICATION = "azuread:index/application:Application"
_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
_PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"  # noqa: S105 - a type
_FEDERATED = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"


def added_credentials(resources: list[StackResource], graph: Api) -> Iterator[Finding]:
    """Client secrets, certificates and federated credentials that the stack does not declare."""
    ours = {str(resource.outputs.get("keyId")) for resource in resources if resource.type == _PASSWORD}
    ours |= {str(resource.outputs.get("credentialId")) for resource in resources if resource.type == _FEDERATED}
    for resource in resources:
        if resource.type not in (_APPLICATION, _PRINCIPAL):
            continue
        object_ = graph.find(f"/v1.0{resource.id}")
        if object_ is None:
            continue  # the refresh has said so
        for secret in object_.get("passwordCredentials") or []:
            if secret["keyId"] not in ours:
                yield _added(resource, f"client secret {secret['keyId']}", _dated(secret))
        for certificate in object_.get("keyCredentials") or []:
            yield _added(resource, f"certificate {certificate['keyId']}", _dated(certificate))
        if resource.type == _APPLICATION:
            for credential in graph.list(f"/v1.0{resource.id}/federatedIdentityCredentials"):
                if credential["id"] not in ours:
                    subject = f"{credential['subject']} of {credential['issuer']}"
                    yield _added(resource, f"federated credential {credential['name']}", subject)


def doubles(resources: list[StackResource], elsewhere: Elsewhere, graph: Api) -> Iterator[Finding]:
    """Applications with the display name of one of the stack's, that no stack of the project has.

    Entra allows it. One comes to be where Entra made an application and its answer was lost: the provider asks again.
    """
    for resource in resources:
        if resource.type != _APPLICATION:
            continue
        name = str(resource.inputs["displayName"])
        quoted = name.replace("'", "''")
        for application in graph.list("/v1.0/applications", filter=f"displayName eq '{quoted}'"):
            id_ = f"/applications/{application['id']}"
            if id_ != resource.id and not elsewhere.has(id_):
                yield _added(resource, f"application {application['appId']}", f"has the display name '{name}' too")


def _added(resource: StackResource, what: str, actual: str) -> Finding:
    return Finding(resource.name, resource.type, Kind.ADDED, what, actual=actual)


def _dated(credential: dict[str, Any]) -> str:
    return f"{credential.get('displayName') or 'without a name'}, ends {credential['endDateTime']}"

"""The gateways of a stack, as its state has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..engine.state import StackResource
from ..errors import OpsError

_GATEWAY = "self-hosted-gateway:gateway:SelfHostedGateway"
_AUDIENCES = {
    "azure-api.net": "https://azure-api.net/configuration",
    "azure-api.us": "https://azure-api.us/configuration",
    "azure-api.cn": "https://azure-api.cn/configuration",
}


@dataclass(frozen=True)
class ObjectName:
    """Where a Kubernetes object is."""

    namespace: str
    name: str


@dataclass(frozen=True)
class DeployedGateway:
    """One gateway of a stack."""

    name: str
    gateway_id: str
    """ARM id of the gateway resource."""
    principal_id: str
    """Object id of the gateway's service principal."""
    apis: tuple[str, ...]
    """Ids of the APIs that the stack attaches."""
    authority: str
    """Entra's authority, as declared."""
    config_map: ObjectName
    secret: ObjectName | None
    """None where the ConfigMap holds the client secret."""
    deployment: ObjectName

    @property
    def instance_id(self) -> str:
        """ARM id of the API Management instance."""
        return self.gateway_id.rpartition("/gateways/")[0]


def deployed_gateways(stack: str, resources: list[StackResource]) -> list[DeployedGateway]:
    """The gateways of a stack.

    Raises:
        OpsError: there is none, or one is deployed in part only.
    """
    components = [resource for resource in resources if resource.type == _GATEWAY]
    if not components:
        raise OpsError(f"Stack {stack} has no gateway: deploy it with `pulumi up --stack {stack}`.")
    try:
        return [_gateway(component, list(_below(component, resources))) for component in components]
    except (StopIteration, KeyError):
        raise OpsError(f"Stack {stack} is deployed in part only: run `pulumi up --stack {stack}`.") from None


def default_audience(endpoint: str) -> str:
    """Audience of the gateway's token where no setting names one, by the cloud of its configuration endpoint."""
    return next((audience for suffix, audience in _AUDIENCES.items() if endpoint.endswith(suffix)), "")


def _gateway(component: StackResource, children: list[StackResource]) -> DeployedGateway:
    secrets = [child for child in children if child.type == "kubernetes:core/v1:Secret"]
    config_map = _first(children, "kubernetes:core/v1:ConfigMap")
    return DeployedGateway(
        name=component.name,
        gateway_id=component.outputs["gatewayResourceId"],
        principal_id=_first(children, "azuread:index/servicePrincipal:ServicePrincipal").outputs["objectId"],
        apis=tuple(
            child.inputs["apiId"]
            for child in children
            if child.type == "azure-native:apimanagement:GatewayApiEntityTag"
        ),
        authority=config_map.inputs["data"]["config.service.auth.azureAd.authority"],
        config_map=_object(config_map),
        secret=_object(secrets[0]) if secrets else None,
        deployment=_object(_first(children, "kubernetes:apps/v1:Deployment")),
    )


def _first(resources: list[StackResource], type_: str) -> StackResource:
    return next(resource for resource in resources if resource.type == type_)


def _object(resource: StackResource) -> ObjectName:
    metadata: dict[str, Any] = resource.outputs["metadata"]
    return ObjectName(metadata["namespace"], metadata["name"])


def _below(parent: StackResource, resources: list[StackResource]) -> Iterator[StackResource]:
    for resource in resources:
        if resource.parent == parent.urn:
            yield resource
            yield from _below(resource, resources)

"""The gateways of a stack, as the inputs of its resources have them.

What is being created counts: while a first deployment waits, or after it has failed, there are no outputs to go by, and
some of the resources are not there yet. What is not known then, the question that needs it says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..engine.providers import provider_inputs, provider_of
from ..engine.state import StackResource
from ..errors import OpsError
from ..report.values import UNKNOWN

NOT_YET = "If an update runs, wait for it; else run `pulumi up`: its message says what stands in the way."
SECRET_SETTING = "config.service.auth.azureAd.clientSecret"  # noqa: S105 - a key's name
_AUTHORITY_SETTING = "config.service.auth.azureAd.authority"
_ENDPOINT_SETTING = "config.service.endpoint"
_GATEWAY = "self-hosted-gateway:gateway:SelfHostedGateway"
_GATEWAY_RESOURCE = "self-hosted-gateway:api_management:GatewayResource"
_API = "azure-native:apimanagement:GatewayApiEntityTag"
_IN_API_MANAGEMENT = (_API, "azure-native:apimanagement:Gateway")
_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_SERVICE = "kubernetes:core/v1:Service"
_PRINCIPAL = "azuread:index/servicePrincipal:ServicePrincipal"
_APPLICATION = "azuread:index/application:Application"
# API Management's domain in each cloud, by the names that the azure-native provider has for them.
DOMAINS = {"public": "azure-api.net", "usgovernment": "azure-api.us", "china": "azure-api.cn"}


@dataclass(frozen=True)
class KubernetesObject:
    """One of a gateway's objects in the cluster, whose creation has begun at least."""

    namespace: str
    name: str
    is_made: bool = True
    """Whether the state has it; else it is being created, or its creation was interrupted."""

    @property
    def if_missing(self) -> str:
        """What to do where the cluster does not have it."""
        return "`pulumi up --refresh` makes it again." if self.is_made else NOT_YET


@dataclass(frozen=True)
class Gateway:
    """One gateway of a stack. The empty text and None stand for what nobody knows yet."""

    name: str
    environment: str = "public"
    """Azure's cloud, as the stack names it."""
    gateway_id: str = ""
    """ARM id of the gateway resource."""
    principal_id: str = ""
    """Object id of the gateway's service principal."""
    is_reader_assigned: bool = False
    """Whether the state has the assignment of the reader role."""
    apis: tuple[str, ...] = ()
    """Ids of the APIs that the stack attaches."""
    authority: str = ""
    """Entra's authority, as declared."""
    endpoint: str = ""
    """Host of the configuration API, as declared."""
    config_map: KubernetesObject | None = None
    secret: KubernetesObject | None = None
    is_secret_in_config_map: bool = False
    deployment: KubernetesObject | None = None
    service: KubernetesObject | None = None
    """The Service that clients reach."""
    autoscaler: KubernetesObject | None = None
    disruption_budget: KubernetesObject | None = None
    declared: tuple[Mapping[str, Any], ...] = field(default=(), repr=False, compare=False)
    """All of its objects in the cluster as they are declared. Secrets are masked."""

    @property
    def instance_id(self) -> str:
        """ARM id of the API Management instance."""
        return self.gateway_id.rpartition("/gateways/")[0]


def gateways_of(stack: str, resources: list[StackResource]) -> list[Gateway]:
    """The gateways of a stack.

    Args:
        stack: name of the stack.
        resources: its resources, with those that are being created.

    Raises:
        OpsError: there is none.
    """
    components = [resource for resource in resources if resource.type == _GATEWAY and not resource.goes]
    if not components:
        raise OpsError(f"Stack {stack} has no gateway: deploy it with `pulumi up --stack {stack}`.")
    # The state has them in the order in which the last update came to them.
    components.sort(key=lambda component: component.name)
    environment = str((provider_inputs("azure-native", resources) or {}).get("environment") or "public")
    return [_gateway(component, environment, resources) for component in components]


def default_audience(endpoint: str, environment: str) -> str:
    """Audience of the gateway's token where no setting names one.

    Args:
        endpoint: the configuration endpoint, whose domain tells the cloud.
        environment: the cloud that the stack names, for a host name of one's own.
    """
    host = endpoint.removeprefix("https://").partition("/")[0].lower()
    domain = next((domain for domain in DOMAINS.values() if host.endswith(f".{domain}")), None)
    return f"https://{domain or DOMAINS.get(environment, DOMAINS['public'])}/configuration"


def _gateway(component: StackResource, environment: str, resources: list[StackResource]) -> Gateway:
    children = list(_below(component, resources))
    config_map = _first(children, "kubernetes:core/v1:ConfigMap")
    data = config_map.inputs.get("data") if config_map is not None else None
    settings: dict[str, Any] = data if isinstance(data, dict) else {}
    assignment = _first(children, _ASSIGNMENT)
    return Gateway(
        name=component.name,
        environment=environment,
        gateway_id=_gateway_id(component.name, children, resources),
        principal_id=_principal_id(children),
        is_reader_assigned=assignment is not None and bool(assignment.id),
        apis=tuple(child.inputs["apiId"] for child in children if child.type == _API),
        authority=_known(settings, _AUTHORITY_SETTING),
        endpoint=_known(settings, _ENDPOINT_SETTING),
        config_map=_object(config_map),
        secret=_object(_first(children, "kubernetes:core/v1:Secret")),
        is_secret_in_config_map=SECRET_SETTING in settings,
        deployment=_object(_first(children, "kubernetes:apps/v1:Deployment")),
        service=_object(_first([child for child in children if _serves(child)], _SERVICE)),
        autoscaler=_object(_first(children, "kubernetes:autoscaling/v2:HorizontalPodAutoscaler")),
        disruption_budget=_object(_first(children, "kubernetes:policy/v1:PodDisruptionBudget")),
        declared=tuple(child.inputs for child in children if child.type.startswith("kubernetes:") and not child.goes),
    )


def _serves(resource: StackResource) -> bool:
    """Whether a Service is for clients: the headless one is for the pods among themselves."""
    spec = resource.inputs.get("spec")
    return not isinstance(spec, dict) or spec.get("clusterIP") != "None"


def _gateway_id(name: str, children: list[StackResource], resources: list[StackResource]) -> str:
    for child in children:
        if child.type in _IN_API_MANAGEMENT:
            subscription = provider_of(child.provider, resources).inputs.get("subscriptionId", "")
            group, instance = child.inputs["resourceGroupName"], child.inputs["serviceName"]
            return f"{_group_id(subscription, group)}/{_in_group(instance, child.inputs['gatewayId'])}"
    assignment, application = _first(children, _ASSIGNMENT), _first(children, _APPLICATION)
    scope = _known(assignment.inputs, "scope") if assignment else ""
    if "/service/" in scope:
        return f"{scope}/gateways/{name}"
    if "/resourceGroups/" in scope and application is not None:
        # It is named after the instance.
        instance = _known(application.inputs, "displayName").removesuffix(f" self-hosted gateway {name}")
        return f"{scope}/{_in_group(instance, name)}"
    # The program knows it, and registers it: nothing has to be made for that.
    component = _first(children, _GATEWAY_RESOURCE)
    return _known(component.outputs, "gatewayId") if component else ""


def _group_id(subscription: str, group: str) -> str:
    return f"/subscriptions/{subscription}/resourceGroups/{group}"


def _in_group(instance: str, gateway: str) -> str:
    return f"providers/Microsoft.ApiManagement/service/{instance}/gateways/{gateway}"


def _principal_id(children: list[StackResource]) -> str:
    assignment, principal = _first(children, _ASSIGNMENT), _first(children, _PRINCIPAL)
    if assignment is not None and (known := _known(assignment.inputs, "principalId")):
        return known
    return principal.id.rpartition("/")[2] if principal is not None else ""


def _known(values: dict[str, Any], key: str) -> str:
    value = values.get(key)
    return value if isinstance(value, str) and value != UNKNOWN else ""


def _first(resources: list[StackResource], type_: str) -> StackResource | None:
    return next((resource for resource in resources if resource.type == type_ and not resource.goes), None)


def _object(resource: StackResource | None) -> KubernetesObject | None:
    if resource is None:
        return None
    metadata: dict[str, Any] = resource.inputs["metadata"]
    return KubernetesObject(metadata.get("namespace", "default"), metadata["name"], is_made=bool(resource.id))


def _below(parent: StackResource, resources: list[StackResource]) -> Iterator[StackResource]:
    for resource in resources:
        if resource.parent == parent.urn:
            yield resource
            yield from _below(resource, resources)

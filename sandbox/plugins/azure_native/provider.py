"""The plugin: its configuration, its resources and its look-ups."""

from typing import Any

from ..azure_cloud.credentials import read_credentials, read_setting
from ..azure_cloud.http import new_client
from ..azure_cloud.sign_in import TokenSource, find_cloud
from ..engine.provider import Provider, ProviderError, Resource
from ..engine.schema import Failure
from ..engine.values import Properties
from .arm import Arm
from .descriptions import DESCRIPTIONS, PROVIDER_ARGUMENTS, SCHEMA
from .resources import ArmResource

_API_MANAGEMENT = "2024-05-01"
_MANAGEMENT = "2023-04-01"


class AzureNative(Provider):
    """azure-native, as far as the program uses it."""

    finishes_alone = True

    def __init__(self, package: str, version: str) -> None:
        super().__init__(package, version)
        self._tokens: TokenSource | None = None
        self._arm: Arm | None = None
        self._subscription_id = ""
        self._client_id = ""

    def check_config(self, inputs: Properties, old: Properties) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        known = {key: value for key, value in inputs.items() if key != "version"}
        # Booleans and lists of a provider's inputs travel as JSON texts: only names are checked.
        found = [f for f in SCHEMA.failures(PROVIDER_ARGUMENTS, known) if "unknown" in f.reason]
        return inputs, found

    def configure(self, inputs: Properties) -> None:
        client = new_client()
        cloud = find_cloud(client, inputs)
        self._subscription_id = read_setting(inputs, "subscriptionId", "ARM_SUBSCRIPTION_ID")
        if not self._subscription_id:
            raise ProviderError("no subscription: set azure-native:subscriptionId or ARM_SUBSCRIPTION_ID")
        credentials = read_credentials(client, inputs)
        self._client_id = credentials.client_id
        self._tokens = TokenSource(client, cloud, credentials, cloud.arm_audience)
        self._arm = Arm(client, cloud, self._tokens)

    def resource(self, type_: str) -> Resource:
        description = DESCRIPTIONS.get(type_)
        if description is None:
            raise ProviderError(f"{type_} is not part of the stand-in for azure-native")
        return ArmResource(description, self._configured(), self._subscription_id)

    def invoke(self, token: str, arguments: Properties) -> Properties:
        arm = self._configured()
        match token:
            case "azure-native:authorization:getClientConfig":
                return self._client_config()
            case "azure-native:apimanagement:getApiManagementService":
                return _flat(arm.get(self._service_id(arguments), _API_MANAGEMENT))
            case "azure-native:apimanagement:getGateway":
                id_ = f"{self._service_id(arguments)}/gateways/{arguments['gatewayId']}"
                return _flat(arm.get(id_, _API_MANAGEMENT))
            case "azure-native:apimanagement:getApi":
                return _flat(arm.get(f"{self._service_id(arguments)}/apis/{arguments['apiId']}", _API_MANAGEMENT))
            case "azure-native:management:getManagementGroup":
                id_ = f"/providers/Microsoft.Management/managementGroups/{arguments['groupId']}"
                return _flat(arm.get(id_, _MANAGEMENT))
            case _:
                return super().invoke(token, arguments)

    def _client_config(self) -> Properties:
        assert self._tokens is not None  # noqa: S101 - `_configured` has looked
        claims = self._tokens.claims()
        return {
            "clientId": self._client_id,
            "objectId": claims["oid"],
            "subscriptionId": self._subscription_id,
            "tenantId": claims["tid"],
        }

    def _service_id(self, arguments: Properties) -> str:
        return (
            f"/subscriptions/{self._subscription_id}/resourceGroups/{arguments['resourceGroupName']}"
            f"/providers/Microsoft.ApiManagement/service/{arguments['serviceName']}"
        )

    def _configured(self) -> Arm:
        if self._arm is None:
            raise ProviderError("the provider is not configured")
        return self._arm


def _flat(answer: dict[str, Any]) -> Properties:
    """An answer with its `properties` beside its other fields, as the plugin's outputs have them."""
    flat = {**{key: value for key, value in answer.items() if key != "properties"}, **answer.get("properties", {})}
    return {**{key: value for key, value in flat.items() if value is not None}, "azureApiVersion": _API_MANAGEMENT}

"""The Azure cloud, and the API Management instance that the gateways belong to."""

from enum import StrEnum
from typing import Literal

from pydantic import Field

from components.config.formats.azure import HostName, InstanceName, ResourceGroupName
from components.config.formats.text import Guid
from components.config.models.base import Settings


class Cloud(StrEnum):
    """An Azure cloud, by the name that the azure-native provider's `environment` has for it."""

    PUBLIC = "public"
    US_GOVERNMENT = "usgovernment"
    CHINA = "china"


class ValidatorAssignmentMode(StrEnum):
    """Whether this stack assigns the validator role, or another stack on the same instance does."""

    CREATE = "create"
    EXISTING = "existing"


class ScopeLevel(StrEnum):
    """The level at which a role is assigned, upwards from the API Management instance."""

    INSTANCE = "instance"
    RESOURCE_GROUP = "resourceGroup"
    SUBSCRIPTION = "subscription"


def scope_at(level: ScopeLevel, subscription_id: str, resource_group: str, name: str) -> str:
    """The ARM id of an API Management instance, its resource group or its subscription."""
    subscription = f"/subscriptions/{subscription_id}"
    match level:
        case ScopeLevel.SUBSCRIPTION:
            return subscription
        case ScopeLevel.RESOURCE_GROUP:
            return f"{subscription}/resourceGroups/{resource_group}"
        case ScopeLevel.INSTANCE:
            return f"{subscription}/resourceGroups/{resource_group}/providers/Microsoft.ApiManagement/service/{name}"


class ApiManagementSettings(Settings):
    """The API Management instance that the gateways belong to; it exists already."""

    name: InstanceName = Field(description="Name of the instance.")
    resource_group: ResourceGroupName = Field(description="Resource group of the instance.")
    subscription_id: Guid = Field(description="Subscription of the instance; default: azure-native:subscriptionId.")
    configuration_endpoint: HostName = Field(
        description="Host of the configuration API; default: <name>.configuration.azure-api.net, or the cloud's own."
    )
    validator_assignment: ValidatorAssignmentMode = Field(
        default=ValidatorAssignmentMode.CREATE,
        description="`existing` where another stack assigns the validator role to the same instance.",
    )
    validator_scope: Literal[ScopeLevel.RESOURCE_GROUP, ScopeLevel.SUBSCRIPTION] = Field(
        default=ScopeLevel.RESOURCE_GROUP, description="Where the validator role is assigned."
    )

    def scope(self, level: ScopeLevel) -> str:
        """The ARM id of the instance, its resource group or its subscription."""
        return scope_at(level, self.subscription_id, self.resource_group, self.name)

"""Everything that a stack's file says."""

from enum import StrEnum

from pydantic import Field

from components.config.formats.text import Guid
from components.config.keys import (
    ACCEPTED_DRIFT,
    API_MANAGEMENT,
    CLUSTER,
    GATEWAYS,
    PROTECT,
    ROLES,
    SILENCE,
    SUBSCRIPTION,
)
from components.config.models.advice import AdviceId
from components.config.models.azure import ApiManagementSettings, Cloud
from components.config.models.base import Settings
from components.config.models.cluster import ClusterSettings
from components.config.models.drift import AcceptedDrift
from components.config.models.gateway import GatewaySettings
from components.config.models.roles import RolesSettings


class Protected(StrEnum):
    """What the engine refuses to delete or replace, where the stack's file says so."""

    ROLES = "roles"
    VALIDATOR = "validator"
    GATEWAYS = "gateways"


class StackSettings(Settings):
    """Everything that a stack's file says."""

    tenant_id: Guid = Field(alias="azure-native:tenantId", description="Entra tenant of the stack.")
    subscription_id: Guid = Field(alias=SUBSCRIPTION, description="Azure subscription of the stack.")
    cloud: Cloud = Field(default=Cloud.PUBLIC, alias="azure-native:environment", description="Azure cloud.")
    api_management: ApiManagementSettings | None = Field(
        default=None,
        alias=API_MANAGEMENT,
        description="The API Management instance; needed where there are gateways.",
    )
    roles: RolesSettings = Field(alias=ROLES, description="The two custom roles.")
    gateways: tuple[GatewaySettings, ...] = Field(default=(), alias=GATEWAYS, description="The self-hosted gateways.")
    cluster: ClusterSettings | None = Field(
        default=None,
        alias=CLUSTER,
        description="The Kubernetes cluster; needed where there are gateways.",
    )
    protect: tuple[Protected, ...] = Field(
        default=(),
        alias=PROTECT,
        description="What must not be deleted or replaced: `roles`, `validator` (its assignment), `gateways` (all but "
        "their client secrets, attached APIs, autoscalers, disruption budgets and service accounts). The engine refuses until "
        "it is taken out here.",
    )
    silence: tuple[AdviceId, ...] = Field(
        default=(),
        alias=SILENCE,
        description="Advice that a preview of this stack no longer gives. A preview warns of each departure from Microsoft's "
        "guidance for production, with the setting that mends it. The name of the advice ends the warning.",
    )
    accepted_drift: tuple[AcceptedDrift, ...] = Field(
        default=(),
        alias=ACCEPTED_DRIFT,
        description="Differences that the drift check accepts.",
    )

"""What a stack's file may say: its keys, what each takes, and its defaults.

The reference `docs/configuration.md` is made from these models.
"""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo
from pydantic import field_validator as check
from pydantic.alias_generators import to_camel

from components.formats import (
    ApiId,
    AssignableScope,
    GatewayName,
    Guid,
    HostName,
    HttpsResource,
    HttpsUrl,
    Image,
    InstanceName,
    KubernetesName,
    LocationName,
    NamespaceName,
    NonEmpty,
    ResourceGroupName,
    RoleDefinitionId,
    at_least_one,
    distinct,
    one_management_group,
)

PROJECT = "self-hosted-gateway"
SUBSCRIPTION = "azure-native:subscriptionId"
API_MANAGEMENT = f"{PROJECT}:apiManagement"
ROLES = f"{PROJECT}:roles"
GATEWAYS = f"{PROJECT}:gateways"
CLUSTER = f"{PROJECT}:cluster"
PROTECT = f"{PROJECT}:protect"
ACCEPTED_DRIFT = f"{PROJECT}:acceptedDrift"


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


class Protected(StrEnum):
    """What the engine refuses to delete or replace, where the stack's file says so."""

    ROLES = "roles"
    VALIDATOR = "validator"
    GATEWAYS = "gateways"


class SecretStore(StrEnum):
    """The kind of Kubernetes object that hands the client secret to the gateway."""

    SECRET = "Secret"  # noqa: S105 - a kind, not a password
    CONFIG_MAP = "ConfigMap"


def _date_part(value: object) -> object:
    # The engine hands an unquoted YAML date on as a time stamp: 2026-11-01 00:00:00 +0000 UTC.
    return re.sub(r"(?<=^\d{4}-\d{2}-\d{2})[T ]00:00:00.*", "", value) if isinstance(value, str) else value


def _day(value: object) -> object:
    # Pydantic takes a number for seconds since 1970.
    value = _date_part(value)
    if not isinstance(value, str | date) or (isinstance(value, str) and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        raise ValueError("expected a date, yyyy-mm-dd")
    return value


def _duration(value: object) -> object:
    # Pydantic takes numbers of seconds and forms of its own, too.
    if not isinstance(value, str | timedelta) or (isinstance(value, str) and not value.startswith("P")):
        raise ValueError(DURATION)
    return value


def _written(reason: str) -> str:
    # The drift report's line to copy has it in angle brackets.
    if re.fullmatch(r"<.*>", reason):
        raise ValueError(f"expected a reason in the place of {reason!r}")
    return reason


DURATION = "expected an ISO 8601 duration, for example P180D"
# Further than any secret lives, and near enough to be added to a date.
_LONGEST = timedelta(days=36500)


class Settings(BaseModel):
    """What all settings have in common: camelCase keys, nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


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


class ExistingRoles(Settings):
    """Role definitions that another stack, or somebody else, has made: their two ids, or the stack."""

    validator: RoleDefinitionId | None = Field(
        default=None, description="Id of the validator role's definition; needs `reader`."
    )
    reader: RoleDefinitionId | None = Field(
        default=None, description="Id of the reader role's definition; needs `validator`."
    )
    stack: NonEmpty | None = Field(
        default=None,
        validate_default=True,
        description="Stack of this program that owns them, instead of the ids: <organization>/<project>/<stack>.",
    )

    @check("stack")
    @classmethod
    def _ids_or_stack(cls, stack: str | None, info: ValidationInfo) -> str | None:
        # A malformed id is not among the data: it is there, and told of by itself.
        given = [info.data.get(name, "malformed") is not None for name in ("validator", "reader")]
        if all(given) if stack is None else not any(given):
            return stack
        raise ValueError("expected either both `validator` and `reader`, or `stack`")


class RolesSettings(Settings):
    """The two custom roles."""

    assignable_scopes: Annotated[
        tuple[AssignableScope, ...],
        AfterValidator(at_least_one),
        AfterValidator(distinct),
        AfterValidator(one_management_group),
    ] = Field(
        description="Where the roles can be assigned; default: the stack's subscription, and the instance's where that "
        "is another."
    )
    name_suffix: str = Field(
        default="",
        max_length=64,
        description="Appended to both names after a space: a custom role's name is unique in a tenant.",
    )
    existing: ExistingRoles | None = Field(default=None, description="Use these instead of creating two.")


class ClientSecretSettings(Settings):
    """The client secret: where the pods read it from, and how long it lives."""

    store: SecretStore = Field(
        default=SecretStore.SECRET,
        description="Kind of the Kubernetes object that holds it. More people may read a ConfigMap.",
    )
    validity: Annotated[timedelta, BeforeValidator(_duration)] = Field(
        default=timedelta(days=180),
        gt=timedelta(0),
        le=_LONGEST,
        description="How long it is valid from `rotation` on.",
    )
    rotation: Annotated[date, BeforeValidator(_date_part)] = Field(
        description="Date of the last rotation, yyyy-mm-dd. Another date makes a new secret."
    )

    @property
    def end_date(self) -> datetime:
        """When the secret expires: rotation plus validity, so that it never moves by itself."""
        return _end(self.rotation, self.validity)

    @check("rotation")
    @classmethod
    def _valid_today(cls, rotation: date, info: ValidationInfo) -> date:
        now = datetime.now(UTC)
        if rotation > now.date():
            raise ValueError(f"expected a date that has come, today's or an earlier one: in UTC it is {now:%Y-%m-%d}")
        validity: timedelta | None = info.data.get("validity")
        if validity is not None and (end := _end(rotation, validity)) <= now:
            raise ValueError(f"the secret expired on {end:%Y-%m-%d} (rotation plus validity): set a later `rotation`")
        return rotation


def _end(rotation: date, validity: timedelta) -> datetime:
    return datetime.combine(rotation, time(tzinfo=UTC)) + validity


class AuthenticationSettings(Settings):
    """How the gateway proves to the configuration API who it is."""

    mode: Literal["clientSecret"] = Field(default="clientSecret", description="What it proves it with.")
    authority: HttpsUrl = Field(description="Entra's authority; default: the cloud's own.")
    token_audience: HttpsResource | None = Field(
        default=None, description="Audience of the gateway's token; default: the cloud's own."
    )
    owners: Annotated[tuple[Guid, ...], AfterValidator(at_least_one), AfterValidator(distinct)] = Field(
        description="Object ids of the application's owners. The deployer must be one: with the least privilege, "
        "Application.ReadWrite.OwnedBy, it can only change what it owns. For people among them it also needs User.Read.All.",
    )
    owners_without_deployer: bool = Field(
        default=False,
        strict=True,
        description="Let a deployer update the stack that is not among `owners`, because it may change all applications "
        "(Application.ReadWrite.All). Without that right it would lock itself out.",
    )
    client_secret: ClientSecretSettings = Field(description="The client secret.")


class GatewaySettings(Settings):
    """One self-hosted gateway."""

    name: GatewayName = Field(description="Name of the gateway resource of the API Management instance.")
    kubernetes_name: KubernetesName = Field(description="Name of the Kubernetes objects; default: the gateway's name.")
    namespace: NamespaceName = Field(default="default", description="Namespace of the Kubernetes objects.")
    image: Image = Field(
        default="mcr.microsoft.com/azure-api-management/gateway:2.13.0", description="Container image, 2.2 or later."
    )
    replicas: int = Field(
        default=1,
        ge=1,
        strict=True,
        description="Number of pods. With none, an update would succeed and nobody would be served.",
    )
    reader_scope: ScopeLevel = Field(
        default=ScopeLevel.INSTANCE, description="Where the reader role is assigned to the gateway's application."
    )
    create_gateway_resource: bool = Field(default=False, strict=True, description="Create the gateway resource, too.")
    location_name: LocationName | None = Field(
        default=None,
        validate_default=True,
        description="Location of the gateway resource, free text; needed where it is created, and only there.",
    )
    apis: Annotated[tuple[ApiId, ...], AfterValidator(distinct)] = Field(
        default=(), description="Ids of the APIs to attach to the gateway resource. It serves no others."
    )
    authentication: AuthenticationSettings = Field(description="How the gateway authenticates; see below.")

    @check("location_name")
    @classmethod
    def _where_it_is_created(cls, location_name: str | None, info: ValidationInfo) -> str | None:
        created: bool | None = info.data.get("create_gateway_resource")
        if created is True and location_name is None:
            raise ValueError("needed where `createGatewayResource` is true")
        if created is False and location_name is not None:
            raise ValueError("has no effect unless `createGatewayResource` is true")
        return location_name


# Fields of a kubeconfig's user that are credentials: in a stack's file they would be in the repository.
_CREDENTIALS = ("token", "tokenFile", "password", "username", "client-key", "client-key-data")
_CREDENTIALS += ("client-certificate", "client-certificate-data", "auth-provider")


class ClusterSettings(Settings):
    """The Kubernetes cluster: a context of the ambient kubeconfig, or a kubeconfig without credentials."""

    context: NonEmpty | None = Field(
        default=None,
        description="Context of the kubeconfig that KUBECONFIG names. Either this or `kubeconfig`. Where it comes to mean "
        "another cluster, nobody notices: destroy the stack first.",
    )
    kubeconfig: dict[str, Any] | None = Field(
        default=None,
        validate_default=True,
        description="A kubeconfig's content. Its users sign in by an exec plugin: it holds no credentials. Another `server` "
        "is another cluster: every object is made anew there.",
    )

    @check("kubeconfig")
    @classmethod
    def _one_without_credentials(cls, kubeconfig: dict[str, Any] | None, info: ValidationInfo) -> dict[str, Any] | None:
        if (info.data.get("context", "malformed") is None) == (kubeconfig is None):
            raise ValueError("expected either `context` or `kubeconfig`")
        if kubeconfig is not None and _server(kubeconfig) is None:
            raise ValueError(
                "it means no cluster: its `current-context` is one of its `contexts`, and the `cluster` of that one of its "
                "`clusters`, with a `server`"
            )
        for name, user in _users(kubeconfig or {}):
            if held := [key for key in _CREDENTIALS if key in user]:
                raise ValueError(
                    f"it holds credentials of user {name!r} ({', '.join(held)}): "
                    "use an exec plugin such as kubelogin, or `context`"
                )
        return kubeconfig

    @property
    def server(self) -> str | None:
        """Address of the API server that `kubeconfig` means; None where it means none, and with `context`."""
        return _server(self.kubeconfig or {})


def _users(kubeconfig: Mapping[str, Any]) -> list[tuple[object, dict[str, Any]]]:
    try:
        return [(entry["name"], entry.get("user") or {}) for entry in kubeconfig.get("users") or []]
    except (AttributeError, KeyError, TypeError):
        raise ValueError("its `users` are no list of mappings, each with a `name` and a `user`") from None


def _server(kubeconfig: Mapping[str, Any]) -> str | None:
    try:
        contexts = {entry["name"]: entry["context"] for entry in kubeconfig["contexts"]}
        clusters = {entry["name"]: entry["cluster"] for entry in kubeconfig["clusters"]}
        return str(clusters[contexts[kubeconfig["current-context"]]["cluster"]]["server"])
    except (KeyError, TypeError):
        return None


class AcceptedDrift(Settings):
    """A difference that `ops drift` lists without alarm. The program ignores it, so updates still undo the difference."""

    resource: NonEmpty = Field(description="Name of the resource, as the drift report shows it.")
    path: NonEmpty | None = Field(
        default=None,
        description="Path of the property, or what was added, exactly as the drift report shows it; default: the resource as "
        "a whole, which was deleted.",
    )
    reason: Annotated[NonEmpty, AfterValidator(_written)] = Field(
        description="Why it is accepted; the drift report shows it."
    )
    until: Annotated[date, BeforeValidator(_day)] | None = Field(
        default=None,
        description="Last day (UTC) on which it is accepted, yyyy-mm-dd, in quotes; default: it is accepted without end.",
    )
    value: Any = Field(
        default=None,
        description="Value that is accepted. What the drift report does not show can't be compared: leave it out here; "
        "default: any value.",
    )

    @check("value", mode="before")
    @classmethod
    def _comparable(cls, value: Any, info: ValidationInfo) -> Any:
        if value is None:
            raise ValueError("expected a value: leave the key out to accept any")
        if "path" in info.data and info.data["path"] is None:
            raise ValueError("has no effect without `path`: a resource that is gone has no value")
        return value


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
        "their client secrets and attached APIs). The engine refuses until it is taken out here.",
    )
    accepted_drift: tuple[AcceptedDrift, ...] = Field(
        default=(),
        alias=ACCEPTED_DRIFT,
        description="Differences that the drift check accepts.",
    )

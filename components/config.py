"""The stack's configuration, read and checked once.

`load()` turns `Pulumi.<stack>.yaml` into frozen models, or raises one `pulumi.RunError` that lists every problem with
its key and what is expected there. Nothing else reads `pulumi.Config`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, cast
from uuid import UUID

import pulumi
from annotated_types import GroupedMetadata
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel

from components.image import MINIMUM_VERSION, is_older

PROJECT = "self-hosted-gateway"

# What the program uses of other packages' namespaces. A provider is signed in by its environment (ARM_*), never by
# the stack's file: a further key there would have no effect.
_PROVIDER_KEYS = {"azure-native:tenantId", "azure-native:subscriptionId", "azure-native:environment"}
_PROVIDER_NAMESPACES = ("azure-native", "azuread", "kubernetes", "random")


class Cloud(StrEnum):
    """An Azure cloud, by the name that the azure-native provider's `environment` has for it."""

    PUBLIC = "public"
    US_GOVERNMENT = "usgovernment"
    CHINA = "china"


# Suffix of the configuration endpoint and Entra authority, from the gateway's settings reference.
_ENDPOINT_SUFFIX: dict[str, str] = {
    Cloud.PUBLIC: "configuration.azure-api.net",
    Cloud.US_GOVERNMENT: "configuration.azure-api.us",
    Cloud.CHINA: "configuration.azure-api.cn",
}
_AUTHORITY: dict[str, str] = {
    Cloud.PUBLIC: "https://login.microsoftonline.com",
    Cloud.US_GOVERNMENT: "https://login.microsoftonline.us",
    Cloud.CHINA: "https://login.partner.microsoftonline.cn",
}
# The gateway's own default is the public cloud's, which needs no setting.
_TOKEN_AUDIENCE: dict[str, str] = {
    Cloud.US_GOVERNMENT: "https://azure-api.us/configuration",
    Cloud.CHINA: "https://azure-api.cn/configuration",
}


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


def _uuid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("expected a GUID such as 00000000-0000-0000-0000-000000000000") from None


@dataclass(frozen=True)
class _Pattern(GroupedMetadata):
    """A text that an expression describes. The reference says in words what is expected, as the error message does."""

    expression: str
    expected: str

    def __iter__(self) -> Iterator[object]:
        yield AfterValidator(self._check)
        yield Field(json_schema_extra={"expected": self.expected})

    def _check(self, value: str) -> str:
        if re.fullmatch(self.expression, value) is None:
            raise ValueError(f"expected {self.expected}")
        return value


def _date_part(value: object) -> object:
    # The engine hands an unquoted YAML date on as a time stamp: 2026-11-01 00:00:00 +0000 UTC.
    return re.sub(r"(?<=^\d{4}-\d{2}-\d{2})[T ]00:00:00.*", "", value) if isinstance(value, str) else value


def _recent_image(value: str) -> str:
    if is_older(value, MINIMUM_VERSION):
        raise ValueError("expected image version 2.2 or later: earlier ones can't authenticate with Microsoft Entra")
    return value


def _at_least_one(values: tuple[str, ...]) -> tuple[str, ...]:
    if not values:
        raise ValueError("expected at least one")
    return values


Guid = Annotated[str, AfterValidator(_uuid), Field(json_schema_extra={"expected": "a GUID"})]
NonEmpty = Annotated[str, _Pattern(r"(?s).*\S.*", "a text that is not empty")]
DnsLabel = Annotated[
    str, _Pattern(r"[a-z]([-a-z0-9]{0,40}[a-z0-9])?", "1 to 42 of a-z, 0-9 and '-', starting with a letter")
]
NamespaceName = Annotated[
    str, _Pattern(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "a namespace's name: 1 to 63 of a-z, 0-9 and '-'")
]
HttpsUrl = Annotated[str, _Pattern(r"https://[^/\s]+", "https:// and a host name, without a path")]
HttpsResource = Annotated[str, _Pattern(r"https://\S+", "an https:// address")]
HostName = Annotated[
    str, _Pattern(r"(https://)?[A-Za-z0-9]([-.A-Za-z0-9]*[A-Za-z0-9])?", "a host name, with or without https://")
]
AssignableScope = Annotated[
    str,
    _Pattern(
        r"(?i)/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/\s]+)?"
        r"|/providers/Microsoft\.Management/managementGroups/[^/\s]+",
        "/subscriptions/<id>, /subscriptions/<id>/resourceGroups/<name> or a management group's id",
    ),
]
RoleDefinitionId = Annotated[
    str,
    _Pattern(
        r"(?i)(/subscriptions/[0-9a-f-]{36})?/providers/Microsoft\.Authorization/roleDefinitions/[0-9a-f-]{36}",
        "/subscriptions/<id>/providers/Microsoft.Authorization/roleDefinitions/<guid>",
    ),
]


class Settings(BaseModel):
    """What all settings have in common: camelCase keys, nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class ApiManagementSettings(Settings):
    """The API Management instance that the gateways belong to; it exists already."""

    name: NonEmpty = Field(description="Name of the instance.")
    resource_group: NonEmpty = Field(description="Resource group of the instance.")
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
        subscription = f"/subscriptions/{self.subscription_id}"
        resource_group = f"{subscription}/resourceGroups/{self.resource_group}"
        match level:
            case ScopeLevel.SUBSCRIPTION:
                return subscription
            case ScopeLevel.RESOURCE_GROUP:
                return resource_group
            case ScopeLevel.INSTANCE:
                return f"{resource_group}/providers/Microsoft.ApiManagement/service/{self.name}"


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
        description="Stack of this program that owns them, instead of the ids: <organization>/<project>/<stack>.",
    )

    @model_validator(mode="after")
    def _ids_or_stack(self) -> "ExistingRoles":
        ids = self.validator is not None and self.reader is not None
        none = self.validator is None and self.reader is None
        if (self.stack is None and ids) or (self.stack is not None and none):
            return self
        raise ValueError("expected either both `validator` and `reader`, or `stack`")


class RolesSettings(Settings):
    """The two custom roles."""

    assignable_scopes: Annotated[tuple[AssignableScope, ...], AfterValidator(_at_least_one)] = Field(
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
    rotation: Annotated[date, BeforeValidator(_date_part)] = Field(
        description="Date of the last rotation, yyyy-mm-dd. A later date makes a new secret."
    )
    validity: timedelta = Field(
        default=timedelta(days=180), gt=timedelta(0), description="How long it is valid from `rotation` on."
    )

    @property
    def end_date(self) -> datetime:
        """When the secret expires: rotation plus validity, so that it never moves by itself."""
        return datetime.combine(self.rotation, time(tzinfo=UTC)) + self.validity

    @model_validator(mode="after")
    def _not_expired(self) -> "ClientSecretSettings":
        if self.end_date <= datetime.now(UTC):
            raise ValueError(
                f"the secret expired on {self.end_date:%Y-%m-%d} (rotation plus validity): set a later `rotation`"
            )
        return self


class AuthenticationSettings(Settings):
    """How the gateway proves to the configuration API who it is."""

    mode: Literal["clientSecret"] = Field(default="clientSecret", description="What it proves it with.")
    authority: HttpsUrl = Field(description="Entra's authority; default: the cloud's own.")
    token_audience: HttpsResource | None = Field(
        default=None, description="Audience of the gateway's token; default: the cloud's own."
    )
    owners: Annotated[tuple[Guid, ...], AfterValidator(_at_least_one)] = Field(
        description="Object ids of the application's owners. The deployer must be one: with the least privilege, "
        "Application.ReadWrite.OwnedBy, it can only change what it owns. For people among them it also needs User.Read.All.",
    )
    client_secret: ClientSecretSettings = Field(description="The client secret.")


class GatewaySettings(Settings):
    """One self-hosted gateway."""

    name: NonEmpty = Field(description="Name of the gateway resource of the API Management instance.")
    kubernetes_name: DnsLabel = Field(description="Name of the Kubernetes objects; default: the gateway's name.")
    namespace: NamespaceName = Field(default="default", description="Namespace of the Kubernetes objects.")
    image: Annotated[NonEmpty, AfterValidator(_recent_image)] = Field(
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
    location_name: NonEmpty | None = Field(
        default=None,
        description="Location of the gateway resource, free text; needed where it is created, and only there.",
    )
    apis: tuple[NonEmpty, ...] = Field(
        default=(), description="Ids of the APIs to attach to the gateway resource. It serves no others."
    )
    authentication: AuthenticationSettings = Field(description="How the gateway authenticates; see below.")

    @model_validator(mode="after")
    def _consistent(self) -> "GatewaySettings":
        if self.name == "managed":
            raise ValueError("`name` must not be `managed`: that is the instance's own gateway")
        if self.create_gateway_resource and self.location_name is None:
            raise ValueError("`locationName` is needed where `createGatewayResource` is true")
        if not self.create_gateway_resource and self.location_name is not None:
            raise ValueError("`locationName` has no effect unless `createGatewayResource` is true")
        return self


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
        description="A kubeconfig's content. Its users sign in by an exec plugin: it holds no credentials. Another `server` "
        "is another cluster: every object is made anew there.",
    )

    @model_validator(mode="after")
    def _one_without_credentials(self) -> "ClusterSettings":
        if (self.context is None) == (self.kubeconfig is None):
            raise ValueError("expected either `context` or `kubeconfig`")
        if self.kubeconfig is not None and self.server is None:
            raise ValueError(
                "`kubeconfig` means no cluster: its `current-context` is one of its `contexts`, and the `cluster` of that "
                "one of its `clusters`, with a `server`"
            )
        for user in (self.kubeconfig or {}).get("users", []):
            held = [key for key in _CREDENTIALS if key in (user.get("user") or {})]
            if held:
                raise ValueError(
                    f"`kubeconfig` holds credentials of user {user.get('name')!r} ({', '.join(held)}): "
                    "use an exec plugin such as kubelogin, or `context`"
                )
        return self

    @property
    def server(self) -> str | None:
        """Address of the API server that `kubeconfig` means; None where it means none, and with `context`."""
        kubeconfig = self.kubeconfig or {}
        try:
            contexts = {entry["name"]: entry["context"] for entry in kubeconfig["contexts"]}
            clusters = {entry["name"]: entry["cluster"] for entry in kubeconfig["clusters"]}
            return str(clusters[contexts[kubeconfig["current-context"]]["cluster"]]["server"])
        except (KeyError, TypeError):
            return None


class StackSettings(Settings):
    """Everything that a stack's file says."""

    tenant_id: Guid = Field(alias="azure-native:tenantId", description="Entra tenant of the stack.")
    subscription_id: Guid = Field(alias="azure-native:subscriptionId", description="Azure subscription of the stack.")
    cloud: Cloud = Field(default=Cloud.PUBLIC, alias="azure-native:environment", description="Azure cloud.")
    api_management: ApiManagementSettings | None = Field(
        default=None,
        alias=f"{PROJECT}:apiManagement",
        description="The API Management instance; needed where there are gateways.",
    )
    roles: RolesSettings = Field(alias=f"{PROJECT}:roles", description="The two custom roles.")
    gateways: tuple[GatewaySettings, ...] = Field(
        default=(), alias=f"{PROJECT}:gateways", description="The self-hosted gateways."
    )
    cluster: ClusterSettings | None = Field(
        default=None,
        alias=f"{PROJECT}:cluster",
        description="The Kubernetes cluster; needed where there are gateways.",
    )
    protect: tuple[Protected, ...] = Field(
        default=(),
        alias=f"{PROJECT}:protect",
        description="What must not be deleted or replaced: `roles`, `validator` (its assignment), `gateways` (all but "
        "their client secrets and attached APIs). The engine refuses until it is taken out here.",
    )


_LISTS = (f"{PROJECT}:gateways", f"{PROJECT}:protect")


def load() -> StackSettings:
    """Read the stack's configuration.

    Raises:
        pulumi.RunError: with all problems at once, each with its key and what is expected.
    """
    values, problems = _read({**get_config_env(), **CONFIG.get()})
    settings: StackSettings | None = None
    try:
        settings = StackSettings.model_validate(_with_defaults(values))
    except ValidationError as error:
        problems += [_problem(cast(Mapping[str, Any], details)) for details in error.errors()]
    if settings is not None:
        problems += _contradictions(settings)
    if settings is None or problems:
        stack = pulumi.get_stack()
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise pulumi.RunError(f"The configuration of stack '{stack}' (Pulumi.{stack}.yaml) has problems:\n{lines}")
    return settings


def _read(config: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of the keys that the program knows, parsed, and a problem for each that it does not."""
    known = {cast(str, field.alias) for field in StackSettings.model_fields.values()}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, text in sorted(config.items()):
        if key in _PROVIDER_KEYS:
            values[key] = text
        elif key in known:
            try:
                values[key] = json.loads(text)
            except ValueError:
                problems.append(f"{key}: expected {'a list' if key in _LISTS else 'a mapping'}, not a text")
        elif key.startswith((f"{PROJECT}:", *(f"{name}:" for name in _PROVIDER_NAMESPACES))):
            problems.append(f"{key}: unknown key; known are {', '.join(sorted(known))}")
    return values, problems


def _with_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those defaults filled in that follow from other values.

    Values of the wrong type are left as they are: validation names them. A default that follows from a value which is
    missing gets a stand-in, so that only the missing one is reported.
    """
    filled = dict(values)
    subscription = filled.get("azure-native:subscriptionId", str(UUID(int=0)))
    cloud = filled.get("azure-native:environment", Cloud.PUBLIC)
    gateways = filled.get(f"{PROJECT}:gateways")
    # An empty mapping is Pulumi.yaml's default: it stands for "not set", unless there are gateways that need it.
    for key in (f"{PROJECT}:apiManagement", f"{PROJECT}:cluster"):
        if not gateways and filled.get(key) == {}:
            del filled[key]
        elif gateways:
            filled.setdefault(key, {})

    instance = filled.get(f"{PROJECT}:apiManagement")
    if isinstance(instance, dict):
        suffix = _ENDPOINT_SUFFIX.get(cloud, _ENDPOINT_SUFFIX[Cloud.PUBLIC])
        defaults = {
            "subscriptionId": subscription,
            "configurationEndpoint": f"{instance.get('name', 'missing')}.{suffix}",
        }
        filled[f"{PROJECT}:apiManagement"] = instance = defaults | instance

    roles = filled.setdefault(f"{PROJECT}:roles", {})
    if isinstance(roles, dict):
        subscriptions = [subscription, instance.get("subscriptionId") if isinstance(instance, dict) else None]
        scopes = [f"/subscriptions/{id_}" for id_ in dict.fromkeys(subscriptions) if id_]
        filled[f"{PROJECT}:roles"] = {"assignableScopes": scopes, **roles}

    if isinstance(gateways, list):
        filled[f"{PROJECT}:gateways"] = [_gateway_with_defaults(gateway, cloud) for gateway in gateways]
    return filled


def _gateway_with_defaults(gateway: object, cloud: str) -> object:
    if not isinstance(gateway, dict):
        return gateway
    filled = {"kubernetesName": gateway.get("name", "missing"), **gateway}
    authentication = filled.get("authentication")
    if isinstance(authentication, dict):
        authority = _AUTHORITY.get(cloud, _AUTHORITY[Cloud.PUBLIC])
        defaults = {"authority": authority, "tokenAudience": _TOKEN_AUDIENCE.get(cloud)}
        filled["authentication"] = defaults | authentication
    return filled


# Where pydantic's own words do not say what to write.
_EXPECTED = {
    "missing": "required, but missing",
    "extra_forbidden": "unknown key",
    "date_from_datetime_parsing": "expected a date, yyyy-mm-dd",
    "time_delta_parsing": "expected an ISO 8601 duration, for example P180D",
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "tuple_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
}


def _problem(details: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a line: the key as a person would write it, and what is expected."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in details["loc"]).removeprefix(".")
    if details["type"] == "value_error":
        return f"{path}: {details['ctx']['error']}"
    message = _EXPECTED.get(details["type"]) or details["msg"].replace("Input should be", "expected")
    # An enumeration's members by their values, not by their names in Python.
    message = re.sub(r"<\w+\.\w+: ('\w+')>", r"\1", message)
    return f"{path}: {message[:1].lower()}{message[1:]}"


def _contradictions(settings: StackSettings) -> Iterator[str]:
    """Problems between settings that are each well-formed."""
    seen: dict[tuple[str, str], int] = {}
    names: dict[str, int] = {}
    for index, gateway in enumerate(settings.gateways):
        place = f"{PROJECT}:gateways[{index}]"
        other = seen.setdefault((gateway.namespace, gateway.kubernetes_name), index)
        if other != index:
            yield f"{place}.kubernetesName: {gateway.kubernetes_name!r} is taken by gateways[{other}] in its namespace"
        other = names.setdefault(gateway.name.lower(), index)
        if other != index:
            yield f"{place}.name: {gateway.name!r} is the name of gateways[{other}] already"
    if settings.api_management is None or settings.roles.existing is not None:
        return
    instance = settings.api_management
    assigned = [(gateway.reader_scope, f"gateways[{i}].readerScope") for i, gateway in enumerate(settings.gateways)]
    if instance.validator_assignment is ValidatorAssignmentMode.CREATE:
        assigned.insert(0, (instance.validator_scope, "apiManagement.validatorScope"))
    for level, key in assigned:
        scope = instance.scope(level)
        if not any(_covers(assignable, scope) for assignable in settings.roles.assignable_scopes):
            yield (
                f"{PROJECT}:{key}: the role is assigned at {scope}, which {PROJECT}:roles.assignableScopes "
                f"({', '.join(settings.roles.assignable_scopes)}) does not cover"
            )


def _covers(assignable: str, scope: str) -> bool:
    # Which subscriptions a management group holds is not known here: ARM decides.
    if assignable.lower().startswith("/providers/microsoft.management/"):
        return True
    return f"{scope.lower()}/".startswith(f"{assignable.lower()}/")

"""The stack's configuration, read and checked once.

`load()` turns `Pulumi.<stack>.yaml` into frozen models, or raises one `Refusal` that lists every problem with
its key and what is expected there. Nothing else reads `pulumi.Config`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Any, Literal, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, ValidationInfo
from pydantic import field_validator as check
from pydantic.alias_generators import to_camel

from components.ending import Refusal
from components.formats import (
    KUBERNETES_NAME,
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
    is_management_group,
    one_management_group,
)

PROJECT = "self-hosted-gateway"
_SUBSCRIPTION = "azure-native:subscriptionId"
_INSTANCE = f"{PROJECT}:apiManagement"
_ROLES = f"{PROJECT}:roles"
_GATEWAYS = f"{PROJECT}:gateways"

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


def _date_part(value: object) -> object:
    # The engine hands an unquoted YAML date on as a time stamp: 2026-11-01 00:00:00 +0000 UTC.
    return re.sub(r"(?<=^\d{4}-\d{2}-\d{2})[T ]00:00:00.*", "", value) if isinstance(value, str) else value


def _duration(value: object) -> object:
    # Pydantic takes numbers of seconds and forms of its own, too.
    if not isinstance(value, str | timedelta) or (isinstance(value, str) and not value.startswith("P")):
        raise ValueError(_DURATION)
    return value


_DURATION = "expected an ISO 8601 duration, for example P180D"
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


class StackSettings(Settings):
    """Everything that a stack's file says."""

    tenant_id: Guid = Field(alias="azure-native:tenantId", description="Entra tenant of the stack.")
    subscription_id: Guid = Field(alias=_SUBSCRIPTION, description="Azure subscription of the stack.")
    cloud: Cloud = Field(default=Cloud.PUBLIC, alias="azure-native:environment", description="Azure cloud.")
    api_management: ApiManagementSettings | None = Field(
        default=None,
        alias=_INSTANCE,
        description="The API Management instance; needed where there are gateways.",
    )
    roles: RolesSettings = Field(alias=_ROLES, description="The two custom roles.")
    gateways: tuple[GatewaySettings, ...] = Field(default=(), alias=_GATEWAYS, description="The self-hosted gateways.")
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


_LISTS = (_GATEWAYS, f"{PROJECT}:protect")


def load() -> StackSettings:
    """Read the stack's configuration.

    Raises:
        Refusal: with all problems at once, each with its key and what is expected.
    """
    values, problems = _read({**get_config_env(), **CONFIG.get()})
    values, derived = _with_defaults(values)
    settings: StackSettings | None = None
    malformed: set[_Place] = set()
    try:
        settings = StackSettings.model_validate(values)
    except ValidationError as error:
        for details in error.errors():
            malformed.add(details["loc"])
            # Of a default that follows from a malformed value, that value is told.
            if not any(details["loc"][: len(place)] == place for place in derived):
                problems.append(_problem(cast(Mapping[str, Any], details)))
    problems += _contradictions(_WellFormed(values, malformed), derived)
    if settings is None or problems:
        stack = pulumi.get_stack()
        lines = "\n".join(f"  - {problem}" for problem in problems)
        raise Refusal(f"The configuration of stack '{stack}' (Pulumi.{stack}.yaml) has problems:\n{lines}")
    return settings


_Place = tuple[str | int, ...]


@dataclass(frozen=True)
class _WellFormed:
    """The values that validation has nothing against, where others are malformed too."""

    values: Mapping[str, Any]
    malformed: set[_Place]

    def at(self, *place: str | int, default: Any = None) -> Any:
        """The value at a place; the default where there is none, None where something of it is malformed."""
        if any(bad[: len(place)] == place[: len(bad)] for bad in self.malformed):
            return None
        found = self.given(*place)
        return default if found is None else found

    def given(self, *place: str | int) -> Any:
        """What stands at a place, malformed or not."""
        value: Any = self.values
        for step in place:
            try:
                value = value[step]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def gateways(self) -> range:
        """The places of the gateways."""
        gateways = self.given(_GATEWAYS)
        return range(len(gateways) if isinstance(gateways, list) else 0)


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


def _with_defaults(values: Mapping[str, Any]) -> tuple[dict[str, Any], set[_Place]]:
    """The values with those defaults filled in that follow from other values, and the places of these defaults.

    Values of the wrong type are left as they are: validation names them. So it does a value that a default would follow
    from, where that is missing.
    """
    filled = dict(values)
    derived: set[_Place] = set()
    cloud = filled.get("azure-native:environment", Cloud.PUBLIC)
    gateways = filled.get(_GATEWAYS)
    # An empty mapping is Pulumi.yaml's default: it stands for "not set", unless there are gateways that need it.
    for key in (_INSTANCE, f"{PROJECT}:cluster"):
        if not gateways and filled.get(key) == {}:
            del filled[key]
        elif gateways:
            filled.setdefault(key, {})

    def derive(place: _Place, mapping: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
        derived.update((*place, name) for name in defaults if name not in mapping)
        return {**{name: value for name, value in defaults.items() if value}, **mapping}

    subscription = filled.get(_SUBSCRIPTION)
    instance = filled.get(_INSTANCE)
    if isinstance(instance, dict):
        suffix = _ENDPOINT_SUFFIX.get(cloud, _ENDPOINT_SUFFIX[Cloud.PUBLIC])
        endpoint = f"{instance['name']}.{suffix}" if "name" in instance else None
        instance = derive((_INSTANCE,), instance, subscriptionId=subscription, configurationEndpoint=endpoint)
        filled[_INSTANCE] = instance

    roles = filled.setdefault(_ROLES, {})
    if isinstance(roles, dict):
        subscriptions = [subscription, instance.get("subscriptionId") if isinstance(instance, dict) else None]
        scopes = [f"/subscriptions/{id_}" for id_ in dict.fromkeys(subscriptions) if id_]
        filled[_ROLES] = derive((_ROLES,), roles, assignableScopes=scopes)

    if isinstance(gateways, list):
        filled[_GATEWAYS] = [
            derive((_GATEWAYS, index), _with_authority(gateway, cloud), kubernetesName=gateway.get("name"))
            if isinstance(gateway, dict)
            else gateway
            for index, gateway in enumerate(gateways)
        ]
    return filled, derived


def _with_authority(gateway: Mapping[str, Any], cloud: str) -> dict[str, Any]:
    authentication = gateway.get("authentication")
    if not isinstance(authentication, dict):
        return dict(gateway)
    authority = _AUTHORITY.get(cloud, _AUTHORITY[Cloud.PUBLIC])
    defaults = {"authority": authority, "tokenAudience": _TOKEN_AUDIENCE.get(cloud)}
    return {**gateway, "authentication": defaults | authentication}


# Where pydantic's own words do not say what to write.
_EXPECTED = {
    "missing": "required, but missing",
    "extra_forbidden": "unknown key",
    "date_from_datetime_parsing": "expected a date, yyyy-mm-dd",
    "time_delta_parsing": _DURATION,
    "less_than_equal": "expected 100 years (P36500D) at most",
    "int_type": "expected a whole number",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "tuple_type": "expected a list",
    "dict_type": "expected a mapping",
    "model_type": "expected a mapping",
}


def _problem(details: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a line: the key as a person would write it, and what is expected."""
    *above, last = details["loc"]
    if details["type"] != "extra_forbidden" and "_" in str(last):
        last = to_camel(last)  # of a default pydantic names the field, not the key
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in (*above, last)).removeprefix(".")
    if details["type"] == "value_error":
        return f"{path}: {details['ctx']['error']}"
    message = _EXPECTED.get(details["type"]) or details["msg"].replace("Input should be", "expected")
    # An enumeration's members by their values, not by their names in Python.
    message = re.sub(r"<\w+\.\w+: ('\w+')>", r"\1", message)
    return f"{path}: {message[:1].lower()}{message[1:]}"


def _contradictions(settings: _WellFormed, derived: set[_Place]) -> Iterator[str]:
    """Problems between settings that are each well-formed; of the others, validation tells."""
    yield from _names(settings, derived)
    if settings.given(_ROLES, "existing") is None:
        yield from _uncovered_scopes(settings)


def _names(settings: _WellFormed, derived: set[_Place]) -> Iterator[str]:
    """Gateways of one name, in API Management or in Kubernetes, and names that can't name Kubernetes objects."""
    names: dict[str, int] = {}
    objects: dict[tuple[str, str], int] = {}
    for index in settings.gateways():
        key, place = f"{_GATEWAYS}[{index}]", (_GATEWAYS, index)
        is_derived = (*place, "kubernetesName") in derived
        name, kubernetes_name = settings.at(*place, "name"), settings.at(*place, "kubernetesName")
        namespace = settings.at(*place, "namespace", default=_default(GatewaySettings, "namespace"))
        if name is not None and (other := names.setdefault(name.lower(), index)) != index:
            yield f"{key}.name: {name!r} is the name of gateways[{other}] already"
        elif kubernetes_name is not None and namespace is not None:
            other = objects.setdefault((namespace, kubernetes_name), index)
            if other != index:
                where = "name" if is_derived else "kubernetesName"
                yield f"{key}.{where}: {kubernetes_name!r} is taken by gateways[{other}] in its namespace"
        elif name is not None and kubernetes_name is None and is_derived:
            yield f"{key}.name: {name!r} can't name the Kubernetes objects: set `kubernetesName`, {KUBERNETES_NAME}"


def _uncovered_scopes(settings: _WellFormed) -> Iterator[str]:
    """Assignments at scopes where the roles can't be assigned."""
    assignable = settings.at(_ROLES, "assignableScopes")
    instance = [settings.at(_INSTANCE, part) for part in ("subscriptionId", "resourceGroup", "name")]
    if assignable is None or None in instance:
        return
    assigned: list[tuple[str | None, str]] = []
    mode = settings.at(
        _INSTANCE, "validatorAssignment", default=_default(ApiManagementSettings, "validator_assignment")
    )
    if mode == ValidatorAssignmentMode.CREATE:
        level = settings.at(_INSTANCE, "validatorScope", default=_default(ApiManagementSettings, "validator_scope"))
        assigned.append((level, "apiManagement.validatorScope"))
    for index in settings.gateways():
        level = settings.at(_GATEWAYS, index, "readerScope", default=_default(GatewaySettings, "reader_scope"))
        assigned.append((level, f"gateways[{index}].readerScope"))
    for level, key in assigned:
        scope = None if level is None else scope_at(ScopeLevel(level), *instance)
        if scope is not None and not any(_covers(covering, scope) for covering in assignable):
            yield (
                f"{PROJECT}:{key}: the role is assigned at {scope}, which {_ROLES}.assignableScopes "
                f"({', '.join(assignable)}) does not cover"
            )


def _default(model: type[Settings], field: str) -> Any:
    return model.model_fields[field].default


def _covers(assignable: str, scope: str) -> bool:
    # Which subscriptions a management group holds is not known here: ARM decides.
    return is_management_group(assignable) or f"{scope.lower()}/".startswith(f"{assignable.lower()}/")

"""Reading the stack's configuration, once.

`load()` turns `Pulumi.<stack>.yaml` into the models of `settings.py`, or refuses it with every problem, each with its key and
what is expected there. Nothing else reads `pulumi.Config`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from components.ending import Refusal
from components.formats import KUBERNETES_NAME, is_management_group
from components.settings import (
    ACCEPTED_DRIFT,
    API_MANAGEMENT,
    CLUSTER,
    DURATION,
    GATEWAYS,
    PROJECT,
    PROTECT,
    ROLES,
    SUBSCRIPTION,
    ApiManagementSettings,
    Cloud,
    GatewaySettings,
    ScopeLevel,
    Settings,
    StackSettings,
    ValidatorAssignmentMode,
    scope_at,
)

# What the program uses of other packages' namespaces. A provider is signed in by its environment (ARM_*), never by
# the stack's file: a further key there would have no effect.
_PROVIDER_KEYS = {"azure-native:tenantId", "azure-native:subscriptionId", "azure-native:environment"}
_PROVIDER_NAMESPACES = ("azure-native", "azuread", "kubernetes", "random")

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

_LISTS = (ACCEPTED_DRIFT, GATEWAYS, PROTECT)


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
        gateways = self.given(GATEWAYS)
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
    gateways = filled.get(GATEWAYS)
    # An empty mapping is Pulumi.yaml's default: it stands for "not set", unless there are gateways that need it.
    for key in (API_MANAGEMENT, CLUSTER):
        if not gateways and filled.get(key) == {}:
            del filled[key]
        elif gateways:
            filled.setdefault(key, {})

    def derive(place: _Place, mapping: Mapping[str, Any], **defaults: Any) -> dict[str, Any]:
        derived.update((*place, name) for name in defaults if name not in mapping)
        return {**{name: value for name, value in defaults.items() if value}, **mapping}

    subscription = filled.get(SUBSCRIPTION)
    instance = filled.get(API_MANAGEMENT)
    if isinstance(instance, dict):
        suffix = _ENDPOINT_SUFFIX.get(cloud, _ENDPOINT_SUFFIX[Cloud.PUBLIC])
        endpoint = f"{instance['name']}.{suffix}" if "name" in instance else None
        instance = derive((API_MANAGEMENT,), instance, subscriptionId=subscription, configurationEndpoint=endpoint)
        filled[API_MANAGEMENT] = instance

    roles = filled.setdefault(ROLES, {})
    if isinstance(roles, dict):
        subscriptions = [subscription, instance.get("subscriptionId") if isinstance(instance, dict) else None]
        scopes = [f"/subscriptions/{id_}" for id_ in dict.fromkeys(subscriptions) if id_]
        filled[ROLES] = derive((ROLES,), roles, assignableScopes=scopes)

    if isinstance(gateways, list):
        filled[GATEWAYS] = [
            derive((GATEWAYS, index), _with_authority(gateway, cloud), kubernetesName=gateway.get("name"))
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
    "time_delta_parsing": DURATION,
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
    yield from _accepted_twice(settings)
    if settings.given(ROLES, "existing") is None:
        yield from _uncovered_scopes(settings)


def _names(settings: _WellFormed, derived: set[_Place]) -> Iterator[str]:
    """Gateways of one name, in API Management or in Kubernetes, and names that can't name Kubernetes objects."""
    names: dict[str, int] = {}
    objects: dict[tuple[str, str], int] = {}
    for index in settings.gateways():
        key, place = f"{GATEWAYS}[{index}]", (GATEWAYS, index)
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


def _accepted_twice(settings: _WellFormed) -> Iterator[str]:
    """Differences that are accepted by two entries."""
    accepted = settings.given(ACCEPTED_DRIFT)
    seen: dict[tuple[str, str], int] = {}
    for index in range(len(accepted) if isinstance(accepted, list) else 0):
        resource, path = (settings.at(ACCEPTED_DRIFT, index, part, default="") for part in ("resource", "path"))
        if not resource or path is None:
            continue
        if (other := seen.setdefault((resource, path), index)) != index:
            what = f"path: {path!r} of {resource!r}" if path else f"resource: {resource!r}"
            yield f"{ACCEPTED_DRIFT}[{index}].{what} is accepted by acceptedDrift[{other}] already"


def _uncovered_scopes(settings: _WellFormed) -> Iterator[str]:
    """Assignments at scopes where the roles can't be assigned."""
    assignable = settings.at(ROLES, "assignableScopes")
    instance = [settings.at(API_MANAGEMENT, part) for part in ("subscriptionId", "resourceGroup", "name")]
    if assignable is None or None in instance:
        return
    assigned: list[tuple[str | None, str]] = []
    mode = settings.at(
        API_MANAGEMENT, "validatorAssignment", default=_default(ApiManagementSettings, "validator_assignment")
    )
    if mode == ValidatorAssignmentMode.CREATE:
        level = settings.at(
            API_MANAGEMENT, "validatorScope", default=_default(ApiManagementSettings, "validator_scope")
        )
        assigned.append((level, "apiManagement.validatorScope"))
    for index in settings.gateways():
        level = settings.at(GATEWAYS, index, "readerScope", default=_default(GatewaySettings, "reader_scope"))
        assigned.append((level, f"gateways[{index}].readerScope"))
    for level, key in assigned:
        scope = None if level is None else scope_at(ScopeLevel(level), *instance)
        if scope is not None and not any(_covers(covering, scope) for covering in assignable):
            yield (
                f"{PROJECT}:{key}: the role is assigned at {scope}, which {ROLES}.assignableScopes "
                f"({', '.join(assignable)}) does not cover"
            )


def _default(model: type[Settings], field: str) -> Any:
    return model.model_fields[field].default


def _covers(assignable: str, scope: str) -> bool:
    # Which subscriptions a management group holds is not known here: ARM decides.
    return is_management_group(assignable) or f"{scope.lower()}/".startswith(f"{assignable.lower()}/")

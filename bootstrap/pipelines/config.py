"""The stack's configuration, read and checked once.

`load()` turns `Pulumi.<stack>.yaml` into frozen models, or raises one `Refusal` that lists every problem with
its key and what is expected there. Nothing else reads `pulumi.Config`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, cast
from uuid import UUID

import pulumi
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from .ending import Refusal

PROJECT = "self-hosted-gateway-bootstrap"
GITHUB_ISSUER = "https://token.actions.githubusercontent.com"

_PROVIDER_KEYS = {"azure-native:tenantId", "azure-native:subscriptionId", "azure-native:environment"}
_PROVIDER_NAMESPACES = ("azure-native", "azuread", "random")


class Cloud(StrEnum):
    """An Azure cloud, by the name that the azure-native provider's `environment` has for it."""

    PUBLIC = "public"
    US_GOVERNMENT = "usgovernment"
    CHINA = "china"


@dataclass(frozen=True)
class Trust:
    """Whose tokens an identity takes instead of a secret: issuer and subject, compared exactly."""

    name: str
    issuer: str
    subject: str


def _guid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("expected a GUID such as 00000000-0000-0000-0000-000000000000") from None


def _pattern(expression: str, expected: str) -> AfterValidator:
    def check(value: str) -> str:
        if re.fullmatch(expression, value) is None:
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


def _at_least_one(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if not values:
        raise ValueError("expected at least one")
    return values


Guid = Annotated[str, AfterValidator(_guid)]
Text = Annotated[str, _pattern(r"\S(.*\S)?", "a text on one line")]
HttpsUrl = Annotated[str, _pattern(r"https://\S+", "an https:// address")]
Scope = Annotated[
    str,
    _pattern(
        r"(?i)/subscriptions/[0-9a-f-]{36}(/resourceGroups/[^/\s]+)?",
        "/subscriptions/<id> or /subscriptions/<id>/resourceGroups/<name>",
    ),
]
Scopes = Annotated[tuple[Scope, ...], AfterValidator(_at_least_one)]


class Settings(BaseModel):
    """What all settings have in common: camelCase keys, nothing unknown, nothing changed after reading."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", frozen=True)


class GitHubSettings(Settings):
    """The GitHub repository whose workflows sign in."""

    repository: Annotated[str, _pattern(r"[\w.-]+/[\w.-]+", "<owner>/<repository>")] = Field(
        description="<owner>/<repository>, in the case that GitHub shows: Entra compares it exactly."
    )
    subject_prefix: Annotated[
        str, _pattern(r"repo:[\w.-]+(@\d+)?/[\w.-]+(@\d+)?", "repo:<owner>[@<id>]/<repository>[@<id>]")
    ] = Field(
        description="How the subjects of its tokens begin; default: repo:<repository>. Repositories that were made, renamed "
        "or moved since July 2026 have ids in it: gh api repos/<repository>/actions/oidc/customization/sub"
    )


class AzureDevOpsSettings(Settings):
    """A service connection that signs in by workload identity federation, as its own page shows it."""

    issuer: HttpsUrl = Field(description="Issuer of the service connection.")
    subject: Text = Field(description="Subject identifier of the service connection.")


class EnvironmentSettings(Settings):
    """One environment of the pipelines: the deployer that its jobs are."""

    name: Annotated[str, _pattern(r"[A-Za-z0-9][\w-]{0,38}", "1 to 39 of letters, digits, '_' and '-'")] = Field(
        description="Name of the environment at GitHub, and of the stack."
    )
    scopes: Scopes = Field(
        description="Where its deployer has the deployer role, and with it can give any role to anybody: the subscription "
        "where the stack defines the gateways' roles, else the API Management instance's resource group."
    )
    azure_dev_ops: AzureDevOpsSettings | None = Field(default=None, description="Its service connection.")


class ReaderSettings(Settings):
    """The reader of previews and drift checks."""

    scopes: Scopes = Field(description="Where it has the reader role; default: the subscription.")
    azure_dev_ops: AzureDevOpsSettings | None = Field(default=None, description="Its service connection.")


class StateSettings(Settings):
    """Where the stacks' state is, and the key that its secrets are encrypted with."""

    resource_group: Text = Field(description="Resource group, which is made.")
    location: Text = Field(description="Azure location, for example westeurope.")
    storage_account: Annotated[str, _pattern(r"[a-z0-9]{3,24}", "3 to 24 of a-z and 0-9")] = Field(
        description="Name of the storage account, unique in the world."
    )
    sku: Text = Field(default="Standard_ZRS", description="SKU of the storage account: how often it is stored.")
    container: Annotated[
        str, _pattern(r"(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]", "3 to 63 of a-z, 0-9 and single '-'")
    ] = Field(default="pulumi-state", description="Name of the blob container.")
    key_vault: Annotated[
        str,
        _pattern(
            r"(?!.*--)[A-Za-z][A-Za-z0-9-]{1,22}[A-Za-z0-9]",
            "3 to 24 of letters, digits and single '-', a letter first",
        ),
    ] = Field(description="Name of the key vault, unique in the world. A deleted one keeps its name for 90 days.")
    key: Annotated[str, _pattern(r"[A-Za-z0-9-]{1,127}", "1 to 127 of letters, digits and '-'")] = Field(
        default="pulumi-state", description="Name of the key."
    )
    protect: bool = Field(
        default=True, strict=True, description="The engine refuses to delete any of it: the state would be lost."
    )


class StackSettings(Settings):
    """Everything that a stack's file says."""

    tenant_id: Guid = Field(alias="azure-native:tenantId", description="Entra tenant.")
    subscription_id: Guid = Field(alias="azure-native:subscriptionId", description="Azure subscription.")
    cloud: Cloud = Field(default=Cloud.PUBLIC, alias="azure-native:environment", description="Azure cloud.")
    github: GitHubSettings | None = Field(default=None, alias=f"{PROJECT}:github", description="GitHub's repository.")
    environments: tuple[EnvironmentSettings, ...] = Field(
        alias=f"{PROJECT}:environments",
        description="The environments; none where pipelines only preview and check for drift.",
    )
    reader: ReaderSettings = Field(alias=f"{PROJECT}:reader", description="The reader.")
    state: StateSettings = Field(alias=f"{PROJECT}:state", description="The state's place.")
    name_suffix: str = Field(
        default="", max_length=64, alias=f"{PROJECT}:nameSuffix", description="Appended to names after a space."
    )

    def named(self, name: str) -> str:
        """A name with the suffix."""
        return f"{name} {self.name_suffix}".rstrip()

    def assignable_scopes(self) -> list[str]:
        """The subscriptions in which the roles are assigned."""
        scopes = [scope for each in (*self.environments, self.reader) for scope in each.scopes]
        return sorted({"/".join(scope.split("/")[:3]).lower() for scope in scopes})

    def deployer_trusts(self, environment: EnvironmentSettings) -> list[Trust]:
        """Who may be the deployer of an environment: the jobs that GitHub lets into it, and its service connection."""
        subjects = {"github-environment": f"environment:{environment.name}"}
        return self._trusts(subjects, environment.azure_dev_ops)

    def reader_trusts(self) -> list[Trust]:
        """Who may be the reader: jobs of pull requests, and those on main, where schedules run."""
        return self._trusts(
            {"github-pull-request": "pull_request", "github-main": "ref:refs/heads/main"}, self.reader.azure_dev_ops
        )

    def _trusts(self, subjects: dict[str, str], connection: AzureDevOpsSettings | None) -> list[Trust]:
        trusts: list[Trust] = []
        if self.github is not None:
            prefix = self.github.subject_prefix
            trusts += [Trust(name, GITHUB_ISSUER, f"{prefix}:{subject}") for name, subject in subjects.items()]
        if connection is not None:
            trusts.append(Trust("azure-devops", connection.issuer, connection.subject))
        return trusts


def load() -> StackSettings:
    """Read the stack's configuration.

    Raises:
        Refusal: with all problems at once, each with its key and what is expected.
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
        raise Refusal(f"The configuration of stack '{stack}' (Pulumi.{stack}.yaml) has problems:\n{lines}")
    return settings


def _read(config: Mapping[str, str]) -> tuple[dict[str, Any], list[str]]:
    """The values of the keys that the program knows, parsed, and a problem for each that it does not."""
    known = {cast(str, field.alias) for field in StackSettings.model_fields.values()}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for key, text in sorted(config.items()):
        if key in _PROVIDER_KEYS or key == f"{PROJECT}:nameSuffix":
            values[key] = text
        elif key in known:
            try:
                values[key] = json.loads(text)
            except ValueError:
                kind = "a list" if key.endswith(":environments") else "a mapping"
                problems.append(f"{key}: expected {kind}, not a text")
        elif key.startswith((f"{PROJECT}:", *(f"{name}:" for name in _PROVIDER_NAMESPACES))):
            problems.append(f"{key}: unknown key; known are {', '.join(sorted(known))}")
    return values, problems


def _with_defaults(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with those defaults filled in that follow from other values; values of the wrong type stay."""
    filled = dict(values)
    github = filled.get(f"{PROJECT}:github")
    # An empty mapping is Pulumi.yaml's default: it stands for "not set".
    if github == {}:
        del filled[f"{PROJECT}:github"]
    elif isinstance(github, dict):
        filled[f"{PROJECT}:github"] = {"subjectPrefix": f"repo:{github.get('repository', 'missing/missing')}", **github}
    reader = filled.setdefault(f"{PROJECT}:reader", {})
    if isinstance(reader, dict):
        subscription = f"/subscriptions/{filled.get('azure-native:subscriptionId', UUID(int=0))}"
        filled[f"{PROJECT}:reader"] = {"scopes": [subscription], **reader}
    return filled


# Where pydantic's own words do not say what to write.
_EXPECTED = {
    "missing": "required, but missing",
    "extra_forbidden": "unknown key",
    "bool_type": "expected true or false",
    "string_type": "expected a text",
    "tuple_type": "expected a list",
    "model_type": "expected a mapping",
}


def _problem(details: Mapping[str, Any]) -> str:
    """One of pydantic's errors as a line: the key as a person would write it, and what is expected."""
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in details["loc"]).removeprefix(".")
    if details["type"] == "value_error":
        return f"{path}: {details['ctx']['error']}"
    message = _EXPECTED.get(details["type"]) or details["msg"].replace("Input should be", "expected")
    return f"{path}: {message[:1].lower()}{message[1:]}"


def _contradictions(settings: StackSettings) -> Iterator[str]:
    """Problems between settings that are each well-formed."""
    names: dict[str, int] = {}
    for index, environment in enumerate(settings.environments):
        place = f"{PROJECT}:environments[{index}]"
        other = names.setdefault(environment.name.lower(), index)
        if other != index:
            yield f"{place}.name: {environment.name!r} is the name of environments[{other}] already"
        yield from _doubles(f"{place}.scopes", environment.scopes)
        if not settings.deployer_trusts(environment):
            yield f"{place}: nobody could sign in as its deployer: set {PROJECT}:github, or its azureDevOps"
    yield from _doubles(f"{PROJECT}:reader.scopes", settings.reader.scopes)
    if not settings.reader_trusts():
        yield f"{PROJECT}:reader: nobody could sign in as the reader: set {PROJECT}:github, or its azureDevOps"
    if settings.github is not None:
        plain = re.sub(r"@\d+", "", settings.github.subject_prefix)
        if plain != f"repo:{settings.github.repository}":
            yield f"{PROJECT}:github.subjectPrefix: it is of another repository than {settings.github.repository}"


def _doubles(key: str, scopes: tuple[str, ...]) -> Iterator[str]:
    for index, scope in enumerate(scopes):
        if scope.lower() in [earlier.lower() for earlier in scopes[:index]]:
            yield f"{key}[{index}]: {scope} is named twice"

"""The names and texts that Azure, Entra, Kubernetes and registries accept, each with the words for what is expected.

What ARM refuses half-way through an update is refused here, before anything is looked up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from annotated_types import GroupedMetadata
from pydantic import AfterValidator, Field

from components.image import MINIMUM_VERSION, is_older


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


def _uuid(value: str) -> str:
    try:
        return str(UUID(value))
    except ValueError:
        raise ValueError("expected a GUID such as 00000000-0000-0000-0000-000000000000") from None


def distinct(values: tuple[str, ...]) -> tuple[str, ...]:
    """A list in which nothing comes twice. Azure does not tell capitals from small letters in what it lists.

    Raises:
        ValueError: something comes again; the message names it.
    """
    seen: dict[str, str] = {}
    for value in values:
        if (key := value.lower()) in seen:
            raise ValueError(f"{value!r} is the same as {seen[key]!r}: name it once")
        seen[key] = value
    return values


def at_least_one(values: tuple[str, ...]) -> tuple[str, ...]:
    """A list that is not empty.

    Raises:
        ValueError: it is.
    """
    if not values:
        raise ValueError("expected at least one")
    return values


Guid = Annotated[str, AfterValidator(_uuid), Field(json_schema_extra={"expected": "a GUID"})]
NonEmpty = Annotated[str, _Pattern(r"(?s).*\S.*", "a text that is not empty")]


# ARM: the lengths and characters of its reference of resource names.
_RESERVED = r"*#&+:<>?/\\%"
_NO_RESERVED = rf"[^{_RESERVED}\x00-\x1f]"

InstanceName = Annotated[
    str,
    _Pattern(
        r"[A-Za-z]([-A-Za-z0-9]{0,48}[A-Za-z0-9])?",
        "the name of an API Management instance: 1 to 50 of a-z, A-Z, 0-9 and '-', starting with a letter",
    ),
]
ResourceGroupName = Annotated[
    str,
    _Pattern(
        r"[-\w.()]{0,89}[-\w()]",
        "the name of a resource group: 1 to 90 letters, digits and '-', '_', '.', '(', ')', not ending with '.'",
    ),
]
LocationName = Annotated[str, _Pattern(r"(?s)(?=.*\S).{1,256}", "a text of 1 to 256 characters")]


def _not_managed(value: str) -> str:
    if value.lower() == "managed":
        raise ValueError("expected another name: 'managed' is the instance's own gateway")
    return value


GatewayName = Annotated[
    str,
    _Pattern(
        rf"(?! ){_NO_RESERVED}{{1,80}}(?<![ .])",
        "1 to 80 characters without * # & + : < > ? / \\ %, not ending with '.'",
    ),
    AfterValidator(_not_managed),
]


def _current(value: str) -> str:
    api, revision, _ = value.partition(";rev=")
    if revision:
        raise ValueError(f"expected the API without its revision, {api!r}: a gateway serves the current one")
    return value


ApiId = Annotated[
    str,
    AfterValidator(_current),
    _Pattern(
        # 256 of an API, but a gateway's link to one takes 80.
        rf"(?! ){_NO_RESERVED}{{1,80}}(?<![ .])",
        "an API's id: 1 to 80 characters without * # & + : < > ? / \\ %, not ending with '.'",
    ),
]

_MANAGEMENT_GROUP = r"/providers/microsoft\.management/managementgroups/"
AssignableScope = Annotated[
    str,
    _Pattern(
        rf"(?i)/subscriptions/[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(/resourceGroups/[-\w.()]{{0,89}}[-\w()])?"
        rf"|{_MANAGEMENT_GROUP}[-\w.()]{{0,89}}[-\w()]",
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


def is_management_group(scope: str) -> bool:
    """Whether an assignable scope is a management group."""
    return re.match(_MANAGEMENT_GROUP, scope, re.IGNORECASE) is not None


def one_management_group(scopes: tuple[str, ...]) -> tuple[str, ...]:
    """Assignable scopes as ARM accepts them for a custom role.

    Raises:
        ValueError: two or more are management groups.
    """
    groups = [scope.rpartition("/")[2] for scope in scopes if is_management_group(scope)]
    if len(groups) > 1:
        raise ValueError(f"expected at most one management group, which is what ARM accepts; found {', '.join(groups)}")
    return scopes


# Entra and the configuration API.
HttpsUrl = Annotated[str, _Pattern(r"https://[^/\s]+", "https:// and a host name, without a path")]
HttpsResource = Annotated[str, _Pattern(r"https://\S+", "an https:// address")]


def _not_retired(value: str) -> str:
    retired = re.search(r"(?P<name>[^/.]+)\.management\.(?P<suffix>azure-api\.(net|us|cn))\b", value, re.IGNORECASE)
    if retired is not None:
        right = f"{retired['name']}.configuration.{retired['suffix']}"
        raise ValueError(f"expected {right!r}: {retired[0]} is the configuration API that was retired")
    return value


_LABEL = r"[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
HostName = Annotated[
    str,
    AfterValidator(_not_retired),
    _Pattern(rf"(https://)?(?=.{{1,253}}$){_LABEL}(\.{_LABEL})*", "a host name, with or without https://"),
]


# Kubernetes.
KUBERNETES_NAME = "1 to 42 of a-z, 0-9 and '-', starting with a letter"
"""What a `KubernetesName` is, in words."""
KubernetesName = Annotated[str, _Pattern(r"[a-z]([-a-z0-9]{0,40}[a-z0-9])?", KUBERNETES_NAME)]
NamespaceName = Annotated[
    str, _Pattern(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "a namespace's name: 1 to 63 of a-z, 0-9 and '-'")
]


# Container images: the grammar of registries' references.
_HOST = rf"{_LABEL}(\.{_LABEL})*(:\d+)?"
_PATH = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*([-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}"


def _recent(value: str) -> str:
    if is_older(value, MINIMUM_VERSION):
        raise ValueError("expected image version 2.2 or later: earlier ones can't authenticate with Microsoft Entra")
    return value


Image = Annotated[
    str,
    _Pattern(
        rf"({_HOST}/)?{_PATH}(/{_PATH})*(:[A-Za-z0-9_][-A-Za-z0-9_.]{{0,127}})?(@{_DIGEST})?",
        "a container image, as mcr.microsoft.com/azure-api-management/gateway:2.13.0",
    ),
    AfterValidator(_recent),
]

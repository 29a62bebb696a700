"""ARM's names and ids, Entra's addresses and those of the configuration API."""

import re
from typing import Annotated

from pydantic import AfterValidator

from components.config.formats.text import LABEL, Pattern

# ARM: the lengths and characters of its reference of resource names.
_RESERVED = r"*#&+:<>?/\\%"
_NO_RESERVED = rf"[^{_RESERVED}\x00-\x1f]"

InstanceName = Annotated[
    str,
    Pattern(
        r"[A-Za-z]([-A-Za-z0-9]{0,48}[A-Za-z0-9])?",
        "the name of an API Management instance: 1 to 50 of a-z, A-Z, 0-9 and '-', starting with a letter",
    ),
]
ResourceGroupName = Annotated[
    str,
    Pattern(
        r"[-\w.()]{0,89}[-\w()]",
        "the name of a resource group: 1 to 90 letters, digits and '-', '_', '.', '(', ')', not ending with '.'",
    ),
]
LocationName = Annotated[str, Pattern(r"(?s)(?=.*\S).{1,256}", "a text of 1 to 256 characters")]


def _not_managed(value: str) -> str:
    if value.lower() == "managed":
        raise ValueError("expected another name: 'managed' is the instance's own gateway")
    return value


GatewayName = Annotated[
    str,
    Pattern(
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
    Pattern(
        # 256 of an API, but a gateway's link to one takes 80.
        rf"(?! ){_NO_RESERVED}{{1,80}}(?<![ .])",
        "an API's id: 1 to 80 characters without * # & + : < > ? / \\ %, not ending with '.'",
    ),
]

_MANAGEMENT_GROUP = r"/providers/microsoft\.management/managementgroups/"
AssignableScope = Annotated[
    str,
    Pattern(
        rf"(?i)/subscriptions/[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}(/resourceGroups/[-\w.()]{{0,89}}[-\w()])?"
        rf"|{_MANAGEMENT_GROUP}[-\w.()]{{0,89}}[-\w()]",
        "/subscriptions/<id>, /subscriptions/<id>/resourceGroups/<name> or a management group's id",
    ),
]
RoleDefinitionId = Annotated[
    str,
    Pattern(
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
HttpsUrl = Annotated[str, Pattern(r"https://[^/\s]+", "https:// and a host name, without a path")]
HttpsResource = Annotated[str, Pattern(r"https://\S+", "an https:// address")]


def _not_retired(value: str) -> str:
    retired = re.search(r"(?P<name>[^/.]+)\.management\.(?P<suffix>azure-api\.(net|us|cn))\b", value, re.IGNORECASE)
    if retired is not None:
        right = f"{retired['name']}.configuration.{retired['suffix']}"
        raise ValueError(f"expected {right!r}: {retired[0]} is the configuration API that was retired")
    return value


HostName = Annotated[
    str,
    AfterValidator(_not_retired),
    Pattern(rf"(https://)?(?=.{{1,253}}$){LABEL}(\.{LABEL})*", "a host name, with or without https://"),
]

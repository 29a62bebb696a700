"""ARM's front door: authentication, api-version, role-based access control, locks, then the resource provider."""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ..azure import Azure, now
from ..database import Database
from ..rbac import Access, allowed, normalize
from ..responses import ApiError, arm_error
from ..tokens import ARM_AUDIENCES, InvalidTokenError, TokenIssuer
from .casing import as_created

# How long a write takes of which there may be one at a time: long enough for those that are sent together to meet.
_WRITE_SECONDS = 0.1


@dataclass(frozen=True)
class Caller:
    """Who calls, by the claims of the token."""

    object_id: str
    client_id: str


@dataclass(frozen=True)
class Call:
    """One authenticated call to a resource provider."""

    method: str
    path: str
    scope: str
    groups: dict[str, str]
    query: dict[str, str]
    body: dict[str, Any]
    headers: dict[str, str]
    caller: Caller
    arrived: str
    """When, as Azure writes it."""


@dataclass(frozen=True)
class Operation:
    """One operation of a resource provider."""

    method: str
    pattern: re.Pattern[str]
    """Of the whole path; the group `scope` is what the action is checked at."""
    action: str
    api_versions: frozenset[str]
    handle: Callable[[Call], Response]
    exclusive: str = ""
    """Group of the pattern that names, with all groups before it, what has one such operation at a time; none: no limit."""


def operation(
    method: str, path: str, action: str, api_versions: frozenset[str], handle: Callable[[Call], Response]
) -> Operation:
    """An operation from a path with `{name}` for one segment and `{+name}` for any number."""
    expression = re.sub(r"\{\+(\w+)\}", r"(?P<\1>.*?)", path)
    expression = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", expression)
    return Operation(method, re.compile(f"{expression}/?", re.IGNORECASE), action, api_versions, handle)


class Arm:
    """Finds the operation that a request names and checks that the caller may do it."""

    def __init__(
        self,
        azure: Azure,
        tokens: TokenIssuer,
        operations: list[Operation],
        check_locks: Callable[[Database, str, str], None],
    ) -> None:
        self._azure = azure
        self._check_locks = check_locks
        self._tokens = tokens
        self._operations = operations
        self._being_written: set[str] = set()

    def name_of(self, method: str, path: str) -> str:
        """The operation's name for counting, e.g. `ARM PUT Microsoft.Authorization/roleAssignments`."""
        found = self._find(method, path)
        return f"ARM {method} {found[0].action.rpartition('/')[0]}" if found else f"ARM {method} unknown"

    async def handle(self, request: Request) -> Response:
        """Answer one request."""
        arrived = now()
        caller = self._authenticate(request)
        found = self._find(request.method, request.url.path)
        if found is None:
            # ARM's answer to a type or path that no provider has registered.
            raise arm_error(
                404,
                "InvalidResourceType",
                f"The resource type could not be found for '{request.method} {request.url.path}'.",
            )
        operation_, groups = found
        self._check_api_version(request, operation_)
        scope = as_created(normalize(groups.get("scope", "")), self._azure.database)
        self._check_subscription(scope)
        self.authorize(caller, Access(operation_.action, scope))
        self._check_locks(self._azure.database, request.method, request.url.path)
        body = await _body(request) if request.method in ("PUT", "PATCH", "POST") else {}
        call = Call(
            method=request.method,
            path=request.url.path,
            scope=scope,
            groups=groups,
            query=dict(request.query_params),
            body=body,
            headers={key.lower(): value for key, value in request.headers.items()},
            caller=caller,
            arrived=arrived,
        )
        if not operation_.exclusive:
            return operation_.handle(call)
        return await self._alone(operation_, call)

    async def _alone(self, operation_: Operation, call: Call) -> Response:
        """Do what takes a while, and refuse meanwhile what is about the same resource."""
        match = operation_.pattern.fullmatch(call.path)
        resource = call.path[: match.end(operation_.exclusive)].lower() if match else ""
        if resource in self._being_written:
            raise arm_error(409, "PessimisticConcurrencyConflict", "Operation on the API is in progress")
        self._being_written.add(resource)
        try:
            await asyncio.sleep(_WRITE_SECONDS)
            return operation_.handle(call)
        finally:
            self._being_written.remove(resource)

    def authorize(self, caller: Caller, access: Access) -> None:
        """Refuse what no assignment grants.

        Raises:
            ApiError: 403 AuthorizationFailed, with action and scope.
        """
        if not allowed(self._azure, caller.object_id, access):
            raise arm_error(
                403,
                "AuthorizationFailed",
                f"The client '{caller.client_id}' with object id '{caller.object_id}' does not have authorization to "
                f"perform action '{access.action}' over scope '{access.scope or '/'}' or the scope is invalid. If access "
                "was recently granted, please refresh your credentials.",
            )

    def _authenticate(self, request: Request) -> Caller:
        header = request.headers.get("authorization")
        if header is None:
            raise arm_error(
                401, "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
            )
        try:
            claims = self._tokens.check(header, (*ARM_AUDIENCES, self._azure.url))
        except InvalidTokenError as error:
            reason = str(error)
            code = "InvalidAuthenticationToken"
            if "audience" in reason:
                code = "InvalidAuthenticationTokenAudience"
            elif "expired" in reason:
                code = "ExpiredAuthenticationToken"
            raise arm_error(401, code, f"The access token is invalid: {reason}.") from None
        return Caller(claims["oid"], claims.get("appid") or claims.get("azp") or claims["oid"])

    def _find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        for candidate in self._operations:
            if candidate.method == method and (match := candidate.pattern.fullmatch(path)):
                return candidate, match.groupdict()
        return None

    def _check_api_version(self, request: Request, operation_: Operation) -> None:
        version = request.query_params.get("api-version")
        if version is None:
            raise arm_error(
                400,
                "MissingApiVersionParameter",
                "The api-version query parameter (?api-version=) is required for all requests.",
            )
        if version not in operation_.api_versions:
            type_ = operation_.action.rpartition("/")[0]
            raise arm_error(
                400,
                "InvalidResourceType",
                f"The resource type '{type_.partition('/')[2]}' could not be found in the namespace "
                f"'{type_.partition('/')[0]}' for api version '{version}'. The supported api-versions are "
                f"'{','.join(sorted(operation_.api_versions))}'.",
            )

    def _check_subscription(self, scope: str) -> None:
        subscription = re.match(r"/subscriptions/([^/]*)", scope, re.IGNORECASE)
        if subscription and subscription[1].lower() != self._azure.subscription_id:
            raise arm_error(404, "SubscriptionNotFound", f"The subscription '{subscription[1]}' could not be found.")


def not_found(path: str, what: str) -> ApiError:
    """ARM's 404 for a resource that its group does not hold."""
    group = re.search(r"/resourceGroups/([^/]+)", path, re.IGNORECASE)
    return arm_error(
        404,
        "ResourceNotFound",
        f"The Resource '{what}' under resource group '{group[1] if group else ''}' was not found. For more details please "
        "go to https://aka.ms/ARMResourceNotFoundFix",
    )


def respond(body: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> JSONResponse:
    """A JSON answer without the emulator's private fields."""
    return JSONResponse({key: value for key, value in body.items() if not key.startswith("_")}, status, headers)


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    try:
        body = json.loads(raw) if raw else {}
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise arm_error(
            400, "InvalidRequestContent", "The request content was invalid and could not be deserialized as JSON."
        )
    return body

"""What all of Graph's operations share: who calls, what it may do, which object is meant, how it is shown.

Only application permissions are played: `Application.Read.All` reads, `Application.ReadWrite.OwnedBy` changes what the
caller owns, `Application.ReadWrite.All` changes everything, `AppRoleAssignment.ReadWrite.All` gives such permissions,
`User.Read.All` reads users.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request

from ..azure import Azure
from ..database import Document
from ..responses import ApiError, graph_error
from ..tokens import GRAPH_AUDIENCES, InvalidTokenError, TokenIssuer

READERS = {"Application.Read.All", "Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"}
TYPE_OF = {"applications": "application", "servicePrincipals": "servicePrincipal"}


class Directory:
    """One tenant's directory, as a caller may see and change it."""

    def __init__(self, azure: Azure, tokens: TokenIssuer) -> None:
        self.azure = azure
        self._tokens = tokens

    def claims(self, request: Request) -> dict[str, Any]:
        """The claims of the caller, whatever it may do.

        Raises:
            ApiError: 401 without a valid token.
        """
        try:
            claims = self._tokens.check(request.headers.get("authorization"), (*GRAPH_AUDIENCES, self.azure.url))
        except InvalidTokenError as error:
            raise graph_error(401, "InvalidAuthenticationToken", f"Access token validation failure: {error}.") from None
        claims["roles"] = claims.get("roles", [])
        return claims

    def caller(self, request: Request) -> dict[str, Any]:
        """The claims of the caller, who may read applications.

        Raises:
            ApiError: 401 without a valid token, 403 without a permission.
        """
        claims = self.claims(request)
        if not READERS & set(claims["roles"]):
            raise denied()
        return claims

    def find(self, request: Request) -> Document:
        """The object that the path names, by id or `(appId='...')`; 404 where there is none yet."""
        id_, kind = request.path_params["id"], kind_of(request)
        by_app_id = re.fullmatch(r"\(appId='([^']*)'\)", id_)
        if by_app_id:
            found = [d for d in self.azure.database.all(kind) if d["appId"].lower() == by_app_id[1].lower()]
            document = found[0] if found else None
        else:
            document = self.azure.database.get(kind, id_)
        if document is None or not self.azure.replicated(document):
            raise absent(id_)
        return document

    def find_to_change(self, request: Request) -> Document:
        """The same, for a caller that may change it."""
        caller, document = self.caller(request), self.find(request)
        self.check_may_change(caller, document)
        return document

    def check_may_change(self, caller: dict[str, Any], document: Document) -> None:
        """Refuse who neither owns the object nor may change all."""
        owned = "Application.ReadWrite.OwnedBy" in caller["roles"] and caller["oid"] in document["_owners"]
        if not owned and "Application.ReadWrite.All" not in caller["roles"]:
            raise denied()

    def deleted(self, request: Request) -> Document:
        """The deleted application that the path names."""
        document = self.azure.database.get("deletedApplication", request.path_params["id"])
        if document is None:
            raise absent(request.path_params["id"])
        return document

    def principal(self, id_: str) -> Document | None:
        """A service principal by its object id, replicated or not."""
        return self.azure.database.get("servicePrincipal", id_)

    def present(self, document: Document, request: Request) -> Document:
        """An object as the caller sees it: without secrets, and what `$select` names only."""
        shown = {key: value for key, value in document.items() if not key.startswith("_")}
        if "passwordCredentials" in shown:
            shown["passwordCredentials"] = [
                {**{key: value for key, value in credential.items() if not key.startswith("_")}, "secretText": None}
                for credential in shown["passwordCredentials"]
                if self.azure.replicated(credential)
            ]
        if select := request.query_params.get("$select"):
            names = {"id", *select.split(",")}
            shown = {key: shown.get(key) for key in names}
        return shown


def kind_of(request: Request) -> str:
    """The kind of object that the path is about."""
    return TYPE_OF[request.url.path.split("/")[2].split("(")[0]]


async def body_of(request: Request) -> dict[str, Any]:
    """The request's JSON object."""
    try:
        body = await request.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise graph_error(400, "BadRequest", "Unable to read JSON request payload. Please ensure it is valid JSON.")
    return body


def without_annotations(body: dict[str, Any]) -> dict[str, Any]:
    """A body's properties: clients may say of what type it is, which changes nothing."""
    return {name: value for name, value in body.items() if not name.startswith("@odata.")}


def filter_of(text: str | None) -> Callable[[Document], bool]:
    """A `$filter` that the emulator knows: `eq`, and `startswith` on display names."""
    if text is None:
        return lambda _: True
    if parsed := re.fullmatch(r"(appId|displayName|id) eq '((?:[^']|'')*)'", text.strip()):
        name, value = parsed[1], _unquoted(parsed[2])
        return lambda document: str(document.get(name, "")).lower() == value
    if parsed := re.fullmatch(r"startswith\(displayName, ?'((?:[^']|'')*)'\)", text.strip()):
        prefix = _unquoted(parsed[1])
        return lambda document: str(document.get("displayName", "")).lower().startswith(prefix)
    raise graph_error(400, "Request_UnsupportedQuery", f"Unsupported or invalid query filter clause: {text}")


def _unquoted(text: str) -> str:
    return text.replace("''", "'").lower()


def read_moment(text: str | None) -> datetime | None:
    """A time as Graph takes it."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise graph_error(400, "Request_BadRequest", f"Cannot convert the literal '{text}' to a date.") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def stamp(moment: datetime) -> str:
    """A time as Graph writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def absent(id_: str) -> ApiError:
    """Graph's 404."""
    return graph_error(
        404,
        "Request_ResourceNotFound",
        f"Resource '{id_}' does not exist or one of its queried reference-property objects are not present.",
    )


def denied() -> ApiError:
    """Graph's 403."""
    return graph_error(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")

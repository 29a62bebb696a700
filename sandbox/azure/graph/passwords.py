"""Client secrets of applications and service principals, each of which has its own."""

import time
import uuid
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..azure import new_client_secret
from ..responses import graph_error
from .directory import TYPE_OF, Directory, body_of, denied, kind_of, read_moment, stamp


class Passwords:
    """The actions `addPassword` and `removePassword`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        return [
            Route(f"/{version}/{collection}/{{id}}/{action}", handler, methods=["POST"])
            for collection in TYPE_OF
            for action, handler in (("addPassword", self.add_password), ("removePassword", self.remove_password))
        ]

    async def add_password(self, request: Request) -> JSONResponse:
        """POST addPassword: the only answer that shows the secret."""
        object_ = self._directory.find_to_change(request)
        # Whether a managed identity's takes one is not established.
        if object_.get("servicePrincipalType", "Application") != "Application":
            raise denied()
        wanted = (await body_of(request)).get("passwordCredential") or {}
        start = read_moment(wanted.get("startDateTime")) or datetime.now(UTC)
        end = read_moment(wanted.get("endDateTime")) or start + timedelta(days=730)
        if end <= start:
            raise graph_error(400, "Request_BadRequest", "Credential end date must be later than its start date.")
        secret = new_client_secret()
        credential = {
            "customKeyIdentifier": None,
            "displayName": wanted.get("displayName"),
            "endDateTime": stamp(end),
            "hint": secret[:3],
            "keyId": str(uuid.uuid4()),
            "startDateTime": stamp(start),
        }
        object_.setdefault("passwordCredentials", []).append(
            {**credential, "_secret": secret, "_createdAt": time.time()}
        )
        self._directory.azure.database.put(kind_of(request), object_["id"], object_)
        context = f"{self._directory.azure.url}/v1.0/$metadata#microsoft.graph.passwordCredential"
        return JSONResponse({"@odata.context": context, **credential, "secretText": secret})

    async def remove_password(self, request: Request) -> Response:
        """POST removePassword."""
        object_ = self._directory.find_to_change(request)
        key_id = (await body_of(request)).get("keyId")
        there = object_.get("passwordCredentials", [])
        left = [credential for credential in there if credential["keyId"] != key_id]
        if len(left) == len(there):
            raise graph_error(400, "Request_BadRequest", f"No password credential found with keyId {key_id}.")
        object_["passwordCredentials"] = left
        self._directory.azure.database.put(kind_of(request), object_["id"], object_)
        return Response(status_code=204)

"""Client secrets of applications."""

import time
import uuid
from datetime import UTC, datetime, timedelta

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..azure import new_client_secret
from ..responses import graph_error
from .directory import Directory, body_of, read_moment, stamp


class Passwords:
    """The actions `addPassword` and `removePassword`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        application = f"/{version}/applications/{{id}}"
        return [
            Route(f"{application}/addPassword", self.add_password, methods=["POST"]),
            Route(f"{application}/removePassword", self.remove_password, methods=["POST"]),
        ]

    async def add_password(self, request: Request) -> JSONResponse:
        """POST addPassword: the only answer that shows the secret."""
        application = self._directory.find_to_change(request)
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
        application["passwordCredentials"].append({**credential, "_secret": secret, "_createdAt": time.time()})
        self._directory.azure.database.put("application", application["id"], application)
        context = f"{self._directory.azure.url}/v1.0/$metadata#microsoft.graph.passwordCredential"
        return JSONResponse({"@odata.context": context, **credential, "secretText": secret})

    async def remove_password(self, request: Request) -> Response:
        """POST removePassword."""
        application = self._directory.find_to_change(request)
        key_id = (await body_of(request)).get("keyId")
        left = [credential for credential in application["passwordCredentials"] if credential["keyId"] != key_id]
        if len(left) == len(application["passwordCredentials"]):
            raise graph_error(400, "Request_BadRequest", f"No password credential found with keyId {key_id}.")
        application["passwordCredentials"] = left
        self._directory.azure.database.put("application", application["id"], application)
        return Response(status_code=204)

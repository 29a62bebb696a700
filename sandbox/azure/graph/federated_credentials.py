"""Federated identity credentials of applications: whose tokens are taken instead of a secret."""

import re
import time
import uuid
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..database import Document
from ..responses import graph_error
from .directory import Directory, absent, body_of, without_annotations

MAX_CREDENTIALS = 20
MAX_NAME, MAX_TEXT = 120, 600
_WRITABLE = {"name", "issuer", "subject", "audiences", "description"}


class FederatedCredentials:
    """The collection `federatedIdentityCredentials` of an application."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        many = f"/{version}/applications/{{id}}/federatedIdentityCredentials"
        return [
            Route(many, self.list, methods=["GET"]),
            Route(many, self.create, methods=["POST"]),
            Route(f"{many}/{{credential}}", self.read, methods=["GET"]),
            Route(f"{many}/{{credential}}", self.update, methods=["PATCH"]),
            Route(f"{many}/{{credential}}", self.delete, methods=["DELETE"]),
        ]

    async def list(self, request: Request) -> JSONResponse:
        """GET an application's credentials."""
        self._directory.caller(request)
        application = self._directory.find(request)
        return JSONResponse({"@odata.context": self._context(), "value": _shown(application)})

    async def create(self, request: Request) -> JSONResponse:
        """POST one: 201."""
        # First: nobody comes between reading and writing the application.
        body = without_annotations(await body_of(request))
        application = self._directory.find_to_change(request)
        credential = {"description": None, **body, "id": str(uuid.uuid4())}
        _check(credential, body)
        others: list[Document] = application.setdefault("_federatedCredentials", [])
        _check_against(credential, others)
        others.append({**credential, "_createdAt": time.time()})
        self._put(application)
        return JSONResponse({"@odata.context": f"{self._context()}/$entity", **credential}, 201)

    async def read(self, request: Request) -> JSONResponse:
        """GET one, by its id or its name."""
        self._directory.caller(request)
        found = self._find(self._directory.find(request), request)
        shown = {key: value for key, value in found.items() if not key.startswith("_")}
        return JSONResponse({"@odata.context": f"{self._context()}/$entity", **shown})

    async def update(self, request: Request) -> Response:
        """PATCH one: everything but its name."""
        body = without_annotations(await body_of(request))
        application = self._directory.find_to_change(request)
        credential = self._find(application, request)
        if body.pop("id", credential["id"]) != credential["id"]:
            raise graph_error(400, "Request_BadRequest", "Property 'id' is read-only and cannot be set.")
        if body.get("name", credential["name"]) != credential["name"]:
            raise graph_error(400, "Request_BadRequest", "Property 'name' is read-only and cannot be set.")
        _check({**credential, **body}, body)
        _check_against(
            {**credential, **body}, [c for c in application["_federatedCredentials"] if c["id"] != credential["id"]]
        )
        credential.update(body)
        self._put(application)
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """DELETE one."""
        application = self._directory.find_to_change(request)
        application["_federatedCredentials"].remove(self._find(application, request))
        self._put(application)
        return Response(status_code=204)

    def _find(self, application: Document, request: Request) -> Document:
        wanted = request.path_params["credential"]
        for credential in application.get("_federatedCredentials", []):
            if wanted in (credential["id"], credential["name"]):
                return credential
        raise absent(wanted)

    def _put(self, application: Document) -> None:
        self._directory.azure.database.put("application", application["id"], application)

    def _context(self) -> str:
        return f"{self._directory.azure.url}/v1.0/$metadata#applications/federatedIdentityCredentials"


def _shown(application: Document) -> list[Document]:
    return [
        {key: value for key, value in credential.items() if not key.startswith("_")}
        for credential in application.get("_federatedCredentials", [])
    ]


def _check(credential: dict[str, Any], written: dict[str, Any]) -> None:
    unknown = set(written) - _WRITABLE
    texts = [credential.get("issuer"), credential.get("subject"), *(credential.get("audiences") or [])]
    name = credential.get("name") or ""
    valid = (
        not unknown
        and re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name) is not None
        and len(name) <= MAX_NAME
        and len(credential.get("audiences") or []) == 1
        and all(isinstance(text, str) and 0 < len(text) <= MAX_TEXT for text in texts)
        and len(credential.get("description") or "") <= MAX_TEXT
    )
    if not valid:
        raise graph_error(
            400,
            "Request_BadRequest",
            "One or more properties of the federated identity credential are missing, unknown or invalid.",
        )


def _check_against(credential: dict[str, Any], others: list[Document]) -> None:
    if len(others) >= MAX_CREDENTIALS:
        raise graph_error(
            400, "Request_BadRequest", f"An application has at most {MAX_CREDENTIALS} federated identity credentials."
        )
    for other in others:
        if other["name"] == credential["name"]:
            raise graph_error(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"FederatedIdentityCredential with name {credential['name']} already exists.",
            )
        if (other["issuer"], other["subject"]) == (credential["issuer"], credential["subject"]):
            raise graph_error(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                "FederatedIdentityCredential with the same issuer and subject already exists.",
            )

"""Applications and service principals."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ..database import Document
from ..responses import graph_error
from .directory import TYPE_OF, Directory, absent, body_of, denied, filter_of, kind_of, stamp, without_annotations

# Properties that a client may write; Graph refuses others with Request_BadRequest.
_WRITABLE = {
    "application": {
        "api", "appRoles", "description", "displayName", "groupMembershipClaims", "identifierUris", "info",
        "isDeviceOnlyAuthSupported", "isFallbackPublicClient", "keyCredentials", "notes", "oauth2RequirePostResponse",
        "optionalClaims", "parentalControlSettings", "publicClient", "requiredResourceAccess", "samlMetadataUrl",
        "serviceManagementReference", "signInAudience", "spa", "tags", "web",
    },
    "servicePrincipal": {
        "accountEnabled", "alternativeNames", "appId", "appRoleAssignmentRequired", "description", "loginUrl", "notes",
        "notificationEmailAddresses", "preferredSingleSignOnMode", "samlMetadataUrl", "samlSingleSignOnSettings",
        "tags",
    },
}  # fmt: skip


class Objects:
    """The collections `applications` and `servicePrincipals`."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def routes(self, version: str) -> list[Route]:
        """Its operations under a version."""
        return [
            route
            for collection in TYPE_OF
            for route in (
                Route(f"/{version}/{collection}", self.list, methods=["GET"]),
                Route(f"/{version}/{collection}", self.create, methods=["POST"]),
                Route(f"/{version}/{collection}/{{id}}", self.read, methods=["GET"]),
                Route(f"/{version}/{collection}/{{id}}", self.update, methods=["PATCH"]),
                Route(f"/{version}/{collection}/{{id}}", self.delete, methods=["DELETE"]),
            )
        ]

    async def list(self, request: Request) -> JSONResponse:
        """GET a collection, with `$filter`."""
        self._directory.caller(request)
        kind = kind_of(request)
        wanted = filter_of(request.query_params.get("$filter"))
        found = [
            self._directory.present(document, request)
            for document in self._directory.azure.database.all(kind)
            if self._directory.azure.replicated(document) and wanted(document)
        ]
        return JSONResponse({"@odata.context": f"{self._directory.azure.url}/v1.0/$metadata#{kind}s", "value": found})

    async def create(self, request: Request) -> JSONResponse:
        """POST an application or a service principal."""
        caller = self._directory.caller(request)
        kind, body = kind_of(request), await body_of(request)
        if not {"Application.ReadWrite.All", "Application.ReadWrite.OwnedBy"} & set(caller["roles"]):
            raise denied()
        owners = [bind.rsplit("/", 1)[-1] for bind in body.pop("owners@odata.bind", [])]
        for owner in owners:
            if self._directory.principal(owner) is None:
                raise absent(owner)
        # An app that may only change what it owns owns what it makes.
        if "Application.ReadWrite.OwnedBy" in caller["roles"]:
            owners.append(caller["oid"])
        body = without_annotations(body)
        _check_properties(kind, body)
        document = {"id": str(uuid.uuid4()), "_owners": list(dict.fromkeys(owners)), "_createdAt": time.time(), **body}
        document = self._new_application(document) if kind == "application" else self._new_principal(document, caller)
        self._directory.azure.database.put(kind, document["id"], document)
        context = {"@odata.context": f"{self._directory.azure.url}/v1.0/$metadata#{kind}s/$entity"}
        type_name = {"application": "Application", "servicePrincipal": "ServicePrincipal"}[kind]
        location = f"https://graph.microsoft.com/v2/{self._directory.azure.tenant_id}/directoryObjects/{document['id']}"
        return JSONResponse(
            context | self._directory.present(document, request),
            201,
            {"Location": f"{location}/Microsoft.DirectoryServices.{type_name}"},
        )

    async def read(self, request: Request) -> JSONResponse:
        """GET one object, by its id or as `applications(appId='...')`."""
        self._directory.caller(request)
        document = self._directory.find(request)
        context = {"@odata.context": f"{self._directory.azure.url}/v1.0/$metadata#{kind_of(request)}s/$entity"}
        return JSONResponse(context | self._directory.present(document, request))

    async def update(self, request: Request) -> Response:
        """PATCH one object: what the body does not name stays."""
        document, kind = self._directory.find_to_change(request), kind_of(request)
        body = without_annotations(await body_of(request))
        _check_properties(kind, body)
        if "appId" in body:
            raise graph_error(400, "Request_BadRequest", "Property 'appId' is read-only and cannot be set.")
        self._directory.azure.database.put(kind, document["id"], document | body)
        return Response(status_code=204)

    async def delete(self, request: Request) -> Response:
        """DELETE one object. An application can be restored; its service principal goes with it."""
        document, kind, database = (
            self._directory.find_to_change(request),
            kind_of(request),
            self._directory.azure.database,
        )
        with database.transaction():
            database.delete(kind, document["id"])
            if kind == "application":
                document["deletedDateTime"] = stamp(datetime.now(UTC))
                database.put("deletedApplication", document["id"], document)
                for principal in database.all("servicePrincipal"):
                    if principal["appId"] == document["appId"]:
                        database.delete("servicePrincipal", principal["id"])
        return Response(status_code=204)

    def _new_application(self, document: Document) -> Document:
        if not document.get("displayName"):
            raise graph_error(
                400, "Request_BadRequest", "A value is required for property 'displayName' of resource 'Application'."
            )
        return {
            "appId": str(uuid.uuid4()),
            "createdDateTime": stamp(datetime.now(UTC)),
            "deletedDateTime": None,
            "description": None,
            "identifierUris": [],
            "notes": None,
            "publisherDomain": self._directory.azure.tenant_name,
            "signInAudience": "AzureADMyOrg",
            "tags": [],
            "api": {
                "acceptMappedClaims": None,
                "knownClientApplications": [],
                "oauth2PermissionScopes": [],
                "preAuthorizedApplications": [],
                "requestedAccessTokenVersion": None,
            },
            "appRoles": [],
            "keyCredentials": [],
            "passwordCredentials": [],
            "requiredResourceAccess": [],
            **document,
        }

    def _new_principal(self, document: Document, caller: dict[str, Any]) -> Document:
        database, app_id = self._directory.azure.database, document.get("appId")
        applications = [
            a for a in database.all("application") if a["appId"] == app_id and self._directory.azure.replicated(a)
        ]
        if not applications:
            if "Application.ReadWrite.All" not in caller["roles"]:
                raise graph_error(
                    403,
                    "Authorization_RequestDenied",
                    "When using this permission, the backing application of the service principal being created must "
                    "in the local tenant",
                )
            raise graph_error(
                400,
                "Request_BadRequest",
                f"The appId '{app_id}' of the service principal does not reference a valid application object.",
                [
                    {
                        "code": "NoBackingApplicationObject",
                        "target": "appId",
                        "message": "No backing application object.",
                    }
                ],
            )
        self._directory.check_may_change(caller, applications[0])
        if any(principal["appId"] == app_id for principal in database.all("servicePrincipal")):
            raise graph_error(
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                f"The service principal cannot be created, updated, or restored because the service principal name "
                f"{app_id} is already in use.",
            )
        return {
            "accountEnabled": True,
            "appDisplayName": applications[0]["displayName"],
            "appOwnerOrganizationId": self._directory.azure.tenant_id,
            "appRoleAssignmentRequired": False,
            "description": None,
            "displayName": applications[0]["displayName"],
            "keyCredentials": [],
            "notes": None,
            "passwordCredentials": [],
            "servicePrincipalNames": [app_id],
            "servicePrincipalType": "Application",
            "signInAudience": applications[0]["signInAudience"],
            "tags": [],
            **document,
        }


def _check_properties(kind: str, body: dict[str, Any]) -> None:
    for name in body:
        if name not in _WRITABLE[kind]:
            raise graph_error(
                400,
                "Request_BadRequest",
                f"Invalid property '{name}'. The property is not defined on the type, or can't be written.",
            )

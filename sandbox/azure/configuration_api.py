"""API Management's configuration API, as far as access to it goes: who asks, and may it read this gateway's settings.

The real wire protocol is not public; the path and the payload are the sandbox's own (sandbox/README.md).
"""

import hashlib
import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from .azure import Azure, now
from .database import Document
from .rbac import Access, allowed
from .responses import ApiError, arm_error
from .tokens import CONFIGURATION_AUDIENCES, InvalidTokenError, TokenIssuer

HOST = re.compile(r"([^.]+)\.configuration\.azure-api\.(net|us|cn)")
DATA_ACTION = "Microsoft.ApiManagement/service/gateways/getConfiguration/action"
# What the instance's own identity has to be able to read, to know whom to let in (the role's earlier three actions).
VALIDATOR_ACTIONS = (
    "Microsoft.Authorization/denyAssignments/read",
    "Microsoft.Authorization/roleAssignments/read",
    "Microsoft.Authorization/roleDefinitions/read",
)


class ConfigurationApi:
    """`https://<instance>.configuration.azure-api.net`."""

    def __init__(self, azure: Azure, tokens: TokenIssuer) -> None:
        self._azure = azure
        self._tokens = tokens

    async def handle(self, request: Request, host: re.Match[str]) -> Response:
        """GET /gateways/<name>/events, POST /gateways/<name>/heartbeats."""
        service = self._service(host[1])
        path = re.fullmatch(r"/gateways/([^/]+)/(events|heartbeats)", request.url.path)
        if path is None or request.method != {"events": "GET", "heartbeats": "POST"}[path[2]]:
            raise arm_error(404, "NotFound", f"The configuration API has no {request.method} {request.url.path}.")
        caller = self._authenticate(request, host[2])
        self._check_validator(service)
        gateway_id = f"{service['id']}/gateways/{path[1]}"
        if not allowed(self._azure, caller, Access(DATA_ACTION, gateway_id, data=True)):
            raise arm_error(
                403,
                "GatewayAccessDenied",
                f"The principal with object id '{caller}' does not have the data action '{DATA_ACTION}' over scope "
                f"'{gateway_id}'.",
            )
        gateway = self._azure.database.get("gateway", gateway_id)
        if gateway is None:
            raise arm_error(404, "GatewayNotFound", f"Gateway '{path[1]}' was not found on '{service['name']}'.")
        return self._configuration(request, gateway) if path[2] == "events" else await self._heartbeat(request, gateway)

    def _service(self, name: str) -> Document:
        for service in self._azure.database.all("service"):
            if service["name"].lower() == name.lower():
                return service
        raise arm_error(404, "ServiceNotFound", f"API Management instance '{name}' was not found.")

    def _authenticate(self, request: Request, suffix: str) -> str:
        audience = next(known for known in CONFIGURATION_AUDIENCES if f"azure-api.{suffix}/" in known)
        try:
            claims = self._tokens.check(request.headers.get("authorization"), (audience,))
        except InvalidTokenError as error:
            raise self._unauthorized(str(error)) from None
        return claims["oid"]

    def _unauthorized(self, reason: str) -> ApiError:
        return arm_error(401, "InvalidToken", f"The request could not be authenticated: {reason}.")

    def _check_validator(self, service: Document) -> None:
        identity = service.get("principalId")
        if identity is None:
            raise arm_error(
                403,
                "ValidatorAccessDenied",
                f"API Management instance '{service['name']}' has no system-assigned managed identity to check access with.",
            )
        for action in VALIDATOR_ACTIONS:
            if not allowed(self._azure, identity, Access(action, service["id"])):
                raise arm_error(
                    403,
                    "ValidatorAccessDenied",
                    f"The managed identity '{identity}' of API Management instance '{service['name']}' may not perform "
                    f"action '{action}' over scope '{service['id']}', so access to the gateway can't be checked.",
                )

    async def _heartbeat(self, request: Request, gateway: Document) -> Response:
        """One instance of the gateway says that it is there; ARM shows it with the gateway resource."""
        instance = str((await request.json())["instanceId"])
        key = f"{gateway['id']}/{instance}"
        heard = {"gateway": gateway["id"], "instanceId": instance, "timestamp": now()}
        self._azure.database.put("heartbeat", key, heard)
        return Response(status_code=204)

    def _configuration(self, request: Request, gateway: Document) -> Response:
        database, prefix = self._azure.database, f"{gateway['id']}/apis/".lower()
        attached = [entry for entry in database.all("attachedApi") if entry["id"].lower().startswith(prefix)]
        apis = [api for entry in attached if (api := database.get("api", entry["api"]))]
        body = {
            "gateway": {"name": gateway["name"]},
            "apis": [{key: api[key] for key in ("name", "displayName", "path")} for api in apis],
        }
        etag = f'"{hashlib.sha256(json.dumps(body).encode()).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers={"ETag": etag})
        return JSONResponse(body, headers={"ETag": etag})

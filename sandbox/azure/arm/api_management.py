"""Microsoft.ApiManagement: instances, gateway resources and the APIs attached to them."""

import base64
import re
import time
from dataclasses import replace
from typing import Any

from starlette.responses import Response

from ..azure import Azure
from ..database import Document
from ..responses import ApiError, arm_error
from .entry import Call, Operation, not_found, operation, respond
from .resource_groups import GROUP, find_group

_VERSIONS = frozenset({"2021-08-01", "2022-08-01", "2023-05-01-preview", "2024-05-01"})
# Recorded answers of this version show `heartbeat`: null to a PUT, else a list, empty where no instance was ever heard of.
# No API document has it, and whether other versions do is not established.
_HEARTBEAT_VERSIONS = frozenset({"2021-08-01"})
_SERVICE = f"{GROUP}/providers/Microsoft.ApiManagement/service/{{service}}"

# Lengths of the API document, and the characters that names of ARM's resources may not have. An API's id may have 256
# characters, but 80 of one that is attached to a gateway.
_LONGEST_GATEWAY, _LONGEST_ATTACHED, _LONGEST_API = 80, 80, 256
_LONGEST_DESCRIPTION, _LONGEST_LOCATION = 1000, 256
_RESERVED = re.compile(r"[*#&+:<>?/\\%]")

# Gateways exist in these tiers only; ARM refuses them in others.
_GATEWAY_TIERS = ("Developer", "Premium")


class ApiManagement:
    """The resource provider."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._database = azure.database
        service = "Microsoft.ApiManagement/service"
        gateway, tag = f"{_SERVICE}/gateways/{{gateway}}", f"{_SERVICE}/gateways/{{gateway}}/apis/{{api}}"
        v, o = _VERSIONS, operation
        self.operations: list[Operation] = [
            o("GET", f"{_SERVICE})", f"{service}/read", v, self.get_service),
            o("GET", f"{_SERVICE}/apis)", f"{service}/apis/read", v, self.list_apis),
            o("GET", f"{_SERVICE}/apis/{{api}})", f"{service}/apis/read", v, self.get_api),
            o("GET", f"{_SERVICE}/gateways)", f"{service}/gateways/read", v, self.list_gateways),
            o("GET", f"{gateway})", f"{service}/gateways/read", v, self.get_gateway),
            o("HEAD", f"{gateway})", f"{service}/gateways/read", v, self.head_gateway),
            replace(o("PUT", f"{gateway})", f"{service}/gateways/write", v, self.put_gateway), exclusive="gateway"),
            replace(
                o("DELETE", f"{gateway})", f"{service}/gateways/delete", v, self.delete_gateway), exclusive="gateway"
            ),
            o("GET", f"{gateway}/apis)", f"{service}/gateways/apis/read", v, self.list_attached),
            o("HEAD", f"{tag})", f"{service}/gateways/apis/read", v, self.head_attached),
            replace(o("PUT", f"{tag})", f"{service}/gateways/apis/write", v, self.attach), exclusive="gateway"),
            replace(o("DELETE", f"{tag})", f"{service}/gateways/apis/delete", v, self.detach), exclusive="gateway"),
        ]

    def get_service(self, call: Call) -> Response:
        """GET an instance."""
        service = self._service(call)
        name = service["name"]
        body: dict[str, Any] = {
            "id": service["id"],
            "name": name,
            "type": "Microsoft.ApiManagement/service",
            "tags": {},
            "location": service["location"],
            "etag": "AAAAAAAAAAE=",
            "sku": {"name": service["sku"], "capacity": 0 if service["sku"] == "Consumption" else 1},
            "identity": None,
            "properties": {
                "publisherEmail": "apim@contoso.com",
                "publisherName": "Contoso",
                "notificationSenderEmail": "apimgmt-noreply@mail.windowsazure.com",
                "provisioningState": "Succeeded",
                "targetProvisioningState": "",
                "createdAtUtc": "2026-01-05T08:00:00.0000000Z",
                "gatewayUrl": f"https://{name}.azure-api.net",
                "gatewayRegionalUrl": f"https://{name}-westeurope-01.regional.azure-api.net",
                "managementApiUrl": f"https://{name}.management.azure-api.net",
                "hostnameConfigurations": [],
                "virtualNetworkType": "None",
                "configurationApi": {"legacyApi": "Enabled"},
                "platformVersion": "stv2.1",
            },
        }
        if "principalId" in service:
            identity = {"type": "SystemAssigned", "principalId": service["principalId"]}
            body["identity"] = {**identity, "tenantId": self._azure.tenant_id}
        return respond(body)

    def list_apis(self, call: Call) -> Response:
        """GET an instance's APIs."""
        service = self._service(call)
        apis = [a for a in self._database.all("api") if a["id"].lower().startswith(f"{service['id']}/apis/".lower())]
        return respond({"value": [_api(api) for api in apis], "count": len(apis)})

    def get_api(self, call: Call) -> Response:
        """GET one API."""
        return respond(_api(self._api(call)))

    def list_gateways(self, call: Call) -> Response:
        """GET an instance's gateway resources."""
        prefix = f"{self._service(call)['id']}/gateways/".lower()
        found = [g for g in self._database.all("gateway") if g["id"].lower().startswith(prefix)]
        return respond({"value": [self._shown(gateway, call) for gateway in found], "count": len(found)})

    def get_gateway(self, call: Call) -> Response:
        """GET one gateway resource."""
        gateway = self._gateway(call)
        return respond(self._shown(gateway, call), headers=_entity_tag(gateway))

    def head_gateway(self, call: Call) -> Response:
        """HEAD: 200 with the gateway resource's ETag."""
        return Response(status_code=200, headers=_entity_tag(self._gateway(call)))

    def put_gateway(self, call: Call) -> Response:
        """PUT: 201 for a new gateway resource, 200 for a changed one; 412 where it is not what If-Match says."""
        service, name = self._service(call), call.groups["gateway"]
        if service["sku"] not in _GATEWAY_TIERS:
            raise arm_error(400, "MethodNotAllowedInPricingTier", "Method not allowed in current pricing tier")
        if name.lower() == "managed":
            raise arm_error(400, "ValidationError", "One or more fields contain incorrect values: gatewayId 'managed'.")
        if len(name) > _LONGEST_GATEWAY or _RESERVED.search(name):
            raise _invalid("gatewayId")
        properties = _checked_gateway(call.body.get("properties") or {})
        id_ = f"{service['id']}/gateways/{name}"
        existing = self._database.get("gateway", id_)
        _check_if_match(call, existing)
        document = {"id": id_, "name": name, "properties": properties, "_version": _new_version()}
        self._database.put("gateway", id_, document)
        return respond(self._shown(document, call), 200 if existing else 201, _entity_tag(document))

    def delete_gateway(self, call: Call) -> Response:
        """DELETE: 200, or 204 where there is none; 412 where it is not what If-Match says.

        The API document calls the header required. The released plugin does not send it, nor does Microsoft's own apiops,
        and both delete.
        """
        service = self._service(call)
        id_ = f"{service['id']}/gateways/{call.groups['gateway']}"
        if existing := self._database.get("gateway", id_):
            _check_if_match(call, existing)
        for attached in self._attached(id_):
            self._database.delete("attachedApi", attached["id"])
        for heard in self._heartbeats(id_):
            self._database.delete("heartbeat", f"{id_}/{heard['instanceId']}")
        return Response(status_code=200 if self._database.delete("gateway", id_) else 204)

    def list_attached(self, call: Call) -> Response:
        """GET the APIs attached to a gateway resource."""
        attached = self._attached(self._gateway(call)["id"])
        apis = [self._database.get("api", entry["api"]) for entry in attached]
        return respond({"value": [_api(api) for api in apis if api], "count": len(attached)})

    def head_attached(self, call: Call) -> Response:
        """HEAD: 200 with an ETag where the API is attached, 404 where not.

        That is what the API document's example answers; the released plugin takes a 200 without a body on its
        existence check for "not there".
        """
        gateway = self._gateway(call)
        if self._database.get("attachedApi", f"{gateway['id']}/apis/{call.groups['api']}") is None:
            return Response(status_code=404)
        return Response(status_code=200, headers={"ETag": '"AAAAAAAAAAE="'})

    def attach(self, call: Call) -> Response:
        """PUT: 201 when attached, 200 when it was already."""
        if len(call.groups["api"]) > _LONGEST_ATTACHED:
            raise _invalid("apiId")
        gateway, api = self._gateway(call), self._api(call)
        id_ = f"{gateway['id']}/apis/{api['name']}"
        existing = self._database.get("attachedApi", id_)
        self._database.put("attachedApi", id_, {"id": id_, "api": api["id"]})
        return respond({**_api(api), "id": id_}, 200 if existing else 201)

    def detach(self, call: Call) -> Response:
        """DELETE: 200, or 204 where it is not attached."""
        gateway = self._gateway(call)
        removed = self._database.delete("attachedApi", f"{gateway['id']}/apis/{call.groups['api']}")
        return Response(status_code=200 if removed else 204)

    def _service(self, call: Call) -> Document:
        find_group(self._database, call)
        name = call.groups["service"]
        service = self._database.get(
            "service", f"{call.groups['group']}/providers/Microsoft.ApiManagement/service/{name}"
        )
        if service is None:
            raise not_found(call.path, f"Microsoft.ApiManagement/service/{name}")
        return service

    def _gateway(self, call: Call) -> Document:
        gateway = self._database.get("gateway", f"{self._service(call)['id']}/gateways/{call.groups['gateway']}")
        if gateway is None:
            raise arm_error(404, "ResourceNotFound", "Gateway not found.")
        return gateway

    def _api(self, call: Call) -> Document:
        if len(call.groups["api"]) > _LONGEST_API or _RESERVED.search(call.groups["api"]):
            raise _invalid("apiId")
        api = self._database.get("api", f"{self._service(call)['id']}/apis/{call.groups['api']}")
        if api is None:
            raise arm_error(404, "ResourceNotFound", "API not found.")
        return api

    def _shown(self, gateway: Document, call: Call) -> Document:
        properties = dict(gateway["properties"])
        if call.query["api-version"] in _HEARTBEAT_VERSIONS:
            properties["heartbeat"] = None if call.method == "PUT" else self._heartbeats(gateway["id"])
        shown = {key: value for key, value in gateway.items() if not key.startswith("_")}
        return {**shown, "properties": properties, "type": "Microsoft.ApiManagement/service/gateways"}

    def _heartbeats(self, gateway_id: str) -> list[Document]:
        """What an entry of the list looks like is not established."""
        heard = [entry for entry in self._database.all("heartbeat") if entry["gateway"].lower() == gateway_id.lower()]
        return [{key: entry[key] for key in ("instanceId", "timestamp")} for entry in heard]

    def _attached(self, gateway_id: str) -> list[Document]:
        prefix = f"{gateway_id}/apis/".lower()
        return [entry for entry in self._database.all("attachedApi") if entry["id"].lower().startswith(prefix)]


def _checked_gateway(given: dict[str, Any]) -> dict[str, Any]:
    """A gateway resource's properties as ARM keeps them."""
    location, description = given.get("locationData"), given.get("description")
    if len(description or "") > _LONGEST_DESCRIPTION:
        raise _invalid("description")
    if location is not None and not (location.get("name") or "").strip():
        raise _invalid("locationData.name")
    for name, text in (location or {}).items():
        if isinstance(text, str) and len(text) > _LONGEST_LOCATION:
            raise _invalid(f"locationData.{name}")
    return {"locationData": location, "description": description}


def _invalid(field: str) -> ApiError:
    return arm_error(400, "ValidationError", f"One or more fields contain incorrect values: {field}.")


def _new_version() -> str:
    return base64.b64encode(time.time_ns().to_bytes(8)).decode()


def _entity_tag(document: Document) -> dict[str, str]:
    # What the seed holds has not been written.
    return {"ETag": f'"{document.get("_version", "AAAAAAAAAAE=")}"'}


def _check_if_match(call: Call, existing: Document | None) -> None:
    """Refuse a write to what has been written meanwhile, or is not there."""
    expected = call.headers.get("if-match")
    if expected is None or (existing is not None and expected in ("*", _entity_tag(existing)["ETag"])):
        return
    raise arm_error(
        412, "PreconditionFailed", "The resource is not what the If-Match header says: read it and try again."
    )


def _api(document: Document) -> Document:
    return {
        "id": document["id"],
        "type": "Microsoft.ApiManagement/service/apis",
        "name": document["name"],
        "properties": {
            "displayName": document["displayName"],
            "path": document["path"],
            "protocols": ["https"],
            "apiRevision": "1",
            "isCurrent": True,
            "provisioningState": "created",
        },
    }

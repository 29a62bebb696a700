"""Applications and service principals: created, renamed once to see that replication holds, and given their owners."""

import uuid
from abc import abstractmethod
from typing import Any

from ..engine.differences import Difference, changes, replaced_by
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, conceal_like, reveal
from .arguments import APPLICATION, SCHEMA, SERVICE_PRINCIPAL
from .graph import Graph

_DEFAULTS_KEY = "__defaults"


class DirectoryObject(Resource):
    """What applications and service principals have in common."""

    arguments: str
    collection: str
    defaults: dict[str, Any]
    body_names: dict[str, str]
    """Input -> Graph's property, for what is written as it is."""
    replacing: tuple[str, ...]
    computed: tuple[str, ...]
    beta_property: str

    def __init__(self, graph: Graph, caller_id: str) -> None:
        self._graph = graph
        self._caller_id = caller_id

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        given = {key: value for key, value in inputs.items() if key != _DEFAULTS_KEY}
        missing = {key: value for key, value in self.defaults.items() if key not in given}
        found = list(SCHEMA.failures(self.arguments, given))
        supported = {*self.body_names, *self.defaults, "owners", "clientId"}
        found += [
            Failure(name, f"{name} is not part of the stand-in for azuread")
            for name in given
            if name not in supported and not any(failure.property == name for failure in found)
        ]
        return {**given, **missing, _DEFAULTS_KEY: sorted(missing)}, found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        # Owners are a set.
        changed = [c for c in changes(_ordered(old.inputs), _ordered(inputs)) if c.root != _DEFAULTS_KEY]
        return Difference(changed, replaced_by(changed, *self.replacing))

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        if request.preview:
            return "", {**_visible(inputs), **dict.fromkeys(self.computed, UNKNOWN)}
        values = reveal(inputs)
        object_id = self._make(values)
        owners = values.get("owners") or []
        # The provider made itself an owner to be sure of its rights; it stays one only where the program says so.
        if self._caller_id not in owners:
            self._send("removing the creator from the owners", "DELETE", f"{object_id}/owners/{self._caller_id}/$ref")
        live = self._read(object_id)
        if live is None:
            raise ProviderError(f"the {self.collection} object {object_id!r} vanished while it was created")
        return self._id(object_id), conceal_like(live, inputs)

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        live = self._read(existing.id.rsplit("/", 1)[-1])
        if live is None:
            return None
        inputs = dict(existing.inputs) or {name: live[name] for name in self._declarable() if live.get(name)}
        for name in self._declarable():
            if _ordered({name: live.get(name)}) != _ordered({name: existing.state.get(name)}):
                if live.get(name) in (None, "", [], False) and name not in existing.inputs:
                    continue
                inputs[name] = live.get(name)
        inputs.setdefault(_DEFAULTS_KEY, [])
        return Existing(self._id(live["objectId"]), conceal_like(inputs, existing.inputs), live)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        if request.preview:
            return {**old.state, **_visible(inputs)}
        object_id = old.id.rsplit("/", 1)[-1]
        values = reveal(inputs)
        # What was declared before and is not now goes back to nothing.
        dropped = [name for name in self.body_names if name in old.inputs and name not in values]
        cleared = {self.body_names[name]: [] if name == "tags" else "" for name in dropped}
        body = {name: value for name, value in {**cleared, **self._body(values)}.items() if name != "appId"}
        self._send("updating", "PATCH", object_id, body)
        wanted, present = set(values.get("owners") or []), set(self._owners(object_id))
        for owner in sorted(wanted - present):
            reference = {"@odata.id": self._graph_reference(owner)}
            self._send("adding an owner", "POST", f"{object_id}/owners/$ref", reference)
        for owner in sorted(present - wanted):
            self._send("removing an owner", "DELETE", f"{object_id}/owners/{owner}/$ref")
        live = self._read(object_id)
        if live is None:
            raise ProviderError(f"the {self.collection} object {object_id!r} is gone")
        return conceal_like(live, inputs)

    def delete(self, old: Existing, request: Request) -> None:  # noqa: ARG002
        path = f"/v1.0/{self.collection}/{old.id.rsplit('/', 1)[-1]}"
        if self._graph.find("looking it up", path) is None:
            return
        self._graph.send(f"deleting {old.id}", "DELETE", path)
        self._graph.wait_until_gone(
            f"waiting until {old.id} is deleted", lambda: self._graph.find("looking whether it is gone", path) is None
        )

    @abstractmethod
    def _make(self, values: Properties) -> str:
        """Create it; its object id."""

    @abstractmethod
    def _computed(self, document: dict[str, Any]) -> Properties:
        """Outputs that are not inputs."""

    def _rename(self, object_id: str, property_: str, value: str | None) -> None:
        """Change a property to something and back: both succeed once the new object is known everywhere."""
        for text in (f"TERRAFORM_UPDATE_{uuid.uuid4()}", value):
            self._graph.persistently(
                {404, 409},
                "",
                lambda text=text: self._send("updating", "PATCH", object_id, {property_: text}),
            )

    def _body(self, values: Properties) -> dict[str, Any]:
        return {name: values[input_] for input_, name in self.body_names.items() if values.get(input_) is not None}

    def _owners_to_bind(self, values: Properties) -> list[str]:
        given: list[str] = values.get("owners") or []
        owners = dict.fromkeys([self._caller_id, *given])
        return [self._graph_reference(owner) for owner in owners]

    def _graph_reference(self, owner: str) -> str:
        return f"https://graph.microsoft.com/v1.0/directoryObjects/{owner}"

    def _send(self, doing: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        what = f"{doing} {self.collection.rstrip('s')} {path.split('/')[0]!r}" if path else doing
        return self._graph.send(what, method, f"/v1.0/{self.collection}/{path}".rstrip("/"), body)

    def _read(self, object_id: str) -> Properties | None:
        path = f"{self.collection}/{object_id}"
        document = self._graph.find(f"reading {path}", f"/v1.0/{path}")
        if document is None:
            return None
        self._graph.find(f"reading {path}", f"/beta/{path}", select=self.beta_property)
        live = {input_: document.get(name) for input_, name in self.body_names.items()}
        live["owners"] = sorted(self._owners(object_id))
        live = {name: value for name, value in live.items() if value is not None}
        return {**live, **self._computed(document), "objectId": document["id"]}

    def _owners(self, object_id: str) -> list[str]:
        path = f"{self.collection}/{object_id}/owners"
        return [owner["id"] for owner in self._graph.send(f"reading {path}", "GET", f"/v1.0/{path}")["value"]]

    def _id(self, object_id: str) -> str:
        return f"/{self.collection}/{object_id}"

    def _declarable(self) -> list[str]:
        return [*self.body_names, "owners"]


class Application(DirectoryObject):
    """`azuread:index/application:Application`."""

    arguments = APPLICATION
    collection = "applications"
    defaults = {"signInAudience": "AzureADMyOrg", "preventDuplicateNames": False}  # noqa: RUF012
    body_names = {  # noqa: RUF012
        "displayName": "displayName",
        "signInAudience": "signInAudience",
        "description": "description",
        "notes": "notes",
        "serviceManagementReference": "serviceManagementReference",
        "tags": "tags",
    }
    replacing = ("templateId",)
    computed = ("clientId", "objectId", "publisherDomain", "disabledByMicrosoft", "logoUrl")
    beta_property = "oauth2RequirePostResponse"

    def _make(self, values: Properties) -> str:
        if values.get("preventDuplicateNames"):
            self._refuse_duplicate(values["displayName"])
        body = {**self._body(values), "owners@odata.bind": self._owners_to_bind(values)}
        made = self._graph.send("creating the application", "POST", "/v1.0/applications", body)
        self._rename(made["id"], "displayName", values["displayName"])
        return made["id"]

    def _refuse_duplicate(self, name: str) -> None:
        quoted = name.replace("'", "''")
        same = self._graph.send("listing", "GET", "/v1.0/applications", filter=f"displayName eq '{quoted}'")["value"]
        if same:
            raise ProviderError(
                f'An existing "azuread_application" with name "{name}" (ID: "{same[0]["id"]}") was found and '
                "`prevent_duplicate_names` was specified"
            )

    def _computed(self, document: dict[str, Any]) -> Properties:
        return {
            "clientId": document["appId"],
            "publisherDomain": document.get("publisherDomain") or "",
            "disabledByMicrosoft": document.get("disabledByMicrosoftStatus") or "",
        }


class ServicePrincipal(DirectoryObject):
    """`azuread:index/servicePrincipal:ServicePrincipal`."""

    arguments = SERVICE_PRINCIPAL
    collection = "servicePrincipals"
    defaults = {"accountEnabled": True, "appRoleAssignmentRequired": False, "useExisting": False}  # noqa: RUF012
    body_names = {  # noqa: RUF012
        "clientId": "appId",
        "accountEnabled": "accountEnabled",
        "appRoleAssignmentRequired": "appRoleAssignmentRequired",
        "description": "description",
        "notes": "notes",
        "tags": "tags",
    }
    replacing = ("clientId",)
    computed = ("objectId", "applicationTenantId", "displayName", "servicePrincipalNames", "signInAudience", "type")
    beta_property = "samlMetadataUrl"

    def _make(self, values: Properties) -> str:
        app_id = values["clientId"]
        same = self._graph.send("listing", "GET", "/v1.0/servicePrincipals", filter=f"appId eq '{app_id}'")["value"]
        if same and not values.get("useExisting"):
            raise ProviderError(f'A resource with the ID "{same[0]["id"]}" already exists')
        if same:
            return same[0]["id"]
        body = {
            **self._body(values),
            "description": f"TERRAFORM_UPDATE_{uuid.uuid4()}",
            "owners@odata.bind": self._owners_to_bind(values),
        }
        made = self._graph.persistently(
            {400, 403},
            "The appId '.+' of the service principal does not reference a valid application object"
            "|When using this permission, the backing application of the service principal being created must in the local",
            lambda: self._graph.send("creating the service principal", "POST", "/v1.0/servicePrincipals", body),
        )
        self._graph.persistently(
            {404, 409},
            "",
            lambda: self._send("updating", "PATCH", made["id"], {"description": values.get("description") or ""}),
        )
        return made["id"]

    def _computed(self, document: dict[str, Any]) -> Properties:
        return {
            "applicationTenantId": document.get("appOwnerOrganizationId") or "",
            "displayName": document["displayName"],
            "servicePrincipalNames": document.get("servicePrincipalNames") or [],
            "signInAudience": document.get("signInAudience") or "",
            "type": document.get("servicePrincipalType") or "",
        }


def _ordered(properties: Properties) -> Properties:
    """Properties with their sets in one order."""
    return {
        name: sorted(value)
        if name in ("owners", "tags") and isinstance(value := reveal(raw), list) and _texts(value)
        else raw
        for name, raw in properties.items()
    }


def _texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _visible(inputs: Properties) -> Properties:
    return {key: value for key, value in inputs.items() if key != _DEFAULTS_KEY}

"""Applications and service principals: created, renamed once to see that replication holds, and given their owners."""

import uuid
from abc import abstractmethod
from typing import Any

from ..engine.differences import Change, Difference, Kind, changes, replaced_by
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, conceal_like, reveal
from .arguments import APPLICATION, SERVICE_PRINCIPAL, check
from .diagnostics import diagnostic, recorded, told
from .graph import Graph, GraphError

_DEFAULTS_KEY = "__defaults"


class DirectoryObject(Resource):
    """What applications and service principals have in common."""

    arguments: str
    collection: str
    defaults: dict[str, Any]
    body_names: dict[str, str]
    """Input -> Graph's property, for what is written as it is."""
    unset: dict[str, Any]
    """What the state says of inputs that nobody gives and that have no default."""
    replacing: tuple[str, ...]
    computed: tuple[str, ...]
    beta_property: str
    noun: str
    """As the provider's messages have it."""
    attribute_of_reads: str
    """What the message about a read that failed is about."""
    emptied: tuple[str, ...]
    """Graph's properties that an update empties where nothing is given."""

    def __init__(self, graph: Graph, caller_id: str) -> None:
        self._graph = graph
        self._caller_id = caller_id

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        given = {key: value for key, value in inputs.items() if key != _DEFAULTS_KEY}
        missing = {key: value for key, value in self.defaults.items() if key not in given}
        found = list(check(self.arguments, given, request))
        supported = {*self.body_names, *self.defaults, *self.unset, "owners", "clientId"}
        found += [
            Failure(name, f"{name} is not part of the stand-in for azuread")
            for name in given
            if name not in supported and not any(f"'{request.name}.{name}'" in failure.reason for failure in found)
        ]
        return {**given, **missing, _DEFAULTS_KEY: sorted(missing)}, found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        # Owners are a set.
        before, now = ({**self.unset, **_ordered(of)} for of in (old.inputs, inputs))
        changed = [
            Change(c.path, Kind.DELETE) if c.root in self.unset and c.root not in inputs else c
            for c in changes(before, now)
            if c.root != _DEFAULTS_KEY
        ]
        # The provider compares the state: what stands there and nobody declares is taken away. Tags are Graph's too.
        undeclared = {*self._declarable()} - {"tags", *old.inputs, *inputs}
        changed += [Change(name, Kind.DELETE) for name in sorted(undeclared) if reveal(old.state.get(name))]
        return Difference(changed, replaced_by(changed, *self.replacing))

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        values = reveal(inputs)
        self._refuse_to_plan(values, request)
        planned = {**self.unset, **_visible(inputs)}
        if request.preview:
            return "", {**planned, **dict.fromkeys(self.computed, UNKNOWN)}
        object_id = self._make(values)
        id_ = self._id(object_id)
        with recorded("creating", request, id_, planned):
            self._settle(object_id, values)
            # The provider made itself an owner to be sure of its rights; it stays one only where the program says so.
            if self._caller_id not in (values.get("owners") or []):
                what = f"Could not remove initial owner from {self._named(object_id)}"
                self._send(what, "DELETE", f"{object_id}/owners/{self._caller_id}/$ref")
            live = self._read(object_id, values)
            if live is None:
                raise ProviderError(f"the {self.collection} object {object_id!r} vanished while it was created")
        return id_, conceal_like(live, inputs)

    def read(self, existing: Existing, request: Request) -> Existing | None:
        with told("refreshing", request):
            live = self._read(existing.id.rsplit("/", 1)[-1], existing.state)
        if live is None:
            return None
        inputs = dict(existing.inputs) or {name: live[name] for name in self._declarable() if live.get(name)}
        for name in self._declarable():
            # Graph gives tags where the program does not: of those, nothing is declared.
            if name == "tags" and name not in existing.inputs:
                inputs.pop(name, None)
            elif _ordered({name: live.get(name)}) != _ordered({name: existing.state.get(name)}):
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
        dropped = [name for name in (*self.body_names, *self.unset) if name in old.inputs and name not in values]
        cleared = {name: [] if name == "tags" else self.unset.get(name) for name in dropped}
        with recorded("updating", request, old.id, {**old.state, **cleared, **_visible(inputs)}):
            # So does what a creation that broke off has left.
            body = {
                **dict.fromkeys(self.emptied),
                **{self.body_names[n]: v for n, v in cleared.items()},
                **self._body(values),
            }
            body.pop("appId", None)
            self._send(self._updating(object_id), "PATCH", object_id, body)
            if _ordered({"owners": values.get("owners")}) != _ordered({"owners": old.state.get("owners")}):
                self._change_owners(object_id, set(values.get("owners") or []))
            live = self._read(object_id, values)
            if live is None:
                raise ProviderError(f"the {self.collection} object {object_id!r} is gone")
        return conceal_like(live, inputs)

    def delete(self, old: Existing, request: Request) -> None:
        object_id = old.id.rsplit("/", 1)[-1]
        path = f"/v1.0/{self.collection}/{object_id}"
        with told("deleting", request):
            self._delete(path, object_id)
            self._graph.wait_until_gone(
                f"Waiting for deletion of {self._named(object_id)}",
                lambda: self._graph.find("looking whether it is gone", path) is None,
            )

    def _change_owners(self, object_id: str, wanted: set[str]) -> None:
        what = f"Could not add owners to {self._named(object_id)}"
        present = set(self._owners(object_id))
        for owner in sorted(wanted - present):
            self._send(what, "POST", f"{object_id}/owners/$ref", {"@odata.id": self._graph_reference(owner)})
        for owner in sorted(present - wanted):
            self._send(what, "DELETE", f"{object_id}/owners/{owner}/$ref")

    def _refuse_to_plan(self, values: Properties, request: Request) -> None:
        """Refuse what cannot be made, at a preview too."""

    def _delete(self, path: str, object_id: str) -> None:
        self._graph.send(f"Deleting {self._named(object_id)}", "DELETE", path, attribute="id")

    @abstractmethod
    def _make(self, values: Properties) -> str:
        """Create it; its object id."""

    @abstractmethod
    def _computed(self, document: dict[str, Any]) -> Properties:
        """Outputs that are not inputs."""

    @abstractmethod
    def _settle(self, object_id: str, values: Properties) -> None:
        """Write to the new object, to see whether the directory knows it."""

    @abstractmethod
    def _updating(self, object_id: str) -> str:
        """What an update is called in messages."""

    def _body(self, values: Properties) -> dict[str, Any]:
        return {name: values[input_] for input_, name in self.body_names.items() if values.get(input_) is not None}

    def _owners_to_bind(self, values: Properties) -> list[str]:
        given: list[str] = values.get("owners") or []
        owners = dict.fromkeys([self._caller_id, *given])
        return [self._graph_reference(owner) for owner in owners]

    def _graph_reference(self, owner: str) -> str:
        return f"https://graph.microsoft.com/v1.0/directoryObjects/{owner}"

    def _send(self, what: str, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        return self._graph.send(what, method, f"/v1.0/{self.collection}/{path}", body)

    def _named(self, object_id: str) -> str:
        return f'{self.noun} ({self.noun}: "{object_id}")'

    def _read(self, object_id: str, given: Properties) -> Properties | None:
        path = f"{self.collection}/{object_id}"
        what = f"Retrieving {self._named(object_id)}"
        document = self._graph.find(what, f"/v1.0/{path}", attribute=self.attribute_of_reads)
        if document is None:
            return None
        self._graph.find(f"{what} (beta API)", f"/beta/{path}", select=self.beta_property)
        # A text that Graph does not have is empty to the provider; what Graph does not know of is as it was given.
        live = {
            input_: "" if document.get(name) is None else document[name] for input_, name in self.body_names.items()
        }
        live["owners"] = sorted(self._owners(object_id))
        known_here = {name: given.get(name, value) for name, value in {**self.unset, **self.defaults}.items()}
        return {**known_here, **live, **self._computed(document), "objectId": document["id"]}

    def _owners(self, object_id: str) -> list[str]:
        what = f"Could not retrieve owners for {self._named(object_id)}"
        listed = self._graph.send(what, "GET", f"/v1.0/{self.collection}/{object_id}/owners", attribute="owners")
        return [owner["id"] for owner in listed["value"]]

    def _id(self, object_id: str) -> str:
        return f"/{self.collection}/{object_id}"

    def _declarable(self) -> list[str]:
        return [*self.body_names, "owners"]


class Application(DirectoryObject):
    """`azuread:index/application:Application`."""

    arguments = APPLICATION
    collection = "applications"
    noun = "Application"
    attribute_of_reads = "id"
    defaults = {"signInAudience": "AzureADMyOrg"}  # noqa: RUF012
    unset = {"preventDuplicateNames": False}  # noqa: RUF012
    emptied = ()
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

    def _refuse_to_plan(self, values: Properties, request: Request) -> None:
        name = values["displayName"]
        if not values.get("preventDuplicateNames") or not isinstance(name, str):
            return
        quoted = name.replace("'", "''")
        what = "could not check for existing application(s)"
        same = self._graph.send(what, "GET", "/v1.0/applications", filter=f"displayName eq '{quoted}'")["value"]
        if same:
            text = (
                f'An existing "azuread_application" with name "{name}" (ID: "{same[0]["id"]}") was found and '
                f"`prevent_duplicate_names` was specified. {_to_be_imported('azuread_application')}"
            )
            raise ProviderError(f"diffing {request.urn}: {diagnostic(text)}")

    def _make(self, values: Properties) -> str:
        body = {**self._body(values), "owners@odata.bind": self._owners_to_bind(values)}
        return self._graph.send("Could not create application", "POST", "/v1.0/applications", body)["id"]

    def _settle(self, object_id: str, values: Properties) -> None:
        # To something and back: both succeed once the new application is known everywhere.
        what = f'Failed to patch application with object ID "{object_id}" after creating'
        for name in (f"TERRAFORM_UPDATE_{uuid.uuid4()}", values["displayName"]):
            self._graph.persistently(
                {404, 409},
                "",
                lambda name=name: self._send(what, "PATCH", object_id, {"displayName": name}),
            )

    def _updating(self, object_id: str) -> str:
        return f'Could not update application with object ID: "{object_id}"'

    def _delete(self, path: str, object_id: str) -> None:
        try:
            self._graph.send("", "DELETE", path)
        except GraphError as error:
            # The provider says twice what Graph answered.
            text = f"deleting {self._named(object_id)}: {error.answer}: {error.answer}"
            raise ProviderError(diagnostic(text, "id")) from None

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
    noun = "Service Principal"
    attribute_of_reads = ""
    defaults = {"accountEnabled": True}  # noqa: RUF012
    unset = {"appRoleAssignmentRequired": False, "useExisting": None}  # noqa: RUF012
    emptied = ("description",)
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
        what = "Could not list existing service principals"
        same = self._graph.send(what, "GET", "/v1.0/servicePrincipals", filter=f"appId eq '{app_id}'")["value"]
        if same and not values.get("useExisting"):
            text = f'A resource with the ID "{same[0]["id"]}" already exists: {_to_be_imported("azuread_service_principal")}'
            raise ProviderError(diagnostic(text, "id"))
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
            lambda: self._graph.send("Could not create service principal", "POST", "/v1.0/servicePrincipals", body),
        )
        return made["id"]

    def _settle(self, object_id: str, values: Properties) -> None:
        # Once: where the directory does not know it yet, the update ends, and the next one goes on.
        try:
            self._send("", "PATCH", object_id, {"description": values.get("description")})
        except GraphError as error:
            text = "Failed to patch service principal after creating"
            if error.status == 404:
                text = "Timed out whilst waiting for new service principal to be replicated in Azure AD"
            raise ProviderError(diagnostic(f"{text}: {error.answer}")) from None

    def _updating(self, object_id: str) -> str:
        return f"Updating {self._named(object_id)}"

    def _computed(self, document: dict[str, Any]) -> Properties:
        return {
            "applicationTenantId": document.get("appOwnerOrganizationId") or "",
            "displayName": document["displayName"],
            "servicePrincipalNames": document.get("servicePrincipalNames") or [],
            "signInAudience": document.get("signInAudience") or "",
            "type": document.get("servicePrincipalType") or "",
        }


def _to_be_imported(resource: str) -> str:
    return (
        "To be managed via Terraform, this resource needs to be imported into the State. Please see the resource "
        f'documentation for "{resource}" for more information.'
    )


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

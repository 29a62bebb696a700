"""`azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential`: whose tokens are taken."""

import threading
from collections import defaultdict
from typing import Any

from ..engine.differences import Difference, changes, replaced_by
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, conceal_like, reveal
from .arguments import FEDERATED_CREDENTIAL, SCHEMA
from .graph import Graph

_NAMES = {
    "audiences": "audiences",
    "description": "description",
    "displayName": "name",
    "issuer": "issuer",
    "subject": "subject",
}
# The provider changes one application at a time: Graph would lose one of two changes.
_CHANGING: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


class ApplicationFederatedIdentityCredential(Resource):
    """A federated identity credential of an application."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        found = list(SCHEMA.failures(FEDERATED_CREDENTIAL, given))
        name = reveal(given.get("displayName"))
        if isinstance(name, str) and not 1 <= len(name) <= 120:
            found.append(Failure("displayName", "expected length of display_name to be in the range (1 - 120)"))
        return {**given, "__defaults": []}, found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = [change for change in changes(old.inputs, inputs) if change.root != "__defaults"]
        return Difference(changed, replaced_by(changed, "applicationId", "displayName"))

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        if request.preview:
            return "", {**given, "credentialId": UNKNOWN}
        values = reveal(given)
        application = values["applicationId"]
        with _CHANGING[application]:
            if self._graph.find("reading the application", f"/v1.0{application}") is None:
                raise ProviderError(f"application {application!r} was not found")
            made = self._graph.send(
                f"adding federated identity credential {values['displayName']!r}",
                "POST",
                _many(application),
                _body(values),
            )
            path = f"{_many(application)}/{made['id']}"
            self._graph.wait_until_seen(
                f"waiting for federated identity credential {made['id']}",
                lambda: self._graph.find("reading the federated identity credential", path) is not None,
            )
        id_ = f"{application.rsplit('/', 1)[-1]}/federatedIdentityCredential/{made['id']}"
        return id_, conceal_like(_state(application, made), inputs)

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        application, path = _address(existing.id)
        document = self._graph.find("reading the federated identity credential", path)
        if document is None:
            return None
        live = _state(application, document)
        inputs = dict(existing.inputs) or {"applicationId": application, "__defaults": []}
        for name in _NAMES:
            if live.get(name) != reveal(existing.state.get(name)):
                inputs[name] = live.get(name)
        inputs = {name: value for name, value in inputs.items() if value is not None}
        return Existing(existing.id, conceal_like(inputs, existing.inputs), live)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        if request.preview:
            return {**old.state, **inputs}
        application, path = _address(old.id)
        values = reveal(inputs)
        # Its name stays, and a description that is declared no more goes.
        body = {**_body(values), "description": values.get("description")}
        del body["name"]
        with _CHANGING[application]:
            self._graph.send(f"updating {old.id}", "PATCH", path, body)
            document = self._graph.send("reading the federated identity credential", "GET", path)
        return conceal_like(_state(application, document), inputs)

    def delete(self, old: Existing, request: Request) -> None:  # noqa: ARG002
        application, path = _address(old.id)
        with _CHANGING[application]:
            if self._graph.find("looking it up", path) is None:
                return
            self._graph.send(f"removing {old.id}", "DELETE", path)
            self._graph.wait_until_gone(
                f"waiting until {old.id} is removed",
                lambda: self._graph.find("looking whether it is gone", path) is None,
            )


def _many(application_id: str) -> str:
    return f"/v1.0{application_id}/federatedIdentityCredentials"


def _address(id_: str) -> tuple[str, str]:
    """The application's id and the credential's path, from the resource's id."""
    application, kind, credential = [*id_.split("/"), "", ""][:3]
    if kind != "federatedIdentityCredential" or not credential:
        raise ProviderError(f"{id_!r} is no id of a federated identity credential")
    application_id = f"/applications/{application}"
    return application_id, f"{_many(application_id)}/{credential}"


def _body(values: Properties) -> dict[str, Any]:
    return {name: values[input_] for input_, name in _NAMES.items() if values.get(input_) is not None}


def _state(application_id: str, document: dict[str, Any]) -> Properties:
    state = {input_: document.get(name) for input_, name in _NAMES.items()}
    known = {name: value for name, value in state.items() if value is not None}
    return {**known, "applicationId": application_id, "credentialId": document["id"]}

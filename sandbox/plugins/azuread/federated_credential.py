"""`azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential`: whose tokens are taken."""

import threading
from collections import defaultdict
from typing import Any

from ..engine.differences import Difference, changes, replaced_by
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, conceal_like, reveal
from .arguments import FEDERATED_CREDENTIAL, check
from .diagnostics import recorded, told
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
        found = list(check(FEDERATED_CREDENTIAL, given, request))
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
            named = f'Application (Application: "{application.rsplit("/", 1)[-1]}")'
            self._graph.send(f"retrieving {named}", "GET", f"/v1.0{application}")
            what = f"Adding federated identity credential for {named}"
            made = self._graph.send(what, "POST", _many(application), _body(values))
            path = f"{_many(application)}/{made['id']}"
            waiting = f"Waiting for {_named(application, made['id'])}"
            self._graph.wait_until_seen(waiting, lambda: self._graph.find(waiting, path) is not None)
            made = self._graph.send(waiting, "GET", path)
        id_ = f"{application.rsplit('/', 1)[-1]}/federatedIdentityCredential/{made['id']}"
        return id_, conceal_like(_state(application, made), inputs)

    def read(self, existing: Existing, request: Request) -> Existing | None:
        application, path = _address(existing.id)
        with told("refreshing", request):
            document = self._graph.find("Retrieving federated identity credential", path)
        if document is None:
            return None
        live = _state(application, document)
        inputs = dict(existing.inputs) or {"applicationId": application, "__defaults": []}
        for name in _NAMES:
            if live.get(name) != reveal(existing.state.get(name)):
                inputs[name] = live.get(name)
        inputs = {name: value for name, value in inputs.items() if value not in (None, "") or name in existing.inputs}
        return Existing(existing.id, conceal_like(inputs, existing.inputs), live)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:
        if request.preview:
            return {**old.state, **inputs}
        application, path = _address(old.id)
        with _CHANGING[application], recorded("updating", request, old.id, {**old.state, **inputs}):
            object_id, credential_id = application.rsplit("/", 1)[-1], path.rsplit("/", 1)[-1]
            what = (
                f'Updating federated identity credential with ID "{credential_id}" for application with object ID '
                f'"{object_id}"'
            )
            self._graph.send(what, "PATCH", path, {"id": credential_id, **_body(reveal(inputs))})
            document = self._graph.send(what, "GET", path)
        return conceal_like(_state(application, document), inputs)

    def delete(self, old: Existing, request: Request) -> None:
        application, path = _address(old.id)
        named = _named(application, path.rsplit("/", 1)[-1])
        with _CHANGING[application], told("deleting", request):
            self._graph.send(f"Removing {named}", "DELETE", path)
            waiting = f"Waiting for deletion of {named}"
            self._graph.wait_until_gone(waiting, lambda: self._graph.find(waiting, path) is None)


def _many(application_id: str) -> str:
    return f"/v1.0{application_id}/federatedIdentityCredentials"


def _address(id_: str) -> tuple[str, str]:
    """The application's id and the credential's path, from the resource's id."""
    application, kind, credential = [*id_.split("/"), "", ""][:3]
    if kind != "federatedIdentityCredential" or not credential:
        raise ProviderError(f"{id_!r} is no id of a federated identity credential")
    application_id = f"/applications/{application}"
    return application_id, f"{_many(application_id)}/{credential}"


def _named(application_id: str, credential_id: str) -> str:
    return (
        f'Application Id Federated Identity Credential (Application: "{application_id.rsplit("/", 1)[-1]}"\n'
        f'Federated Identity Credential: "{credential_id}")'
    )


def _body(values: Properties) -> dict[str, Any]:
    given = {name: values[input_] for input_, name in _NAMES.items() if values.get(input_) is not None}
    # A description that is not declared is an empty one.
    return {"description": "", **given}


def _state(application_id: str, document: dict[str, Any]) -> Properties:
    state = {input_: document.get(name) for input_, name in _NAMES.items()}
    known = {name: value for name, value in state.items() if value is not None}
    return {**known, "applicationId": application_id, "credentialId": document["id"]}

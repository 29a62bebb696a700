"""`azuread:index/applicationPassword:ApplicationPassword`: a client secret; every change makes a new one."""

from typing import Any

from ..engine.differences import Difference, changes
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, Secret, reveal
from .arguments import PASSWORD, check, conflict
from .diagnostics import diagnostic, told
from .graph import Graph


class ApplicationPassword(Resource):
    """A client secret of an application."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        found = list(check(PASSWORD, given, request))
        if given.get("endDate") is not None and given.get("endDateRelative") is not None:
            found += [
                conflict(request, "endDate", "end_date", "end_date_relative"),
                conflict(request, "endDateRelative", "end_date_relative", "end_date"),
            ]
        elif given.get("endDateRelative") is not None:
            found.append(Failure("endDateRelative", "endDateRelative is deprecated, and not part of the stand-in"))
        return {**given, "__defaults": []}, found

    def diff(self, old: Existing, inputs: Properties, request: Request) -> Difference:  # noqa: ARG002
        changed = [change for change in changes(old.inputs, inputs) if change.root != "__defaults"]
        return Difference(changed, {change.path for change in changed})

    def create(self, inputs: Properties, request: Request) -> tuple[str, Properties]:
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        if request.preview:
            computed = {name: UNKNOWN for name in ("keyId", "startDate", "endDate", "displayName") if name not in given}
            return "", {**given, **computed, "value": Secret(UNKNOWN)}
        values = reveal(given)
        path, named = _path(values["applicationId"]), _named(values["applicationId"])
        if self._graph.find(f"Retrieving {named}", path) is None:
            raise ProviderError(diagnostic(f"{named} was not found", "application_id"))
        wanted = {"displayName": "displayName", "startDate": "startDateTime", "endDate": "endDateTime"}
        credential = {name: values[input_] for input_, name in wanted.items() if values.get(input_) is not None}
        body = {"passwordCredential": credential}
        made = self._graph.send(f"Adding password for {named}", "POST", f"{path}/addPassword", body)
        key_id = made["keyId"]
        # A read that fails ends it, and nobody knows the password then.
        waiting = f"Waiting for password credential for {named}"
        self._graph.wait_until_seen(waiting, lambda: self._listed(waiting, path, key_id) is not None)
        self._find(values["applicationId"], key_id)
        state = {
            **given,
            "keyId": key_id,
            "displayName": made.get("displayName") or "",
            "startDate": made["startDateTime"],
            "endDate": made["endDateTime"],
            "value": Secret(made["secretText"]),
        }
        return f"{values['applicationId'].rsplit('/', 1)[-1]}/password/{key_id}", state

    def read(self, existing: Existing, request: Request) -> Existing | None:
        if not existing.state:
            return None  # it can't be imported: Graph never shows its value again
        state = reveal(existing.state)
        with told("refreshing", request):
            credential = self._find(state["applicationId"], state["keyId"])
        if credential is None:
            return None
        live = {
            **existing.state,
            "displayName": credential.get("displayName") or "",
            "startDate": credential["startDateTime"],
            "endDate": credential["endDateTime"],
        }
        return Existing(existing.id, existing.inputs, live)

    def update(self, old: Existing, inputs: Properties, request: Request) -> Properties:  # noqa: ARG002
        raise ProviderError("an ApplicationPassword can't be updated")

    def delete(self, old: Existing, request: Request) -> None:
        state = reveal(old.state)
        key_id, path, named = state["keyId"], _path(state["applicationId"]), _named(state["applicationId"])
        what = f'password credential "{key_id}" from {named}'
        with told("deleting", request):
            self._graph.send(f"Removing {what}", "POST", f"{path}/removePassword", {"keyId": key_id})
            waiting = f"Waiting for deletion of {what}: retrieving resource"
            self._graph.wait_until_gone(waiting, lambda: self._listed(waiting, path, key_id) is None)

    def _find(self, application_id: str, key_id: str) -> dict[str, Any] | None:
        application = self._graph.find(f"Retrieving {_named(application_id)}", _path(application_id))
        return None if application is None else _credential(application, key_id)

    def _listed(self, what: str, path: str, key_id: str) -> dict[str, Any] | None:
        """The credential among the application's, which has to be there."""
        return _credential(self._graph.send(what, "GET", path), key_id)


def _credential(application: dict[str, Any], key_id: str) -> dict[str, Any] | None:
    credentials = application.get("passwordCredentials", [])
    return next((credential for credential in credentials if credential["keyId"] == key_id), None)


def _named(application_id: str) -> str:
    return f'Application (Application: "{application_id.rsplit("/", 1)[-1]}")'


def _path(application_id: str) -> str:
    return f"/v1.0{application_id}"

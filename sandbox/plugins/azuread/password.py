"""`azuread:index/applicationPassword:ApplicationPassword`: a client secret; every change makes a new one."""

from typing import Any

from ..engine.differences import Difference, changes
from ..engine.provider import Existing, ProviderError, Request, Resource
from ..engine.schema import Failure
from ..engine.values import UNKNOWN, Properties, Secret, reveal
from .arguments import PASSWORD, SCHEMA
from .graph import Graph


class ApplicationPassword(Resource):
    """A client secret of an application."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def check(self, inputs: Properties, old: Properties, request: Request) -> tuple[Properties, list[Failure]]:  # noqa: ARG002
        given = {key: value for key, value in inputs.items() if key != "__defaults"}
        found = list(SCHEMA.failures(PASSWORD, given))
        if given.get("endDate") is not None and given.get("endDateRelative") is not None:
            found.append(Failure("endDate", '"end_date": conflicts with end_date_relative'))
        if given.get("endDateRelative") is not None:
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
        path = _path(values["applicationId"])
        if self._graph.find("reading the application", path) is None:
            raise ProviderError(f"application {values['applicationId']!r} was not found")
        wanted = {"displayName": "displayName", "startDate": "startDateTime", "endDate": "endDateTime"}
        credential = {name: values[input_] for input_, name in wanted.items() if values.get(input_) is not None}
        made = self._graph.send(
            "adding a password to the application", "POST", f"{path}/addPassword", {"passwordCredential": credential}
        )
        key_id = made["keyId"]
        self._graph.wait_until_seen(
            f"waiting for password {key_id}", lambda: self._find(values["applicationId"], key_id) is not None
        )
        state = {
            **given,
            "keyId": key_id,
            "displayName": made.get("displayName") or "",
            "startDate": made["startDateTime"],
            "endDate": made["endDateTime"],
            "value": Secret(made["secretText"]),
        }
        return f"{values['applicationId'].rsplit('/', 1)[-1]}/password/{key_id}", state

    def read(self, existing: Existing, request: Request) -> Existing | None:  # noqa: ARG002
        if not existing.state:
            raise ProviderError("an ApplicationPassword can't be imported: Graph never shows its value again")
        state = reveal(existing.state)
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

    def delete(self, old: Existing, request: Request) -> None:  # noqa: ARG002
        state = reveal(old.state)
        application_id, key_id = state["applicationId"], state["keyId"]
        if self._find(application_id, key_id) is None:
            return
        self._graph.send(
            f"removing password {key_id}", "POST", f"{_path(application_id)}/removePassword", {"keyId": key_id}
        )
        self._graph.wait_until_gone(
            f"waiting until password {key_id} is removed", lambda: self._find(application_id, key_id) is None
        )

    def _find(self, application_id: str, key_id: str) -> dict[str, Any] | None:
        application = self._graph.find("reading the application", _path(application_id))
        credentials = (application or {}).get("passwordCredentials", [])
        return next((credential for credential in credentials if credential["keyId"] == key_id), None)


def _path(application_id: str) -> str:
    return f"/v1.0{application_id}"

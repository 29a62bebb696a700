"""Operations that ARM accepts before it has done them: 202 with a Location, which answers 202 until the end."""

import uuid

from starlette.responses import Response

from ..azure import Azure
from ..database import Document
from .entry import Call, Operation, not_found, operation, respond

_VERSIONS = frozenset({"2021-04-01"})
_RESULTS = "/subscriptions/{subscription}/operationresults"


class LongRunning:
    """What has been accepted, and the address where its result is asked for."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        action = "Microsoft.Resources/subscriptions/operationresults/read"
        path = "(?P<scope>/subscriptions/[^/]+)/operationresults/{operation}"
        self.operations: list[Operation] = [operation("GET", path, action, _VERSIONS, self.result)]

    def accept(self, result: Document | None) -> Response:
        """202, for an operation whose result is a document or, after a deletion, nothing."""
        id_ = uuid.uuid4().hex
        self._azure.database.put("operation", id_, {"result": result, "asked": 0})
        results = _RESULTS.format(subscription=self._azure.subscription_id)
        return self._accepted(f"{self._azure.url}{results}/{id_}?api-version=2021-04-01")

    def result(self, call: Call) -> Response:
        """GET: 202 the first time, then 200 with the result."""
        id_ = call.groups["operation"]
        found = self._azure.database.get("operation", id_)
        if found is None:
            raise not_found(call.path, f"operationresults/{id_}")
        if not found["asked"]:
            self._azure.database.put("operation", id_, {**found, "asked": 1})
            return self._accepted(f"{self._azure.url}{call.path}?api-version=2021-04-01")
        return respond(found["result"]) if found["result"] is not None else Response(status_code=200)

    def _accepted(self, location: str) -> Response:
        return Response(status_code=202, headers={"Location": location, "Retry-After": "15"})

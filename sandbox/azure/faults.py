"""Faults that a test or a person asks for: refusals, lost connections and slow answers, by operation."""

import asyncio
import fnmatch
import itertools
import re
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from pydantic.alias_generators import to_camel
from starlette.responses import Response

from .responses import ApiError, arm_error, entra_error, graph_error

# The APIs that operations are named by.
_APIS = ("ARM", "Graph", "Entra", "Configuration", "GitHub", "Metadata")
_METHODS = ("GET", "HEAD", "PUT", "POST", "PATCH", "DELETE")
# What each API says where the fault does not: code by status.
_CODES = {
    401: "ExpiredAuthenticationToken",
    403: "AuthorizationFailed",
    412: "PreconditionFailed",
    422: "ManagementApiRequestFailed",
    429: "TooManyRequests",
}


class ConnectionLostError(Exception):
    """The connection is to be reset instead of answered."""


class Fault(BaseModel):
    """What goes wrong, with which requests, how often."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", validate_by_name=True)

    operation: str
    """Operations that it befalls, as they are counted; `*` stands for any text: `ARM PUT *roleAssignments`."""
    status: int | None = Field(default=None, ge=400, le=599)
    """HTTP status of the refusal."""
    code: str | None = None
    """Code of the refusal, in the API's envelope."""
    message: str | None = None
    """Message of the refusal."""
    retry_after: int | None = Field(default=None, ge=0)
    """Seconds of its Retry-After header."""
    reset: bool = False
    """Reset the connection instead of answering."""
    delay: float = Field(default=0, ge=0)
    """Seconds to wait first."""
    done: bool = False
    """Do what the request asks, and only then wait and go wrong: the caller does not learn that it happened."""
    skip: int = Field(default=0, ge=0)
    """How many requests pass before it begins."""
    count: int | None = Field(default=None, ge=1)
    """How many requests it befalls; without an end where not given."""

    @field_validator("operation")
    @classmethod
    def _can_match(cls, operation: str) -> str:
        head, *rest = re.split(r"[*?\[]", operation, maxsplit=1)
        for begin in (f"{api} {method} " for api in _APIS for method in _METHODS):
            if head.startswith(begin) or (rest and begin.startswith(head)):
                return operation
        raise ValueError(
            f"no operation begins like that: expected one of {', '.join(_APIS)}, a method such as GET, and what it is about"
        )

    @model_validator(mode="after")
    def _does_something(self) -> "Fault":
        if self.status is not None and self.reset:
            raise ValueError("a fault is either a status or a reset")
        if self.status is None and not self.reset and not self.delay:
            raise ValueError("a fault needs a status, a reset or a delay")
        return self


class Faults:
    """The faults that are set, in the order of their setting."""

    def __init__(self) -> None:
        self._ids = itertools.count(1)
        self._faults: dict[int, Fault] = {}

    def add(self, fault: Fault) -> int:
        """Set a fault; its id."""
        id_ = next(self._ids)
        self._faults[id_] = fault
        return id_

    def list(self) -> list[dict[str, Any]]:
        """What is set, and what of it is left."""
        return [{"id": id_, **fault.model_dump(by_alias=True)} for id_, fault in self._faults.items()]

    def clear(self, id_: int | None = None) -> bool:
        """Forget one fault, or all; whether there was any."""
        found = bool(self._faults) if id_ is None else id_ in self._faults
        self._faults = {} if id_ is None else {key: fault for key, fault in self._faults.items() if key != id_}
        return found

    async def befall(self, operation: str, answer: Callable[[], Awaitable[Response]]) -> Response:
        """Answer a request, with the first fault that is due for it.

        Raises:
            ApiError: the fault's refusal.
            ConnectionLostError: the connection is to be reset.
        """
        fault = self._next(operation)
        if fault is None:
            return await answer()
        goes_wrong = fault.status is not None or fault.reset
        if fault.done:
            response = await answer()
            await asyncio.sleep(fault.delay)
            if not goes_wrong:
                return response
        else:
            await asyncio.sleep(fault.delay)
            if not goes_wrong:
                return await answer()
        if fault.reset:
            raise ConnectionLostError
        raise _refusal(fault, operation)

    def _next(self, operation: str) -> Fault | None:
        for id_, fault in self._faults.items():
            if not fnmatch.fnmatchcase(operation, fault.operation):
                continue
            if fault.skip:
                fault.skip -= 1
                continue
            if fault.count is not None:
                fault.count -= 1
                if fault.count == 0:
                    del self._faults[id_]
            return fault
        return None


def _refusal(fault: Fault, operation: str) -> ApiError:
    status = fault.status or 500
    code = fault.code or _CODES.get(status, "InternalServerError" if status == 500 else "ServiceUnavailable")
    message = fault.message or f"The sandbox was told to refuse this ({operation})."
    api = operation.partition(" ")[0]
    if api == "Graph":
        error = graph_error(status, code, message)
    elif api == "Entra":
        number = int(code.removeprefix("AADSTS")) if code.startswith("AADSTS") else 90033
        error = entra_error(
            status, "temporarily_unavailable" if number == 90033 else "invalid_request", number, message
        )
    else:
        error = arm_error(status, code, message)
    if fault.retry_after is not None:
        error.response.headers["Retry-After"] = str(fault.retry_after)
    return error

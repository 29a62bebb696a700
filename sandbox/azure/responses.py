"""Error bodies as each API words them."""

import uuid
from datetime import UTC, datetime
from typing import Any

from starlette.responses import JSONResponse


class ApiError(Exception):
    """An answer other than success, in the words of the API that gives it."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.response = JSONResponse(body, status, headers)


def arm_error(status: int, code: str, message: str) -> ApiError:
    """ARM's envelope."""
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else None
    return ApiError(status, {"error": {"code": code, "message": message}}, headers)


def graph_error(status: int, code: str, message: str, details: list[dict[str, str]] | None = None) -> ApiError:
    """Graph's envelope, with its inner error."""
    request_id = str(uuid.uuid4())
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": request_id,
        "client-request-id": request_id,
    }
    error: dict[str, Any] = {"code": code, "message": message}
    if details:
        error["details"] = details
    return ApiError(status, {"error": {**error, "innerError": inner}})


def entra_error(status: int, error: str, number: int, text: str) -> ApiError:
    """The token endpoint's envelope: the AADSTS number in code and text."""
    trace, correlation = str(uuid.uuid4()), str(uuid.uuid4())
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%SZ")
    return ApiError(
        status,
        {
            "error": error,
            "error_description": (
                f"AADSTS{number}: {text} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {stamp}"
            ),
            "error_codes": [number],
            "timestamp": stamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": f"https://login.microsoftonline.com/error?code={number}",
        },
    )

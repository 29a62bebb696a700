"""The emulated Azure's own API, as the commands use it: health, faults, delays and jobs."""

import ssl
from typing import Any

import httpx

from .home import Home, SandboxError


def healthy(home: Home) -> bool:
    """Whether it answers."""
    try:
        return _request(home, "GET", "health").status_code == 200
    except (httpx.HTTPError, OSError):
        return False


def add_fault(home: Home, fault: dict[str, Any]) -> int:
    """Set a fault; its id.

    Raises:
        SandboxError: the emulator does not run, or refuses it.
    """
    return _ask(home, "POST", "faults", fault)["id"]


def faults(home: Home) -> list[dict[str, Any]]:
    """The faults that are set."""
    return _ask(home, "GET", "faults")["value"]


def clear_faults(home: Home, id_: int | None) -> None:
    """Forget one fault, or all."""
    _ask(home, "DELETE", "faults" if id_ is None else f"faults/{id_}")


def delays(home: Home, changes: dict[str, float] | None = None) -> dict[str, float]:
    """Azure's own delays and the lifetime of its tokens, in seconds, after changes to them.

    Raises:
        SandboxError: the emulator does not run, or refuses them.
    """
    return _ask(home, "PATCH", "settings", changes) if changes else _ask(home, "GET", "settings")


def start_job(home: Home, job: dict[str, Any]) -> dict[str, str]:
    """Start a job of a GitHub workflow; the variables with which it asks for tokens.

    Raises:
        SandboxError: the emulator does not run, or refuses it.
    """
    return _ask(home, "POST", "github/jobs", job)


def _ask(home: Home, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    if not home.is_sandbox():
        raise SandboxError("the sandbox has not been started: .venv/bin/python -m sandbox start")
    try:
        answer = _request(home, method, path, body)
    except (httpx.HTTPError, OSError):
        raise SandboxError("the emulated Azure does not answer: .venv/bin/python -m sandbox start") from None
    if answer.status_code == 404:
        raise SandboxError("there is no such fault: .venv/bin/python -m sandbox fault list")
    if answer.status_code >= 400:
        raise SandboxError(answer.json()["error"]["message"])
    return answer.json() if answer.content else {}


def _request(home: Home, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
    context = ssl.create_default_context(cafile=str(home.azure / "ca.pem"))
    with httpx.Client(verify=context, trust_env=False, timeout=5) as client:
        return client.request(method, f"https://localhost:{home.ports()['azure']}/_sandbox/{path}", json=body)

"""What `make sandbox` does once the sandbox runs: deploy the program, and call an API through the gateway."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx
import tenacity
from rich.console import Console

from .home import CHECKOUT, Home, SandboxError

STACK = "sandbox"
API_PATH = "/echo/hello"
_SERVES_WITHIN_SECONDS = 60


def deploy(home: Home, variables: dict[str, str], console: Console) -> None:
    """Run `pulumi up` of the sandbox stack and wait until the gateway serves the echo API.

    Raises:
        SandboxError: the engine failed (it has said why), or the gateway does not serve.
    """
    environment = {**os.environ, **variables}
    _select_stack(home, environment)
    if subprocess.run(
        ["pulumi", "up", "--yes", "--skip-preview", "--stack", STACK], cwd=CHECKOUT, env=environment
    ).returncode:
        raise SandboxError("pulumi up failed: see above")
    address = live_traffic(home)
    answer = _wait_until_served(address)
    console.print(f"\n[bold green]The gateway serves:[/] http://{address}{API_PATH} answers {answer.status_code}")
    console.print(answer.text, highlight=False)
    console.print(
        "\nTry next:\n"
        '  eval "$(.venv/bin/python -m sandbox env)"   lets plain pulumi, kubectl and az work against the sandbox\n'
        "  pulumi preview --stack sandbox              proposes nothing\n"
        "  kubectl get pods; kubectl logs -l app=mygw --prefix\n"
        "                                              the gateway, and what it says\n"
        f"  curl http://{address}{API_PATH}\n"
        "  make sandbox-down                           stops it; make sandbox-reset erases it",
        soft_wrap=True,
    )


def services(home: Home) -> list[dict[str, Any]]:
    """Where the load balancer serves which Service's ports."""
    file = home.node / "load-balancer.json"
    entries: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    # Of Services that are gone, the ports are kept.
    return [entry for entry in entries if entry.get("served")]


def live_traffic(home: Home, service: str = "mygw-live-traffic", port: int = 80) -> str:
    """Loopback address of a Service's port.

    Raises:
        SandboxError: the load balancer has none.
    """
    for entry in services(home):
        if entry["service"] == service and entry["port"] == port:
            return entry["address"]
    raise SandboxError(f"the load balancer has no address for Service {service}, port {port}")


def _select_stack(home: Home, environment: dict[str, str]) -> None:
    """Make the stack in the backend, at the first deployment. `Pulumi.sandbox.yaml` has its salt and stays as it is."""
    project = home.backend / ".pulumi" / "stacks" / "self-hosted-gateway"
    if (Path(project) / f"{STACK}.json").exists():
        return
    finished = subprocess.run(
        ["pulumi", "stack", "init", STACK, "--no-select"],
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
    )
    if finished.returncode:
        raise SandboxError(f"pulumi stack init failed: {finished.stderr.strip().removeprefix('error: ')}")


def _wait_until_served(address: str) -> httpx.Response:
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type(httpx.HTTPError),
        stop=tenacity.stop_after_delay(_SERVES_WITHIN_SECONDS),
        wait=tenacity.wait_fixed(0.2),
    )

    def request() -> httpx.Response:
        return httpx.get(f"http://{address}{API_PATH}", timeout=5, trust_env=False).raise_for_status()

    try:
        return retrying(request)
    except tenacity.RetryError as error:
        reason = error.last_attempt.exception()
        raise SandboxError(
            f"http://{address}{API_PATH} did not answer: {reason}. Look at: .venv/bin/python -m sandbox run -- kubectl get pods"
        ) from None

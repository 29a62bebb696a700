"""The emulated Azure as a process of the tests' own, and signed-in clients of it."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import tenacity

CHECKOUT = Path(__file__).parents[3]
TENANT = "5a0c0de0-0000-4000-8000-000000000001"
SUBSCRIPTION = "5a0c0de0-0000-4000-8000-000000000002"
INSTANCE_PRINCIPAL = "5a0c0de0-0000-4000-8000-000000000010"
SUBSCRIPTION_SCOPE = f"/subscriptions/{SUBSCRIPTION}"
GROUP_SCOPE = f"{SUBSCRIPTION_SCOPE}/resourceGroups/contoso-rg"
INSTANCE_SCOPE = f"{GROUP_SCOPE}/providers/Microsoft.ApiManagement/service/contoso-apim"
ARM = "https://management.azure.com"
GRAPH = "https://graph.microsoft.com"
CONFIGURATION = "https://azure-api.net/configuration"


@dataclass(frozen=True)
class Identity:
    """A service principal that can sign in."""

    client_id: str
    object_id: str
    client_secret: str


@dataclass
class Emulator:
    """One running emulator."""

    state: Path
    port: int
    process: subprocess.Popen[bytes] | None = None
    clients: list[httpx.Client] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}"

    @property
    def ca(self) -> Path:
        return self.state / "ca.pem"

    @property
    def log(self) -> Path:
        return self.state.with_suffix(".log")

    def start(self) -> None:
        """Start it on its state and wait until it answers."""
        command = [sys.executable, "-m", "sandbox.azure", "--state", str(self.state), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=CHECKOUT, stdout=log, stderr=log)
        retrying = tenacity.Retrying(
            retry=tenacity.retry_if_exception_type((httpx.TransportError, OSError)),
            stop=tenacity.stop_after_delay(60),
            wait=tenacity.wait_fixed(0.1),
            reraise=True,
        )
        retrying(lambda: self.client().get("/_sandbox/health").raise_for_status())

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """End it; its exit code."""
        assert self.process is not None
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=30)

    def reset(self) -> None:
        """Azure as it was seeded."""
        self.client().post("/_sandbox/reset").raise_for_status()
        while self.clients:
            self.clients.pop().close()

    def identity(self, name: str) -> Identity:
        """A principal of the seed, `deployer` or `reader`."""
        entry = json.loads((self.state / "credentials.json").read_text())[name]
        return Identity(entry["clientId"], entry["objectId"], entry["clientSecret"])

    def client(self, token: str | None = None, host: str | None = None) -> httpx.Client:
        """A client of the emulator, closed at the next reset; `host` is one of Azure's names."""
        headers = {"Host": host} if host else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        context = ssl.create_default_context(cafile=str(self.ca))
        client = httpx.Client(base_url=self.url, headers=headers, verify=context, trust_env=False, timeout=30)
        self.clients.append(client)
        return client

    def token(self, identity: Identity, resource: str = ARM, **changes: str) -> httpx.Response:
        """The token endpoint's answer for an identity and a resource, with changes to the form."""
        form = {
            "grant_type": "client_credentials",
            "client_id": identity.client_id,
            "client_secret": identity.client_secret,
            "scope": f"{resource}/.default",
        }
        return self.client().post(f"/{TENANT}/oauth2/v2.0/token", data={**form, **changes})

    def job(self, repository: str = "contoso/gateways", **job: Any) -> dict[str, str]:
        """Start a job of a workflow; the variables of its runner with which it asks for tokens."""
        answer = self.client().post("/_sandbox/github/jobs", json={"repository": repository, **job})
        return answer.raise_for_status().json()

    def job_token(self, job: dict[str, str], audience: str = "api://AzureADTokenExchange") -> str:
        """A token of a job."""
        client = self.client(job["ACTIONS_ID_TOKEN_REQUEST_TOKEN"])
        answer = client.get(f"{job['ACTIONS_ID_TOKEN_REQUEST_URL']}&audience={audience}")
        return answer.raise_for_status().json()["value"]

    def exchange(self, client_id: str, assertion: str, resource: str = ARM, **changes: str) -> httpx.Response:
        """The token endpoint's answer to another issuer's token."""
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": assertion,
            "scope": f"{resource}/.default",
        }
        return self.client().post(f"/{TENANT}/oauth2/v2.0/token", data={**form, **changes})

    def sign_in(self, identity: Identity | str, resource: str = ARM, host: str | None = None) -> httpx.Client:
        """A client with a token for a resource."""
        who = self.identity(identity) if isinstance(identity, str) else identity
        answer = self.token(who, resource).raise_for_status()
        return self.client(answer.json()["access_token"], host)

    def arm(self, identity: Identity | str = "deployer") -> httpx.Client:
        """A client of ARM."""
        return self.sign_in(identity, ARM)

    def graph(self, identity: Identity | str = "deployer") -> httpx.Client:
        """A client of Microsoft Graph."""
        return self.sign_in(identity, GRAPH)

    def switch(self, **settings: float) -> None:
        """Change settings, by their names on the wire, e.g. `rbacDelaySeconds`."""
        self.client().patch("/_sandbox/settings", json=settings).raise_for_status()

    def requests(self) -> Mapping[str, int]:
        """Requests by operation since the last reset or `forget_requests`."""
        return self.client().get("/_sandbox/requests").raise_for_status().json()["operations"]

    def forget_requests(self) -> None:
        self.client().delete("/_sandbox/requests").raise_for_status()

    def environment(self, identity: str = "deployer") -> dict[str, str]:
        """The environment with which clients and plugins reach it; of this machine's only what they need."""
        who = self.identity(identity)
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.state),
            "ARM_METADATA_HOSTNAME": f"localhost:{self.port}",
            "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
            "ARM_TENANT_ID": TENANT,
            "ARM_SUBSCRIPTION_ID": SUBSCRIPTION,
            "ARM_CLIENT_ID": who.client_id,
            "ARM_CLIENT_SECRET": who.client_secret,
            "SSL_CERT_FILE": str(self.ca),
            "REQUESTS_CA_BUNDLE": str(self.ca),
        }


def new_application(graph: httpx.Client, name: str = "contoso-app") -> tuple[dict[str, Any], dict[str, Any]]:
    """An application and its service principal, made over Graph by a caller that comes to own both."""
    application = graph.post("/v1.0/applications", json={"displayName": name}).raise_for_status().json()
    body = {"appId": application["appId"]}
    principal = graph.post("/v1.0/servicePrincipals", json=body).raise_for_status().json()
    return application, principal


def new_identity(emulator: Emulator, name: str = "contoso-app") -> Identity:
    """A service principal with a client secret and no rights."""
    graph = emulator.graph()
    application, principal = new_application(graph, name)
    answer = graph.post(f"/v1.0/applications/{application['id']}/addPassword", json={}).raise_for_status()
    return Identity(application["appId"], principal["id"], answer.json()["secretText"])


def eventually(holds: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until it holds."""
    waiting = tenacity.Retrying(
        retry=tenacity.retry_if_result(lambda held: not held),
        stop=tenacity.stop_after_delay(seconds),
        wait=tenacity.wait_fixed(0.1),
    )
    waiting(holds)

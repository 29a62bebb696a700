"""A sandbox of the tests' own, and the program in it, used as a person would: through the commands."""

import json
import os
import shutil
import ssl
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import tenacity
import yaml

from .cluster import Cluster

CHECKOUT = Path(__file__).parents[2]
TENANT = "5a0c0de0-0000-4000-8000-000000000001"
SUBSCRIPTION = "5a0c0de0-0000-4000-8000-000000000002"
DEPLOYER = "5a0c0de0-0000-4000-8000-000000000021"
INSTANCE = (
    f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-rg/providers/Microsoft.ApiManagement/service/contoso-apim"
)
AUTHORIZATION_VERSION = "2022-04-01"
# The stand-ins' waits in real time would take most of the tests' time; no limit of a test rests on it.
TIME_SCALE = "0.02"
# Only against hanging: what is awaited may come late in an update.
PATIENCE_SECONDS = 240


@dataclass(frozen=True)
class Result:
    """What a command answered."""

    code: int
    output: str

    def ok(self) -> "Result":
        assert self.code == 0, f"exit code {self.code}:\n{self.output}"
        return self


@dataclass
class Sandbox:
    """One running sandbox with a copy of the program."""

    home: Path
    program: Path
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    output: list[str] = field(default_factory=list)
    """Everything that the engine has printed."""
    clusters: dict[str, Cluster] = field(default_factory=dict)
    """The cluster, by the user who asks it."""

    def start(self) -> None:
        self.sandbox("start").ok()
        for identity in ("deployer", "reader", "administrator"):
            lines = self.sandbox("run", "--as", identity, "--", "env", "-0").ok().output
            self.environments[identity] = self.kept(lines)
        for name in ("Pulumi.yaml", "__main__.py"):
            shutil.copy(CHECKOUT / name, self.program / name)
        shutil.copytree(CHECKOUT / "components", self.program / "components")
        (self.program / ".venv").symlink_to(CHECKOUT / ".venv")

    def kept(self, printed: str) -> dict[str, str]:
        """The environment that `env -0` printed in a `run`, with a temporary folder that stays after it."""
        variables = dict(entry.split("=", 1) for entry in printed.split("\0") if "=" in entry)
        return {**variables, "TMPDIR": str(self.home / "temporary")}

    def sandbox(self, *arguments: str) -> Result:
        """`python -m sandbox ...`."""
        environment = {**os.environ, "SANDBOX_HOME": str(self.home), "SANDBOX_TIME_SCALE": TIME_SCALE, "NO_COLOR": "1"}
        return _run([sys.executable, "-m", "sandbox", *arguments], CHECKOUT, environment)

    def run(self, *command: str, identity: str = "deployer", cwd: Path | None = None, **changes: str) -> Result:
        """A command in the sandbox's environment, with changes to it."""
        environment = {**self.environments[identity], **changes}
        return _run(list(command), cwd or self.program, environment)

    def kubectl(self, *arguments: str) -> Result:
        """`kubectl ...` as the administrator."""
        return self.run("kubectl", *arguments, identity="administrator")

    def add_namespace(self, name: str) -> None:
        """A namespace with the documented rights for deployer and reader, as a cluster's administrator makes it."""
        self.kubectl("create", "namespace", name).ok()
        for who in ("deployer", "reader"):
            role = f"self-hosted-gateway-{who}"
            self.kubectl("create", "rolebinding", role, f"--clusterrole={role}", f"--user={who}", "-n", name).ok()

    def await_right(self, who: str, verb: str, resource: str, answer: str, namespace: str = "default") -> None:
        """Wait until an identity may, `yes`, or may not, `no`."""

        def effective() -> None:
            assert self.cluster(who).may(verb, resource, namespace) is (answer == "yes")

        eventually(effective)

    def cluster(self, user: str = "admin") -> Cluster:
        """The cluster, as a user sees it."""
        if user not in self.clusters:
            self.clusters[user] = Cluster(self.home, user)
        return self.clusters[user]

    def objects(self, kind: str, namespace: str = "default") -> dict[str, dict[str, Any]]:
        """The objects of a kind in a namespace, by name."""
        return self.cluster().objects(kind, namespace)

    def fault(self, operation: str, **what: Any) -> None:
        """Let the emulated Azure go wrong; see `sandbox/azure/faults.py`."""
        answer = self.azure().post("/_sandbox/faults", json={"operation": operation, **what})
        assert answer.status_code == 201, answer.text

    def clear_faults(self) -> None:
        self.azure().delete("/_sandbox/faults").raise_for_status()

    def requests(self) -> dict[str, int]:
        """Requests to Azure by operation since the last reset."""
        return self.azure().get("/_sandbox/requests").raise_for_status().json()["operations"]

    def sign_ins(self) -> dict[str, int]:
        """Access tokens since the last reset, by the key id of the client secret that they were given for."""
        return self.azure().get("/_sandbox/requests").raise_for_status().json()["signIns"]

    def azure_settings(self, **settings: Any) -> None:
        """Change settings of the emulated Azure; see `sandbox/azure/azure.py`."""
        self.azure().patch("/_sandbox/settings", json=settings).raise_for_status()

    def reset_azure(self) -> None:
        """Azure as it was seeded."""
        self.azure().post("/_sandbox/reset").raise_for_status()

    def azure(self, resource: str | None = None, identity: str = "deployer") -> httpx.Client:
        """A client of the emulated Azure; with a token for a resource, if one is named."""
        environment = self.environments[identity]
        client = httpx.Client(
            base_url=f"https://{environment['ARM_METADATA_HOSTNAME']}",
            verify=_trust(environment["SSL_CERT_FILE"]),
            timeout=60,
            trust_env=False,
        )
        if resource:
            answer = client.post(
                f"/{environment['ARM_TENANT_ID']}/oauth2/v2.0/token",
                data={
                    "grant_type": "client_credentials",
                    "client_id": environment["ARM_CLIENT_ID"],
                    "client_secret": environment["ARM_CLIENT_SECRET"],
                    "scope": f"{resource}/.default",
                },
            ).raise_for_status()
            client.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return client

    def arm(self, identity: str = "deployer") -> httpx.Client:
        """A client of ARM."""
        return self.azure("https://management.azure.com", identity)

    def graph(self, identity: str = "deployer") -> httpx.Client:
        """A client of Microsoft Graph."""
        return self.azure("https://graph.microsoft.com", identity)

    def live_traffic(self, service: str = "mygw-live-traffic", port: int = 80, namespace: str = "default") -> str:
        """The URL at which the load balancer serves a Service."""
        entries = json.loads((self.home / "node" / "load-balancer.json").read_text())
        wanted = (namespace, service, port)
        (address,) = [e["address"] for e in entries if (e["namespace"], e["service"], e["port"]) == wanted]
        return f"http://{address}"

    def wait_for_pods(self, namespace: str = "default") -> None:
        """Wait until every pod of a rolled out gateway is ready and none is left of the last revision."""

        def rolled_out() -> None:
            deployments = self.objects("deployments", namespace).values()
            assert deployments
            for deployment in deployments:
                status, wanted = deployment["status"], deployment["spec"]["replicas"]
                assert status.get("observedGeneration", 0) >= deployment["metadata"]["generation"]
                counts = [status.get(name, 0) for name in ("replicas", "updatedReplicas", "availableReplicas")]
                assert counts == [wanted, wanted, wanted]

        def none_ends() -> None:
            assert not [
                pod for pod in self.objects("pods", namespace).values() if "deletionTimestamp" in pod["metadata"]
            ]

        eventually(rolled_out)
        eventually(none_ends)

    def only_pod(self) -> str:
        """The pod's name, once those of earlier revisions have ended."""

        def single() -> str:
            names = list(self.objects("pods"))
            assert len(names) == 1
            return names[0]

        return eventually(single)

    def erase_cluster(self) -> None:
        """Remove what a stack or a test made in the cluster, without asking the engine."""
        cluster = self.cluster()

        def empty(*kinds: str, **options: Any) -> None:
            for kind in kinds:
                cluster.delete_labelled(kind, "app", **options)
            assert not [name for kind in kinds for name in cluster.labelled(kind, "app")]

        def without_namespaces() -> None:
            made = [name for name in cluster.namespaces() if name != "default" and not name.startswith("kube-")]
            for name in made:
                cluster.delete_namespace(name)
            assert not made

        # Whoever makes pods goes first, alone: else it would make others for those that are deleted.
        for kind in ("deployment", "replicaset"):
            eventually(lambda kind=kind: empty(kind, propagationPolicy="Orphan"))
        others = ("service", "configmap", "secret", "horizontalpodautoscaler", "poddisruptionbudget", "serviceaccount")
        eventually(lambda: empty(*others, "pod", gracePeriodSeconds=1))
        eventually(without_namespaces)


@dataclass
class Stack:
    """One stack of the program."""

    sandbox: Sandbox
    name: str

    def configure(self, config: Mapping[str, Any]) -> None:
        """Write the stack's file."""
        salt = yaml.safe_load((CHECKOUT / "Pulumi.sandbox.yaml").read_text())["encryptionsalt"]
        text = yaml.safe_dump({"encryptionsalt": salt, "config": dict(config)})
        (self.sandbox.program / f"Pulumi.{self.name}.yaml").write_text(text)

    def pulumi(self, *arguments: str, identity: str = "deployer", cwd: Path | None = None, **changes: str) -> Result:
        """`pulumi ... --stack NAME`, without colours or progress."""
        command = ["pulumi", *arguments, "--stack", self.name, "--color", "never", "--non-interactive"]
        result = self.sandbox.run(*command, identity=identity, cwd=cwd, **changes)
        self.sandbox.output.append(result.output)
        return result

    def started(self, *arguments: str) -> subprocess.Popen[str]:
        """`pulumi ...`, running in a process group of its own as at a terminal; its output is read by the caller."""
        command = ["pulumi", *arguments, "--stack", self.name, "--color", "never", "--non-interactive"]
        return subprocess.Popen(
            command,
            cwd=self.sandbox.program,
            env=self.sandbox.environments["deployer"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self, *arguments: str, **changes: Any) -> Result:
        return self.pulumi("up", "--yes", "--skip-preview", *arguments, **changes)

    def preview(self, *arguments: str, identity: str = "deployer", **changes: Any) -> Result:
        return self.pulumi("preview", *arguments, identity=identity, **changes)

    def check_drift(self, *arguments: str, identity: str = "deployer", **changes: Any) -> Result:
        command = ("refresh", "--preview-only", "--run-program", "--expect-no-changes", *arguments)
        return self.pulumi(*command, identity=identity, **changes)

    def destroy(self) -> Result:
        return self.pulumi("destroy", "--yes", "--skip-preview")

    def ops(
        self, command: str, *arguments: str, identity: str = "deployer", cwd: Path | None = None, **changes: Any
    ) -> Result:
        """`python -m ops COMMAND --stack NAME ...`, in the program's folder."""
        line = [sys.executable, "-m", "ops", command, "--stack", self.name, *arguments]
        environment = {"PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1", **changes}
        result = self.sandbox.run(*line, identity=identity, cwd=cwd, **environment)
        self.sandbox.output.append(result.output)
        return result

    def started_ops(self, log: Path, command: str, *arguments: str, identity: str) -> subprocess.Popen[bytes]:
        """`python -m ops COMMAND --stack NAME ...` in the background; what it prints is written to a file."""
        line = [sys.executable, "-m", "ops", command, "--stack", self.name, *arguments]
        environment = {**self.sandbox.environments[identity], "PYTHONPATH": str(CHECKOUT), "NO_COLOR": "1"}
        with log.open("wb") as output:
            return subprocess.Popen(
                line, cwd=self.sandbox.program, env=environment, stdout=output, stderr=subprocess.STDOUT
            )

    def outputs(self, *, secrets: bool = False) -> dict[str, Any]:
        arguments = ["--json", *(["--show-secrets"] if secrets else [])]
        # Not through `run`, which keeps what is printed: here a secret may be asked for.
        command = ["pulumi", "stack", "output", *arguments, "--stack", self.name]
        result = _run(command, self.sandbox.program, self.sandbox.environments["deployer"])
        return json.loads(result.ok().output)

    def resources(self) -> list[dict[str, Any]]:
        """What the state has, providers and components apart."""
        exported = json.loads(self.pulumi("stack", "export").ok().output)
        return [
            r for r in exported["deployment"].get("resources", []) if r.get("custom") and "providers" not in r["type"]
        ]

    def remove(self) -> None:
        """Forget the stack, whatever it still has."""
        self.pulumi("stack", "rm", "--yes", "--force")


def sandbox_config(**changes: Any) -> dict[str, Any]:
    """The configuration of `Pulumi.sandbox.yaml`, with changes to its sections by their short names."""
    config = yaml.safe_load((CHECKOUT / "Pulumi.sandbox.yaml").read_text())["config"]
    for name, value in changes.items():
        config[f"self-hosted-gateway:{name}"] = value
    return config


def sandbox_gateway(**changes: Any) -> dict[str, Any]:
    """The gateway of `Pulumi.sandbox.yaml`, with changes."""
    (gateway,) = sandbox_config()["self-hosted-gateway:gateways"]
    return {**gateway, **changes}


def eventually(check: Any) -> Any:
    """The check's result, as soon as it passes without an assertion error, and whom it asks answers."""
    retrying = tenacity.Retrying(
        retry=tenacity.retry_if_exception_type((AssertionError, httpx.TransportError)),
        stop=tenacity.stop_after_delay(PATIENCE_SECONDS),
        wait=tenacity.wait_fixed(0.2),
        reraise=True,
    )
    return retrying(check)


def _run(command: list[str], cwd: Path, environment: Mapping[str, str]) -> Result:
    finished = subprocess.run(
        command,
        cwd=cwd,
        env=dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=850,
    )
    return Result(finished.returncode, finished.stdout)


def _trust(path: str) -> Any:
    return ssl.create_default_context(cafile=path)

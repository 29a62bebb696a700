"""A repository with three stacks and the sandbox as its cloud: what its pipelines' jobs find."""

import base64
import json
import os
from pathlib import Path
from typing import Any

import yaml

from ..pipelines.working_copy import CHECKOUT, ENVIRONMENTS, Repository
from .sandbox import Sandbox, sandbox_config, sandbox_gateway

STACKS = ENVIRONMENTS
_DEVS_ROLES = {"existing": {"stack": "organization/self-hosted-gateway/dev"}}
# As Pulumi.staging.yaml and Pulumi.prod.yaml are shipped; a copy of the repository has its own.
_FOLLOWERS: dict[str, dict[str, Any]] = {
    "staging": {
        "apiManagement": {"name": "contoso-apim", "resourceGroup": "contoso-rg", "validatorAssignment": "existing"},
        "roles": _DEVS_ROLES,
        "gateways": [{"name": "mygw-staging", "replicas": 2}],
    },
    "prod": {
        "apiManagement": {"name": "contoso-apim-prod", "resourceGroup": "contoso-prod-rg"},
        "roles": _DEVS_ROLES,
        "gateways": [{"name": "mygw-prod", "namespace": "apim", "replicas": 3}],
        "protect": ["validator", "gateways"],
    },
}
# What only a signed-in job has; of the cluster's sign-in, nobody has a kubeconfig beside the stack's file.
SIGN_IN = ("ARM_CLIENT_SECRET", "PULUMI_CONFIG_PASSPHRASE")
# kubelogin, which makes the Azure CLI's sign-in the cluster's: in its place, that of whom the job is signed in as.
_KUBELOGIN = """#!/bin/sh
[ "$*" = "get-token --login azurecli --server-id 6dae42f8-4368-4678-94ff-3960e28e3630" ] || exit 2
[ -n "$CLUSTER_SIGN_IN" ] || { echo "Please run 'az login' to setup account." >&2; exit 1; }
cat "$CLUSTER_SIGN_IN"
"""
_EXEC_VERSION = "client.authentication.k8s.io/v1beta1"


class PipelineProject:
    """The repository, committed, with its stacks made in the backend."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        (folder / "repository").mkdir()
        self.repository = Repository(folder / "repository")
        self.repository.write("Pulumi.dev.yaml", self.stack_file())
        for name in STACKS[1:]:
            self.repository.write(f"Pulumi.{name}.yaml", self.follower_file(name))
        self.head = self.repository.commit()
        sandbox.add_namespace("apim")  # prod's
        for name in STACKS:
            sandbox.run("pulumi", "stack", "init", name, "--no-select", cwd=self.repository.folder).ok()
        self.machine = self._machine()

    def stack_file(self, **changes: Any) -> str:
        """Stack dev's: the sandbox's configuration, with changes to its sections."""
        return self._file(sandbox_config(**changes))

    def follower_file(self, stack: str) -> str:
        """Staging's or prod's."""
        changes = dict(_FOLLOWERS[stack])
        changes["gateways"] = [
            sandbox_gateway(**gateway, createGatewayResource=True, locationName="contoso headquarters")
            for gateway in changes["gateways"]
        ]
        return self._file(sandbox_config(**changes))

    def _file(self, config: dict[str, Any]) -> str:
        salt = yaml.safe_load((CHECKOUT / "Pulumi.sandbox.yaml").read_text())["encryptionsalt"]
        cluster = {"self-hosted-gateway:cluster": {"kubeconfig": self._kubeconfig()}}
        return yaml.safe_dump({"encryptionsalt": salt, "config": {**config, **cluster}})

    def _kubeconfig(self) -> dict[str, Any]:
        """The cluster's, as `kubelogin convert-kubeconfig -l azurecli` leaves it."""
        document = self._kubeconfig_of("reader")
        arguments = ["get-token", "--login", "azurecli", "--server-id", "6dae42f8-4368-4678-94ff-3960e28e3630"]
        plugin = {"apiVersion": _EXEC_VERSION, "command": "kubelogin", "args": arguments, "provideClusterInfo": False}
        (user,) = document["users"]
        return {**document, "users": [{"name": user["name"], "user": {"exec": plugin}}]}

    def _kubeconfig_of(self, identity: str) -> dict[str, Any]:
        return json.loads(Path(self.sandbox.environments[identity]["KUBECONFIG"]).read_text())

    def remove(self) -> None:
        """Forget the stacks, whatever they still have."""
        for name in reversed(STACKS):
            self.sandbox.run("pulumi", "stack", "rm", name, "--yes", "--force", cwd=self.repository.folder)

    def _machine(self) -> dict[str, str]:
        """What a job's machine has before anybody has signed in."""
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "kubelogin").write_text(_KUBELOGIN)
        (tools / "kubelogin").chmod(0o755)
        environment = self.sandbox.environments["reader"]
        unknown = (
            *SIGN_IN, "KUBECONFIG", "ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "PULUMI_BACKEND_URL",
        )  # fmt: skip
        machine = {
            name: value
            for name, value in environment.items()
            if name not in unknown and not name.startswith(("AZURE_", "GITHUB_", "PYTEST_"))
        }
        return {**machine, "PATH": f"{tools}:{environment['PATH']}", "NO_COLOR": "1"}

    def sign_in(self, identity: str) -> dict[str, str]:
        """What signing in adds to it."""
        signed_in = {name: self.sandbox.environments[identity][name] for name in SIGN_IN}
        return {**signed_in, "CLUSTER_SIGN_IN": str(self._cluster_sign_in(identity))}

    def _cluster_sign_in(self, identity: str) -> Path:
        """What kubelogin answers for somebody who is signed in."""
        (user,) = self._kubeconfig_of(identity)["users"]
        names = {"client-certificate-data": "clientCertificateData", "client-key-data": "clientKeyData"}
        status = {new: base64.b64decode(user["user"][old]).decode() for old, new in names.items()}
        file = self.folder / f"cluster-sign-in-{identity}.json"
        file.write_text(json.dumps({"apiVersion": _EXEC_VERSION, "kind": "ExecCredential", "status": status}))
        return file

    def person(self, *command: str) -> str:
        """What a command says to a person at a workstation, who is signed in as the deployer."""
        copy = self.folder / f"workstation-{self.head}"
        if not copy.exists():
            self.repository.check_out(self.head, 1, copy)
        path = os.pathsep.join([str(self.folder / "tools"), self.sandbox.environments["deployer"]["PATH"]])
        signed_in = {**self.sign_in("deployer"), "PATH": path, "KUBECONFIG": os.devnull}
        return self.sandbox.run(*command, cwd=copy, **signed_in).ok().output

    def deploy(self) -> None:
        """As a person does it, where no pipeline deploys."""
        for name in STACKS:
            self.person("make", "preview", f"STACK={name}")
            self.person("make", "deploy", f"STACK={name}")

    def secrets(self) -> list[str]:
        """The gateway's client secret, as it is and as Kubernetes has it, and the deployer's."""
        data = self.sandbox.objects("secret")["mygw-auth"]["data"]
        (encoded,) = data.values()
        plain = base64.b64decode(encoded).decode()
        return [encoded, plain, self.sandbox.environments["deployer"]["ARM_CLIENT_SECRET"]]

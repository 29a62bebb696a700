"""A repository with three stacks and the sandbox as its cloud: what its pipelines' jobs find."""

import base64
from pathlib import Path
from typing import Any

import yaml

from ..pipelines.working_copy import CHECKOUT, Repository
from .sandbox import Sandbox, sandbox_config
from .test_environments import configuration

STACKS = ("dev", "staging", "prod")
# What only a signed-in job has.
SIGN_IN = ("ARM_CLIENT_SECRET", "KUBECONFIG", "PULUMI_CONFIG_PASSPHRASE")


def stack_file(**changes: Any) -> str:
    """Stack dev's: the sandbox's configuration, with changes to its sections."""
    return _file(sandbox_config(**changes))


def follower_file(stack: str) -> str:
    """Staging's or prod's, as the repository has it, filled in."""
    return _file(configuration(stack))


def _file(config: dict[str, Any]) -> str:
    salt = yaml.safe_load((CHECKOUT / "Pulumi.sandbox.yaml").read_text())["encryptionsalt"]
    return yaml.safe_dump({"encryptionsalt": salt, "config": config})


class PipelineProject:
    """The repository, committed, with its stacks made in the backend."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox = sandbox
        self.folder = folder
        (folder / "repository").mkdir()
        self.repository = Repository(folder / "repository")
        self.repository.write("Pulumi.dev.yaml", stack_file())
        for name in STACKS[1:]:
            self.repository.write(f"Pulumi.{name}.yaml", follower_file(name))
        self.head = self.repository.commit()
        sandbox.add_namespace("apim")  # prod's
        for name in STACKS:
            sandbox.run("pulumi", "stack", "init", name, "--no-select", cwd=self.repository.folder).ok()
        self.machine = self._machine()

    def remove(self) -> None:
        """Forget the stacks, whatever they still have."""
        for name in reversed(STACKS):
            self.sandbox.run("pulumi", "stack", "rm", name, "--yes", "--force", cwd=self.repository.folder)

    def _machine(self) -> dict[str, str]:
        """What a job's machine has before anybody has signed in."""
        tools = self.folder / "tools"
        tools.mkdir()
        (tools / "kubelogin").symlink_to("/bin/true")  # as on a machine that has it
        environment = self.sandbox.environments["reader"]
        unknown = (*SIGN_IN, "ARM_CLIENT_ID", "ARM_TENANT_ID", "ARM_SUBSCRIPTION_ID", "PULUMI_BACKEND_URL")
        machine = {
            name: value
            for name, value in environment.items()
            if name not in unknown and not name.startswith(("AZURE_", "GITHUB_", "PYTEST_"))
        }
        return {**machine, "PATH": f"{tools}:{environment['PATH']}", "NO_COLOR": "1"}

    def sign_in(self, identity: str) -> dict[str, str]:
        """What signing in adds to it."""
        return {name: self.sandbox.environments[identity][name] for name in SIGN_IN}

    def person(self, *command: str) -> str:
        """What a command says to a person at a workstation, who is signed in as the deployer."""
        copy = self.folder / f"workstation-{self.head}"
        if not copy.exists():
            self.repository.check_out(self.head, 1, copy)
        return self.sandbox.run(*command, cwd=copy).ok().output

    def secrets(self) -> list[str]:
        """The gateway's client secret, as it is and as Kubernetes has it, and the deployer's."""
        data = self.sandbox.objects("secret")["mygw-auth"]["data"]
        (encoded,) = data.values()
        plain = base64.b64decode(encoded).decode()
        return [encoded, plain, self.sandbox.environments["deployer"]["ARM_CLIENT_SECRET"]]

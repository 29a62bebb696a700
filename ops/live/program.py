"""What a live run does to a stack: the commands that people and pipelines run, each as its own code."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from ..azure.sign_in import Azure
from ..cluster.connection import Cluster
from ..deploy import deploy, destroy
from ..drift.check import check
from ..drift.report import Report as Drift
from ..engine import commands
from ..engine.providers import provider_inputs
from ..engine.state import StackResource, export_raw, resources_of, stacks
from ..errors import OpsError
from ..preview.preview import Preview, preview
from ..report.values import secrets_in
from ..rotate import Rotation, rotate
from ..verify.gateways import Gateway, KubernetesObject, gateways_of
from ..verify.report import Report as Verification
from ..verify.run import verify
from ..verify.watch import watched

PLAN = "plan.json"


class Program:
    """One stack, in the folder of the program."""

    def __init__(self, stack: str, folder: Path) -> None:
        """A stack.

        Args:
            stack: its name.
            folder: where its plans are saved.
        """
        self.stack = stack
        self.folder = folder
        self._cluster: Cluster | None = None
        self._state: dict[str, Any] | None = None

    def make(self) -> bool:
        """Make the stack where the backend does not have it and its file tells how its secrets are encrypted.

        Returns:
            Whether it was made.

        Raises:
            OpsError: it is not there, and can't be made.
        """
        name = self.stack.rsplit("/", 1)[-1]
        if name in {known.rsplit("/", 1)[-1] for known in stacks()}:
            return False
        file = Path(f"Pulumi.{name}.yaml")
        try:
            has_salt = "encryptionsalt" in (yaml.safe_load(file.read_text()) or {})
        except (OSError, ValueError, yaml.YAMLError) as error:
            raise OpsError(f"{file} can't be read: {error}") from None
        if not has_salt:
            # Which key encrypts its secrets is decided once, and by a person.
            raise OpsError(f"There is no stack {self.stack}: make it with `pulumi stack init {self.stack}`.")
        commands.run("stack", "init", self.stack, "--no-select")
        self._state = None
        return True

    def preview(self) -> Preview:
        """What an update would do; its plan is saved.

        Raises:
            OpsError: the preview fails.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        return preview(self.stack, refresh=True, plan=self.folder / PLAN)

    def deploy(self, say: Callable[[str], None]) -> None:
        """Carry out the plan of the last preview; why it waits is told, too.

        Raises:
            OpsError: the update fails, or would go beyond the plan.
        """
        try:
            with watched(self.stack, say) as hear:
                deploy(self.stack, self.folder / PLAN, hear)
        finally:
            self._state = None
            (self.folder / PLAN).unlink(missing_ok=True)

    def destroy(self, say: Callable[[str], None]) -> None:
        """Delete everything that the stack has.

        Raises:
            OpsError: it fails.
        """
        try:
            destroy(self.stack, say)
        finally:
            self._state = None

    def verify(self) -> Verification:
        """Ask whether the gateways can do their work.

        Raises:
            OpsError: there is nothing to ask about.
        """
        return verify(self.stack)

    def drift(self) -> Drift:
        """Check for drift.

        Raises:
            OpsError: it can't be checked.
        """
        return check(self.stack)

    def rotate(self) -> list[Rotation]:
        """Set today's date in the stack's file.

        Raises:
            RotatedTodayError: a gateway's secret was rotated today.
            OpsError: the file is not as it should be.
        """
        return rotate(self.stack, None, datetime.now(UTC).date())

    def state(self) -> dict[str, Any]:
        """The stack's state, as the engine exports it, since the last update. Its secrets are encrypted.

        Raises:
            OpsError: the engine can't be run, or there is no such stack.
        """
        if self._state is None:
            self._state = export_raw(self.stack)
        return self._state

    def resources(self) -> list[StackResource]:
        """What the state has. Secrets are masked.

        Raises:
            OpsError: the engine can't be run, or there is no such stack.
        """
        return resources_of(self.state())

    def secrets(self) -> set[str]:
        """Every secret that the state has, in clear.

        Raises:
            OpsError: the engine can't be run, or there is no such stack.
        """
        return set(secrets_in(export_raw(self.stack, in_clear=True)))

    def gateways(self) -> list[Gateway]:
        """The stack's gateways.

        Raises:
            OpsError: there is none.
        """
        return gateways_of(self.stack, self.resources())

    def azure(self) -> Azure:
        """ARM and Graph, with the sign-in of the stack's provider.

        Raises:
            OpsError: the stack has no such provider.
        """
        return Azure(provider_inputs("azure-native", self.resources()) or {})

    def cluster(self) -> Cluster:
        """The stack's cluster.

        Raises:
            OpsError: it can't be reached.
        """
        if self._cluster is None:
            provider = provider_inputs("kubernetes", self.resources())
            if provider is None:
                raise OpsError(f"Stack {self.stack} has no Kubernetes provider: nothing is deployed.")
            self._cluster = Cluster(provider)
        return self._cluster

    def pods(self) -> Iterator[tuple[KubernetesObject, dict[str, Any]]]:
        """The gateways' pods, those that end among them, each with its Deployment.

        Raises:
            OpsError: they can't be read.
        """
        for gateway in self.gateways():
            if (deployment := gateway.deployment) is not None:
                for pod in self.cluster().select("v1", "Pod", deployment.namespace, f"app={deployment.name}"):
                    yield deployment, pod

"""A stack as far as a live run sees it: deployed or not, with a label that somebody may have changed."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ops.cluster.connection import LogLine
from ops.cluster.updates import Change as Loss
from ops.cluster.updates import Losses, TakenAway
from ops.drift.report import Finding, Kind
from ops.drift.report import Report as Drift
from ops.engine.state import StackResource, resources_of
from ops.engine.steps import Step
from ops.errors import OpsError
from ops.live.program import Program
from ops.preview.foreseen import Foreseen
from ops.preview.preview import Preview
from ops.rotate import RotatedTodayError, Rotation
from ops.verify.gateways import Gateway, KubernetesObject
from ops.verify.report import Answer, Check
from ops.verify.report import Report as Verification

TENANT = "5a0c0de0-0000-4000-8000-000000000001"
SUBSCRIPTION = "5a0c0de0-0000-4000-8000-000000000002"
CLIENT_SECRET = "contoso~secret.of_the_gateway"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
READY = {"type": "Ready", "status": "True", "lastTransitionTime": "2026-11-27T04:00:00Z"}


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::p::{type_}::{name}"


def step(operation: str, type_: str, name: str, *properties: str) -> Step:
    inputs = {"metadata": {"namespace": "apim", "name": name}}
    return Step(operation, urn(type_, name), type_, properties, inputs, inputs, provider="provider")


class Cluster:
    """The stack's cluster."""

    server = "https://contoso-aks.example:443"

    def __init__(self) -> None:
        self.label = "mygw"
        self.writes: list[tuple[str, str]] = []
        self.refuses: list[str] = []
        """Labels that it does not take."""

    def find(self, api_version: str, kind: str, namespace: str, name: str) -> dict[str, Any]:
        assert (api_version, kind, namespace, name) == ("v1", "ConfigMap", "apim", "mygw-env")
        return {"metadata": {"labels": {"app": self.label}}}

    def set_label(self, *object_and_label: str, before: str, after: str, manager: str) -> None:
        assert object_and_label == ("v1", "ConfigMap", "apim", "mygw-env", "app")
        assert manager == "self-hosted-gateway-live-run"
        if self.label != before or after in self.refuses:
            raise OpsError("Label app of ConfigMap apim/mygw-env can't be changed: refused")
        self.writes.append((before, after))
        self.label = after

    def log(self, *_: Any) -> list[LogLine]:
        at = datetime(2026, 11, 27, 4, tzinfo=UTC)
        return [LogLine(at, "[Info] 2026-11-27T04:00:00Z [ConfigurationLoaded] the configuration was loaded")]

    def server_version(self) -> str:
        return "v1.37.2"


class Deployable(Program):
    """The stack. What is to go wrong is put before a command, by its name."""

    def __init__(self, folder: Path) -> None:
        super().__init__("dev", folder)
        self.there = Cluster()
        self.is_made, self.is_deployed, self.is_rotated = True, False, False
        self.done: list[str] = []
        self.goes_wrong: dict[str, list[Callable[[], None] | None]] = {}
        """For each command what happens at its first, second ... call; None for nothing."""
        self.also_planned: list[Step] = []
        self.warned_of: list[str] = []
        self.taken_away: list[TakenAway] = []
        self.unwell: list[Verification] = []
        """What it answers before all is well."""
        self.found: list[Finding] = []
        """Differences beside that of the label."""
        self.keeps: list[StackResource] = []
        """What no destruction deletes."""

    def _begin(self, command: str) -> None:
        self.done.append(command)
        waiting = self.goes_wrong.get(command) or [None]
        if (happens := waiting.pop(0)) is not None:
            happens()

    def make(self) -> bool:
        self._begin("make")
        return not self.is_made

    def preview(self) -> Preview:
        self._begin("preview")
        steps = list(self.also_planned)
        if not self.is_deployed:
            steps += [
                step("create", CONFIG_MAP, "mygw-workload-env"),
                step("create", DEPLOYMENT, "mygw-workload-deployment"),
            ]
        elif self.there.label != "mygw":
            steps += [step("update", CONFIG_MAP, "mygw-workload-env", "metadata.labels.app")]
            steps += [step("update", DEPLOYMENT, "mygw-workload-deployment", "spec.template.metadata.annotations")]
        if self.is_rotated:
            steps.append(step("replace", PASSWORD, "mygw-identity-client-secret", "displayName"))
        return Preview(steps, Losses(self.taken_away), Foreseen(said=self.warned_of))

    def deploy(self, say: Callable[[str], None]) -> None:
        say("updating mygw-workload-deployment (Deployment)")
        self._begin("deploy")
        self.is_deployed, self.is_rotated, self.there.label = True, False, "mygw"
        say("Ended after 5 s: 2 same, 1 update.")

    def destroy(self, say: Callable[[str], None]) -> None:
        self._begin("destroy")
        self.is_deployed = False
        say("Ended after 3 s: 2 delete.")

    def verify(self) -> Verification:
        self._begin("verify")
        return self.unwell.pop(0) if self.unwell else answered(Answer.OK)

    def drift(self) -> Drift:
        self._begin("drift")
        changed = Finding(
            "mygw-workload-env", CONFIG_MAP, Kind.CHANGED, "metadata.labels.app", "mygw", self.there.label
        )
        return Drift("dev", findings=[*([changed] if self.there.label != "mygw" else []), *self.found])

    def rotate(self) -> list[Rotation]:
        self._begin("rotate")
        self.is_rotated = True
        return [Rotation("mygw", "2026-11-01", date(2026, 11, 27))]

    def state(self) -> dict[str, Any]:
        if not self.is_deployed:
            return {"deployment": {}}
        metadata = {"namespace": "apim", "name": "mygw-env", "labels": {"app": "mygw"}}
        azure = {"tenantId": TENANT, "subscriptionId": SUBSCRIPTION}
        provider = "pulumi:providers:azure-native"
        resources = [
            {"urn": urn(provider, "azure"), "type": provider, "inputs": azure},
            {"urn": urn(CONFIG_MAP, "mygw-workload-env"), "type": CONFIG_MAP, "inputs": {"metadata": metadata}},
        ]
        return {"deployment": {"resources": resources}}

    def resources(self) -> list[StackResource]:
        return [*resources_of(self.state()), *self.keeps]

    def secrets(self) -> set[str]:
        return {CLIENT_SECRET} if self.is_deployed else set()

    def gateways(self) -> list[Gateway]:
        deployment = KubernetesObject("apim", "mygw")
        endpoint = "contoso-apim.configuration.azure-api.net"
        return [Gateway("mygw", endpoint=endpoint, gateway_id="/contoso-apim/gateways/mygw", deployment=deployment)]

    def azure(self) -> Any:
        raise OpsError("nobody is signed in")

    def cluster(self) -> Any:
        return self.there

    def pods(self) -> Iterator[tuple[KubernetesObject, dict[str, Any]]]:
        self._begin("pods")
        pod = {"metadata": {"name": "mygw-1"}, "status": {"conditions": [READY]}}
        yield KubernetesObject("apim", "mygw"), pod


def answered(answer: Answer, found: str = "1 of 1 ready", cause: str = "") -> Verification:
    return Verification("dev", (Check("mygw", "pods", answer, found, cause=cause),))


def fails(message: str) -> Callable[[], None]:
    """Something that fails with a message."""

    def fail() -> None:
        raise OpsError(message)

    return fail


def interrupted() -> None:
    raise KeyboardInterrupt


def rotated_today() -> None:
    raise RotatedTodayError("Gateway 'mygw' was rotated on 2026-11-27")


def lost(danger: str) -> TakenAway:
    return TakenAway("mygw-workload-live-traffic", "Service", "metadata.annotations", Loss.REMOVED, danger=danger)

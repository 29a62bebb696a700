"""A provider plugin as a process, spoken to as the engine does.

SANDBOX_PLUGINS may name a folder in the layout of Pulumi's plugin cache: of the plugins in it, the released one is spoken to.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2, provider_pb2_grpc

from sandbox.plugin_sources import SourceError, found_plugins
from sandbox.plugins.engine.values import Properties, marshal, unmarshal

CHECKOUT = Path(__file__).parents[3]


@dataclass(frozen=True)
class Made:
    """A resource as the engine's state has it."""

    urn: str
    id: str
    inputs: Properties
    state: Properties


class PluginError(Exception):
    """What the plugin answered instead, in the words that the engine prints."""

    def __init__(self, message: str, reasons: list[str] | None = None, made: Made | None = None) -> None:
        super().__init__(message)
        self.reasons = reasons or []
        """Why a resource was made, but did not become what it should."""
        self.made = made
        """The resource then, as the engine puts it into its state."""


@dataclass
class Engine(engine_pb2_grpc.EngineServicer):
    """What the plugin tells its engine."""

    status_lines: list[tuple[str, str]] = field(default_factory=list)
    """Severity and text of what is shown while the plugin works."""
    messages: list[tuple[str, str]] = field(default_factory=list)
    """Severity and text of what stays."""

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        told = self.status_lines if request.ephemeral else self.messages
        told.append((engine_pb2.LogSeverity.Name(request.severity), request.message))
        return empty_pb2.Empty()

    def told(self) -> list[tuple[str, str]]:
        """The status lines for people: without those that empty the column, and what only the verbose want."""
        return [(severity, text) for severity, text in self.status_lines if text and severity != "DEBUG"]

    def wait_for_message(self, severity: str, text: str, seconds: float = 5) -> None:
        """Wait until a message has come: a plugin's answer may overtake it."""
        deadline = time.monotonic() + seconds
        while (severity, text) not in self.messages:
            assert time.monotonic() < deadline, f"not among {self.messages}"
            time.sleep(0.05)


class Plugin:
    """One running plugin."""

    def __init__(self, package: str, environment: Mapping[str, str], *options: str) -> None:
        """Start it, with the environment and options of the interpreter."""
        self.package = package
        self.engine = Engine()
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))
        engine_pb2_grpc.add_EngineServicer_to_server(self.engine, self._server)
        address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()
        executable = released(package)
        command = [sys.executable, *options, "-m", f"sandbox.plugins.{package}"] if executable is None else [executable]
        self.process = subprocess.Popen(
            [*command, address],
            cwd=CHECKOUT,
            env={"PATH": os.environ["PATH"], "SANDBOX_TIME_SCALE": "0.001", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.port = self.process.stdout.readline().decode().strip()
        self._channel = grpc.insecure_channel(f"127.0.0.1:{self.port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def end(self, with_signal: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """End it; its exit code and what else it wrote."""
        self._channel.close()
        self.process.send_signal(with_signal)
        out, err = self.process.communicate(timeout=20)
        self._server.stop(None)
        return self.process.returncode, out.decode(), err.decode()

    def lose_engine(self) -> None:
        """What a plugin sees of an engine that is killed: its connections are lost, and nobody listens at its address."""
        self._channel.close()
        self._server.stop(None).wait()

    def configure(self, **inputs: Any) -> None:
        # The released plugin for kubernetes reads the older form.
        variables = {
            f"{self.package}:config:{name}": str(value).lower() if isinstance(value, bool) else str(value)
            for name, value in inputs.items()
        }
        self._call(
            "Configure", provider_pb2.ConfigureRequest(args=marshal(inputs), variables=variables, acceptSecrets=True)
        )

    def check_config(self, **inputs: Any) -> list[tuple[str, str]]:
        request = provider_pb2.CheckRequest(news=marshal(inputs), olds=struct_pb2.Struct())
        answer = self._call("CheckConfig", request)
        return [(failure.property, failure.reason) for failure in answer.failures]

    def diff_config(self, old: Properties, inputs: Properties) -> list[str]:
        """The provider's own inputs whose change replaces everything."""
        request = provider_pb2.DiffRequest(olds=marshal(old), old_inputs=marshal(old), news=marshal(inputs))
        return sorted(self._call("DiffConfig", request).replaces)

    def invoke(self, token: str, **arguments: Any) -> Properties:
        answer = self._call("Invoke", provider_pb2.InvokeRequest(tok=token, args=marshal(arguments)))
        return unmarshal(getattr(answer, "return"))

    def check(
        self, type_: str, inputs: Properties, old: Properties | None = None, name: str = "it", seed: bytes = b""
    ) -> Properties:
        """The inputs with the plugin's defaults; failures as an error."""
        request = provider_pb2.CheckRequest(
            urn=urn(type_, name),
            news=marshal({**_constants(type_), **inputs}),
            olds=marshal(old or {}),
            randomSeed=seed,
        )
        answer = self._call("Check", request)
        if answer.failures:
            raise PluginError("; ".join(f"{failure.property}: {failure.reason}" for failure in answer.failures))
        return unmarshal(answer.inputs)

    def create(self, type_: str, inputs: Properties, *, preview: bool = False, name: str = "it") -> Made:
        """Check and create, as the engine does."""
        checked = self.check(type_, inputs, name=name)
        request = provider_pb2.CreateRequest(urn=urn(type_, name), properties=marshal(checked), preview=preview)
        answer = self._call("Create", request)
        return Made(urn(type_, name), answer.id, checked, unmarshal(answer.properties))

    def read(self, made: Made) -> Made | None:
        """What a refresh finds."""
        request = provider_pb2.ReadRequest(
            id=made.id, urn=made.urn, properties=marshal(made.state), inputs=marshal(made.inputs)
        )
        answer = self._call("Read", request)
        if not answer.id:
            return None
        return Made(made.urn, answer.id, unmarshal(answer.inputs), unmarshal(answer.properties))

    def import_(self, type_: str, id_: str, name: str = "it") -> Made | None:
        """What an import finds: a read without inputs and state."""
        return self.read(Made(urn(type_, name), id_, {}, {}))

    def diff(self, made: Made, inputs: Properties, ignore_changes: tuple[str, ...] = ()) -> dict[str, str]:
        """The changes by property path, e.g. `{"displayName": "UPDATE"}`."""
        kinds = provider_pb2.PropertyDiff.Kind
        answer = self.diff_answer(made, inputs, ignore_changes)
        return {path: kinds.Name(difference.kind) for path, difference in answer.detailedDiff.items()}

    def diff_answer(self, made: Made, inputs: Properties, ignore_changes: tuple[str, ...] = ()) -> Any:
        """The plugin's whole answer."""
        request = provider_pb2.DiffRequest(
            id=made.id,
            urn=made.urn,
            olds=marshal(made.state),
            old_inputs=marshal(made.inputs),
            news=marshal({**_constants(made.urn.split("::")[2]), **inputs}),
            ignoreChanges=ignore_changes,
        )
        return self._call("Diff", request)

    def drift(self, made: Made, ignore_changes: tuple[str, ...] = ()) -> dict[str, str]:
        """The changes that a refresh reports, found as the engine finds them: what an update without a change would do
        to what is there, the other way round.
        """
        live = self.read(made)
        assert live is not None, "it is gone"
        turned = {"ADD": "DELETE", "DELETE": "ADD"}
        found = self.diff(live, made.inputs, ignore_changes)
        return {
            path: kind.replace(first, turned.get(first, first))
            for path, kind in found.items()
            for first in [kind.split("_")[0]]
        }

    def update(
        self, made: Made, inputs: Properties, *, preview: bool = False, ignore_changes: tuple[str, ...] = ()
    ) -> Made:
        """Check and update, as the engine does."""
        type_, name = made.urn.split("::")[2], made.urn.rsplit("::", 1)[-1]
        checked = self.check(type_, inputs, made.inputs, name)
        request = provider_pb2.UpdateRequest(
            id=made.id,
            urn=made.urn,
            olds=marshal(made.state),
            old_inputs=marshal(made.inputs),
            news=marshal(checked),
            preview=preview,
            ignoreChanges=ignore_changes,
        )
        return Made(made.urn, made.id, checked, unmarshal(self._call("Update", request).properties))

    def delete(self, made: Made) -> None:
        request = provider_pb2.DeleteRequest(
            id=made.id, urn=made.urn, properties=marshal(made.state), old_inputs=marshal(made.inputs)
        )
        self._call("Delete", request)

    def cancel(self) -> None:
        """What the engine asks for when it is interrupted."""
        self._call("Cancel", empty_pb2.Empty())

    def _call(self, method: str, request: Any) -> Any:
        try:
            return getattr(self._stub, method)(request, timeout=SECONDS)
        except grpc.RpcError as error:
            call: Any = error
            failed = _initialization_failed(call.trailing_metadata())
            if failed is None:
                raise PluginError(str(call.details())) from None
            made = Made(request.urn, failed.id, unmarshal(failed.inputs), unmarshal(failed.properties))
            raise PluginError(str(call.details()), list(failed.reasons), made) from None


SECONDS = 90
"""Longer than anything that a test waits for takes."""


def released(package: str) -> Path | None:
    """The released plugin's executable, where SANDBOX_PLUGINS has it."""
    try:
        found = found_plugins().get(f"resource-{package.replace('_', '-')}")
    except SourceError:
        return None
    return found.executable if found else None


def only_for_the_stand_in(package: str) -> None:
    """Skip what is about a stand-in itself where the released plugin runs; `tests/stand_ins_only.py` lists such tests."""
    if released(package) is not None:
        pytest.skip(f"it is about the stand-in for {package}, and the released plugin runs")


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:test::self-hosted-gateway::{type_}::{name}"


def _constants(type_: str) -> Properties:
    """What the SDK adds to an object's inputs."""
    package, module, kind = type_.split(":")
    if package != "kubernetes":
        return {}
    return {"apiVersion": module.removeprefix("core/"), "kind": kind}


def _initialization_failed(metadata: Any) -> Any:
    for key, value in metadata or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            detail = provider_pb2.ErrorResourceInitFailed()
            if status.details and status.details[0].Unpack(detail):
                return detail
    return None

"""A provider plugin as a process, spoken to as the engine does."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2, struct_pb2
from google.rpc import status_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from sandbox.plugins.engine.values import Properties, marshal, unmarshal

CHECKOUT = Path(__file__).parents[3]


class PluginError(Exception):
    """What the plugin answered instead, in the words that the engine prints."""

    def __init__(self, message: str, reasons: list[str] | None = None) -> None:
        super().__init__(message)
        self.reasons = reasons or []
        """Why a resource was made, but did not become what it should."""


@dataclass(frozen=True)
class Made:
    """A resource as the engine's state has it."""

    urn: str
    id: str
    inputs: Properties
    state: Properties


class Plugin:
    """One running plugin."""

    def __init__(self, package: str, environment: Mapping[str, str], *options: str) -> None:
        """Start it, with the environment and options of the interpreter."""
        self.process = subprocess.Popen(
            [sys.executable, *options, "-m", f"sandbox.plugins.{package}"],
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
        return self.process.returncode, out.decode(), err.decode()

    def configure(self, **inputs: Any) -> None:
        self._call("Configure", provider_pb2.ConfigureRequest(args=marshal(inputs), acceptSecrets=True))

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
            urn=urn(type_, name), news=marshal(inputs), olds=marshal(old or {}), randomSeed=seed
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

    def diff(self, made: Made, inputs: Properties) -> dict[str, str]:
        """The changes by property path, e.g. `{"displayName": "UPDATE"}`."""
        request = provider_pb2.DiffRequest(
            id=made.id,
            urn=made.urn,
            olds=marshal(made.state),
            old_inputs=marshal(made.inputs),
            news=marshal(inputs),
        )
        answer = self._call("Diff", request)
        kinds = provider_pb2.PropertyDiff.Kind
        return {path: kinds.Name(difference.kind) for path, difference in answer.detailedDiff.items()}

    def drift(self, made: Made) -> dict[str, str]:
        """The changes that a refresh reports: from what was declared to what is there."""
        live = self.read(made)
        assert live is not None, "it is gone"
        return self.diff(made, live.inputs)

    def update(self, made: Made, inputs: Properties, *, preview: bool = False) -> Made:
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
            return getattr(self._stub, method)(request, timeout=60)
        except grpc.RpcError as error:
            call: Any = error
            raise PluginError(str(call.details()), _initialization_failures(call.trailing_metadata())) from None


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:test::self-hosted-gateway::{type_}::{name}"


def _initialization_failures(metadata: Any) -> list[str]:
    for key, value in metadata or ():
        if key == "grpc-status-details-bin":
            status = status_pb2.Status.FromString(value)
            detail = provider_pb2.ErrorResourceInitFailed()
            status.details[0].Unpack(detail)
            return list(detail.reasons)
    return []

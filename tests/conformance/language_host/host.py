"""A language host and an engine that it talks to.

SANDBOX_PLUGINS may name a folder with the released host, which is then the one that is spoken to.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    language_pb2,
    language_pb2_grpc,
    resource_pb2,
    resource_pb2_grpc,
)

from sandbox.plugin_sources import LANGUAGE_HOST, SourceError, found_plugins

CHECKOUT = Path(__file__).parents[3]


class Engine(engine_pb2_grpc.EngineServicer, resource_pb2_grpc.ResourceMonitorServicer):
    """An engine that keeps what it is told."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.registered: list[str] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802
        if request.severity == engine_pb2.ERROR:
            self.errors.append(request.message)
        return empty_pb2.Empty()

    def GetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        return engine_pb2.GetRootResourceResponse()

    def SetRootResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        return engine_pb2.SetRootResourceResponse()

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "an older engine")

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802
        self.registered.append(f"{request.type} {request.name}")
        urn = f"urn:pulumi:{request.type}::{request.name}"
        return resource_pb2.RegisterResourceResponse(urn=urn, object=request.object)

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802
        return empty_pb2.Empty()


def released() -> Path | None:
    """The released host's executable, where SANDBOX_PLUGINS has it."""
    try:
        found = found_plugins().get(LANGUAGE_HOST)
    except SourceError:
        return None
    return found.executable if found else None


def only_for_the_stand_in() -> None:
    """Skip what is about the stand-in itself where the released host runs; `tests/stand_ins_only.py` lists such tests."""
    if released() is not None:
        pytest.skip("it is about the stand-in for the language host, and the released one runs")


@dataclass
class Host:
    """A running language host with the engine that it talks to."""

    engine: Engine
    address: str
    process: subprocess.Popen[str]
    stub: language_pb2_grpc.LanguageRuntimeStub
    port: str

    def run(self, folder: Path, program: str, **changes: Any) -> language_pb2.RunResponse:
        """Run a program as `pulumi up` does."""
        (folder / "__main__.py").write_text(program)
        options = Struct()
        options.update(changes.pop("options", {"virtualenv": str(CHECKOUT / ".venv")}))
        info = language_pb2.ProgramInfo(
            root_directory=str(folder), program_directory=str(folder), entry_point=".", options=options
        )
        request = language_pb2.RunRequest(
            project="contoso",
            stack="test",
            organization="organization",
            pwd=str(folder),
            monitor_address=self.address,
            parallel=4,
            info=info,
            **changes,
        )
        return self.stub.Run(request, timeout=60)


@contextmanager
def started() -> Iterator[Host]:
    """A host that runs until the end of the block."""
    engine = Engine()
    server = grpc.server(futures.ThreadPoolExecutor(8))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    executable = released()
    command = [executable] if executable else [sys.executable, "-m", "sandbox.language_host"]
    process = subprocess.Popen(
        [*command, address],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    yield Host(engine, address, process, language_pb2_grpc.LanguageRuntimeStub(channel), port)
    channel.close()
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    server.stop(None).wait()

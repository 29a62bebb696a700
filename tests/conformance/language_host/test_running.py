"""The language host: it runs a program in its own environment, and tells the engine how that ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import psutil
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

CHECKOUT = Path(__file__).parents[3]
SECRET = "not~a.real_secret"


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


@pytest.fixture
def host() -> Iterator[Host]:
    engine = Engine()
    server = grpc.server(futures.ThreadPoolExecutor(8))
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(engine, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox.language_host", address],
        cwd=CHECKOUT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = process.stdout.readline().strip()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    yield Host(engine, address, process, language_pb2_grpc.LanguageRuntimeStub(channel), port)
    channel.close()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    server.stop(None).wait()


def test_it_prints_its_port_and_ends_quietly_on_an_interrupt(host: Host) -> None:
    assert 1024 < int(host.port) < 65536
    host.process.send_signal(signal.SIGINT)
    out, err = host.process.communicate(timeout=20)
    assert (host.process.returncode, out, err) == (0, "", "")


def test_of_pulumi_it_imports_the_protocol_only() -> None:
    # The engine starts it twice for each command.
    command = [sys.executable, "-X", "importtime", "-m", "sandbox.language_host", "127.0.0.1:9"]
    process = subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, imported = process.communicate(timeout=20)
    modules = [line.rpartition("|")[2].strip() for line in imported.splitlines()]
    assert "sandbox.engine_protocol.language_pb2" in modules
    assert [module for module in modules if module.startswith("pulumi")] == []


def test_it_says_the_version_of_the_sdk(host: Host) -> None:
    assert host.stub.GetPluginInfo(empty_pb2.Empty()).version == "3.272.0"


def test_it_names_the_plugins_that_the_program_needs(host: Host, tmp_path: Path) -> None:
    options = Struct()
    options.update({"virtualenv": str(CHECKOUT / ".venv")})
    info = language_pb2.ProgramInfo(root_directory=str(tmp_path), options=options)
    answer = host.stub.GetRequiredPackages(language_pb2.GetRequiredPackagesRequest(info=info))
    assert {(package.name, package.version) for package in answer.packages} == {
        ("azure-native", "v3.29.0"),
        ("azuread", "v6.11.1"),
        ("kubernetes", "v4.34.2"),
        ("random", "v4.21.4"),
    }


def test_a_program_registers_its_resources(host: Host, tmp_path: Path) -> None:
    (tmp_path / "beside.py").write_text("NAME = 'mygw'")
    program = "import beside, pulumi\npulumi.ComponentResource('contoso:index:Thing', beside.NAME)\n"
    answer = host.run(tmp_path, program)
    assert (answer.error, answer.bail) == ("", False)
    assert host.engine.registered == ["pulumi:pulumi:Stack contoso-test", "contoso:index:Thing mygw"]


def test_a_program_knows_its_stack_its_configuration_and_whether_it_is_a_preview(host: Host, tmp_path: Path) -> None:
    program = (
        "import json, pathlib, pulumi\n"
        "config = pulumi.Config('contoso')\n"
        "told = [pulumi.get_project(), pulumi.get_stack(), config.get('name'), pulumi.runtime.is_dry_run()]\n"
        "secret = isinstance(config.get_secret('key'), pulumi.Output)\n"
        "pathlib.Path('told.json').write_text(json.dumps([*told, secret]))\n"
    )
    config = {"contoso:name": "mygw", "contoso:key": SECRET}
    host.run(tmp_path, program, dryRun=True, config=config, configSecretKeys=["contoso:key"])
    assert json.loads((tmp_path / "told.json").read_text()) == ["contoso", "test", "mygw", True, True]


def test_no_secret_of_the_configuration_is_in_the_process_list(host: Host, tmp_path: Path) -> None:
    program = "import pathlib\npathlib.Path('line').write_text(pathlib.Path('/proc/self/cmdline').read_text())\n"
    host.run(tmp_path, program, config={"contoso:key": SECRET}, configSecretKeys=["contoso:key"])
    assert "program.py" in (tmp_path / "line").read_text()
    assert SECRET not in (tmp_path / "line").read_text()


def test_what_is_wrong_with_the_users_input_is_one_message(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "import pulumi\nraise pulumi.RunError('name: expected a text')\n")
    assert answer.bail
    assert host.engine.errors == ["name: expected a text"]


def test_a_programs_own_mistake_is_shown_once_with_its_place(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "def broken():\n    return 1 / 0\n\nbroken()\n")
    assert answer.bail
    (message,) = host.engine.errors
    assert "ZeroDivisionError: division by zero" in message
    assert f'File "{tmp_path}/__main__.py", line 2, in broken' in message


def test_a_programs_exit_code_is_told(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "import sys\nsys.exit(3)\n")
    assert answer.error == "Program exited with non-zero exit code: 3"


def test_a_missing_virtual_environment_is_told(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "", options={"virtualenv": "none"})
    assert answer.error == f"there is no {tmp_path}/none/bin/python: run `make sandbox`, or create it"


@pytest.mark.parametrize(
    "end", [lambda process: process.send_signal(signal.SIGINT), lambda process: process.send_signal(signal.SIGTERM)]
)
def test_a_program_ends_with_its_host(host: Host, tmp_path: Path, end: Callable[[subprocess.Popen[str]], None]) -> None:
    ready = tmp_path / "ready"
    program = f"import os\nopen({str(ready)!r}, 'w').write(str(os.getpid()))\nopen({str(tmp_path / 'fifo')!r}).read()\n"
    os.mkfifo(tmp_path / "fifo")
    with futures.ThreadPoolExecutor() as pool:
        running = pool.submit(host.run, tmp_path, program)
        with (tmp_path / "fifo").open("w"):  # opens when the program reads
            child = psutil.Process(int(ready.read_text()))
            end(host.process)
            psutil.wait_procs([child], timeout=20)
            assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
        futures.wait([running], timeout=20)
        assert running.done()

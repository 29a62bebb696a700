"""The language host: it runs a program in its own environment, and tells the engine how that ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent import futures
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import psutil
import pytest
from google.protobuf import empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import language_pb2

from sandbox.plugin_sources import LANGUAGE_HOST, found_plugins

from .host import CHECKOUT, Host, only_for_the_stand_in, started

SECRET = "not~a.real_secret"


@pytest.fixture
def host() -> Iterator[Host]:
    with started() as running:
        yield running


def test_it_prints_its_port_and_ends_quietly_on_an_interrupt(host: Host) -> None:
    assert 1024 < int(host.port) < 65536
    host.process.send_signal(signal.SIGINT)
    out, err = host.process.communicate(timeout=20)
    assert (host.process.returncode, out, err) == (0, "", "")


def test_of_pulumi_it_imports_the_protocol_only() -> None:
    only_for_the_stand_in()
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


def test_it_says_its_version_and_the_stand_in_that_of_the_sdk(host: Host) -> None:
    found = found_plugins().get(LANGUAGE_HOST)
    assert host.stub.GetPluginInfo(empty_pb2.Empty()).version == (found.version if found else "3.272.0")


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
    assert "python" in (tmp_path / "line").read_text()
    assert SECRET not in (tmp_path / "line").read_text()


def test_what_a_program_refuses_is_followed_by_its_exit_code(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "import pulumi\nraise pulumi.RunError('name: expected a text')\n")
    assert host.engine.errors == ["name: expected a text"]
    # The engine writes "an unhandled error occurred: " before it.
    assert answer == language_pb2.RunResponse(error="program exited with non-zero exit code: 1")


def test_a_program_that_has_said_why_it_ends_is_not_added_to(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "import pulumi, sys\npulumi.log.error('name: expected a text')\nsys.exit(32)\n")
    assert host.engine.errors == ["name: expected a text"]
    assert answer == language_pb2.RunResponse(bail=True)


def test_a_programs_own_mistake_is_shown_once_with_its_place(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "def broken():\n    return 1 / 0\n\nbroken()\n")
    assert answer.bail
    (message,) = host.engine.errors
    assert "ZeroDivisionError: division by zero" in message
    assert f'File "{tmp_path}/__main__.py", line 2, in broken' in message
    assert "run_path" not in message


def test_a_programs_exit_code_is_told(host: Host, tmp_path: Path) -> None:
    answer = host.run(tmp_path, "import sys\nsys.exit(3)\n")
    assert answer.error == "program exited with non-zero exit code: 3"


def test_a_missing_virtual_environment_is_told(host: Host, tmp_path: Path) -> None:
    with pytest.raises(grpc.RpcError) as refused:
        host.run(tmp_path, "", options={"virtualenv": "none"})
    said = f'The \'virtualenv\' option in Pulumi.yaml is set to "none", but "{tmp_path}/none" doesn\'t exist'
    assert said in str(refused.value)


WAITS = """
import os, pathlib, pulumi
{before}
pathlib.Path("ready").write_text(str(os.getpid()))
open("fifo").read()
"""


@contextmanager
def waiting(host: Host, folder: Path, before: str = "") -> Iterator[tuple[psutil.Process, Callable[[], Any]]]:
    """A program that waits for something; its process, and how its run is awaited."""
    os.mkfifo(folder / "fifo")
    with futures.ThreadPoolExecutor() as pool:
        running = pool.submit(host.run, folder, WAITS.format(before=before))
        with (folder / "fifo").open("w"):  # opens when the program reads
            yield psutil.Process(int((folder / "ready").read_text())), lambda: running.result(timeout=20)


def test_a_cancelled_program_is_interrupted_and_python_says_where(host: Host, tmp_path: Path) -> None:
    # The engine asks for it at Ctrl-C, and when an update has failed while the program waits for a resource.
    with waiting(host, tmp_path) as (_, ended):
        host.stub.Cancel(empty_pb2.Empty())
        assert ended() == language_pb2.RunResponse(error="program exited with non-zero exit code: -1")
    host.process.send_signal(signal.SIGINT)
    out, err = host.process.communicate(timeout=20)
    assert "KeyboardInterrupt" in out + err


def test_a_program_that_takes_the_default_for_an_interrupt_ends_without_a_word(host: Host, tmp_path: Path) -> None:
    before = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_DFL)"
    with waiting(host, tmp_path, before) as (_, ended):
        host.stub.Cancel(empty_pb2.Empty())
        assert ended() == language_pb2.RunResponse(error="program exited with non-zero exit code: -1")
    host.process.send_signal(signal.SIGINT)
    assert host.process.communicate(timeout=20) == ("", "")


def test_a_program_that_goes_on_after_an_interrupt_is_killed(host: Host, tmp_path: Path) -> None:
    before = "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)"
    with waiting(host, tmp_path, before) as (_, ended):
        host.stub.Cancel(empty_pb2.Empty())
        assert ended() == language_pb2.RunResponse(error="program exited with non-zero exit code: -1")


def test_a_program_ends_with_its_host_when_the_engine_interrupts_both(host: Host, tmp_path: Path) -> None:
    with waiting(host, tmp_path) as (program, _):
        os.killpg(host.process.pid, signal.SIGINT)
        gone_with_its_host(program)


def test_a_program_ends_with_a_host_that_is_told_to_end(host: Host, tmp_path: Path) -> None:
    only_for_the_stand_in()
    with waiting(host, tmp_path) as (program, _):
        host.process.send_signal(signal.SIGTERM)
        gone_with_its_host(program)


def gone_with_its_host(program: psutil.Process) -> None:
    psutil.wait_procs([program], timeout=20)
    assert not program.is_running() or program.status() == psutil.STATUS_ZOMBIE

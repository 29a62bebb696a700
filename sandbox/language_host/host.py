"""The engine's side: which plugins a program needs, and running it."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import empty_pb2
from google.protobuf.json_format import MessageToDict

from ..engine_protocol import language_pb2, language_pb2_grpc, plugin_pb2
from ..installed import installed_version
from .program import TOLD

_PARENT_CHECK_SECONDS = 0.5
_PATIENCE_SECONDS = 5


class Host(language_pb2_grpc.LanguageRuntimeServicer):
    """Runs Python programs for the engine."""

    def __init__(self, engine_address: str) -> None:
        self._engine_address = engine_address
        self._running: set[subprocess.Popen[str]] = set()

    def Handshake(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self._engine_address = request.engine_address
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return plugin_pb2.PluginInfo(version=installed_version("pulumi"))

    def RuntimeOptionsPrompts(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return language_pb2.RuntimeOptionsResponse()

    def GetRequiredPackages(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """The plugins of the SDKs that the program's environment has."""
        packages = []
        for described in sorted(
            _interpreter(request.info).parents[1].glob("lib/python*/site-packages/*/pulumi-plugin.json")
        ):
            plugin = json.loads(described.read_text())
            if plugin.get("resource"):
                name, version_ = plugin["name"], plugin["version"]
                packages.append(plugin_pb2.PackageDependency(name=name, kind="resource", version=f"v{version_}"))
        return language_pb2.GetRequiredPackagesResponse(packages=packages)

    def InstallDependencies(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        context.abort(grpc.StatusCode.UNIMPLEMENTED, "run `make sandbox`, which installs the program's dependencies")

    def About(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        return language_pb2.AboutResponse(
            executable=str(_interpreter(request.info)), version=sys.version.partition(" ")[0]
        )

    def Run(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Run the program until it ends; what it prints goes to the engine as it comes."""
        settings = {
            "project": request.project,
            "stack": request.stack,
            "organization": request.organization,
            "monitor": request.monitor_address,
            "engine": self._engine_address,
            "parallel": request.parallel,
            "dry_run": request.dryRun,
            "root_directory": request.info.root_directory,
            "config": json.dumps(dict(request.config)),
            "config_secret_keys": json.dumps(list(request.configSecretKeys)),
        }
        interpreter = _interpreter(request.info)
        if not interpreter.exists():
            folder = interpreter.parents[1]
            option, what = (
                _virtualenv(request.info),
                "isn't a virtual environment" if folder.exists() else "doesn't exist",
            )
            message = f'The \'virtualenv\' option in Pulumi.yaml is set to "{option}", but "{folder}" {what}'
            context.abort(grpc.StatusCode.UNKNOWN, f"{message}: run `make sandbox`, which makes it.")
        # The settings go through a pipe: a secret of the configuration must not be in the process list.
        process = subprocess.Popen(
            [interpreter, "-u", Path(__file__).with_name("program.py"), request.info.entry_point],
            stdin=subprocess.PIPE,
            cwd=request.pwd,
            text=True,
        )
        self._running.add(process)
        context.add_callback(lambda: _interrupt(process))
        with contextlib.suppress(BrokenPipeError):
            process.communicate(json.dumps(settings))
        process.wait()
        self._running.discard(process)
        if process.returncode == TOLD:
            return language_pb2.RunResponse(bail=True)
        if process.returncode != 0:
            # A signal has no exit code, and what is given for one is the same for all.
            code = max(process.returncode, -1)
            return language_pb2.RunResponse(error=f"program exited with non-zero exit code: {code}")
        return language_pb2.RunResponse()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        """Interrupt the program: the engine asks for it at Ctrl-C, and at the end of each update that failed."""
        for process in list(self._running):
            _interrupt(process)
        return empty_pb2.Empty()

    def wait_for_programs(self) -> None:
        """Wait for what still runs: an engine that ends this process has interrupted the programs with it."""
        for process in list(self._running):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE_SECONDS)

    def end_programs(self) -> None:
        """End what still runs: nobody is there to talk to."""
        for process in list(self._running):
            process.terminate()


def _interrupt(process: subprocess.Popen[str]) -> None:
    """As a terminal's Ctrl-C does, once, and kill it where it goes on for too long."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        killing = threading.Timer(_PATIENCE_SECONDS, process.kill)
        killing.daemon = True
        killing.start()


def _interpreter(info: Any) -> Path:
    """The interpreter of the project's `virtualenv` option, relative to the project, or this one."""
    virtualenv = _virtualenv(info)
    return Path(info.root_directory) / virtualenv / "bin" / "python" if virtualenv else Path(sys.executable)


def _virtualenv(info: Any) -> str:
    return str(MessageToDict(info.options).get("virtualenv", ""))


def serve() -> None:
    """Serve the engine until it ends this process, or is gone."""
    # Each signal's number comes through a pipe. Python's own handler would never run for a signal that comes just before
    # the main thread begins to wait.
    told, tell = os.pipe()
    os.set_blocking(tell, False)
    signal.set_wakeup_fd(tell)
    signal.signal(signal.SIGTERM, lambda *_: None)
    # The engine's way to end a plugin, to the whole of its process group. A terminal's Ctrl-C does not come here.
    signal.signal(signal.SIGINT, lambda *_: None)
    engine = os.getppid()

    def watch_engine() -> None:
        while os.getppid() == engine:
            time.sleep(_PARENT_CHECK_SECONDS)
        os.write(tell, bytes([signal.SIGTERM]))

    threading.Thread(target=watch_engine, daemon=True).start()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    host = Host(sys.argv[-1])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    if os.read(told, 1) == bytes([signal.SIGINT]):
        host.wait_for_programs()
    host.end_programs()
    # At once: the engine has five seconds' patience for all of its plugins.
    os._exit(0)

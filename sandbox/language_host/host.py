"""The engine's side: which plugins a program needs, and running it."""

import json
import os
import signal
import subprocess
import sys
import threading
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
        main = Path(request.info.program_directory) / request.info.entry_point
        if main.is_dir():
            main = main / "__main__.py"
        interpreter = _interpreter(request.info)
        if not interpreter.exists():
            return language_pb2.RunResponse(error=f"there is no {interpreter}: run `make sandbox`, or create it")
        # The settings go through a pipe: a secret of the configuration must not be in the process list.
        process = subprocess.Popen(
            [interpreter, "-u", Path(__file__).with_name("program.py"), main],
            stdin=subprocess.PIPE,
            cwd=request.pwd,
            text=True,
        )
        self._running.add(process)
        context.add_callback(process.terminate)
        process.communicate(json.dumps(settings))
        self._running.discard(process)
        if process.returncode == TOLD:
            return language_pb2.RunResponse(bail=True)
        if process.returncode != 0:
            return language_pb2.RunResponse(error=f"Program exited with non-zero exit code: {process.returncode}")
        return language_pb2.RunResponse()

    def Cancel(self, request: Any, context: Any) -> Any:  # noqa: ARG002, N802
        self.end_programs()
        return empty_pb2.Empty()

    def end_programs(self) -> None:
        """End what still runs: nobody is there to talk to."""
        for process in list(self._running):
            process.terminate()


def _interpreter(info: Any) -> Path:
    """The interpreter of the project's `virtualenv` option, relative to the project, or this one."""
    options = MessageToDict(info.options)
    if virtualenv := options.get("virtualenv"):
        return Path(info.root_directory) / str(virtualenv) / "bin" / "python"
    return Path(sys.executable)


def serve() -> None:
    """Serve the engine until it ends this process, or is gone."""
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    # The engine's way to end a plugin. A terminal's Ctrl-C does not come here: plugins have a process group of their own.
    signal.signal(signal.SIGINT, lambda *_: stop.set())
    engine = os.getppid()

    def watch_engine() -> None:
        while os.getppid() == engine and not stop.wait(_PARENT_CHECK_SECONDS):
            pass
        stop.set()

    threading.Thread(target=watch_engine, daemon=True).start()
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    host = Host(sys.argv[-1])
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(host, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    stop.wait()
    host.end_programs()
    # At once: the engine has five seconds' patience for all of its plugins.
    os._exit(0)

"""A control plane for the tests: real etcd and Kubernetes, started once."""

import contextlib
import functools
import json
import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kubernetes import client, config, watch

from sandbox.control_plane.cluster import Cluster, Ports
from sandbox.loopback_ports import free_ports
from sandbox.toolchain.tools import provide

from .processes import Restartable, ended, start

SECONDS = 90
"""How long what a test waits for may take: far longer than it does, and far shorter than pytest lets a test take."""


class Kubernetes:
    """The API server, as a user of it sees it."""

    def __init__(self, cluster: Cluster, api_server: Restartable) -> None:
        self.cluster = cluster
        self.api_server = api_server
        self.core = client.CoreV1Api(config.new_client_from_config(str(cluster.kubeconfig("admin"))))

    def restart_api_server(self) -> None:
        self.api_server.stop(kill=True)  # asked to end, it waits for those who watch
        self.api_server.start()
        _until(self.cluster.api_server_ready, self.cluster.state)

    def kubectl(self, *arguments: str, text: str | None = None, editor: Path | None = None) -> str:
        """What kubectl prints; it fails the test where kubectl fails."""
        finished = self.try_kubectl(*arguments, text=text, editor=editor)
        assert finished.returncode == 0, f"kubectl {' '.join(arguments)}: {finished.stderr}"
        return finished.stdout

    def try_kubectl(
        self, *arguments: str, text: str | None = None, editor: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, **({"KUBE_EDITOR": str(editor)} if editor else {})}
        command = [self.cluster.binaries / "kubectl", "--kubeconfig", self.cluster.kubeconfig("admin"), *arguments]
        # Longer than the longest `--timeout`: where that is over, kubectl says for what it has waited.
        return subprocess.run(
            command, env=environment, input=text, capture_output=True, text=True, timeout=SECONDS + 30, check=False
        )

    def apply(self, *objects: dict[str, Any]) -> None:
        document = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "-f", "-", text=json.dumps(document))

    def await_right(self, user: str, namespace: str, verb: str, resource: str) -> None:
        """Wait until a user's new rights in a namespace hold."""
        question = ("auth", "can-i", verb, resource, "--as", user, "-n", namespace)
        deadline = time.monotonic() + SECONDS
        while self.try_kubectl(*question).returncode != 0:
            assert time.monotonic() < deadline, f"{user} may not {verb} {resource} in {namespace}"

    def await_pod(self, namespace: str, name: str, holds: "Condition", seconds: int = SECONDS) -> dict[str, Any]:
        """The pod, once the condition holds."""
        return self._await(self.core.list_namespaced_pod, namespace, holds, seconds, f"metadata.name={name}")

    def await_pods(self, namespace: str, label: str, holds: "Condition", seconds: int = SECONDS) -> dict[str, Any]:
        """The first pod with that label for which the condition holds."""
        return self._await(self.core.list_namespaced_pod, namespace, holds, seconds, None, label)

    def await_event(self, namespace: str, reason: str, words: str = "", seconds: int = SECONDS) -> dict[str, Any]:
        """An event of that reason whose message holds the words."""
        return self._await(
            self.core.list_namespaced_event,
            namespace,
            lambda event: event["reason"] == reason and words in event["message"],
            seconds,
            None,
        )

    def await_service(self, namespace: str, name: str, holds: "Condition") -> dict[str, Any]:
        return self._await(self.core.list_namespaced_service, namespace, holds, SECONDS, f"metadata.name={name}")

    def follow_logs(self, namespace: str, pod: str) -> subprocess.Popen[str]:
        """`kubectl logs -f`, running."""
        command = [
            self.cluster.binaries / "kubectl",
            "--kubeconfig",
            self.cluster.kubeconfig("admin"),
            "logs",
            "-f",
            pod,
        ]
        return subprocess.Popen([*command, "-n", namespace], stdout=subprocess.PIPE, text=True)

    def await_pod_gone(self, namespace: str, name: str, seconds: int = SECONDS) -> None:
        self.kubectl("wait", "--for=delete", f"pod/{name}", "-n", namespace, f"--timeout={seconds}s")

    def _await(
        self,
        list_them: Any,
        namespace: str,
        holds: "Condition",
        seconds: int,
        field: str | None,
        label: str | None = None,
    ) -> dict[str, Any]:
        last: dict[str, Any] = {}
        selectors = {"field_selector": field, "label_selector": label}
        selectors = {name: value for name, value in selectors.items() if value}
        events: Any = watch.Watch().stream(list_them, namespace, timeout_seconds=seconds, **selectors)
        for event in events:
            last = event["raw_object"]
            if event["type"] != "DELETED" and holds(last):
                return last
        raise AssertionError(f"it did not come to this within {seconds} s; the last: {json.dumps(last, indent=1)}")


Condition = Any
"""Says of an object, as JSON, whether it is as the test waits for."""


@contextlib.contextmanager
def run(folder: Path) -> Iterator[Kubernetes]:
    """Starts a control plane, and ends it."""
    toolchain = provide(print)
    ports = Ports(*free_ports(5))
    cluster = Cluster(folder / "kubernetes", toolchain.kubernetes, toolchain.etcd, ports)
    cluster.prepare()
    with contextlib.ExitStack() as stack:
        stack.enter_context(ended(start(cluster.etcd(), folder / "etcd.log")))
        api_server = Restartable(cluster.api_server(), folder / "kube-apiserver.log")
        stack.callback(api_server.stop, kill=True)
        api_server.start()
        _until(cluster.api_server_ready, folder)
        for name, command in (
            ("kube-controller-manager", cluster.controller_manager()),
            ("kube-scheduler", cluster.scheduler()),
        ):
            stack.enter_context(ended(start(command, folder / f"{name}.log")))
        cluster.grant_access()
        for port in (ports.controller_manager, ports.scheduler):
            _until(functools.partial(cluster.component_ready, port), folder)
        yield Kubernetes(cluster, api_server)


def _until(holds: Any, folder: Path) -> None:
    # A server that starts has nothing to be awaited but its own answer.
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, f"the control plane did not start: see {folder}"
        time.sleep(0.2)

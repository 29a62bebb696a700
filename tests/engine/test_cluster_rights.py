"""What somebody sees whose rights in the cluster are not the documented ones.

Each right by itself: `tests/conformance/plugins/test_kubernetes_rights.py`.
"""

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from tests.cluster_roles import refusal, rights, rules

from .sandbox import Result, Sandbox, Stack, eventually, sandbox_config, sandbox_gateway

READ = ["configmaps", "secrets", "services", "deployments"]
READ_IF_CONFIGURED = ["serviceaccounts", "poddisruptionbudgets", "horizontalpodautoscalers"]
LISTED = ["endpoints", "persistentvolumeclaims", "pods", "replicasets"]


@contextmanager
def without(sandbox: Sandbox, who: str, resource: str, *verbs: str) -> Iterator[None]:
    """A role without some rights to a resource."""
    _give(sandbox, who, rules(who, *((resource, verb) for verb in verbs)))
    for verb in verbs:
        sandbox.await_right(who, verb, resource, "no")
    try:
        yield
    finally:
        _give(sandbox, who, rules(who))
        for verb in verbs:
            sandbox.await_right(who, verb, resource, "yes")


def _give(sandbox: Sandbox, who: str, given: list[dict[str, Any]]) -> None:
    patch = json.dumps([{"op": "replace", "path": "/rules", "value": given}])
    sandbox.kubectl("patch", "clusterrole", f"self-hosted-gateway-{who}", "--type=json", "-p", patch).ok()


def interrupted(stack: Stack, command: str, check: Callable[[], None]) -> Result:
    """What comes of a command that does not end though all that it waits for has come: it is interrupted some time after.

    Args:
        stack: of the command.
        command: `up` or `destroy`.
        check: fails until all has come.
    """
    process = stack.started(command, "--yes", "--skip-preview")
    try:
        eventually(check)
        time.sleep(5)
        assert process.poll() is None
    finally:
        os.killpg(process.pid, signal.SIGINT)
    output, _ = process.communicate(timeout=600)
    # Nobody says why: what a plugin's libraries log, the engine hides.
    assert "forbidden" not in output
    assert "Traceback" not in output
    return Result(process.returncode, output)


@pytest.mark.parametrize("kind", READ)
def test_a_drift_check_that_may_not_read_an_object_names_it(deployed: Stack, kind: str) -> None:
    with without(deployed.sandbox, "reader", kind, "get"):
        reported = deployed.ops("drift", identity="reader")
    assert reported.code not in (0, 7), reported.output
    assert refusal("reader", (kind, "get"), "default") in reported.output
    assert "Traceback" not in reported.output


@pytest.mark.parametrize("kind", LISTED)
def test_a_drift_check_takes_what_it_may_not_list_for_nothing(deployed: Stack, kind: str) -> None:
    with without(deployed.sandbox, "reader", kind, "list"):
        checked = deployed.check_drift(identity="reader").ok()
    unhealthy = "warning: Refreshed resource is in an unhealthy state"
    # Without the ReplicaSets no Deployment looks rolled out; pods, endpoints and claims only say why something is not ready.
    assert (unhealthy in checked.output) is (kind == "replicasets")


@pytest.mark.parametrize("who", ["deployer", "reader"])
def test_without_the_logs_what_azure_heard_tells_whether_the_configuration_is_loaded(deployed: Stack, who: str) -> None:
    with without(deployed.sandbox, who, "pods/log", "get"):
        verified = deployed.ops("verify", identity=who).ok()
    assert "mygw: configuration: 1 pod(s) are ready, and Azure heard of them " in verified.output


def test_a_destroy_that_may_neither_list_nor_watch_does_not_end(deployed: Stack) -> None:
    def gone() -> None:
        assert "mygw-auth" not in deployed.sandbox.cluster().objects("secret")

    with without(deployed.sandbox, "deployer", "secrets", "list", "watch"):
        interrupted(deployed, "destroy", gone)
    deployed.destroy().ok()
    assert deployed.resources() == []


def test_an_update_that_may_neither_list_nor_watch_pods_does_not_end(deployed: Stack) -> None:
    def rolled_out() -> None:
        deployments = deployed.sandbox.cluster().objects("deployment")
        assert [each["status"].get("availableReplicas") for each in deployments.values()] == [1]

    deployed.destroy().ok()
    with without(deployed.sandbox, "deployer", "pods", "list", "watch"):
        ended = interrupted(deployed, "up", rolled_out)
    assert ended.code != 0, ended.output
    assert "mygw-workload-deployment creating" in ended.output
    deployed.up().ok()
    deployed.check_drift().ok()


def test_a_drift_check_that_may_not_read_an_object_of_a_setting_names_it(deployed: Stack) -> None:
    gateway = sandbox_gateway(
        serviceAccount={"create": True},
        disruptionBudget={"maxUnavailable": 1},
        autoscaling={"minReplicas": 1, "maxReplicas": 2, "cpu": 80},
        container={"resources": {"requests": {"cpu": "100m"}}},
    )
    deployed.configure(sandbox_config(gateways=[gateway]))
    deployed.up().ok()
    deployed.check_drift(identity="reader").ok()
    for kind in READ_IF_CONFIGURED:
        with without(deployed.sandbox, "reader", kind, "get"):
            reported = deployed.ops("drift", identity="reader")
        assert reported.code not in (0, 7), reported.output
        assert refusal("reader", (kind, "get"), "default") in reported.output
    assert deployed.ops("verify", identity="reader").code == 0


def test_the_cases_are_the_readers_rights() -> None:
    expected = {(kind, "get") for kind in [*READ, *READ_IF_CONFIGURED, "pods/log"]} | {
        (kind, "list") for kind in LISTED
    }
    assert rights("reader") == expected

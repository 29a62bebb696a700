"""What somebody sees whose rights in the cluster are not the documented ones.

Each right by itself: `tests/conformance/plugins/test_kubernetes_rights.py`.
"""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import yaml

from .sandbox import CHECKOUT, Sandbox, Stack, eventually, sandbox_config

READ = ["configmaps", "secrets", "services", "deployments"]
LISTED = ["endpoints", "persistentvolumeclaims", "pods", "replicasets"]


def documented(who: str) -> list[dict[str, Any]]:
    """The rules of one of the two roles."""
    documents = yaml.safe_load_all((CHECKOUT / "docs" / "roles" / "kubernetes.yaml").read_text())
    (role,) = [role for role in documents if role["metadata"]["name"] == f"self-hosted-gateway-{who}"]
    return role["rules"]


def refusal(who: str, kind: str, verb: str) -> str:
    """What the API server says."""
    group = "apps" if kind in ("deployments", "replicasets") else ""
    where = f'resource "{kind}" in API group "{group}" in the namespace "default"'
    return f'is forbidden: User "{who}" cannot {verb} {where}'


@contextmanager
def without(sandbox: Sandbox, who: str, kind: str, verb: str) -> Iterator[None]:
    """A role without one right."""
    less = [
        {**rule, "resources": [resource], "verbs": verbs}
        for rule in documented(who)
        for resource in rule["resources"]
        if (verbs := [right for right in rule["verbs"] if (resource, right) != (kind, verb)])
    ]
    _give(sandbox, who, less)
    _until(sandbox, who, kind, verb, "no")
    try:
        yield
    finally:
        _give(sandbox, who, documented(who))
        _until(sandbox, who, kind, verb, "yes")


def _give(sandbox: Sandbox, who: str, rules: list[dict[str, Any]]) -> None:
    patch = json.dumps([{"op": "replace", "path": "/rules", "value": rules}])
    sandbox.kubectl("patch", "clusterrole", f"self-hosted-gateway-{who}", "--type=json", "-p", patch).ok()


def _until(sandbox: Sandbox, who: str, kind: str, verb: str, answer: str) -> None:
    resource, _, subresource = kind.partition("/")
    also = [f"--subresource={subresource}"] if subresource else []

    def effective() -> None:
        said = sandbox.run("kubectl", "auth", "can-i", verb, resource, *also, identity=who).output
        assert said.splitlines()[-1] == answer

    eventually(effective)


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """A stack of one gateway."""
    deployable.configure(sandbox_config())
    deployable.up().ok()
    return deployable


def interrupted(stack: Stack, command: str, said: str) -> str:
    """What a command prints that does not end: it is interrupted once it has said something."""
    process = stack.started(command, "--yes", "--skip-preview")
    assert process.stdout is not None
    lines: list[str] = []
    for line in process.stdout:
        lines.append(line)
        if said in line:
            os.killpg(process.pid, signal.SIGINT)
            break
    rest, _ = process.communicate(timeout=120)
    output = "".join([*lines, rest])
    assert process.returncode != 0, output
    assert said in output
    assert "Traceback" not in output
    return output


@pytest.mark.parametrize("kind", READ)
def test_a_drift_check_that_may_not_read_an_object_names_it(deployed: Stack, kind: str) -> None:
    with without(deployed.sandbox, "reader", kind, "get"):
        reported = deployed.ops("drift", identity="reader")
    assert reported.code not in (0, 7), reported.output
    assert refusal("reader", kind, "get") in reported.output
    assert "Traceback" not in reported.output


@pytest.mark.parametrize("kind", LISTED)
def test_a_drift_check_that_may_not_list_what_tells_readiness_warns(deployed: Stack, kind: str) -> None:
    with without(deployed.sandbox, "reader", kind, "list"):
        checked = deployed.check_drift(identity="reader").ok()
    assert "warning: Refreshed resource is in an unhealthy state" in checked.output
    assert refusal("reader", kind, "list") in checked.output


@pytest.mark.parametrize("who", ["deployer", "reader"])
def test_without_the_logs_nobody_can_tell_whether_the_configuration_is_loaded(deployed: Stack, who: str) -> None:
    with without(deployed.sandbox, who, "pods/log", "get"):
        verified = deployed.ops("verify", identity=who)
    assert verified.code != 0, verified.output
    assert f'User "{who}" cannot get resource "pods/log"' in verified.output


def test_a_destroy_that_may_not_watch_does_not_end(deployed: Stack) -> None:
    with without(deployed.sandbox, "deployer", "secrets", "watch"):
        interrupted(deployed, "destroy", refusal("deployer", "secrets", "watch"))
    deployed.destroy().ok()
    assert deployed.resources() == []


def test_an_update_that_may_not_watch_does_not_end(deployed: Stack) -> None:
    deployed.destroy().ok()
    with without(deployed.sandbox, "deployer", "persistentvolumeclaims", "watch"):
        output = interrupted(deployed, "up", refusal("deployer", "persistentvolumeclaims", "watch"))
    assert "mygw-workload-deployment creating" in output
    deployed.up().ok()
    deployed.check_drift().ok()


def test_the_cases_are_the_readers_rights() -> None:
    rights = {(kind, verb) for rule in documented("reader") for kind in rule["resources"] for verb in rule["verbs"]}
    assert rights == {(kind, "get") for kind in [*READ, "pods/log"]} | {(kind, "list") for kind in LISTED}

"""The engine is killed, at each step in turn: `ops recover` clears up, and the next update converges."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest

from .fault_cases import KILLED, OUTLIVED
from .reality import DEPLOYED_ONCE, NOTHING, reality, recorded
from .sandbox import PATIENCE_SECONDS, Stack, eventually, sandbox_config, sandbox_gateway

# What an update writes, in an order that it has to keep.
WRITES = [
    "ARM PUT Microsoft.Authorization/roleDefinitions",
    "Graph POST applications",
    "Graph PATCH applications/{id}",
    "Graph POST servicePrincipals",
    "Graph POST applications/{id}/addPassword",
    "ARM PUT Microsoft.Authorization/roleAssignments",
    "ARM PUT Microsoft.ApiManagement/service/gateways/apis",
]
# What a destruction writes. The engine goes on when all that it has deleted side by side is gone.
DELETIONS = {
    "ARM DELETE Microsoft.ApiManagement/service/gateways/apis",
    "ARM DELETE Microsoft.Authorization/roleAssignments",
    "Graph POST applications/{id}/removePassword",
    "Graph DELETE servicePrincipals/{id}",
    "Graph DELETE applications/{id}",
    "ARM DELETE Microsoft.Authorization/roleDefinitions",
}
# Longer than anybody looks away. Where a killed engine's plugins are ended, what they have sent hangs on without them.
HANGS_SECONDS = 60
# Longer than a recovery takes to look for plugins.
ANSWERED_AFTER_SECONDS = 40


def kill_when(stack: Stack, happens: Callable[[], Any], *command: str) -> None:
    """Run a command of the engine, and kill the engine as soon as something happens."""
    running = stack.started(*command, "--yes", "--skip-preview")
    try:
        eventually(happens)
    except AssertionError as error:
        running.kill()
        raise AssertionError(f"{error}\n{running.communicate(timeout=30)[0]}") from None
    finally:
        running.kill()
    running.communicate(timeout=30)


def kill_at(stack: Stack, operation: str, *command: str, done: bool, before: Sequence[str] = ()) -> None:
    """Kill the engine while it waits for the answer to a request that has, or has not, been carried out.

    Args:
        stack: the stack.
        operation: the request, as the emulator counts it.
        command: the engine's command.
        done: whether the request is carried out.
        before: requests that must not come earlier, though the engine could send them: they get no answer.
    """
    stack.sandbox.azure().delete("/_sandbox/requests")
    what = {"delay": HANGS_SECONDS, "done": True} if done else {"delay": HANGS_SECONDS, "reset": True}
    stack.sandbox.fault(operation, count=1, **what)
    for later in before:
        stack.sandbox.fault(later, delay=HANGS_SECONDS, reset=True)

    def begun() -> None:
        assert operation in stack.sandbox.requests()

    kill_when(stack, begun, *command)
    stack.sandbox.clear_faults()


def checkpoint(stack: Stack) -> Path:
    """The file in which the engine keeps a stack's state."""
    return stack.sandbox.home / "backend" / ".pulumi" / "stacks" / "self-hosted-gateway" / f"{stack.name}.json"


def is_locked(stack: Stack) -> None:
    result = stack.up()
    assert result.code != 0
    assert KILLED.seen in result.output


def pending(stack: Stack) -> list[Any]:
    exported = json.loads(stack.pulumi("stack", "export").ok().output)
    return exported["deployment"].get("pending_operations") or []


def end_plugins(stack: Stack) -> None:
    """End what a killed engine has left, where a test is about something else."""
    home = stack.sandbox.environments["deployer"]["PULUMI_HOME"]
    left = list[psutil.Process]()
    for process in psutil.process_iter():
        try:
            arguments = process.cmdline()
            if any(Path(each).name.startswith("pulumi-resource-") for each in arguments[:3]) and (
                process.environ().get("PULUMI_HOME") == home
            ):
                process.kill()
                left.append(process)
        except psutil.Error:
            continue
    psutil.wait_procs(left, timeout=10)


def recovered(stack: Stack) -> str:
    result = stack.ops("recover", "--yes", "--end-plugins").ok()
    assert "clear the lock of an update that has ended" in result.output
    assert result.output.endswith(f"Done. Go on with `pulumi up --stack {stack.name}`.\n")
    assert pending(stack) == []
    return result.output


def converges(stack: Stack) -> None:
    stack.up().ok()
    stack.sandbox.wait_for_pods()
    assert reality(stack.sandbox) == DEPLOYED_ONCE
    assert stack.ops("drift").ok().output.startswith("No drift")


def test_killed_after_each_write_of_the_first_update(stack: Stack) -> None:
    stack.configure(sandbox_config())
    for number, operation in enumerate(WRITES, start=1):
        kill_at(stack, operation, "up", done=True, before=WRITES[number:])
        recovered(stack)
    converges(stack)


def test_killed_before_a_write_is_carried_out(stack: Stack) -> None:
    stack.configure(sandbox_config())
    operation = "Graph POST applications"
    kill_at(stack, operation, "up", done=False, before=WRITES[WRITES.index(operation) + 1 :])
    recovered(stack)

    # The plugin is refused when nobody waits for it any more, tries again, and makes the assignment.
    operation = "ARM PUT Microsoft.Authorization/roleAssignments"
    stack.sandbox.azure().delete("/_sandbox/requests")
    stack.sandbox.fault(operation, count=1, delay=ANSWERED_AFTER_SECONDS, status=503)

    def sent(times: int) -> None:
        assert stack.sandbox.requests().get(operation, 0) >= times

    kill_when(stack, lambda: sent(1), "up")
    at_the_kill = stack.sandbox.requests()[operation]
    told, _, found = stack.ops("recover", "--yes").ok().output.partition("The plugins have ended.\n")
    assert OUTLIVED.seen in told
    assert "- pulumi-resource-azure-native (process " in told
    assert stack.sandbox.requests()[operation] > at_the_kill
    assert "roleAssignments" in found
    assert pending(stack) == []
    converges(stack)


def test_killed_while_an_object_in_the_cluster_gets_ready(stack: Stack) -> None:
    stack.configure(sandbox_config())
    # No pod gets ready, so that the update is not over before it is killed.
    stack.sandbox.fault("Configuration *", status=503)
    kill_when(stack, lambda: appears(stack, "deployment", "mygw"), "up")
    deployment = stack.sandbox.objects("deployment")["mygw"]["metadata"]["uid"]
    assert "- Deployment default/mygw: take into the state\n" in recovered(stack)

    stack.sandbox.clear_faults()
    stack.sandbox.wait_for_pods()
    # Nobody gives the Service an address, so that it is not ready before the engine is killed.
    node = psutil.Process(json.loads((stack.sandbox.home / "run" / "node.pid").read_text())["pid"])
    node.suspend()
    try:
        kill_when(stack, lambda: appears(stack, "service", "mygw-live-traffic"), "up")
    finally:
        node.resume()
    service = stack.sandbox.objects("service")["mygw-live-traffic"]["metadata"]["uid"]
    assert "- Service default/mygw-live-traffic: take into the state\n" in recovered(stack)

    converges(stack)
    assert stack.sandbox.objects("deployment")["mygw"]["metadata"]["uid"] == deployment
    assert stack.sandbox.objects("service")["mygw-live-traffic"]["metadata"]["uid"] == service


def appears(stack: Stack, kind: str, name: str) -> None:
    """Return as soon as an object is in the cluster."""
    watch = ["kubectl", "get", kind, "--watch", "--output=name", f"--request-timeout={PATIENCE_SECONDS}s"]
    environment = stack.sandbox.environments["administrator"]
    with subprocess.Popen(watch, stdout=subprocess.PIPE, text=True, env=environment) as watching:
        assert watching.stdout is not None
        found = any(line.strip().endswith(f"/{name}") for line in watching.stdout)
        watching.kill()
    assert found, f"no {kind} {name}"


def test_a_killed_update_is_told_and_asked_about(stack: Stack) -> None:
    stack.configure(sandbox_config())
    kill_at(stack, "Graph POST applications", "up", done=True)
    end_plugins(stack)
    is_locked(stack)
    asked = stack.ops("recover")
    assert asked.code == 1
    assert "mygw-identity-application was interrupted while creating" in asked.output
    assert "application 'contoso-apim self-hosted gateway mygw', client id " in asked.output
    # Not said yes to: nothing has happened.
    is_locked(stack)
    assert reality(stack.sandbox).applications == ["contoso-apim self-hosted gateway mygw"]
    recovered(stack)
    assert reality(stack.sandbox).applications == []
    nothing = stack.ops("recover").ok()
    assert nothing.output == (
        f"Stack {stack.name} is not locked, and nothing is pending or left behind: there is nothing to recover.\n"
    )


def test_what_is_pending_without_a_lock_is_kept_until_somebody_says_yes(stack: Stack) -> None:
    stack.configure(sandbox_config())
    kill_at(stack, "Graph POST applications", "up", done=True)
    stack.pulumi("cancel", "--yes").ok()
    before = pending(stack)
    assert before
    assert stack.ops("recover").code == 1
    assert pending(stack) == before
    assert stack.ops("drift").code == 1
    assert "mygw-identity-application" in stack.ops("recover", "--yes", "--end-plugins").ok().output
    assert reality(stack.sandbox).applications == []
    assert pending(stack) == []


def test_a_stack_without_gateways_has_nothing_to_recover(stack: Stack) -> None:
    config = {key: value for key, value in sandbox_config().items() if key.startswith("azure-native:")}
    stack.configure(config)
    stack.up().ok()
    assert "there is nothing to recover" in stack.ops("recover").ok().output
    stack.destroy().ok()


def test_a_state_that_a_kill_has_made_unreadable(stack: Stack) -> None:
    stack.configure(sandbox_config())
    kill_at(stack, "Graph POST applications", "up", done=True)
    file = checkpoint(stack)
    assert file.exists()
    # What the engine leaves in a backend with attributes, where the kill comes as it writes them.
    attributes = file.with_name(f"{file.name}.attrs")
    attributes.touch()
    assert stack.up().output == "error: failed to load checkpoint: EOF\n"
    assert stack.pulumi("stack", "ls").output == "error: EOF\n"
    assert f"could not read {stack.name}.json: {attributes} was empty, and is removed" in recovered(stack)
    converges(stack)


def test_an_update_that_runs_is_left_alone(stack: Stack) -> None:
    stack.configure(sandbox_config())
    stack.sandbox.fault("ARM PUT Microsoft.Authorization/roleDefinitions", delay=15, count=1)
    running = stack.started("up", "--yes", "--skip-preview")

    def begun() -> None:
        assert "ARM PUT Microsoft.Authorization/roleDefinitions" in stack.sandbox.requests()

    eventually(begun)
    is_locked(stack)
    result = stack.ops("recover", "--yes")
    assert result.code == 1
    assert f"Stack {stack.name} is being updated by " in result.output
    running.communicate(timeout=600)
    assert running.returncode == 0
    assert reality(stack.sandbox) == DEPLOYED_ONCE


def test_killed_at_a_gateway_resource_of_its_own(stack: Stack) -> None:
    own = {"name": "owngw", "createGatewayResource": True, "locationName": "contoso branch"}
    stack.configure(sandbox_config(gateways=[sandbox_gateway(**own)]))
    kill_at(stack, "ARM PUT Microsoft.ApiManagement/service/gateways", "up", done=True)
    assert "/gateways/owngw: take into the state" in recovered(stack)
    stack.up().ok()
    # In an update that is not the first.
    stack.configure(sandbox_config(gateways=[sandbox_gateway(**{**own, "locationName": "elsewhere"})]))
    kill_at(stack, "ARM PUT Microsoft.ApiManagement/service/gateways", "up", done=True)
    assert "owngw-resource-gateway was interrupted while updating" in recovered(stack)
    stack.up().ok()
    stack.sandbox.wait_for_pods()
    assert stack.ops("drift").ok().output.startswith("No drift")
    stack.destroy().ok()
    assert reality(stack.sandbox) == NOTHING


def test_what_an_update_has_made_since_is_not_taken_for_a_leftover(stack: Stack) -> None:
    # ARM answers ids in its own letter case.
    instance = {"name": "contoso-apim", "resourceGroup": "Contoso-RG"}
    stack.configure(sandbox_config(apiManagement=instance))
    stack.sandbox.fault("ARM PUT Microsoft.ApiManagement/service/gateways/apis", delay=60, reset=True)

    # All that does not wait for the API is made: at no moment before is it certain that nothing else is sent.
    made = ["configmap/mygw-env", "secret/mygw-auth", "service/mygw-instance-discovery"]

    def alone() -> None:
        assert recorded(stack) == replace(DEPLOYED_ONCE, attached_apis=[], objects=made)
        assert [operation["resource"]["urn"].rpartition("::")[2] for operation in pending(stack)] == [
            "mygw-resource-api-echo"
        ]

    kill_when(stack, alone, "up")
    end_plugins(stack)
    stack.sandbox.clear_faults()
    stack.pulumi("cancel", "--yes").ok()
    stack.up().ok()
    assert pending(stack)
    output = stack.ops("recover", "--yes").ok().output
    assert "mygw-resource-api-echo was interrupted while creating" in output
    assert "; the next update makes it again" not in output
    assert pending(stack) == []
    converges(stack)


def test_where_nobody_signs_in_the_lock_alone_is_cleared(stack: Stack) -> None:
    stack.configure(sandbox_config())
    kill_at(stack, "Graph POST applications", "up", done=True)
    end_plugins(stack)
    before = pending(stack)
    asked = stack.ops("recover", ARM_CLIENT_SECRET="expired")
    assert asked.code == 1
    assert "What the update left can't be looked for: Signing in failed: " in asked.output
    is_locked(stack)
    cleared = stack.ops("recover", "--yes", ARM_CLIENT_SECRET="expired").ok()
    assert cleared.output.endswith(f"The lock of stack {stack.name} is cleared, and nothing else.\n")
    assert pending(stack) == before
    assert (
        "application 'contoso-apim self-hosted gateway mygw', client id " in stack.ops("recover", "--yes").ok().output
    )
    converges(stack)


OBJECTS = {
    "ConfigMap default/mygw-env",
    "Secret default/mygw-auth",
    "Deployment default/mygw",
    "Service default/mygw-live-traffic",
    "Service default/mygw-instance-discovery",
}


def test_every_kind_of_object_whose_creation_is_pending_is_taken_into_the_state(deployed: Stack) -> None:
    file = checkpoint(deployed)
    written = json.loads(file.read_text())
    deployment = written["checkpoint"]["latest"]
    objects = [r for r in deployment["resources"] if r["type"].startswith("kubernetes:")]
    assert len(objects) == len(OBJECTS)
    # What the engine leaves when it is killed while all of them are being made.
    deployment["pending_operations"] = [
        {"type": "creating", "resource": {key: value for key, value in r.items() if key not in UNKNOWN_BEFORE}}
        for r in objects
    ]
    deployment["resources"] = [r for r in deployment["resources"] if r not in objects]
    file.write_text(json.dumps(written))
    before = {kind: deployed.sandbox.objects(kind) for kind in ("configmap", "secret", "service", "deployment", "pods")}

    output = deployed.ops("recover", "--yes").ok().output
    assert {name for name in OBJECTS if f"- {name}: take into the state\n" in output} == OBJECTS
    secret = deployed.outputs(secrets=True)["clientSecrets"]["mygw"]
    assert secret not in deployed.pulumi("stack", "export").ok().output
    deployed.preview("--expect-no-changes").ok()
    converges(deployed)
    # Nothing was written.
    for kind, objects_before in before.items():
        now = deployed.sandbox.objects(kind)
        assert {name: o["metadata"]["uid"] for name, o in now.items()} == {
            name: o["metadata"]["uid"] for name, o in objects_before.items()
        }


# Of a resource, what its creation brings.
UNKNOWN_BEFORE = ("id", "outputs", "created", "modified")


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """The sandbox's configuration with a secret that can be rotated, deployed. A test's own stack would erase it."""
    deployable.configure(rotated(days_ago=30))
    deployable.up().ok()
    return deployable


def rotated(days_ago: int) -> dict[str, Any]:
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    secret = {"rotation": day, "validity": "P90D"}
    authentication = {**sandbox_gateway()["authentication"], "clientSecret": secret}
    return sandbox_config(gateways=[sandbox_gateway(authentication=authentication)])


def test_killed_in_a_rotation(deployed: Stack) -> None:
    deployed.configure(rotated(days_ago=20))
    kill_at(deployed, "Graph POST applications/{id}/addPassword", "up", done=True)
    assert reality(deployed.sandbox).client_secrets == 2
    assert "client secret " in recovered(deployed)
    assert reality(deployed.sandbox).client_secrets == 1
    converges(deployed)

    deployed.configure(rotated(days_ago=10))
    kill_at(deployed, "Graph POST applications/{id}/removePassword", "up", done=False)
    recovered(deployed)
    converges(deployed)

    deployed.configure(rotated(days_ago=5))
    kill_at(deployed, "Graph POST applications/{id}/removePassword", "up", done=True)
    recovered(deployed)
    converges(deployed)


def test_killed_in_a_rotation_while_pods_roll(deployed: Stack) -> None:
    deployed.sandbox.wait_for_pods()
    before = set(deployed.sandbox.objects("pods"))
    deployed.configure(rotated(days_ago=3))
    # No new pod gets ready, so that the update is not over before it is killed.
    deployed.sandbox.fault("Configuration *", status=503)

    def rolls() -> None:
        assert set(deployed.sandbox.objects("pods")) - before

    kill_when(deployed, rolls, "up")
    # Both secrets are there: the old pods serve with the old one.
    assert reality(deployed.sandbox).client_secrets == 2
    deployed.sandbox.clear_faults()
    assert "mygw-workload-deployment was interrupted while updating" in recovered(deployed)
    converges(deployed)


def test_killed_in_a_rotation_as_the_secret_is_written(deployed: Stack) -> None:
    before = deployed.sandbox.objects("secret")["mygw-auth"]["data"]
    deployed.configure(rotated(days_ago=2))
    deployed.sandbox.fault("Configuration *", status=503)

    def is_written() -> None:
        assert deployed.sandbox.objects("secret")["mygw-auth"]["data"] != before

    kill_when(deployed, is_written, "up")
    deployed.sandbox.clear_faults()
    recovered(deployed)
    converges(deployed)


def test_killed_in_a_destruction(deployed: Stack) -> None:
    def has_no_address() -> None:
        assert "mygw-live-traffic" not in deployed.sandbox.objects("service")

    for operation in DELETIONS:
        deployed.sandbox.fault(operation, delay=HANGS_SECONDS, reset=True)
    kill_when(deployed, has_no_address, "destroy")
    deployed.sandbox.clear_faults()
    recovered(deployed)
    left = set(DELETIONS)

    def begun() -> None:
        assert left & deployed.sandbox.requests().keys()

    while left:
        deployed.sandbox.azure().delete("/_sandbox/requests")
        for operation in left:
            deployed.sandbox.fault(operation, delay=HANGS_SECONDS, done=True)
        kill_when(deployed, begun, "destroy")
        deployed.sandbox.clear_faults()
        recovered(deployed)
        # Its plugins may have sent what goes on side by side after the engine was killed.
        left -= deployed.sandbox.requests().keys()
    deployed.destroy().ok()
    assert reality(deployed.sandbox) == NOTHING
    assert deployed.resources() == []

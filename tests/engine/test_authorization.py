"""What a gateway needs to start: each right and the secret, one by one; and time until a right works."""

from collections.abc import Callable

import httpx
import pytest

from .sandbox import AUTHORIZATION_VERSION, Result, Stack, eventually, sandbox_config

VERSION = {"api-version": AUTHORIZATION_VERSION}


def remove_reader_assignment(stack: Stack) -> None:
    id_ = stack.outputs()["gateways"]["mygw"]["readerAssignmentId"]
    stack.sandbox.arm().delete(id_, params=VERSION).raise_for_status()


def remove_validator_assignment(stack: Stack) -> None:
    stack.sandbox.arm().delete(stack.outputs()["validatorAssignmentId"], params=VERSION).raise_for_status()


def remove_client_secret(stack: Stack) -> None:
    gateway = stack.outputs()["gateways"]["mygw"]
    stack.sandbox.graph().post(
        f"/v1.0/applications(appId='{gateway['clientId']}')/removePassword",
        json={"keyId": gateway["clientSecretKeyId"]},
    ).raise_for_status()


def new_pod(stack: Stack) -> str:
    """Start a second pod beside the first, by hand; its name."""
    before = set(stack.sandbox.objects("pods"))
    stack.sandbox.kubectl("scale", "deployment", "mygw", "--replicas=2").ok()

    def appeared() -> str:
        (name,) = set(stack.sandbox.objects("pods")) - before
        return name

    def running() -> str:
        new = set(stack.sandbox.objects("pods")) - before
        assert len(new) == 1
        stack.sandbox.cluster().log(*new)
        return appeared()

    return eventually(running)


def is_ready(stack: Stack, pod: str) -> bool:
    conditions = stack.sandbox.objects("pods")[pod]["status"].get("conditions", [])
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


@pytest.mark.parametrize(
    ("remove", "reason"),
    [
        (remove_reader_assignment, "StatusCode: Forbidden"),
        (remove_validator_assignment, "StatusCode: Forbidden"),
        (remove_client_secret, "AADSTS7000215"),
    ],
)
def test_without_it_a_new_pod_does_not_become_ready_and_says_why(
    deployed: Stack, remove: Callable[[Stack], None], reason: str
) -> None:
    remove(deployed)
    pod = new_pod(deployed)

    def told() -> None:
        assert reason in deployed.sandbox.cluster().log(pod)
        events = deployed.sandbox.kubectl("get", "events", "--field-selector", f"involvedObject.name={pod}").ok()
        assert "Unhealthy" in events.output

    eventually(told)
    assert not is_ready(deployed, pod)
    # The pod that was ready before still serves.
    assert httpx.get(f"{deployed.sandbox.live_traffic()}/echo/hello", trust_env=False).status_code == 200

    drift: Result = deployed.check_drift()
    assert drift.code == 7
    deployed.up("--refresh").ok()
    deployed.sandbox.wait_for_pods()
    deployed.check_drift().ok()


def test_a_deployment_waits_for_rights_that_take_their_time(stack: Stack) -> None:
    stack.sandbox.azure_settings(rbacDelaySeconds=3600)
    stack.configure(sandbox_config())
    running = stack.started("up", "--yes", "--skip-preview")

    def refused() -> str:
        names = list(stack.sandbox.objects("pods"))
        assert len(names) == 1
        assert "StatusCode: Forbidden" in stack.sandbox.cluster().log(names[0])
        return names[0]

    pod = eventually(refused)
    assert not is_ready(stack, pod)
    stack.sandbox.azure_settings(rbacDelaySeconds=0)
    output, _ = running.communicate(timeout=600)
    assert running.returncode == 0, output
    assert is_ready(stack, pod)

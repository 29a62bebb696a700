"""The number of pods is decided by one at a time: the stack's file, an autoscaler, or somebody else's autoscaler."""

import json
from typing import Any

from .sandbox import Stack, eventually, sandbox_config, sandbox_gateway

REQUESTS = {"resources": {"requests": {"cpu": "100m"}}}


def configure(stack: Stack, **gateway: Any) -> None:
    stack.configure(sandbox_config(gateways=[sandbox_gateway(container=REQUESTS, **gateway)]))


def bounds(fewest: int, most: int) -> dict[str, Any]:
    return {"minReplicas": fewest, "maxReplicas": most, "cpu": 80}


def declared(stack: Stack) -> int:
    """How many pods the Deployment is to have."""
    return stack.sandbox.objects("deployments")["mygw"]["spec"]["replicas"]


def comes_to(stack: Stack, count: int) -> None:
    def has() -> None:
        assert declared(stack) == count

    eventually(has)
    stack.sandbox.kubectl("rollout", "status", "deployment/mygw", "--timeout=120s").ok()


def nobody_sees_drift(stack: Stack) -> None:
    stack.check_drift().ok()
    assert stack.ops("drift", identity="reader").ok().output.startswith("No drift")


def scale(stack: Stack, count: int) -> None:
    stack.sandbox.kubectl("scale", "deployment/mygw", f"--replicas={count}").ok()


def patch(stack: Stack, count: int) -> None:
    change = json.dumps({"spec": {"replicas": count}})
    stack.sandbox.kubectl("patch", "deployment", "mygw", "--type=merge", "-p", change).ok()


def test_an_autoscaler_takes_the_pods_over_and_gives_them_back(stack: Stack) -> None:
    configure(stack, replicas=2)
    stack.up().ok()

    # From a number: with the pods that run, more than the fewest.
    configure(stack, autoscaling=bounds(1, 4))
    stack.up().ok()
    assert declared(stack) == 2
    nobody_sees_drift(stack)
    # Its bounds alone move it, whether kubectl or the autoscaler has written the number before.
    configure(stack, autoscaling=bounds(3, 4))
    stack.up().ok()
    comes_to(stack, 3)
    nobody_sees_drift(stack)
    scale(stack, 4)
    comes_to(stack, 4)
    configure(stack, autoscaling=bounds(2, 3), pod={"annotations": {"contoso.example/rolled": "1"}})
    stack.up().ok()
    comes_to(stack, 3)
    nobody_sees_drift(stack)
    stack.up("--refresh").ok()
    assert declared(stack) == 3
    nobody_sees_drift(stack)

    # To somebody else's: what they write between two updates stays, however they write it.
    configure(stack, replicas="external")
    stack.up().ok()
    assert declared(stack) == 3
    assert stack.sandbox.kubectl("get", "hpa", "-o", "name").ok().output.strip() == ""
    for count, write in ((2, scale), (4, patch)):
        write(stack, count)
        configure(stack, replicas="external", pod={"annotations": {"contoso.example/rolled": f"to {count}"}})
        stack.up().ok()
        assert declared(stack) == count
        nobody_sees_drift(stack)

    # Back to a number, in one update.
    configure(stack, replicas=1)
    stack.up().ok()
    assert declared(stack) == 1
    nobody_sees_drift(stack)
    stack.destroy().ok()

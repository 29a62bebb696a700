"""The number of pods is decided by one at a time: the stack's file, an autoscaler, or somebody else's autoscaler."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .sandbox import Stack, eventually, sandbox_config, sandbox_gateway

REQUESTS = {"resources": {"requests": {"cpu": "100m"}}}
OWN = {"createGatewayResource": True, "locationName": "contoso branch"}


def configure(stack: Stack, *, protect: bool = True, **gateways: dict[str, Any]) -> None:
    """Gateways side by side, so that one update makes a move of each."""
    declared = [
        sandbox_gateway(name=name, container=REQUESTS, serviceAccount={"create": True}, **OWN, **gateway)
        for name, gateway in gateways.items()
    ]
    stack.configure(sandbox_config(gateways=declared, protect=["validator", "gateways"] if protect else []))


def autoscaled(fewest: int, most: int, rolled: str = "") -> dict[str, Any]:
    return {"autoscaling": {"minReplicas": fewest, "maxReplicas": most, "cpu": 80}, **with_annotation(rolled)}


def number(replicas: int) -> dict[str, Any]:
    return {"replicas": replicas}


def external(rolled: str = "") -> dict[str, Any]:
    return {"replicas": "external", **with_annotation(rolled)}


def with_annotation(rolled: str) -> dict[str, Any]:
    """A change of the pods, with which the update writes their Deployment."""
    return {"pod": {"annotations": {"contoso.example/rolled": rolled}}} if rolled else {}


def declared(stack: Stack, gateway: str) -> int:
    """How many pods the Deployment is to have."""
    return stack.sandbox.objects("deployments")[gateway]["spec"]["replicas"]


def comes_to(stack: Stack, gateway: str, count: int) -> None:
    def has() -> None:
        assert declared(stack, gateway) == count

    eventually(has)
    stack.sandbox.kubectl("rollout", "status", f"deployment/{gateway}", "--timeout=120s").ok()


def autoscalers(stack: Stack) -> list[str]:
    return sorted(stack.sandbox.objects("horizontalpodautoscalers"))


def nobody_sees_drift(stack: Stack) -> None:
    with ThreadPoolExecutor() as side_by_side:
        engine = side_by_side.submit(stack.check_drift)
        ops = side_by_side.submit(stack.ops, "drift", identity="reader")
    engine.result().ok()
    assert ops.result().ok().output.startswith("No drift")


def scale(stack: Stack, gateway: str, count: int) -> None:
    stack.sandbox.kubectl("scale", f"deployment/{gateway}", f"--replicas={count}").ok()


def patch(stack: Stack, gateway: str, count: int) -> None:
    change = json.dumps({"spec": {"replicas": count}})
    stack.sandbox.kubectl("patch", "deployment", gateway, "--type=merge", "-p", change).ok()


def test_an_autoscaler_takes_the_pods_over_and_gives_them_back(stack: Stack) -> None:
    configure(stack, bounded=number(2), keda=number(2), back=number(2))
    stack.up().ok()

    # From a number: with the pods that run, more than the fewest.
    configure(stack, bounded=autoscaled(1, 4), keda=external(), back=autoscaled(2, 4))
    stack.up().ok()
    assert [declared(stack, name) for name in ("bounded", "keda", "back")] == [2, 2, 2]
    assert autoscalers(stack) == ["back", "bounded"]
    nobody_sees_drift(stack)

    # Its bounds alone move an autoscaler's count, what somebody else's writes stays, and the number of before comes back in
    # one update, also of a protected gateway.
    scale(stack, "keda", 3)
    scale(stack, "back", 3)
    configure(stack, bounded=autoscaled(3, 4), keda=external("after scale"), back=number(2))
    stack.up().ok()
    assert [declared(stack, name) for name in ("keda", "back")] == [3, 2]
    assert autoscalers(stack) == ["bounded"]
    comes_to(stack, "bounded", 3)
    nobody_sees_drift(stack)

    # The same where kubectl has written the number before, and however somebody else's writes it.
    scale(stack, "bounded", 4)
    comes_to(stack, "bounded", 4)
    patch(stack, "keda", 1)
    configure(stack, bounded=autoscaled(2, 3, "after scale"), keda=external("after patch"), back=autoscaled(2, 4))
    stack.up().ok()
    assert [declared(stack, name) for name in ("keda", "back")] == [1, 2]
    comes_to(stack, "bounded", 3)
    nobody_sees_drift(stack)
    # A destruction that is refused takes nothing away.
    refused = stack.destroy()
    assert refused.code != 0
    assert "is protected" in refused.output
    stack.preview("--expect-no-changes").ok()

    # From an autoscaler to somebody else's with the pods that run, and from somebody else's to the number of before.
    scale(stack, "back", 3)
    configure(stack, bounded=external(), keda=number(2), back=autoscaled(2, 4))
    stack.up().ok()
    assert [declared(stack, name) for name in ("bounded", "keda", "back")] == [3, 2, 3]
    assert autoscalers(stack) == ["back"]
    nobody_sees_drift(stack)

    # A refresh takes nobody's count away.
    configure(stack, protect=False, bounded=external(), keda=number(2), back=autoscaled(2, 4))
    stack.up("--refresh").ok()
    assert [declared(stack, name) for name in ("bounded", "keda", "back")] == [3, 2, 3]
    nobody_sees_drift(stack)
    stack.destroy().ok()

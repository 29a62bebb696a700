"""An update that somebody interrupts."""

import os
import signal

from .sandbox import Stack, eventually, sandbox_config


def test_an_interrupted_update_ends_in_order_and_the_next_one_goes_on(stack: Stack) -> None:
    stack.configure(sandbox_config())
    stack.sandbox.fault("ARM PUT Microsoft.Authorization/roleAssignments", delay=3, count=1)
    running = stack.started("up", "--yes", "--skip-preview")

    def has_begun() -> None:
        assert "ARM PUT Microsoft.Authorization/roleAssignments" in stack.sandbox.requests()

    eventually(has_begun)
    os.killpg(running.pid, signal.SIGINT)
    output, _ = running.communicate(timeout=600)
    assert running.returncode != 0
    for unwanted in (
        "Traceback",
        "KeyboardInterrupt",
        "an unhandled error occurred",
        "hook",
        "panic",
        "defect in the stand-in",
    ):
        assert unwanted not in output
    # What was under way is in the state, nothing is locked, and nothing is pending.
    made = {resource["type"] for resource in stack.resources()}
    assert "azure-native:authorization:RoleAssignment" in made
    stack.up().ok()
    stack.preview("--expect-no-changes").ok()
    stack.destroy().ok()

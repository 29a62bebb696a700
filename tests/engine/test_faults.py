"""What goes wrong in Azure while an update runs: it is waited for, or told in one message, and the next update converges."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from .reality import DEPLOYED_ONCE, reality
from .sandbox import Stack, sandbox_config

ASSIGNMENT = "ARM PUT Microsoft.Authorization/roleAssignments"
DEFINITION = "ARM PUT Microsoft.Authorization/roleDefinitions"


@dataclass(frozen=True)
class Case:
    """One fault."""

    name: str
    arrange: Callable[[Stack], None]
    message: str = ""
    """What the user is told; the empty text where the update succeeds."""


def fault(operation: str, **what: Any) -> Callable[[Stack], None]:
    return lambda stack: stack.sandbox.fault(operation, **what)


def setting(**settings: float) -> Callable[[Stack], None]:
    return lambda stack: stack.sandbox.azure_settings(**settings)


CASES = [
    Case("ARM throttles: 429 with Retry-After", fault(ASSIGNMENT, status=429, retryAfter=1, count=2)),
    Case("Graph throttles: 429 with Retry-After", fault("Graph POST applications", status=429, retryAfter=1, count=2)),
    Case("ARM answers 500 for a while", fault(ASSIGNMENT, status=500, count=2)),
    Case("ARM answers 500 without end", fault(ASSIGNMENT, status=500), 'Status=500 Code="InternalServerError"'),
    Case("ARM answers 503 for a while", fault(DEFINITION, status=503, count=2)),
    Case("Graph answers 503 for a while", fault("Graph POST applications/{id}/addPassword", status=503, count=2)),
    Case("ARM resets a connection", fault(ASSIGNMENT, reset=True, count=1)),
    Case("ARM does what it is asked, and resets the connection", fault(ASSIGNMENT, reset=True, done=True, count=1)),
    Case("Graph resets a connection", fault("Graph POST servicePrincipals", reset=True, count=1)),
]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_fault_of_azure(stack: Stack, case: Case) -> None:
    stack.configure(sandbox_config())
    case.arrange(stack)
    result = stack.up()
    assert (result.code != 0) is bool(case.message), result.output
    assert case.message in result.output
    assert "Traceback" not in result.output
    stack.sandbox.clear_faults()
    stack.up().ok()
    stack.sandbox.wait_for_pods()
    assert reality(stack.sandbox) == DEPLOYED_ONCE
    stack.check_drift().ok()

"""What a command imports before it knows what to do: the clients of Azure and Kubernetes and the SDK take longer than that."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("command", "heavy"),
    [
        ("ops.cli.application", {"azure", "kubernetes", "pulumi"}),
        ("sandbox.supervisor.cli", {"kubernetes", "pulumi"}),
        # A plugin's and the language host's are with their conformance tests; here is what they share.
        ("sandbox.engine_protocol", {"pulumi"}),
    ],
)
def test_a_command_starts_without_what_few_commands_need(command: str, heavy: set[str]) -> None:
    ask = f"import {command}, sys; print(*{{name.partition('.')[0] for name in sys.modules}})"
    answer = subprocess.run([sys.executable, "-c", ask], cwd=CHECKOUT, capture_output=True, text=True, check=True)
    assert heavy & set(answer.stdout.split()) == set()

"""One sandbox for all engine tests, and a stack of its own for each."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stand_ins_only import STAND_INS_ONLY

from .sandbox import Sandbox, Stack, sandbox_config

# Only against hanging: the longest test takes about three minutes on two free cores.
_SECONDS = 900


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let these tests take longer than others, and leave out with real plugins what is about a stand-in's own switch."""
    for item in items:
        if Path(__file__).parent not in item.path.parents:
            continue
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_SECONDS))
        reason = STAND_INS_ONLY.get(f"engine/{item.path.name}::{item.name.partition('[')[0]}")
        if reason is not None and os.environ.get("SANDBOX_PLUGINS"):
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="package")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A running sandbox in a folder of the tests' own."""
    home: Path = tmp_path_factory.mktemp("sandbox")
    running = Sandbox(home, tmp_path_factory.mktemp("program"))
    try:
        running.start()
        yield running
    finally:
        running.sandbox("stop")


@pytest.fixture(scope="module")
def deployable(sandbox: Sandbox) -> Iterator[Stack]:
    """A new stack for the tests of a module, with Azure as it was seeded and an empty cluster."""
    yield from _stack(sandbox)


@pytest.fixture(scope="module")
def deployed(deployable: Stack) -> Stack:
    """The sandbox's configuration, deployed; a module that needs another has a fixture of its own."""
    deployable.configure(sandbox_config())
    deployable.up().ok()
    return deployable


@pytest.fixture
def stack(sandbox: Sandbox) -> Iterator[Stack]:
    """A new stack for one test, with Azure as it was seeded and an empty cluster."""
    yield from _stack(sandbox)


def _stack(sandbox: Sandbox) -> Iterator[Stack]:
    sandbox.reset_azure()
    sandbox.erase_cluster()
    new = Stack(sandbox, f"test-{uuid.uuid4().hex[:8]}")
    new.configure({})
    sandbox.run("pulumi", "stack", "init", new.name, "--no-select").ok()
    yield new
    new.remove()

"""What all tests share: the documents that are made from what they know."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.loopback_ports import PORTS, RANGE

CHECKOUT = Path(__file__).parents[1]
# In this order, so that a worker's sandbox ends before its next one starts, and short files even out in the end.
PACKAGES = ("engine", "conformance", "pipelines", "unit")
# Of the engine tests, by what they took when last measured; then those that are not here.
LONGEST = (
    "test_kills.py", "test_faults.py", "test_documented_commands.py", "test_github_workflows.py", "test_plan.py",
    "test_drift.py", "test_ops_drift.py", "test_scaling.py", "test_every_setting.py", "test_environments.py",
    "test_change.py", "test_refusals.py", "test_adopt.py", "test_drift_additions.py", "test_azure_pipelines.py",
    "test_losses.py", "test_replacements.py", "test_verify.py", "test_graph_permissions.py", "test_bootstrap.py",
    "test_cluster_rights.py", "test_rights.py", "test_authorization.py",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """Let commands be interrupted, and give each of pytest-xdist's workers ports of its own."""
    # In the background, a shell has SIGINT ignored, and so would every command that a test starts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    workers, worker = os.environ.get("PYTEST_XDIST_WORKER_COUNT"), os.environ.get("PYTEST_XDIST_WORKER", "")
    if workers:
        size = len(PORTS) // int(workers)
        first = PORTS.start + size * int(worker.removeprefix("gw"))
        os.environ[RANGE] = f"{first}-{first + size - 1}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files that take longest first: workers that take the next file each then end together."""
    items.sort(key=_place)
    if config.getoption("--write-docs"):
        writing = [item for item in items if "document" in getattr(item, "fixturenames", ())]
        config.hook.pytest_deselected(items=[item for item in items if item not in writing])
        items[:] = writing


def _place(item: pytest.Item) -> tuple[int, int]:
    package = item.path.relative_to(CHECKOUT / "tests").parts[0]
    name = item.path.name
    return (
        PACKAGES.index(package) if package in PACKAGES else len(PACKAGES),
        LONGEST.index(name) if package == "engine" and name in LONGEST else len(LONGEST),
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-docs",
        action="store_true",
        help="write the generated parts of docs/ instead of comparing; runs no other test",
    )


@pytest.fixture(scope="session")
def document(pytestconfig: pytest.Config) -> Callable[[str, str], None]:
    """Compare a generated document with the one in the repository, or write it."""

    def check(path: str, text: str) -> None:
        file = CHECKOUT / path
        if pytestconfig.getoption("--write-docs"):
            file.write_text(text)
        kept = file.read_text() if file.exists() else None
        assert kept == text, f"{path} is not up to date: pytest --write-docs"

    return check

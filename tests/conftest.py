"""What all tests share: the documents that are made from what they know."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox.loopback_ports import PORTS, RANGE

CHECKOUT = Path(__file__).parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Give each of pytest-xdist's workers ports of its own."""
    workers, worker = os.environ.get("PYTEST_XDIST_WORKER_COUNT"), os.environ.get("PYTEST_XDIST_WORKER", "")
    if workers:
        size = len(PORTS) // int(workers)
        first = PORTS.start + size * int(worker.removeprefix("gw"))
        os.environ[RANGE] = f"{first}-{first + size - 1}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-docs", action="store_true", help="write the generated parts of docs/ instead of comparing"
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

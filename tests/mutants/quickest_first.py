"""A plugin of pytest: the quickest tests first, as mutmut has timed them. Most mutants are noticed by many tests."""

import json
from pathlib import Path

import pytest

# mutmut writes it where it runs the tests, after it has run all of them once.
_STATISTICS = Path("mutmut-stats.json")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort them. Those that take about as long stay together, so that they share the fixtures of their module."""
    if _STATISTICS.is_file():
        seconds: dict[str, float] = json.loads(_STATISTICS.read_text())["duration_by_test"]
        items.sort(key=lambda item: round(seconds.get(item.nodeid, 0), 1))

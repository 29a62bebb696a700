"""A plugin of pytest: without the tests that compare generated files, because these differ after every change."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take them out."""
    generated = [item for item in items if "document" in getattr(item, "fixturenames", ())]
    config.hook.pytest_deselected(items=generated)
    items[:] = [item for item in items if item not in generated]

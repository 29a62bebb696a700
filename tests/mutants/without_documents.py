"""A plugin of pytest: without the tests that compare files as texts, because these differ after every change."""

import pytest


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take them out."""
    texts = [item for item in items if _compares_texts(item)]
    config.hook.pytest_deselected(items=texts)
    items[:] = [item for item in items if item not in texts]


def _compares_texts(item: pytest.Item) -> bool:
    return "document" in getattr(item, "fixturenames", ()) or item.get_closest_marker("as_text") is not None

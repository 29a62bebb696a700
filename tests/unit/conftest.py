"""What all unit tests share: they are signed in nowhere, whoever runs them."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def signed_in_nowhere() -> Iterator[None]:
    """Without the variables that tell the program where somebody is signed in."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("ARM_")]:
            patch.delenv(name)
        yield

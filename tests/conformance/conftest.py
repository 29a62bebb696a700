"""One emulated Azure for all conformance tests, as it was seeded for each."""

from collections.abc import Iterator

import pytest

from .azure.emulator import Emulator, free_port


@pytest.fixture(scope="session")
def running_emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """The process."""
    emulator = Emulator(tmp_path_factory.mktemp("emulator") / "azure", free_port())
    emulator.start()
    yield emulator
    emulator.stop()


@pytest.fixture
def emulator(running_emulator: Emulator) -> Emulator:
    """The process, with Azure as it was seeded."""
    running_emulator.reset()
    return running_emulator

"""The plugins, each started once, signed in as the sandbox's deployer."""

from collections.abc import Iterator

import pytest

from ..azure.emulator import Emulator
from ..control_plane import Kubernetes
from .plugin import Plugin

PROGRAMS_SETTINGS = {"enableConfigMapMutable": True, "enableSecretMutable": True, "enablePatchForce": True}


def _started(package: str, emulator: Emulator) -> Iterator[Plugin]:
    plugin = Plugin(package, emulator.environment())
    plugin.configure()
    yield plugin
    _, out, err = plugin.end()
    # Not a line beside the port: what a plugin prints, the engine shows to its user.
    assert (out, err) == ("", "")


@pytest.fixture(scope="package")
def running_azure_native(running_emulator: Emulator) -> Iterator[Plugin]:
    """The process."""
    yield from _started("azure_native", running_emulator)


@pytest.fixture(scope="package")
def running_azuread(running_emulator: Emulator) -> Iterator[Plugin]:
    """The process."""
    yield from _started("azuread", running_emulator)


@pytest.fixture
def azure_native(running_azure_native: Plugin, emulator: Emulator) -> Plugin:
    """The plugin, on Azure as it was seeded."""
    return running_azure_native


@pytest.fixture
def azuread(running_azuread: Plugin, emulator: Emulator) -> Plugin:
    """The plugin, on Azure as it was seeded."""
    return running_azuread


@pytest.fixture(scope="package")
def random(running_emulator: Emulator) -> Iterator[Plugin]:
    """The plugin."""
    yield from _started("random", running_emulator)


@pytest.fixture(scope="package")
def kubeconfig(kubernetes: Kubernetes) -> str:
    """The administrator's kubeconfig, as content."""
    return kubernetes.cluster.kubeconfig("admin").read_text()


@pytest.fixture(scope="package")
def kubernetes_plugin(kubeconfig: str) -> Iterator[Plugin]:
    """The plugin with the settings of the program's provider."""
    plugin = Plugin("kubernetes", {})
    plugin.configure(kubeconfig=kubeconfig, **PROGRAMS_SETTINGS)
    yield plugin
    _, out, err = plugin.end()
    assert (out, err) == ("", "")

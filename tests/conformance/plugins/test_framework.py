"""What all plugins have in common: how they start and end, sign in, and word what is wrong."""

import signal
import sys
from pathlib import Path

import psutil
import pytest

from ..azure.emulator import Emulator
from .plugin import Plugin, PluginError, only_for_the_stand_in

PACKAGES = ["azure_native", "azuread", "random", "kubernetes"]
NAMES = {"azure_native": "azure-native", "azuread": "azuread", "random": "random", "kubernetes": "kubernetes"}


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_a_plugin_prints_its_port_and_ends_quietly(package: str, ending: signal.Signals) -> None:
    only_for_the_stand_in(package)
    plugin = Plugin(package, {})
    assert 1024 < int(plugin.port) < 65536
    code, out, err = plugin.end(ending)
    assert (code, out, err) == (0, "", "")


@pytest.mark.parametrize("package", PACKAGES)
def test_of_pulumi_a_plugin_imports_the_protocol_only(package: str) -> None:
    only_for_the_stand_in(package)
    # Four plugins start with every command of the engine, and an SDK takes longer than all else that they do.
    plugin = Plugin(package, {}, "-X", "importtime")
    if package == "random":
        plugin.check("random:index/randomUuid:RandomUuid", {"keepers": {"a": "b"}})
    else:
        assert [name for name, _ in plugin.check_config(contoso="x")] == ["contoso"]
    _, _, imported = plugin.end()
    modules = [line.rpartition("|")[2].strip() for line in imported.splitlines()]
    assert "sandbox.engine_protocol.provider_pb2" in modules
    assert [module for module in modules if module.startswith("pulumi")] == []
    # Nor what httpx brings for its own command line.
    assert {"rich", "click", "pygments"} & set(modules) == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_plugin_listens_on_loopback_only(package: str) -> None:
    plugin = Plugin(package, {})
    try:
        listening = [c.laddr for c in psutil.Process(plugin.process.pid).net_connections() if c.status == "LISTEN"]
        addresses = [(address.ip.removeprefix("::ffff:"), address.port) for address in listening]
        assert addresses == [("127.0.0.1", int(plugin.port))]
    finally:
        plugin.end()


def _sign_in(plugin: Plugin, package: str) -> None:
    plugin.configure()
    tokens = {
        "azure_native": "azure-native:authorization:getClientConfig",
        "azuread": "azuread:index/getClientConfig:getClientConfig",
    }
    plugin.invoke(tokens[package])


@pytest.mark.parametrize("package", ["azure_native", "azuread"])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"ARM_CLIENT_SECRET": "wrong"}, "AADSTS7000215: Invalid client secret provided."),
        ({"ARM_CLIENT_SECRET": ""}, "no credentials: clientSecret not set"),
        ({"ARM_TENANT_ID": "00000000-0000-4000-8000-00000000000f"}, "AADSTS90002"),
        ({"ARM_METADATA_HOSTNAME": "localhost:9"}, "retrieving the cloud's metadata from https://localhost:9 failed"),
        ({"SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"}, "CERTIFICATE_VERIFY_FAILED"),
    ],
)
def test_a_sign_in_that_fails_says_why(package: str, change: dict[str, str], message: str, emulator: Emulator) -> None:
    plugin = Plugin(package, {**emulator.environment(), **change})
    try:
        with pytest.raises(PluginError) as refused:
            _sign_in(plugin, package)
        assert message in str(refused.value)
        assert "Traceback" not in str(refused.value)
    finally:
        plugin.end()


@pytest.mark.parametrize("package", PACKAGES)
def test_what_a_stand_in_does_not_play_is_refused_by_name(package: str, emulator: Emulator) -> None:
    only_for_the_stand_in(package)
    kubeconfig = "apiVersion: v1\nkind: Config\nclusters: []\ncontexts: []\nusers: []\n"
    plugin = Plugin(package, emulator.environment())
    try:
        plugin.configure(**({"kubeconfig": kubeconfig} if package == "kubernetes" else {}))
        with pytest.raises(PluginError, match=f"is not part of the stand-in for {NAMES[package]}"):
            plugin.check("contoso:index:Thing", {})
        with pytest.raises(PluginError, match=f"is not part of the stand-in for {NAMES[package]}"):
            plugin.invoke("contoso:index:getThing")
    finally:
        plugin.end()


def test_a_providers_own_unknown_inputs_are_refused(azure_native: Plugin, azuread: Plugin) -> None:
    for plugin in (azure_native, azuread):
        ((name, reason),) = plugin.check_config(tenant="contoso")
        assert name == "tenant"
        assert reason.startswith("unknown property 'tenant'")


def test_no_plugin_has_its_credentials_in_its_command_line(azure_native: Plugin, emulator: Emulator) -> None:
    command = " ".join(psutil.Process(azure_native.process.pid).cmdline())
    assert emulator.identity("deployer").client_secret not in command
    assert Path(sys.executable).name in command

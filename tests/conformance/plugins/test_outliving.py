"""What a plugin does after its engine was killed: it stays for up to five minutes, and may finish what it was doing."""

import contextlib
import threading
import time
from collections.abc import Callable

import pytest

from ..azure.emulator import Emulator
from ..azure.test_faults import fault
from .plugin import Plugin, PluginError, only_for_the_stand_in
from .test_azure_native import GATEWAY, gateway
from .test_azuread import application
from .test_framework import PACKAGES

POST_APPLICATION = "Graph POST applications"
PUT_GATEWAY = "ARM PUT Microsoft.ApiManagement/service/gateways"


def wait_for(emulator: Emulator, operation: str, times: int) -> None:
    deadline = time.monotonic() + 30
    while emulator.requests().get(operation, 0) < times:
        assert time.monotonic() < deadline, emulator.requests()
        time.sleep(0.05)


def begin(what: Callable[[], object]) -> None:
    """Let a plugin begin something whose end nobody waits for."""

    def do() -> None:
        with contextlib.suppress(PluginError, ValueError):
            what()

    threading.Thread(target=do, daemon=True).start()


@pytest.mark.parametrize("package", PACKAGES)
def test_a_plugin_outlives_its_engine_until_it_looks_for_it(package: str) -> None:
    # An engine that is killed tells nobody.
    only_for_the_stand_in(package)
    plugin = Plugin(package, {"SANDBOX_TIME_SCALE": "0.005"})
    began = time.monotonic()
    plugin.lose_engine()
    assert plugin.process.wait(timeout=30) == 0
    # Every 300 s, which are 1.5 s here.
    assert time.monotonic() - began > 1
    plugin.end()


def test_azuread_sends_nothing_more_once_its_engine_is_gone(emulator: Emulator) -> None:
    plugin = Plugin("azuread", {**emulator.environment(), "SANDBOX_TIME_SCALE": "1"})
    try:
        plugin.configure()
        fault(emulator, operation=POST_APPLICATION, status=429, retryAfter=3, count=1)
        emulator.forget_requests()
        begin(lambda: application(plugin))
        wait_for(emulator, POST_APPLICATION, 1)
        plugin.lose_engine()
        time.sleep(5)
        assert emulator.requests()[POST_APPLICATION] == 1
    finally:
        plugin.end()


def test_azure_native_finishes_what_it_has_begun_without_its_engine(emulator: Emulator) -> None:
    only_for_the_stand_in("azure_native")
    plugin = Plugin("azure_native", {**emulator.environment(), "SANDBOX_TIME_SCALE": "0.01"})
    try:
        plugin.configure()
        fault(emulator, operation=PUT_GATEWAY, status=429, retryAfter=100, count=1)
        fault(emulator, operation=PUT_GATEWAY, delay=5, count=1)
        emulator.forget_requests()
        begin(lambda: plugin.create(GATEWAY, gateway()))
        wait_for(emulator, PUT_GATEWAY, 1)
        plugin.lose_engine()
        wait_for(emulator, PUT_GATEWAY, 2)
        began = time.monotonic()
        # It looks for its engine every 3 s, finds it gone, and waits for the answer all the same.
        assert plugin.process.wait(timeout=30) == 0
        assert time.monotonic() - began > 4
    finally:
        plugin.end()

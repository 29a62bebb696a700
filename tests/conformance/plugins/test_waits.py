"""How long the Azure plugins wait where nothing shortens it. All wait at the same time: the longest takes 30 s."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx
import pytest

from sandbox.plugins.azure_cloud.http import RetryPolicy
from sandbox.plugins.azure_native import arm
from sandbox.plugins.azuread import graph
from sandbox.plugins.engine.provider import ProviderError

from ..azure.emulator import Emulator
from ..azure.test_faults import fault
from .plugin import Plugin
from .test_azure_native import GATEWAY, gateway
from .test_azuread import application, password
from .test_bootstrap_resources import account, group


@pytest.fixture(scope="module")
def waited(running_emulator: Emulator) -> Iterator[dict[str, float]]:
    """Seconds that each of these took."""
    running_emulator.reset()
    hurried = Plugin("azuread", running_emulator.environment("administrator"))
    environment = {**running_emulator.environment("administrator"), "SANDBOX_TIME_SCALE": "1"}
    azuread, azure_native = Plugin("azuread", environment), Plugin("azure_native", environment)
    plugins = (hurried, azuread, azure_native)
    for plugin in plugins:
        plugin.configure()
    made = application(hurried)
    old = password(hurried, made)
    group(azure_native)
    fault(running_emulator, operation="ARM PUT Microsoft.ApiManagement/service/gateways", status=503, count=1)
    fault(running_emulator, operation="Graph POST applications", status=503, count=2)
    waits: dict[str, Callable[[], Any]] = {
        "a password is made": lambda: password(azuread, made),
        "a password is deleted": lambda: azuread.delete(old),
        "Graph is tried again": lambda: application(azuread, displayName="contoso-other-app"),
        "ARM is tried again": lambda: azure_native.create(GATEWAY, gateway()),
        "ARM is asked whether it is done": lambda: account(azure_native),
    }
    with ThreadPoolExecutor() as pool:
        yield dict(zip(waits, pool.map(_timed, waits.values()), strict=True))
    for plugin in plugins:
        plugin.end()


def _timed(wait: Callable[[], Any]) -> float:
    started = time.monotonic()
    wait()
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("what", "seconds"),
    [
        ("a password is made", 4),  # seen five times in a row, 1 s apart
        ("a password is deleted", 20),  # not seen five times in a row, 5 s apart
        ("Graph is tried again", 1 + 2),
        ("ARM is tried again", 20),
        ("ARM is asked whether it is done", 15 + 15),  # as its Retry-After says
    ],
)
def test_each_wait_has_its_true_length(waited: dict[str, float], what: str, seconds: int) -> None:
    # No upper limit: how much longer a slow machine takes says nothing.
    assert waited[what] >= seconds


class Slept:
    """What was waited, without waiting."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SANDBOX_TIME_SCALE", raising=False)
        self.seconds: list[float] = []
        monkeypatch.setattr(time, "sleep", self.seconds.append)


@pytest.mark.parametrize(
    ("policy", "headers", "waits"),
    [
        (arm._RETRIES, {}, [20, 60, 120]),
        (arm._RETRIES, {"Retry-After": "7"}, [7, 7, 7]),
        (arm._RETRIES, {"Retry-After": "0"}, [20, 60, 120]),
        (arm._RETRIES, {"Retry-After": "120"}, [120, 120, 120]),
        (arm._RETRIES, {"Retry-After": "121"}, []),
        (arm._RETRIES, {"x-ms-retry-after-ms": "1500", "Retry-After": "7"}, [1.5, 1.5, 1.5]),
        (arm._RETRIES, {"retry-after-ms": "500", "x-ms-retry-after-ms": "1500"}, [0.5, 0.5, 0.5]),
        (arm._RETRIES, {"Retry-After": "Fri, 27 Nov 2020 00:00:00 GMT"}, [20, 60, 120]),
        (graph._RETRIES, {}, [1, 2, 4, 8, 16, 32, 61, 61]),
        (graph._RETRIES, {"Retry-After": "0"}, [0, 0, 0, 0, 0, 0, 0, 0]),
    ],
)
def test_tries_come_ever_later_unless_the_answer_says_when(
    monkeypatch: pytest.MonkeyPatch, policy: RetryPolicy, headers: dict[str, str], waits: list[float]
) -> None:
    slept = Slept(monkeypatch)
    assert policy.send(lambda: httpx.Response(503, headers=headers)).status_code == 503
    assert slept.seconds == waits


def test_azure_native_takes_a_date_for_the_time_of_its_next_try(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = Slept(monkeypatch)
    then = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    arm._RETRIES.send(lambda: httpx.Response(429, headers={"Retry-After": then}))
    assert len(slept.seconds) == 3
    # It says whole seconds; none has passed meanwhile.
    assert all(60 < seconds <= 90 for seconds in slept.seconds)


def test_what_takes_longer_than_two_hours_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = Slept(monkeypatch)
    monkeypatch.setattr(time, "monotonic", lambda: sum(slept.seconds))
    location = {"Location": "https://management.azure.com/operation"}
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(202, headers=location)))
    tokens: Any = type("Tokens", (), {"token": lambda _: "token"})()
    cloud: Any = None
    accepted = httpx.Response(202, headers=location, request=httpx.Request("PUT", "https://management.azure.com/it"))
    with pytest.raises(ProviderError, match=r"^operation timed out$"):
        arm.Arm(client, cloud, tokens).finish(accepted)
    assert 7200 < sum(slept.seconds) <= 7210


@pytest.mark.parametrize(("method", "waits"), [("PUT", [0, 10, 10]), ("DELETE", [0, 30, 30])])
def test_what_arm_accepts_without_saying_when_it_is_done_is_asked_for_at_once_and_then_regularly(
    monkeypatch: pytest.MonkeyPatch, method: str, waits: list[float]
) -> None:
    slept = Slept(monkeypatch)
    answers = iter([202, 202, 200])
    location = {"Location": "https://management.azure.com/operation"}
    client = httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(next(answers), headers=location)))
    tokens: Any = type("Tokens", (), {"token": lambda _: "token"})()
    cloud: Any = None
    accepted = httpx.Response(202, headers=location, request=httpx.Request(method, "https://management.azure.com/it"))
    assert arm.Arm(client, cloud, tokens).finish(accepted).status_code == 200
    assert slept.seconds == waits


def test_what_is_not_seen_in_the_directory_is_looked_for_ever_later(monkeypatch: pytest.MonkeyPatch) -> None:
    slept = Slept(monkeypatch)
    seen = iter([False] * 5 + [True] * 2 + [False] + [True] * 5)
    graph._wait("waiting", lambda: next(seen), 1)
    assert slept.seconds == [1, 2, 4, 8, 10, 10, 10, 10, 10, 10, 10, 10]

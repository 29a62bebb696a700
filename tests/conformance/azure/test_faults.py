"""Faults that the emulator is told to have."""

import time
from typing import Any

import httpx
import pytest

from .clients import READ, authorization, define, role
from .emulator import INSTANCE_SCOPE, SUBSCRIPTION_SCOPE, Emulator

VERSION = {"api-version": "2024-05-01"}
READ_INSTANCE = "ARM GET Microsoft.ApiManagement/service"


def fault(emulator: Emulator, **given: Any) -> int:
    answer = emulator.client().post("/_sandbox/faults", json=given)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def read(client: httpx.Client) -> httpx.Response:
    return client.get(INSTANCE_SCOPE, params=VERSION)


def test_a_refusal_befalls_so_many_requests_after_so_many(emulator: Emulator) -> None:
    fault(emulator, operation=READ_INSTANCE, status=429, retryAfter=7, skip=1, count=2)
    arm = emulator.arm()
    answers = [read(arm) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 429, 429, 200]
    assert answers[1].headers["retry-after"] == "7"
    assert answers[1].json()["error"]["code"] == "TooManyRequests"
    assert emulator.client().get("/_sandbox/faults").json() == {"value": []}


@pytest.mark.parametrize(
    ("operation", "path"),
    [
        ("ARM GET *", f"{INSTANCE_SCOPE}?api-version=2024-05-01"),
        ("Graph GET applications", "/v1.0/applications"),
        ("Entra GET openid-configuration", "/common/v2.0/.well-known/openid-configuration"),
    ],
)
def test_a_refusal_is_in_the_words_of_its_api(emulator: Emulator, operation: str, path: str) -> None:
    fault(emulator, operation=operation, status=503, code="ServerBusy", message="Try later.")
    answer = emulator.client().get(path)
    assert answer.status_code == 503
    if operation.startswith("Entra"):
        assert answer.json()["error_description"].startswith("AADSTS90033: Try later. Trace ID: ")
    else:
        assert (answer.json()["error"]["code"], answer.json()["error"]["message"]) == ("ServerBusy", "Try later.")


def test_a_connection_is_reset(emulator: Emulator) -> None:
    fault(emulator, operation=READ_INSTANCE, reset=True, count=1)
    arm = emulator.arm()
    with pytest.raises(httpx.TransportError):
        read(arm)
    assert read(arm).status_code == 200


def test_an_answer_is_slow(emulator: Emulator) -> None:
    fault(emulator, operation=READ_INSTANCE, delay=0.5, count=1)
    arm = emulator.arm()
    start = time.monotonic()
    assert read(arm).status_code == 200
    assert time.monotonic() - start >= 0.5


def test_what_was_asked_for_can_happen_though_the_answer_is_lost(emulator: Emulator) -> None:
    graph = emulator.graph()
    fault(emulator, operation="Graph POST applications", reset=True, done=True, count=1)
    with pytest.raises(httpx.TransportError):
        graph.post("/v1.0/applications", json={"displayName": "contoso-lost"})
    names = [application["displayName"] for application in graph.get("/v1.0/applications").json()["value"]]
    assert "contoso-lost" in names


def test_faults_are_listed_cleared_and_forgotten_at_a_reset(emulator: Emulator) -> None:
    control = emulator.client()
    first, second = (fault(emulator, operation=name, status=500) for name in ("ARM *", "Graph *"))
    assert [entry["id"] for entry in control.get("/_sandbox/faults").json()["value"]] == [first, second]
    assert control.delete(f"/_sandbox/faults/{first}").status_code == 204
    assert control.delete(f"/_sandbox/faults/{first}").status_code == 404
    control.post("/_sandbox/reset").raise_for_status()
    assert control.get("/_sandbox/faults").json() == {"value": []}
    assert control.delete("/_sandbox/faults").status_code == 204


def test_a_fault_never_befalls_the_emulators_own_api(emulator: Emulator) -> None:
    fault(emulator, operation="*", status=500)
    assert emulator.client().get("/_sandbox/health").status_code == 200


@pytest.mark.parametrize(
    "given",
    [
        {"operation": "ARM *"},
        {"operation": "ARM *", "status": 200},
        {"operation": "ARM *", "status": 500, "reset": True},
        {"operation": "ARM *", "status": 500, "count": 0},
        {"operation": "ARM *", "status": 500, "times": 1},
        {"status": 500},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(emulator: Emulator, given: dict[str, Any]) -> None:
    answer = emulator.client().post("/_sandbox/faults", json=given)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidFault")


def test_lists_lag_behind_writes_where_that_is_switched_on(emulator: Emulator) -> None:
    emulator.switch(listDelaySeconds=300)
    role_id = define(emulator, role("Contoso Reader", [READ]))
    definitions = authorization(emulator).role_definitions
    assert list(definitions.list(SUBSCRIPTION_SCOPE, filter="roleName eq 'Contoso Reader'")) == []
    assert definitions.get(SUBSCRIPTION_SCOPE, role_id.rsplit("/", 1)[-1]).role_name == "Contoso Reader"
    emulator.switch(listDelaySeconds=0)
    assert len(list(definitions.list(SUBSCRIPTION_SCOPE, filter="roleName eq 'Contoso Reader'"))) == 1


@pytest.mark.parametrize("operation", ["foo bar", "ARM", "ARM PUT", "ARM foo bar", "ARM put *", "GET ARM *"])
def test_a_fault_that_can_never_match_is_refused(emulator: Emulator, operation: str) -> None:
    answer = emulator.client().post("/_sandbox/faults", json={"operation": operation, "status": 500})
    assert answer.status_code == 400
    assert "no operation begins like that: expected one of ARM, Graph, Entra, Configuration" in answer.text


@pytest.mark.parametrize("operation", ["*", "ARM*", "ARM P*", "Graph GET applications", "?RM GET [a-m]*"])
def test_a_fault_that_can_match_is_taken(emulator: Emulator, operation: str) -> None:
    fault(emulator, operation=operation, status=500)

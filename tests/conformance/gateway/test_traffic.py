"""What the gateway serves, and that it goes on serving."""

import asyncio
import json
import re

import httpx
import pytest

from .azure import Azure
from .conftest import Start
from .container import STATUS, Container, get


@pytest.mark.parametrize("path", [STATUS, "/internal-status-0123456789abcdef"])
@pytest.mark.parametrize("port", [8080, 8081])
async def test_its_status_is_good_once_configured(gateway: Container, path: str, port: int) -> None:
    assert (await get(gateway.url(path, port))).status_code == 200


async def test_an_attached_api_answers(gateway: Container) -> None:
    response = await get(gateway.url("/echo/hello?who=contoso"))
    assert response.status_code == 200
    assert response.json() == {"method": "GET", "path": "/echo/hello", "api": "echo", "gateway": "mygw"}
    await gateway.logged("GET /echo/hello answered 200 by API echo")


async def test_an_attached_api_answers_over_https(gateway: Container) -> None:
    assert (await get(gateway.url("/echo", 8081))).json()["api"] == "echo"


@pytest.mark.parametrize("path", ["/", "/other", "/echoes", "/status"])
async def test_everything_else_is_not_found(gateway: Container, path: str) -> None:
    response = await get(gateway.url(path))
    assert response.status_code == 404
    assert response.json() == {"statusCode": 404, "message": "Resource not found"}


async def test_before_its_configuration_it_serves_nothing(azure: Azure, start: Start) -> None:
    azure.configuration_refusal = (500, {})
    async with start() as gateway:
        await gateway.logged("[ConfigurationApiV2NotAvailable]")
        assert (await get(gateway.url("/echo"))).status_code == 503


async def test_an_api_attached_later_answers_after_the_next_poll(azure: Azure, gateway: Container) -> None:
    assert (await get(gateway.url("/shop/orders"))).status_code == 404
    azure.apis = [*azure.apis, {"name": "orders", "displayName": "Orders", "path": "shop/orders"}]
    await gateway.logged("[ConfigurationChanged]", "echo at /echo, orders at /shop/orders")
    assert (await get(gateway.url("/shop/orders/1"))).json()["api"] == "orders"


async def test_a_detached_api_is_not_found_after_the_next_poll(azure: Azure, gateway: Container) -> None:
    azure.apis = []
    await gateway.logged("[ConfigurationChanged]", "attached APIs: none")
    assert (await get(gateway.url("/echo"))).status_code == 404


async def test_it_stays_ready_and_serves_when_its_authorization_goes(azure: Azure, gateway: Container) -> None:
    azure.configuration_refusal = (403, {"error": {"code": "GatewayAccessDenied", "message": "taken away"}})
    line = await gateway.logged("[ConfigurationApiV2NotAvailable]", "StatusCode: Forbidden")
    assert "The configuration loaded before is still served." in line
    assert (await get(gateway.url(STATUS))).status_code == 200
    assert (await get(gateway.url("/echo"))).status_code == 200


async def test_logs_are_json_where_the_setting_says_so(start: Start) -> None:
    async with start({"telemetry.logs.std": "json"}) as gateway:
        loaded = json.loads(await gateway.logged("ConfigurationLoaded"))
    assert loaded["level"] == "Info"
    assert loaded["message"] == "the configuration was loaded; attached APIs: echo at /echo"


async def test_asked_to_end_it_accepts_no_connection_serves_those_there_are_and_ends(gateway: Container) -> None:
    async with httpx.AsyncClient(trust_env=False) as kept:
        before = await kept.get(gateway.url("/echo"))
        gateway.terminate()
        await gateway.logged("[Draining]")
        with pytest.raises(httpx.ConnectError):
            await get(gateway.url("/echo"))
        on_kept_connection = await kept.get(gateway.url("/echo"))
    assert "connection" not in before.headers
    assert (on_kept_connection.status_code, on_kept_connection.headers["connection"]) == (200, "close")
    assert await gateway.ended() == 0


async def test_asked_to_end_it_does_not_wait_for_a_silent_client_for_ever(gateway: Container) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", gateway.ports[8080])
    gateway.terminate()
    assert await gateway.ended() == 0
    drained = re.search(r"after ([\d.]+) s", await gateway.logged("[Drained]"))
    assert drained is not None
    assert 6 <= float(drained[1]) < 30  # within the grace period of a pod, and of the test's patience
    writer.close()

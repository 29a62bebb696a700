"""How the gateway comes to its configuration, and what it says where it does not."""

import asyncio

import pytest
import trustme

from .azure import CLIENT, SECRET, TENANT, Azure
from .conftest import Start
from .container import STATUS, Container, get


def refusal(code: str, message: str) -> dict[str, dict[str, str]]:
    return {"error": {"code": code, "message": message}}


async def test_it_asks_entra_for_a_token_of_the_configuration_api(azure: Azure, gateway: Container) -> None:
    assert azure.token_requests == [
        {
            "host": "login.microsoftonline.com",
            "path": f"/{TENANT}/oauth2/v2.0/token",
            "grant_type": "client_credentials",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "scope": "https://azure-api.net/configuration/.default",
        }
    ]


async def test_it_reads_its_configuration_with_the_token(azure: Azure, gateway: Container) -> None:
    assert azure.configuration_requests[0] == {
        "host": "contoso.configuration.azure-api.net",
        "path": "/gateways/mygw/events?$top=100&$skiptoken=",
        "authorization": "Bearer token-1",
        "if-none-match": "",
    }


async def test_the_endpoint_may_be_given_with_its_scheme(azure: Azure, start: Start) -> None:
    async with start({"config.service.endpoint": "https://contoso.configuration.azure-api.net"}) as gateway:
        await gateway.logged("[ConfigurationLoaded]")
    assert azure.configuration_requests[0]["host"] == "contoso.configuration.azure-api.net"


async def test_another_audience_is_asked_for_where_it_is_set(azure: Azure, start: Start) -> None:
    async with start({"config.service.auth.tokenAudience": "https://azure-api.us/configuration"}) as gateway:
        await gateway.logged("[ConfigurationLoaded]")
    assert azure.token_requests[0]["scope"] == "https://azure-api.us/configuration/.default"


async def test_the_authority_is_the_public_one_where_none_is_set(azure: Azure, start: Start) -> None:
    async with start({"config.service.auth.azureAd.authority": None}) as gateway:
        await gateway.logged("[ConfigurationLoaded]")
    assert azure.token_requests[0]["host"] == "login.microsoftonline.com"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("config.service.auth", "config.service.auth is not set"),
        ("config.service.auth.azureAd.tenantId", "not set: config.service.auth.azureAd.tenantId"),
        ("config.service.auth.azureAd.clientId", "not set: config.service.auth.azureAd.clientId"),
        (
            "config.service.auth.azureAd.clientSecret",
            "not set: config.service.auth.azureAd.clientSecret or config.service.auth.azureAd.certificatePath",
        ),
        ("gateway.name", "not set: gateway.name"),
    ],
)
async def test_incomplete_authentication_stops_it(start: Start, setting: str, said: str) -> None:
    async with start({setting: None}) as gateway:
        assert await gateway.ended() == 1
    [line] = gateway.log
    assert "No valid authentication was configured for the configuration API" in line
    assert said in line


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"config.service.endpoint": None}, "config.service.endpoint is not set"),
        ({"config.service.auth": "workloadIdentity"}, "does not play workload identity"),
        ({"config.service.auth": "GatewayKey contoso&123"}, "taken for a gateway token"),
        (
            {"config.service.auth.azureAd.authority": "http://login.microsoftonline.com"},
            "has to be an https:// address",
        ),
        ({"config.service.integration.timeout": "100"}, "has to be a time span as 00:01:40"),
        ({"config.service.endpoint.disableCertificateValidation": "yes"}, "has to be true or false"),
        ({"telemetry.logs.std.level": "verbose"}, "has to be one of all, debug, info, warn, error, fatal"),
    ],
)
async def test_settings_it_cannot_follow_stop_it(start: Start, changes: dict[str, str | None], said: str) -> None:
    async with start(changes) as gateway:
        assert await gateway.ended() == 1
    [line] = gateway.log
    assert said in line
    assert "contoso&123" not in line


async def test_a_refused_secret_keeps_it_unready_and_says_entras_code(azure: Azure, start: Start) -> None:
    azure.token_refusal = (
        401,
        {
            "error": "invalid_client",
            "error_description": "AADSTS7000215: Invalid client secret provided.\r\nTrace ID: 1",
        },
    )
    async with start() as gateway:
        line = await gateway.logged("[ConfigurationApiV2NotAvailable]")
        status = await get(gateway.url(STATUS))
    assert "https://login.microsoftonline.com answered 401: AADSTS7000215: Invalid client secret provided." in line
    assert status.status_code == 503
    assert "AADSTS7000215" in status.text
    assert azure.configuration_requests == []


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (401, "Unauthorized"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (500, "InternalServerError"),
    ],
)
async def test_a_refusal_of_the_configuration_api_keeps_it_unready_and_is_logged_in_the_images_words(
    azure: Azure, start: Start, status: int, name: str
) -> None:
    azure.configuration_refusal = (status, refusal("GatewayAccessDenied", "the caller lacks the data action"))
    async with start() as gateway:
        line = await gateway.logged("[ConfigurationApiV2NotAvailable]")
        probe = await get(gateway.url(STATUS))
    address = "https://contoso.configuration.azure-api.net/gateways/mygw/events?$top=100&$skiptoken="
    assert line.startswith("[Warning] ")
    assert f"{address}, StatusCode: {name}." in line
    # The image logs a status by its name alone: neither its number nor why.
    assert str(status) not in line.split("] ", 2)[2]
    assert "GatewayAccessDenied" not in "".join(gateway.log)
    assert probe.status_code == 503
    assert "GatewayAccessDenied" not in probe.text


async def test_it_becomes_ready_when_the_refusal_ends(azure: Azure, start: Start) -> None:
    azure.configuration_refusal = (403, refusal("GatewayAccessDenied", "not yet"))
    async with start() as gateway:
        await gateway.logged("[ConfigurationApiV2NotAvailable]")
        azure.configuration_refusal = None
        await gateway.logged("[ConfigurationLoaded]")
        assert (await get(gateway.url(STATUS))).status_code == 200


async def test_it_asks_for_changes_every_ten_seconds(azure: Azure, start: Start) -> None:
    async with start(options=()) as gateway:
        await gateway.logged("[ConfigurationLoaded]")
        loop = asyncio.get_running_loop()
        started = loop.time()
        await azure.polled(1)
        # What is logged arrives a little later than it happens.
        assert loop.time() - started >= 9.5


async def test_a_refused_token_is_not_used_again(azure: Azure, start: Start) -> None:
    azure.configuration_refusal = (401, refusal("InvalidToken", "the access token has expired"))
    async with start() as gateway:
        await azure.polled(2)
        assert [request["authorization"] for request in azure.configuration_requests[:2]] == [
            "Bearer token-1",
            "Bearer token-2",
        ]
        assert gateway.process.returncode is None


async def test_a_token_is_renewed_before_it_ends(azure: Azure, start: Start) -> None:
    azure.token_life = 1  # second, the time between two polls
    async with start() as gateway:
        await gateway.logged("[ConfigurationLoaded]")
        await azure.polled(1)
    assert azure.configuration_requests[1]["authorization"] == "Bearer token-2"


async def test_a_token_is_kept_while_it_lasts_and_the_configuration_asked_for_by_its_etag(
    azure: Azure, gateway: Container
) -> None:
    await azure.polled(1)
    assert azure.configuration_requests[1]["authorization"] == "Bearer token-1"
    assert azure.configuration_requests[1]["if-none-match"] == '"1"'


async def test_a_name_outside_its_network_does_not_resolve(azure: Azure, start: Start) -> None:
    only_entra = {"login.microsoftonline.com": f"127.0.0.1:{azure.port}"}
    async with start(resolve=only_entra) as gateway:
        await gateway.logged(
            "[Warning]",
            "[ErrorResolvingHostname]",
            "the name contoso.configuration.azure-api.net could not be resolved",
        )


async def test_entras_name_may_not_resolve_either(azure: Azure, start: Start) -> None:
    only_azure = {"*.configuration.azure-api.net": f"127.0.0.1:{azure.port}"}
    async with start(resolve=only_azure) as gateway:
        await gateway.logged("[ErrorResolvingHostname]", "the name login.microsoftonline.com could not be resolved")


async def test_it_tells_azure_that_it_is_there_and_its_other_instances_whatever_azure_says(
    azure: Azure, start: Start
) -> None:
    azure.configuration_refusal = (403, refusal("GatewayAccessDenied", "no"))
    async with start() as gateway:
        await gateway.logged("[Heartbeat]")
        await azure.polled(2)
        assert azure.heartbeats == []
        azure.configuration_refusal = None
        await gateway.logged("[ConfigurationLoaded]")
        await azure.polled(1)
    assert azure.heartbeats == ["localhost"]


async def test_a_wildcard_covers_one_label(start: Start) -> None:
    async with start({"config.service.endpoint": "a.contoso.configuration.azure-api.net"}) as gateway:
        await gateway.logged("the name a.contoso.configuration.azure-api.net could not be resolved")


async def test_a_certificate_of_an_unknown_authority_is_refused(azure: Azure, start: Start) -> None:
    async with start(ca=trustme.CA().cert_pem.bytes()) as gateway:
        await gateway.logged("[ConfigurationApiV2NotAvailable]", "CERTIFICATE_VERIFY_FAILED")
    assert azure.token_requests == []


async def test_a_certificate_for_another_name_is_refused(azure: Azure, start: Start) -> None:
    # Entra answers for this name too, but its certificate does not hold it.
    resolve = {"login.contoso.example": f"127.0.0.1:{azure.port}"}
    changes: dict[str, str | None] = {"config.service.auth.azureAd.authority": "https://login.contoso.example"}
    async with start(changes, resolve) as gateway:
        await gateway.logged("[ConfigurationApiV2NotAvailable]", "Hostname mismatch")
    assert azure.token_requests == []


async def test_no_secret_and_no_token_is_logged(azure: Azure, start: Start) -> None:
    azure.configuration_refusal = (403, refusal("GatewayAccessDenied", "no"))
    async with start({"telemetry.logs.std.level": "all"}) as gateway:
        await azure.polled(2)
        azure.configuration_refusal = None
        await gateway.logged("[ConfigurationLoaded]")
    assert not [line for line in gateway.log if SECRET in line or "token-1" in line]

"""ARM's API Management instances, gateway resources and attached APIs, with the official client."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .clients import api_management, refusal
from .emulator import GROUP_SCOPE, INSTANCE_PRINCIPAL, INSTANCE_SCOPE, TENANT, Emulator

VERSION = {"api-version": "2024-05-01"}
SERVICE = ("contoso-rg", "contoso-apim")


def create_gateway(emulator: Emulator, name: str = "second", instance: str = "contoso-apim", **location: str) -> Any:
    client = api_management(emulator)
    given = {"properties": {"locationData": {"name": "there", **location}, "description": "Second."}}
    return client.gateway.create_or_update("contoso-rg", instance, name, given)


def test_an_instance_shows_its_tier_and_identity(emulator: Emulator) -> None:
    instance = api_management(emulator).api_management_service.get(*SERVICE)
    assert (instance.id, instance.name, instance.location) == (INSTANCE_SCOPE, "contoso-apim", "West Europe")
    assert (instance.sku.name, instance.sku.capacity) == ("Developer", 1)
    assert instance.identity is not None
    assert (instance.identity.type, instance.identity.principal_id, instance.identity.tenant_id) == (
        "SystemAssigned",
        INSTANCE_PRINCIPAL,
        TENANT,
    )


def test_an_instance_without_identity_says_so(emulator: Emulator) -> None:
    assert api_management(emulator).api_management_service.get("contoso-rg", "contoso-apim-noidentity").identity is None


def test_an_absent_instance_is_not_found(emulator: Emulator) -> None:
    client = api_management(emulator)
    status, code, message = refusal(lambda: client.api_management_service.get("contoso-rg", "contoso-none"))
    assert (status, code) == (404, "ResourceNotFound")
    assert "'Microsoft.ApiManagement/service/contoso-none' under resource group 'contoso-rg' was not found" in message


def test_an_absent_resource_group_is_not_found(emulator: Emulator) -> None:
    client = api_management(emulator)
    answer = refusal(lambda: client.api_management_service.get("contoso-none", "contoso-apim"))
    assert answer[:2] == (404, "ResourceGroupNotFound")


def test_a_gateway_is_made_changed_listed_and_deleted(emulator: Emulator) -> None:
    gateways = api_management(emulator).gateway
    made = create_gateway(emulator, city="Contoso City")
    assert made.id == f"{INSTANCE_SCOPE}/gateways/second"
    assert (made.location_data.name, made.location_data.city, made.description) == ("there", "Contoso City", "Second.")
    assert [gateway.name for gateway in gateways.list_by_service(*SERVICE)] == ["mygw", "second"]
    deleted = emulator.arm().delete(f"{INSTANCE_SCOPE}/gateways/second", params=VERSION, headers={"If-Match": "*"})
    assert deleted.status_code == 200
    assert refusal(lambda: gateways.get(*SERVICE, "second"))[:2] == (404, "ResourceNotFound")


def test_a_gateways_first_write_answers_201_and_a_later_one_200(emulator: Emulator) -> None:
    arm = emulator.arm()
    url, body = f"{INSTANCE_SCOPE}/gateways/second", {"properties": {"locationData": {"name": "there"}}}
    assert [arm.put(url, params=VERSION, json=body).status_code for _ in range(2)] == [201, 200]


def test_a_gateway_is_deleted_with_if_match_or_without(emulator: Emulator) -> None:
    # The API document calls the header required; the released plugin, and Microsoft's own apiops, delete without it.
    arm = emulator.arm()
    answers = []
    for headers in ({}, {"If-Match": "*"}):
        create_gateway(emulator)
        answers += [arm.delete(f"{INSTANCE_SCOPE}/gateways/second", params=VERSION, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 204, 200, 204]


def test_a_gateway_that_was_written_meanwhile_is_neither_changed_nor_deleted(emulator: Emulator) -> None:
    arm = emulator.arm()
    url, body = f"{INSTANCE_SCOPE}/gateways/second", {"properties": {"locationData": {"name": "there"}}}
    first = arm.put(url, params=VERSION, json=body).headers["ETag"]
    second = arm.put(url, params=VERSION, json=body, headers={"If-Match": first}).headers["ETag"]
    assert first != second
    for refused in (
        arm.put(url, params=VERSION, json=body, headers={"If-Match": first}),
        arm.delete(url, params=VERSION, headers={"If-Match": first}),
        arm.put(f"{INSTANCE_SCOPE}/gateways/none", params=VERSION, json=body, headers={"If-Match": "*"}),
    ):
        assert (refused.status_code, refused.json()["error"]["code"]) == (412, "PreconditionFailed")
    assert [arm.request(method, url, params=VERSION).headers["ETag"] for method in ("HEAD", "GET")] == [second] * 2
    assert arm.delete(url, params=VERSION, headers={"If-Match": second}).status_code == 200


@pytest.mark.parametrize(
    ("gateway", "properties"),
    [
        ("managed", {"locationData": {"name": "there"}}),
        ("second", {"locationData": {"city": "Contoso City"}}),
        ("second", {"locationData": {"name": " "}}),
    ],
)
def test_an_invalid_gateway_is_refused(emulator: Emulator, gateway: str, properties: dict[str, Any]) -> None:
    url = f"{INSTANCE_SCOPE}/gateways/{gateway}"
    answer = emulator.arm().put(url, params=VERSION, json={"properties": properties})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ValidationError")


def test_the_consumption_tier_has_no_gateways(emulator: Emulator) -> None:
    refused = refusal(lambda: create_gateway(emulator, instance="contoso-apim-consumption"))
    assert refused[:2] == (400, "MethodNotAllowedInPricingTier")


def test_an_api_is_attached_seen_by_head_and_detached(emulator: Emulator) -> None:
    arm = emulator.arm()
    url = f"{INSTANCE_SCOPE}/gateways/mygw/apis/echo"
    assert arm.head(url, params=VERSION).status_code == 404
    body = {"properties": {"provisioningState": "created"}}
    assert [arm.put(url, params=VERSION, json=body).status_code for _ in range(2)] == [201, 200]
    assert arm.head(url, params=VERSION).status_code == 200
    attached = api_management(emulator).gateway_api.list_by_service(*SERVICE, "mygw")
    assert [api.name for api in attached] == ["echo"]
    assert [arm.delete(url, params=VERSION).status_code for _ in range(2)] == [200, 204]
    assert arm.head(url, params=VERSION).status_code == 404


def test_an_absent_api_cannot_be_attached(emulator: Emulator) -> None:
    url = f"{INSTANCE_SCOPE}/gateways/mygw/apis/none"
    answer = emulator.arm().put(url, params=VERSION, json={"properties": {"provisioningState": "created"}})
    assert answer.status_code in (400, 404)


def test_a_deleted_gateway_takes_its_attachments_along(emulator: Emulator) -> None:
    arm = emulator.arm()
    create_gateway(emulator)
    url = f"{INSTANCE_SCOPE}/gateways/second"
    tag = {"properties": {"provisioningState": "created"}}
    arm.put(f"{url}/apis/echo", params=VERSION, json=tag).raise_for_status()
    arm.delete(url, params=VERSION, headers={"If-Match": "*"}).raise_for_status()
    create_gateway(emulator)
    assert arm.get(f"{url}/apis", params=VERSION).json()["value"] == []


def test_resource_groups_are_read_by_who_may(emulator: Emulator) -> None:
    answer = emulator.arm().get(GROUP_SCOPE, params={"api-version": "2021-04-01"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "AuthorizationFailed")


def test_overlapping_writes_on_one_gateway_are_in_conflict(emulator: Emulator) -> None:
    create_gateway(emulator)
    create_gateway(emulator, "third")

    def attach(gateway: str) -> tuple[int, str]:
        path = f"{INSTANCE_SCOPE}/gateways/{gateway}/apis/echo"
        answer = emulator.arm().put(path, params=VERSION, json={"properties": {"provisioningState": "created"}})
        error = answer.json().get("error", {})
        return answer.status_code, f"{error.get('code', '')} {error.get('message', '')}".strip()

    with ThreadPoolExecutor() as pool:
        same, other = ("second",) * 3, ("third",)
        *answers, of_another = pool.map(attach, (*same, *other))
    assert sorted(answers) == [
        (201, ""),
        (409, "PessimisticConcurrencyConflict Operation on the API is in progress"),
        (409, "PessimisticConcurrencyConflict Operation on the API is in progress"),
    ]
    assert of_another == (201, "")


@pytest.mark.parametrize(
    ("gateway", "changes", "field"),
    [
        ("g" * 81, {}, "gatewayId"),
        ("sec*nd", {}, "gatewayId"),
        ("second", {"description": "d" * 1001}, "description"),
        ("second", {"locationData": {"name": "l" * 257}}, "locationData.name"),
        ("second", {"locationData": {"name": "there", "city": "l" * 257}}, "locationData.city"),
        ("second", {"locationData": {"name": "there", "district": "l" * 257}}, "locationData.district"),
        ("second", {"locationData": {"name": "there", "countryOrRegion": "l" * 257}}, "locationData.countryOrRegion"),
    ],
)
def test_a_gateways_texts_are_bounded(emulator: Emulator, gateway: str, changes: dict[str, Any], field: str) -> None:
    body = {"properties": {"locationData": {"name": "there"}, **changes}}
    answer = emulator.arm().put(f"{INSTANCE_SCOPE}/gateways/{gateway}", params=VERSION, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "ValidationError")
    assert f": {field}." in answer.json()["error"]["message"]


def test_a_gateways_longest_texts_are_taken(emulator: Emulator) -> None:
    location = dict.fromkeys(("name", "city", "district", "countryOrRegion"), "l" * 256)
    body = {"properties": {"locationData": location, "description": "d" * 1000}}
    answer = emulator.arm().put(f"{INSTANCE_SCOPE}/gateways/{'g' * 80}", params=VERSION, json=body)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"apis/{'a' * 256}", 404, "ResourceNotFound"),
        (f"apis/{'a' * 257}", 400, "ValidationError"),
        ("apis/ec*ho", 400, "ValidationError"),
        # The link to a gateway is shorter than the API's own id may be.
        (f"gateways/mygw/apis/{'a' * 80}", 404, "ResourceNotFound"),
        (f"gateways/mygw/apis/{'a' * 81}", 400, "ValidationError"),
        ("gateways/mygw/apis/ec*ho", 400, "ValidationError"),
    ],
)
def test_an_apis_id_is_bounded(emulator: Emulator, path: str, status: int, code: str) -> None:
    method = "PUT" if path.startswith("gateways") else "GET"
    body = {"properties": {"provisioningState": "created"}} if method == "PUT" else None
    answer = emulator.arm().request(method, f"{INSTANCE_SCOPE}/{path}", params=VERSION, json=body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)

"""What is wrong with the input stops the preview, in words for the person who runs it, and nothing is created."""

from typing import Any

import pytest

from .sandbox import Stack, sandbox_config, sandbox_gateway


@pytest.fixture(scope="module")
def stack(deployable: Stack) -> Stack:
    """One stack for all tests: nothing is ever made in it."""
    return deployable


def stopped_with(stack: Stack, config: dict[str, Any], **environment: str) -> str:
    """What preview and update say when they stop; both create nothing."""
    stack.configure(config)
    stack.sandbox.azure().delete("/_sandbox/requests")
    said = ""
    for result in (stack.preview(**environment), stack.up(**environment)):
        assert result.code != 0, result.output
        assert "Traceback" not in result.output
        said = result.output
    assert stack.resources() == []
    assert stack.sandbox.azure().get("/_sandbox/requests").json()["writes"] == {"ARM": 0, "Graph": 0}
    return said


def api_management(**changes: Any) -> dict[str, Any]:
    return {"name": "contoso-apim", "resourceGroup": "contoso-rg", **changes}


def test_all_problems_of_the_configuration_are_reported_at_once(stack: Stack) -> None:
    config = sandbox_config(
        apiManagement={"name": "contoso-apim"}, gateways=[sandbox_gateway(replicas="two", colour="red")], rolls={}
    )
    config["azure-native:tenantId"] = "contoso"
    said = stopped_with(stack, config)
    assert f"The configuration of stack '{stack.name}' (Pulumi.{stack.name}.yaml) has problems:" in said
    for problem in (
        "- self-hosted-gateway:rolls: unknown key; known are azure-native:environment, ",
        "- azure-native:tenantId: expected a GUID such as 00000000-0000-0000-0000-000000000000",
        "- self-hosted-gateway:apiManagement.resourceGroup: required, but missing",
        "- self-hosted-gateway:gateways[0].replicas: expected a whole number",
        "- self-hosted-gateway:gateways[0].colour: unknown key",
    ):
        assert problem in said


def test_an_absent_instance_is_named_with_its_place(stack: Stack) -> None:
    said = stopped_with(stack, sandbox_config(apiManagement=api_management(name="fabrikam-apim")))
    assert (
        "API Management instance 'fabrikam-apim' was not found in resource group 'contoso-rg' of subscription "
        "5a0c0de0-0000-4000-8000-000000000002. Check self-hosted-gateway:apiManagement." in said
    )


def test_a_tier_without_self_hosted_gateways_is_named(stack: Stack) -> None:
    said = stopped_with(stack, sandbox_config(apiManagement=api_management(name="contoso-apim-consumption")))
    assert (
        "API Management instance 'contoso-apim-consumption' is in tier Consumption: self-hosted gateways need Developer "
        "or Premium." in said
    )
    assert "Gateway resource 'mygw' was not found on API Management instance 'contoso-apim-consumption'." in said


def test_an_instance_without_managed_identity_is_named_with_the_way_to_enable_it(stack: Stack) -> None:
    said = stopped_with(stack, sandbox_config(apiManagement=api_management(name="contoso-apim-noidentity")))
    assert "API Management instance 'contoso-apim-noidentity' has no system-assigned managed identity" in said
    assert (
        "az apim update --name contoso-apim-noidentity --resource-group contoso-rg --enable-managed-identity true"
        in said
    )


def test_an_absent_gateway_resource_is_named(stack: Stack) -> None:
    said = stopped_with(stack, sandbox_config(gateways=[sandbox_gateway(name="yourgw")]))
    assert (
        "Gateway resource 'yourgw' was not found on API Management instance 'contoso-apim'. Check "
        "self-hosted-gateway:gateways, create it first, or set `createGatewayResource: true`." in said
    )


def test_an_image_that_is_too_old_is_refused(stack: Stack) -> None:
    image = "mcr.microsoft.com/azure-api-management/gateway:2.1.5"
    said = stopped_with(stack, sandbox_config(gateways=[sandbox_gateway(image=image)]))
    assert "- self-hosted-gateway:gateways[0].image: expected image version 2.2 or later" in said


def test_wrong_credentials_are_told_as_entra_tells_them(stack: Stack) -> None:
    said = stopped_with(stack, sandbox_config(), ARM_CLIENT_SECRET="not-the-secret")
    assert "AADSTS7000215: Invalid client secret provided." in said
    assert "not-the-secret" not in said


@pytest.mark.parametrize(
    ("variable", "kind", "own"),
    [
        ("ARM_TENANT_ID", "tenant", "5a0c0de0-0000-4000-8000-000000000001"),
        ("ARM_SUBSCRIPTION_ID", "subscription", "5a0c0de0-0000-4000-8000-000000000002"),
    ],
)
def test_being_signed_in_elsewhere_stops_before_anything_is_looked_up(
    stack: Stack, variable: str, kind: str, own: str
) -> None:
    other = "99999999-9999-4999-8999-999999999999"
    said = stopped_with(stack, sandbox_config(), **{variable: other})
    assert f"Signed in to another {kind}: stack '{stack.name}' belongs to {own}" in said
    assert other in said
    operations = stack.sandbox.azure().get("/_sandbox/requests").json()["operations"]
    assert [operation for operation in operations if operation.startswith("ARM ")] == []

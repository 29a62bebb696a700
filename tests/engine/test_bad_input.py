"""What is wrong with the input stops the preview, in words for the person who runs it, and nothing is created."""

from typing import Any

import pytest

from .sandbox import DEPLOYER, Stack, sandbox_config, sandbox_gateway

READER = "5a0c0de0-0000-4000-8000-000000000031"


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
        assert "an unhandled error occurred" not in result.output
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
        "- self-hosted-gateway:gateways[0].replicas: expected a whole number, 0 or more, or 'external'",
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


def test_what_azure_and_the_kubeconfig_lack_is_told_at_once(stack: Stack) -> None:
    authentication = {
        **sandbox_gateway()["authentication"],
        "owners": [DEPLOYER, "5a0c0de0-0000-4000-8000-0000000000ff"],
    }
    config = sandbox_config(
        gateways=[sandbox_gateway(name="yourgw", apis=["echo", "ohce"], authentication=authentication)],
        roles={"assignableScopes": ["/providers/Microsoft.Management/managementGroups/contoso"]},
        cluster={"context": "elsewhere"},
    )
    said = stopped_with(stack, config)
    for problem in (
        "Gateway resource 'yourgw' was not found on API Management instance 'contoso-apim'.",
        "API 'ohce' was not found on API Management instance 'contoso-apim'. Check self-hosted-gateway:gateways[0].apis:",
        "has no context 'elsewhere'; it has sandbox.",
        # Neither may the deployer know, which is no reason to stop.
        "warning: self-hosted-gateway:roles.assignableScopes[0]: management group 'contoso' does not exist, or this sign-in "
        "may not read it",
        "warning: self-hosted-gateway:gateways[0].authentication.owners: whether 5a0c0de0-0000-4000-8000-0000000000ff exists "
        "can't be checked. It is no service principal",
    ):
        assert problem in said
    assert "API 'echo'" not in said


def test_owners_without_the_deployer_stop_an_update_and_no_preview(stack: Stack) -> None:
    authentication = {**sandbox_gateway()["authentication"], "owners": [READER]}
    stack.configure(sandbox_config(gateways=[sandbox_gateway(authentication=authentication)]))
    not_among_them = f"the signed-in principal, object id {DEPLOYER}, is not among them."
    previewed = stack.preview().ok().output
    assert (
        f"warning: self-hosted-gateway:gateways[0].authentication.owners: {not_among_them} An update with" in previewed
    )
    assert f"add {DEPLOYER}." in previewed
    stopped = stack.up()
    assert stopped.code != 0
    assert (
        f"self-hosted-gateway:gateways[0].authentication.owners: {not_among_them} The applications would"
        in stopped.output
    )
    assert stack.resources() == []


def test_the_reader_of_pull_requests_previews_what_the_deployer_owns(stack: Stack) -> None:
    stack.configure(sandbox_config())
    said = stack.preview(identity="reader").ok().output
    assert (
        f"the signed-in principal, object id {READER}, is not among them. An update with this sign-in would stop."
        in said
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

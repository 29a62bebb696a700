"""The API Management instance: what it has to be, and who speaks to it where it is in a subscription of its own."""

from typing import Any

import pytest

from components.ending import Refusal
from tests.unit import program

SERVICE = "azure-native:apimanagement:getApiManagementService"
OTHER_SUBSCRIPTION = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa"
NO_IDENTITY = (
    "API Management instance 'contoso-apim' has no system-assigned managed identity: the configuration API checks access "
    "with it. Enable it: az apim update --name contoso-apim --resource-group contoso-rg --enable-managed-identity true"
)


def instance(**changes: Any) -> dict[str, program.Answer]:
    """The answer of ARM about the instance, with changes."""
    return {SERVICE: lambda args: {**program.ANSWERS[SERVICE](args), **changes}}


def refusal(answers: dict[str, program.Answer]) -> list[str]:
    with pytest.raises(Refusal) as stopped:
        program.run(answers=answers)
    return str(stopped.value).splitlines()


@pytest.mark.parametrize("tier", ["Basic", "BasicV2", "Consumption", "Isolated", "Standard", "StandardV2", "PremiumV2"])
def test_a_tier_without_self_hosted_gateways_is_refused(tier: str) -> None:
    assert refusal(instance(sku={"name": tier, "capacity": 1})) == [
        f"API Management instance 'contoso-apim' is in tier {tier}: self-hosted gateways need Developer or Premium."
    ]


def test_a_premium_instance_is_taken() -> None:
    identity = {"type": "SystemAssigned, UserAssigned", "principalId": program.INSTANCE_PRINCIPAL}
    program.run(answers=instance(sku={"name": "Premium", "capacity": 2}, identity=identity))


@pytest.mark.parametrize("identity", [None, {"type": "UserAssigned", "principalId": program.INSTANCE_PRINCIPAL}])
def test_an_instance_without_an_identity_of_its_own_is_refused(identity: dict[str, Any] | None) -> None:
    assert refusal(instance(identity=identity)) == [NO_IDENTITY]


def test_all_that_the_instance_lacks_is_told_at_once() -> None:
    assert refusal(instance(sku={"name": "Basic", "capacity": 1}, identity=None)) == [
        "API Management instance 'contoso-apim' is in tier Basic: self-hosted gateways need Developer or Premium.",
        NO_IDENTITY,
    ]


def test_an_instance_in_another_subscription_has_a_provider_of_its_own() -> None:
    graph = program.run(
        program.configuration(
            apiManagement={
                "name": "contoso-apim",
                "resourceGroup": "contoso-rg",
                "subscriptionId": OTHER_SUBSCRIPTION,
            },
            gateways=[program.gateway(), program.gateway(name="made", createGatewayResource=True, locationName="x")],
        )
    )
    stacks = graph.one("pulumi:providers:azure-native", "azure-native")
    own = graph.one("pulumi:providers:azure-native", "azure-native-instance")
    assert stacks.inputs["subscriptionId"] == program.SUBSCRIPTION
    assert own.inputs == {**stacks.inputs, "subscriptionId": OTHER_SUBSCRIPTION}

    used = {
        resource.name: resource.request.provider.rpartition("::")[0]
        for resource in graph.resources
        if resource.type.startswith("azure-native:")
    }
    assert used == {
        "roles-validator": stacks.urn,
        "roles-reader": stacks.urn,
        "validator-assignment": own.urn,
        "mygw-reader-assignment": own.urn,
        "made-reader-assignment": own.urn,
        "made-resource-gateway": own.urn,
    }
    assert {token: provider.rpartition("::")[0] for token, provider in graph.providers_of_invokes.items()} == {
        "azure-native:authorization:getClientConfig": stacks.urn,
        "azuread:index/getClientConfig:getClientConfig": graph.one("pulumi:providers:azuread").urn,
        SERVICE: own.urn,
        "azure-native:apimanagement:getGateway": own.urn,
    }


def test_an_instance_in_the_stacks_subscription_needs_no_provider_of_its_own() -> None:
    graph = program.run()
    assert [provider.name for provider in graph.of_type("pulumi:providers:azure-native")] == ["azure-native"]

"""The API Management instance: what it has to be, and who speaks to it where it is in a subscription of its own."""

from typing import Any

import pytest

from components.ending import Refusal
from tests.unit import program

SERVICE = "azure-native:apimanagement:getApiManagementService"
GATEWAY = "azure-native:apimanagement:getGateway"
API = "azure-native:apimanagement:getApi"
MANAGEMENT_GROUP = "azure-native:management:getManagementGroup"
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


def test_what_the_file_names_is_looked_up() -> None:
    asked: dict[str, dict[str, Any]] = {}

    def noting(token: str) -> program.Answer:
        return lambda args: asked.setdefault(token, args) and program.ANSWERS[token](args)

    group = "/providers/Microsoft.Management/managementGroups/contoso"
    config = program.configuration(gateways=[program.gateway(apis=["echo"])], roles={"assignableScopes": [group]})
    program.run(config, {token: noting(token) for token in (SERVICE, GATEWAY, API, MANAGEMENT_GROUP)})
    instance = {"resourceGroupName": "contoso-rg", "serviceName": "contoso-apim"}
    assert asked == {
        SERVICE: instance,
        GATEWAY: {**instance, "gatewayId": "mygw"},
        API: {**instance, "apiId": "echo"},
        MANAGEMENT_GROUP: {"groupId": "contoso"},
    }


def test_who_names_a_gateway_resource_that_is_absent_is_told_what_to_do() -> None:
    def absent(_: dict[str, Any]) -> dict[str, Any]:
        raise program.Refusal('Status=404 Code="ResourceNotFound" Message="Gateway not found."')

    assert refusal({GATEWAY: absent}) == [
        "Gateway resource 'mygw' was not found on API Management instance 'contoso-apim'. Check self-hosted-gateway:gateways, "
        "create it first, or set `createGatewayResource: true`."
    ]


FORBIDDEN = 'Status=403 Code="AuthorizationFailed" Message="The client \'contoso\' does not have authorization."'
UNAVAILABLE = 'Status=503 Code="ServiceUnavailable" Message="Try again later."'


@pytest.mark.parametrize(
    ("answer", "said"),
    [(FORBIDDEN, "can't be read with this sign-in: {}"), (UNAVAILABLE, "can't be read: {}")],
)
@pytest.mark.parametrize(
    ("token", "what"),
    [
        (
            SERVICE,
            "API Management instance 'contoso-apim' in resource group 'contoso-rg' of subscription "
            "22222222-2222-2222-2222-222222222222",
        ),
        (GATEWAY, "Gateway resource 'mygw' on API Management instance 'contoso-apim'"),
    ],
)
def test_what_arm_says_of_what_can_not_be_read_is_told(token: str, what: str, answer: str, said: str) -> None:
    def refuses(_: dict[str, Any]) -> dict[str, Any]:
        raise program.Refusal(answer)

    assert refusal({token: refuses}) == [f"{what} {said.format(answer)}"]


def test_an_instance_in_another_subscription_has_a_provider_of_its_own() -> None:
    owner = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
    group = "/providers/Microsoft.Management/managementGroups/contoso"
    principal, user = "azuread:index/getServicePrincipal:getServicePrincipal", "azuread:index/getUser:getUser"

    def absent(_: dict[str, Any]) -> dict[str, Any]:
        raise program.Refusal(f'Service Principal (Service Principal: "{owner}") was not found')

    authentication = {**program.gateway()["authentication"], "owners": [program.OWNER, owner]}
    graph = program.run(
        answers={principal: absent, user: lambda args: {"objectId": args["objectId"]}},
        config=program.configuration(
            roles={"assignableScopes": [group]},
            apiManagement={
                "name": "contoso-apim",
                "resourceGroup": "contoso-rg",
                "subscriptionId": OTHER_SUBSCRIPTION,
            },
            gateways=[
                program.gateway(apis=["echo"], authentication=authentication),
                program.gateway(name="made", createGatewayResource=True, locationName="x"),
            ],
        ),
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
        "mygw-resource-api-echo": own.urn,
        "made-reader-assignment": own.urn,
        "made-resource-gateway": own.urn,
    }
    entra = graph.one("pulumi:providers:azuread")
    assert {token: provider.rpartition("::")[0] for token, provider in graph.providers_of_invokes.items()} == {
        "azure-native:authorization:getClientConfig": stacks.urn,
        "azuread:index/getClientConfig:getClientConfig": entra.urn,
        SERVICE: own.urn,
        GATEWAY: own.urn,
        API: own.urn,
        MANAGEMENT_GROUP: stacks.urn,
        principal: entra.urn,
        user: entra.urn,
    }


def test_an_instance_in_the_stacks_subscription_needs_no_provider_of_its_own() -> None:
    graph = program.run()
    assert [provider.name for provider in graph.of_type("pulumi:providers:azure-native")] == ["azure-native"]

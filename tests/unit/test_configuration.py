"""All problems of a stack's file are reported at once, each with its key and what is expected."""

from typing import Any

import pulumi
import pytest

from tests.unit import program


def problems_of(config: dict[str, Any]) -> list[str]:
    with pytest.raises(pulumi.RunError) as caught:
        program.run(config)
    first, *lines = str(caught.value).splitlines()
    assert first == "The configuration of stack 'dev' (Pulumi.dev.yaml) has problems:"
    return [line.removeprefix("  - ") for line in lines]


def authentication(**client_secret: Any) -> dict[str, Any]:
    return {"owners": [program.OWNER], "clientSecret": {"rotation": "2100-01-01", **client_secret}}


def test_an_empty_stack_is_told_what_it_has_to_name() -> None:
    assert problems_of({}) == [
        "azure-native:tenantId: required, but missing",
        "azure-native:subscriptionId: required, but missing",
    ]


def test_problems_of_all_sections_are_reported_together() -> None:
    config = program.configuration(
        apiManagement={"name": "contoso-apim", "validatorScope": "instance"},
        gateways=[
            {"name": "mygw", "replicas": "two", "authentication": authentication(validity="half a year")},
            {"namespace": "Default", "colour": "red", "authentication": {"owners": ["contoso"], "clientSecret": {}}},
        ],
        cluster={},
        protect=["gateway"],
    )
    config["azure-native:tenantId"] = "contoso"
    config["self-hosted-gateway:gateway"] = []
    config["kubernetes:namespace"] = "apim"

    known = (
        "azure-native:environment, azure-native:subscriptionId, azure-native:tenantId, "
        "self-hosted-gateway:apiManagement, self-hosted-gateway:cluster, self-hosted-gateway:gateways, "
        "self-hosted-gateway:protect, self-hosted-gateway:roles"
    )
    assert problems_of(config) == [
        f"kubernetes:namespace: unknown key; known are {known}",
        f"self-hosted-gateway:gateway: unknown key; known are {known}",
        "azure-native:tenantId: expected a GUID such as 00000000-0000-0000-0000-000000000000",
        "self-hosted-gateway:apiManagement.resourceGroup: required, but missing",
        "self-hosted-gateway:apiManagement.validatorScope: expected 'resourceGroup' or 'subscription'",
        "self-hosted-gateway:gateways[0].replicas: expected a whole number",
        "self-hosted-gateway:gateways[0].authentication.clientSecret.validity: expected an ISO 8601 duration, "
        "for example P180D",
        "self-hosted-gateway:gateways[1].name: required, but missing",
        "self-hosted-gateway:gateways[1].namespace: expected a namespace's name: 1 to 63 of a-z, 0-9 and '-'",
        "self-hosted-gateway:gateways[1].authentication.owners[0]: expected a GUID such as "
        "00000000-0000-0000-0000-000000000000",
        "self-hosted-gateway:gateways[1].authentication.clientSecret.rotation: required, but missing",
        "self-hosted-gateway:gateways[1].colour: unknown key",
        "self-hosted-gateway:cluster: expected either `context` or `kubeconfig`",
        "self-hosted-gateway:protect[0]: expected 'roles', 'validator' or 'gateways'",
    ]


def test_a_kubeconfig_with_credentials_is_refused_and_they_are_not_shown() -> None:
    user = {"name": "contoso", "user": {"token": "s3cret", "client-key-data": "s3cret"}}
    kubeconfig = {**program.kubeconfig(), "users": [user]}
    (problem,) = problems_of(program.configuration(cluster={"kubeconfig": kubeconfig}))
    assert problem == (
        "self-hosted-gateway:cluster: `kubeconfig` holds credentials of user 'contoso' (token, client-key-data): "
        "use an exec plugin such as kubelogin, or `context`"
    )


@pytest.mark.parametrize("change", [{"current-context": "other"}, {"clusters": []}, {"contexts": None}])
def test_a_kubeconfig_that_means_no_cluster_is_refused(change: dict[str, Any]) -> None:
    kubeconfig = {**program.kubeconfig(), **change}
    assert problems_of(program.configuration(cluster={"kubeconfig": kubeconfig})) == [
        "self-hosted-gateway:cluster: `kubeconfig` means no cluster: its `current-context` is one of its `contexts`, and "
        "the `cluster` of that one of its `clusters`, with a `server`"
    ]


def test_a_gateway_has_at_least_one_pod() -> None:
    (problem,) = problems_of(program.configuration(gateways=[program.gateway(replicas=0)]))
    assert problem == "self-hosted-gateway:gateways[0].replicas: expected greater than or equal to 1"

"""The gateways to verify, from the inputs that a state has while a first deployment waits, or has failed."""

from typing import Any

import pytest

from ops.engine.state import StackResource, resources_of, resources_under_way
from ops.errors import OpsError
from ops.verify import questions, run
from ops.verify.gateways import Gateway, KubernetesObject, default_audience, gateways_of
from ops.verify.report import Answer

ROOT = "urn:pulumi:dev::self-hosted-gateway::"
COMPONENT = f"{ROOT}self-hosted-gateway:gateway:SelfHostedGateway::mygw"
IDENTITY = f"{ROOT}self-hosted-gateway:identity:GatewayIdentity::mygw-identity"
READER = f"{ROOT}self-hosted-gateway:role_assignment:ServicePrincipalRole::mygw-reader"
RESOURCE = f"{ROOT}self-hosted-gateway:api_management:GatewayResource::mygw-resource"
WORKLOAD = f"{ROOT}self-hosted-gateway:workload:GatewayWorkload::mygw-workload"
AZURE = f"{ROOT}pulumi:providers:azure-native::azure-native"
INSTANCE = "/subscriptions/s/resourceGroups/contoso-rg/providers/Microsoft.ApiManagement/service/contoso-apim"
GATEWAY_ID = f"{INSTANCE}/gateways/mygw"
SETTINGS = {
    "gateway.name": "mygw",
    "config.service.endpoint": "contoso-apim.configuration.azure-api.net",
    "config.service.auth.azureAd.authority": "https://login.microsoftonline.com",
    "config.service.auth.azureAd.clientId": "client-1",
}


def record(type_: str, name: str, parent: str = "", **more: Any) -> dict[str, Any]:
    return {"urn": f"{ROOT}{type_}::{name}", "type": type_, "parent": parent, **more}


def of_component(urn: str, parent: str = COMPONENT) -> dict[str, Any]:
    return {"urn": urn, "type": urn.split("::")[2], "parent": parent}


BASIS = [
    record("pulumi:providers:azure-native", "azure-native", id="1", inputs={"tenantId": "t", "subscriptionId": "s"}),
    record("pulumi:providers:kubernetes", "kubernetes", id="2", inputs={"context": "sandbox"}),
    of_component(COMPONENT, ""),
    *(of_component(urn) for urn in (IDENTITY, READER, RESOURCE, WORKLOAD)),
]
APPLICATION = record(
    "azuread:index/application:Application",
    "mygw-identity-application",
    IDENTITY,
    id="/applications/1",
    inputs={"displayName": "contoso-apim self-hosted gateway mygw"},
)
PRINCIPAL = record(
    "azuread:index/servicePrincipal:ServicePrincipal", "mygw-identity-service-principal", IDENTITY, inputs={}
)
API = record(
    "azure-native:apimanagement:GatewayApiEntityTag",
    "mygw-resource-api-echo",
    RESOURCE,
    provider=f"{AZURE}::1",
    inputs={"resourceGroupName": "contoso-rg", "serviceName": "contoso-apim", "gatewayId": "mygw", "apiId": "echo"},
)


def assignment(scope: str, principal: str = "principal-1") -> dict[str, Any]:
    inputs = {"scope": scope, "principalId": principal}
    return record("azure-native:authorization:RoleAssignment", "mygw-reader-assignment", READER, inputs=inputs)


def object_(type_: str, name: str, **more: Any) -> dict[str, Any]:
    inputs = {"metadata": {"namespace": "apim", "name": name}, **more.pop("inputs", {})}
    return record(f"kubernetes:{type_}", f"mygw-workload-{name}", WORKLOAD, inputs=inputs, **more)


CONFIG_MAP = object_("core/v1:ConfigMap", "mygw-env", inputs={"data": SETTINGS})
SECRET = object_("core/v1:Secret", "mygw-auth")
DEPLOYMENT = object_("apps/v1:Deployment", "mygw")


def state(*recorded: dict[str, Any], creating: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    operations = [{"type": "creating", "resource": resource} for resource in creating]
    return {"deployment": {"resources": [*BASIS, *recorded], "pending_operations": operations}}


def gateway(*recorded: dict[str, Any], creating: tuple[dict[str, Any], ...] = ()) -> Gateway:
    (found,) = gateways_of("dev", resources_under_way(state(*recorded, creating=creating)))
    return found


def test_while_a_first_deployment_waits_for_its_pods() -> None:
    # The Deployment is not there for the state until its pods are ready; nothing of it has outputs.
    found = gateway(
        APPLICATION,
        {**PRINCIPAL, "id": "/servicePrincipals/principal-1"},
        {**assignment(INSTANCE), "id": "a"},
        {**API, "id": "b"},
        {**CONFIG_MAP, "id": "apim/mygw-env"},
        {**SECRET, "id": "apim/mygw-auth"},
        creating=(DEPLOYMENT,),
    )
    assert found == Gateway(
        name="mygw",
        gateway_id=GATEWAY_ID,
        principal_id="principal-1",
        is_reader_assigned=True,
        apis=("echo",),
        authority="https://login.microsoftonline.com",
        endpoint="contoso-apim.configuration.azure-api.net",
        config_map=KubernetesObject("apim", "mygw-env"),
        secret=KubernetesObject("apim", "mygw-auth"),
        deployment=KubernetesObject("apim", "mygw", is_made=False),
    )
    assert found.instance_id == INSTANCE


def test_as_early_as_its_component_is_there() -> None:
    assert gateway() == Gateway(name="mygw")
    assert gateway(creating=(APPLICATION,)) == Gateway(name="mygw")


@pytest.mark.parametrize(
    "known",
    [
        (API,),
        (assignment(INSTANCE),),
        (assignment("/subscriptions/s/resourceGroups/contoso-rg"), APPLICATION),
        (assignment("/subscriptions/s"), {**of_component(RESOURCE), "outputs": {"gatewayId": GATEWAY_ID}}),
    ],
)
def test_the_gateway_resource_is_known_from_whatever_names_it(known: tuple[dict[str, Any], ...]) -> None:
    for creating in (False, True):
        recorded = () if creating else known
        assert gateway(*recorded, creating=known if creating else ()).gateway_id == GATEWAY_ID


def test_what_is_assigned_to_nobody_yet_has_no_principal() -> None:
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    assert gateway(creating=(assignment(INSTANCE, unknown), PRINCIPAL)).principal_id == ""
    made = {**PRINCIPAL, "id": "/servicePrincipals/principal-2"}
    assert gateway(made, creating=(assignment(INSTANCE, unknown),)).principal_id == "principal-2"


def test_a_client_secret_in_the_config_map() -> None:
    inputs = {"data": {**SETTINGS, "config.service.auth.azureAd.clientSecret": "[secret]"}}
    found = gateway(creating=(object_("core/v1:ConfigMap", "mygw-env", inputs=inputs),))
    assert found.is_secret_in_config_map
    assert found.secret is None


def test_the_service_for_clients_and_the_objects_of_some_settings_are_known() -> None:
    found = gateway(
        object_("core/v1:Service", "mygw-instance-discovery", inputs={"spec": {"clusterIP": "None"}}, id="a"),
        object_("core/v1:Service", "mygw-live-traffic", inputs={"spec": {"type": "ClusterIP"}}, id="b"),
        object_("autoscaling/v2:HorizontalPodAutoscaler", "mygw", id="c"),
        creating=(object_("policy/v1:PodDisruptionBudget", "mygw"),),
    )
    assert found == Gateway(
        name="mygw",
        service=KubernetesObject("apim", "mygw-live-traffic"),
        autoscaler=KubernetesObject("apim", "mygw"),
        disruption_budget=KubernetesObject("apim", "mygw", is_made=False),
    )
    assert [each["metadata"]["name"] for each in found.declared] == [
        "mygw-instance-discovery",
        "mygw-live-traffic",
        "mygw",
        "mygw",
    ]


def test_an_update_that_runs_decides_and_what_is_replaced_goes() -> None:
    changed = object_("core/v1:ConfigMap", "mygw-env", inputs={"data": {**SETTINGS, "config.service.endpoint": "new"}})
    whole = state({**CONFIG_MAP, "id": "apim/mygw-env"}, {**DEPLOYMENT, "id": "apim/old", "delete": True})
    whole["deployment"]["pending_operations"] = [{"type": "updating", "resource": changed}]
    (found,) = gateways_of("dev", resources_under_way(whole))
    assert (found.endpoint, found.config_map) == ("new", KubernetesObject("apim", "mygw-env"))
    assert found.deployment is None


def test_a_stack_without_gateways_is_told() -> None:
    with pytest.raises(OpsError, match=r"^Stack dev has no gateway: deploy it with `pulumi up --stack dev`\.$"):
        gateways_of("dev", [])


class Nothing:
    """In the place of Azure and of the cluster: nothing is asked there."""

    arm = None

    def __init__(self, provider: Any) -> None: ...


@pytest.fixture
def nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "Azure", Nothing)
    monkeypatch.setattr(questions, "Cluster", Nothing)


@pytest.mark.usefixtures("nothing")
def test_what_nobody_knows_yet_is_said_by_the_question_that_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "export_raw", lambda _: state(creating=(APPLICATION,)))
    report = run.verify("dev")
    assert [(check.question, check.answer, check.found) for check in report.checks] == [
        ("validator role", Answer.UNKNOWN, "the id of the API Management instance is not known yet"),
        ("token", Answer.UNKNOWN, "no ConfigMap is made yet: there is nothing to ask for a token with"),
        ("reader role", Answer.UNKNOWN, "the id of the service principal is not known yet"),
        ("gateway resource", Answer.UNKNOWN, "the id of the gateway resource is not known yet"),
        ("pods", Answer.FAILED, "no Deployment is made yet"),
        ("configuration", Answer.UNKNOWN, "no pod runs"),
        ("address", Answer.FAILED, "no Service is made yet"),
    ]
    assert report.exit_code == 1
    assert report.checks[4].next_step == (
        "If an update runs, wait for it; else run `pulumi up`: its message says what stands in the way."
    )


@pytest.mark.parametrize(
    ("endpoint", "environment", "audience"),
    [
        ("contoso-apim.configuration.azure-api.us", "public", "https://azure-api.us/configuration"),
        ("https://contoso-apim.configuration.azure-api.cn/", "china", "https://azure-api.cn/configuration"),
        ("gateway.contoso.com", "public", "https://azure-api.net/configuration"),
        ("https://gateway.contoso.com", "usgovernment", "https://azure-api.us/configuration"),
        ("gateway.contoso.com", "china", "https://azure-api.cn/configuration"),
        ("gateway.contoso-azure-api.net", "china", "https://azure-api.cn/configuration"),
        ("", "usgovernment", "https://azure-api.us/configuration"),
    ],
)
def test_a_token_is_asked_for_the_audience_of_the_cloud_wherever_the_endpoint_is(
    endpoint: str, environment: str, audience: str
) -> None:
    assert default_audience(endpoint, environment) == audience


def test_a_gateway_knows_the_cloud_that_its_stack_names() -> None:
    whole = state()
    (provider,) = [r for r in whole["deployment"]["resources"] if r["type"] == "pulumi:providers:azure-native"]
    provider["inputs"] = {**provider["inputs"], "environment": "usgovernment"}
    (found,) = gateways_of("dev", resources_of(whole))
    assert found.environment == "usgovernment"


@pytest.mark.usefixtures("nothing")
def test_what_a_replacement_has_left_to_be_deleted_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    left = record("azure-native:authorization:RoleAssignment", "mygw-reader", id="/old", delete=True)
    monkeypatch.setattr(run, "export_raw", lambda _: state(left, creating=(APPLICATION,)))
    report = run.verify("dev")
    check = report.checks[-1]
    assert (check.subject, check.question, check.answer, check.found) == (
        "mygw-reader",
        "pending deletion",
        Answer.FAILED,
        "it was replaced, and the old one is still to be deleted: /old",
    )
    assert report.exit_code == 1


def test_gateways_come_in_the_order_of_their_names_whatever_the_states_is() -> None:
    components = [
        StackResource(urn=f"urn:pulumi:dev::p::t::{name}", type="self-hosted-gateway:gateway:SelfHostedGateway")
        for name in ("second", "mygw", "branch")
    ]
    assert [gateway.name for gateway in gateways_of("dev", components)] == ["branch", "mygw", "second"]

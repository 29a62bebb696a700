"""What has to be there before anything is created: all of it is looked up, and all that is wrong is told at once."""

import json
from pathlib import Path
from typing import Any

import pytest

from components.ending import Refusal
from tests.unit import program

COLLEAGUE = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
GROUP = "/providers/Microsoft.Management/managementGroups/contoso"


def failing(message: str) -> program.Answer:
    def answer(_: dict[str, Any]) -> dict[str, Any]:
        raise program.Refusal(message)

    return answer


def absent(what: str) -> program.Answer:
    return failing(f'Status=404 Code="ResourceNotFound" Message="{what} not found."')


FORBIDDEN = (
    "Status=403 Code=\"AuthorizationFailed\" Message=\"The client 'contoso' with object id 'contoso' does not have "
    "authorization to perform action 'the action' over scope 'the scope' or the scope is invalid.\""
)
GET_API = "azure-native:apimanagement:getApi"
GET_GROUP = "azure-native:management:getManagementGroup"
GET_PRINCIPAL = "azuread:index/getServicePrincipal:getServicePrincipal"
GET_USER = "azuread:index/getUser:getUser"
NO_PRINCIPAL = f'Service Principal (Service Principal: "{COLLEAGUE}") was not found'
NO_USER = f'User not found with object ID: "{COLLEAGUE}"'
GRAPH_FORBIDDEN = (
    'Retrieving user with object ID: "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa": unexpected status 403 (403 Forbidden) with '
    "error: Authorization_RequestDenied: Insufficient privileges to complete the operation."
)


def owned_by(*owners: str, **changes: Any) -> dict[str, Any]:
    authentication = {**program.gateway()["authentication"], "owners": list(owners), **changes}
    # What a preview advises of the smallest gateway has its own test.
    silence = ["few-replicas", "default-namespace", "no-resources"]
    return program.configuration(gateways=[program.gateway(authentication=authentication)], silence=silence)


def refused(config: dict[str, Any], answers: dict[str, program.Answer] | None = None, **how: Any) -> list[str]:
    """The lines with which the program stops."""
    with pytest.raises(Refusal) as stopped:
        program.run(config, answers, **how)
    return str(stopped.value).splitlines()


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    authentication = {**program.gateway()["authentication"], "owners": [COLLEAGUE]}
    config = program.configuration(
        gateways=[
            program.gateway(name="made", createGatewayResource=True, locationName="contoso"),
            program.gateway(apis=["echo", "ohce"], authentication=authentication),
        ],
        roles={"assignableScopes": [f"/subscriptions/{program.SUBSCRIPTION}", GROUP]},
    )
    answers = {
        "azure-native:apimanagement:getGateway": absent("Gateway"),
        GET_API: absent("API"),
        GET_GROUP: failing('Status=404 Code="NotFound" Message="The management group \'contoso\' cannot be found."'),
        GET_PRINCIPAL: failing(NO_PRINCIPAL),
        GET_USER: failing(NO_USER),
    }
    assert [line.partition(".")[0] for line in refused(config, answers)] == [
        "Gateway resource 'mygw' was not found on API Management instance 'contoso-apim'",
        "API 'echo' was not found on API Management instance 'contoso-apim'",
        "API 'ohce' was not found on API Management instance 'contoso-apim'",
        "self-hosted-gateway:roles",
        "self-hosted-gateway:gateways[1]",
        "self-hosted-gateway:gateways[1]",
        "self-hosted-gateway:cluster",
    ]


def test_without_the_instance_the_rest_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    answers = {"azure-native:apimanagement:getApiManagementService": absent("Service")}
    assert refused(program.configuration(), answers) == [
        "API Management instance 'contoso-apim' was not found in resource group 'contoso-rg' of subscription "
        "22222222-2222-2222-2222-222222222222. Check self-hosted-gateway:apiManagement.",
        "self-hosted-gateway:cluster.context: the kubeconfig (/dev/null) has no context 'contoso'; it has none.",
    ]


def test_an_api_is_looked_up_once_and_named_with_the_gateway_that_names_it_first() -> None:
    config = program.configuration(
        gateways=[program.gateway(apis=["echo"]), program.gateway(name="other", apis=["echo", "ohce"])]
    )
    asked: list[str] = []

    def answer(args: dict[str, Any]) -> dict[str, Any]:
        asked.append(args["apiId"])
        return {"id": "echo"} if args["apiId"] == "echo" else absent("API")(args)

    assert refused(config, {GET_API: answer}, preview=True) == [
        "API 'ohce' was not found on API Management instance 'contoso-apim'. Check self-hosted-gateway:gateways[1].apis: "
        "the API's id is expected, not its display name."
    ]
    assert asked == ["echo", "ohce"]


def test_who_may_not_read_apis_is_warned_once_and_goes_on() -> None:
    config = program.configuration(gateways=[program.gateway(apis=["echo", "ohce"])])
    assert program.run(config, {GET_API: failing(FORBIDDEN)}).warnings == [
        "Whether the APIs exist that self-hosted-gateway:gateways names can't be checked; it needs the right "
        f"Microsoft.ApiManagement/service/apis/read (docs/permissions.md). {FORBIDDEN}"
    ]


def test_an_update_stops_where_the_deployer_is_no_owner() -> None:
    answers = {GET_PRINCIPAL: lambda args: {"objectId": args["objectId"]}}
    assert refused(owned_by(COLLEAGUE), answers) == [
        "self-hosted-gateway:gateways[0].authentication.owners: the signed-in principal, object id "
        "33333333-3333-3333-3333-333333333333, is not among them. The applications would be out of its reach from then on, "
        "and nobody but an administrator could remove them. Add 33333333-3333-3333-3333-333333333333. Where it may change all "
        "applications and need not own these, set `ownersWithoutDeployer: true`."
    ]


def test_an_owner_of_several_gateways_is_looked_up_once() -> None:
    asked: list[str] = []

    def answer(args: dict[str, Any]) -> dict[str, Any]:
        asked.append(args["objectId"])
        return {"objectId": args["objectId"]}

    config = owned_by(COLLEAGUE)
    (gateway,) = config["self-hosted-gateway:gateways"]
    config["self-hosted-gateway:gateways"] = [gateway, {**gateway, "name": "branch"}]
    (line,) = refused(config, {GET_PRINCIPAL: answer})
    (warning,) = program.run(config, {GET_PRINCIPAL: answer}, preview=True).warnings
    for said in (line, warning):
        assert said.startswith(
            "self-hosted-gateway:gateways[0].authentication.owners, self-hosted-gateway:gateways[1].authentication.owners: the "
            "signed-in principal, object id 33333333-3333-3333-3333-333333333333, is not among them."
        )
    assert asked == [COLLEAGUE, COLLEAGUE]


def test_a_preview_by_somebody_else_warns_with_the_id_to_add() -> None:
    answers = {GET_PRINCIPAL: lambda args: {"objectId": args["objectId"]}}
    graph = program.run(owned_by(COLLEAGUE), answers, preview=True)
    assert graph.warnings == [
        "self-hosted-gateway:gateways[0].authentication.owners: the signed-in principal, object id "
        "33333333-3333-3333-3333-333333333333, is not among them. An update with this sign-in would stop. If it deploys the "
        "stack, add 33333333-3333-3333-3333-333333333333. Where it may change all applications and need not own these, set "
        "`ownersWithoutDeployer: true`."
    ]
    graph.one("azuread:index/application:Application")


def test_a_stack_may_say_that_its_deployer_owns_nothing() -> None:
    answers = {GET_PRINCIPAL: lambda args: {"objectId": args["objectId"]}}
    graph = program.run(owned_by(COLLEAGUE, ownersWithoutDeployer=True), answers)
    assert graph.warnings == []
    assert graph.one("azuread:index/application:Application").inputs["owners"] == [COLLEAGUE]


def test_a_stack_of_roles_alone_asks_for_no_owner() -> None:
    program.run(program.configuration(gateways=None, apiManagement=None, cluster=None))


def test_an_owner_that_is_no_principal_is_refused_and_the_deployer_is_not_looked_up() -> None:
    asked: list[str] = []

    def answer(args: dict[str, Any]) -> dict[str, Any]:
        asked.append(args["objectId"])
        return failing(NO_PRINCIPAL)(args)

    said = refused(
        owned_by(program.OWNER, COLLEAGUE), {GET_PRINCIPAL: answer, GET_USER: failing(NO_USER)}, preview=True
    )
    assert said == [
        "self-hosted-gateway:gateways[0].authentication.owners: aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa is the object id of no "
        "service principal and of no user in the tenant. An application's own object id and its client id are others: "
        "`az ad sp show --id <client ID> --query id` prints the right one."
    ]
    assert asked == [COLLEAGUE]


def test_a_person_may_be_an_owner() -> None:
    answers = {GET_PRINCIPAL: failing(NO_PRINCIPAL), GET_USER: lambda args: {"objectId": args["objectId"]}}
    assert program.run(owned_by(program.OWNER, COLLEAGUE), answers).warnings == []


def test_who_may_not_read_users_is_warned_of_an_owner_that_is_no_service_principal() -> None:
    answers = {GET_PRINCIPAL: failing(NO_PRINCIPAL), GET_USER: failing(GRAPH_FORBIDDEN)}
    assert program.run(owned_by(program.OWNER, COLLEAGUE), answers).warnings == [
        "self-hosted-gateway:gateways[0].authentication.owners: whether aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa exists can't be "
        "checked. It is no service principal that this sign-in sees, and to read users it needs User.Read.All. "
        f"{GRAPH_FORBIDDEN}"
    ]


@pytest.mark.parametrize("existing", [False, True])
def test_a_management_group_that_does_not_exist_is_refused(existing: bool) -> None:
    role = f"/subscriptions/{program.SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{program.KEY_ID}"
    roles: dict[str, Any] = {"assignableScopes": [GROUP]}
    config = program.configuration(
        roles={**roles, **({"existing": {"validator": role, "reader": role}} if existing else {})}
    )
    answers = {GET_GROUP: failing('Status=404 Code="NotFound" Message="The management group cannot be found."')}
    if existing:
        program.run(config, answers)  # another stack's roles, another stack's scopes
        return
    assert refused(config, answers) == [
        "self-hosted-gateway:roles.assignableScopes[0]: management group 'contoso' was not found: its id is expected, not its "
        "display name."
    ]


def test_a_management_group_that_may_not_be_read_is_warned_of() -> None:
    config = program.configuration(roles={"assignableScopes": [GROUP]})
    assert program.run(config, {GET_GROUP: failing(FORBIDDEN)}).warnings == [
        "self-hosted-gateway:roles.assignableScopes[0]: management group 'contoso' does not exist, or this sign-in may not read "
        f"it (Microsoft.Management/managementGroups/read). {FORBIDDEN}"
    ]


def kubeconfig_of(file: Path, *contexts: str) -> str:
    file.write_text(json.dumps({"contexts": [{"name": name, "context": {"cluster": name}} for name in contexts]}))
    return str(file)


def test_a_context_that_the_kubeconfig_lacks_is_refused_with_those_that_it_has(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = kubeconfig_of(tmp_path / "kubeconfig", "fabrikam", "adventure")
    monkeypatch.setenv("KUBECONFIG", file)
    assert refused(program.configuration(), preview=True) == [
        f"self-hosted-gateway:cluster.context: the kubeconfig ({file}) has no context 'contoso'; it has adventure, fabrikam."
    ]


def test_the_context_may_be_in_any_of_the_files_that_kubeconfig_names(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    others = [kubeconfig_of(tmp_path / name, name) for name in ("fabrikam", "adventure")]
    own = kubeconfig_of(tmp_path / "own", "contoso")
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'absent'}:{others[0]}:{own}:{others[1]}")
    program.run()


def test_without_kubeconfig_the_file_in_the_home_folder_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("KUBECONFIG")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert refused(program.configuration()) == [
        f"self-hosted-gateway:cluster.context: the kubeconfig ({tmp_path}/.kube/config) has no context 'contoso'; it has none."
    ]
    (tmp_path / ".kube").mkdir()
    kubeconfig_of(tmp_path / ".kube" / "config", "contoso")
    program.run()


def test_a_kubeconfig_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "kubeconfig").write_text("contoso")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    (line,) = refused(program.configuration())
    assert line.startswith(
        f"self-hosted-gateway:cluster.context: the kubeconfig {tmp_path}/kubeconfig can't be read: expected a mapping"
    )


def test_what_is_no_context_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_text(json.dumps({"contexts": ["contoso", {"context": {"cluster": "contoso"}}]}))
    monkeypatch.setenv("KUBECONFIG", str(file))
    assert refused(program.configuration()) == [
        f"self-hosted-gateway:cluster.context: the kubeconfig ({file}) has no context 'contoso'; it has none."
    ]


def test_a_stack_with_a_kubeconfig_of_its_own_reads_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/dev/null")
    program.run(program.configuration(cluster={"kubeconfig": program.kubeconfig()}))

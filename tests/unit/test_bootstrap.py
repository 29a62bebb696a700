"""What the bootstrap program asks the engine for, and what it says of a configuration that is wrong."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit import program

PROJECT = "self-hosted-gateway-bootstrap"
APPLICATION = "azuread:index/application:Application"
CREDENTIAL = "azuread:index/applicationFederatedIdentityCredential:ApplicationFederatedIdentityCredential"
PERMISSION = "azuread:index/appRoleAssignment:AppRoleAssignment"
ROLE = "azure-native:authorization:RoleDefinition"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
SUBSCRIPTION = f"/subscriptions/{program.SUBSCRIPTION}"
CHECKOUT = Path(__file__).parents[2]
CONNECTION = {
    "issuer": "https://login.microsoftonline.com/contoso/v2.0",
    "subject": "/eid1/c/pub/t/x/a/y/sc/contoso/prod",
}


def configuration(**changes: Any) -> dict[str, Any]:
    """A stack with two environments, with changes to the keys of the project."""
    sections: dict[str, Any] = {
        "github": {"repository": "Contoso/gateways"},
        "environments": [
            {"name": "dev", "scopes": [SUBSCRIPTION]},
            {"name": "prod", "scopes": [f"{SUBSCRIPTION}/resourceGroups/contoso-rg"]},
        ],
        "state": {
            "resourceGroup": "contoso-state",
            "location": "westeurope",
            "storageAccount": "contosostate",
            "keyVault": "contoso-state",
        },
        **changes,
    }
    return {
        "azure-native:tenantId": program.TENANT,
        "azure-native:subscriptionId": program.SUBSCRIPTION,
        **{f"{PROJECT}:{key}": value for key, value in sections.items() if value is not None},
    }


def run(**changes: Any) -> program.Graph:
    return program.run(configuration(**changes), main=program.BOOTSTRAP)


@pytest.fixture(scope="module")
def graph() -> program.Graph:
    return run()


def subjects(graph: program.Graph) -> dict[str, tuple[str, str, list[str]]]:
    return {
        credential.name: (credential.inputs["issuer"], credential.inputs["subject"], credential.inputs["audiences"])
        for credential in graph.of_type(CREDENTIAL)
    }


def problems(**changes: Any) -> list[str]:
    with pytest.raises(SystemExit) as error:
        run(**changes)
    return [line.removeprefix("  - ") for line in str(error.value).splitlines()[1:]]


def test_each_identity_takes_the_tokens_of_its_own_jobs_only(graph: program.Graph) -> None:
    issuer, audiences = "https://token.actions.githubusercontent.com", ["api://AzureADTokenExchange"]
    assert subjects(graph) == {
        "deployer-dev-github-environment": (issuer, "repo:Contoso/gateways:environment:dev", audiences),
        "deployer-prod-github-environment": (issuer, "repo:Contoso/gateways:environment:prod", audiences),
        "reader-github-pull-request": (issuer, "repo:Contoso/gateways:pull_request", audiences),
        "reader-github-main": (issuer, "repo:Contoso/gateways:ref:refs/heads/main", audiences),
    }


def test_there_is_no_secret_and_no_owner_who_could_make_one(graph: program.Graph) -> None:
    assert [r.type for r in graph.resources if "assword" in r.type or "ertificate" in r.type] == []
    assert len(graph.of_type(APPLICATION)) == 3
    assert all("owners" not in r.inputs for r in graph.resources)
    assert program.SECRET_SIGNATURE not in json.dumps([r.inputs for r in graph.resources] + [graph.outputs])


def test_subjects_may_have_githubs_immutable_ids() -> None:
    github = {"repository": "Contoso/gateways", "subjectPrefix": "repo:Contoso@123/gateways@456"}
    _, subject, _ = subjects(run(github=github))["deployer-dev-github-environment"]
    assert subject == "repo:Contoso@123/gateways@456:environment:dev"


def test_a_service_connection_signs_in_beside_or_instead_of_github() -> None:
    environments = [{"name": "prod", "scopes": [SUBSCRIPTION], "azureDevOps": CONNECTION}]
    assert set(subjects(run(environments=environments))) == {
        "deployer-prod-github-environment",
        "deployer-prod-azure-devops",
        "reader-github-pull-request",
        "reader-github-main",
    }
    alone = run(github=None, environments=environments, reader={"azureDevOps": CONNECTION})
    assert {name: (issuer, subject) for name, (issuer, subject, _) in subjects(alone).items()} == {
        "deployer-prod-azure-devops": (CONNECTION["issuer"], CONNECTION["subject"]),
        "reader-azure-devops": (CONNECTION["issuer"], CONNECTION["subject"]),
    }
    assert "githubVariables" not in alone.outputs


@pytest.mark.parametrize("kind", ["deployer", "reader"])
def test_the_roles_are_those_of_the_documented_files(graph: program.Graph, kind: str) -> None:
    documented = json.loads((CHECKOUT / "docs" / "roles" / f"{kind}.json").read_text())
    role = graph.one(ROLE, f"role-{kind}-definition").inputs
    (permission,) = role["permissions"]
    assert (role["roleName"], role["description"]) == (documented["Name"], documented["Description"])
    assert permission["actions"] == documented["Actions"]
    assert (permission["notActions"], permission["dataActions"], permission["notDataActions"]) == ([], [], [])
    assert role["assignableScopes"] == [SUBSCRIPTION]


def test_each_identity_has_its_rights_where_they_are_needed(graph: program.Graph) -> None:
    built_in = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions"
    contributor, blob_reader, crypto = (
        f"{built_in}/{guid}"
        for guid in (
            "ba92f5b4-2d11-453d-a403-e96b0029c9fe",
            "2a2b9908-6ea1-4ae2-8e65-a410df84e7d1",
            "12338af0-0e69-4776-bea7-57ae8d297424",
        )
    )
    assigned = {a.name: (a.inputs["scope"], a.inputs["roleDefinitionId"]) for a in graph.of_type(ASSIGNMENT)}
    group = f"{SUBSCRIPTION}/resourceGroups/contoso-rg"
    assert assigned == {
        f"deployer-dev-rights-{program.SUBSCRIPTION}": (SUBSCRIPTION, "role-deployer-definition-id"),
        "deployer-dev-rights-state": ("state-container-id", contributor),
        "deployer-dev-rights-key": ("state-key-id", crypto),
        f"deployer-prod-rights-{program.SUBSCRIPTION}-contoso-rg": (group, "role-deployer-definition-id"),
        "deployer-prod-rights-state": ("state-container-id", contributor),
        "deployer-prod-rights-key": ("state-key-id", crypto),
        f"reader-rights-{program.SUBSCRIPTION}": (SUBSCRIPTION, "role-reader-definition-id"),
        "reader-rights-state": ("state-container-id", blob_reader),
        "reader-rights-key": ("state-key-id", crypto),
    }
    permissions = {p.name: p.inputs["appRoleId"] for p in graph.of_type(PERMISSION)}
    assert permissions == {
        "deployer-dev-rights-graph": program.OWNED_BY,
        "deployer-prod-rights-graph": program.OWNED_BY,
        "reader-rights-graph": program.READ_ALL,
    }
    assert {p.inputs["resourceObjectId"] for p in graph.of_type(PERMISSION)} == {program.GRAPH_PRINCIPAL}


def test_the_state_is_closed_to_the_public_kept_and_protected(graph: program.Graph) -> None:
    account = graph.one("azure-native:storage:StorageAccount")
    assert (account.inputs["allowBlobPublicAccess"], account.inputs["allowSharedKeyAccess"]) == (False, False)
    assert (account.inputs["minimumTlsVersion"], account.inputs["enableHttpsTrafficOnly"]) == ("TLS1_2", True)
    blobs = graph.one("azure-native:storage:BlobServiceProperties").inputs
    assert (blobs["isVersioningEnabled"], blobs["deleteRetentionPolicy"]) == (True, {"enabled": True, "days": 30})
    vault = graph.one("azure-native:keyvault:Vault")
    assert vault.inputs["properties"]["enableRbacAuthorization"] is True
    assert vault.inputs["properties"]["enablePurgeProtection"] is True
    key = graph.one("azure-native:keyvault:Key")
    assert (key.inputs["properties"]["kty"], key.request.retainOnDelete) == ("RSA", True)
    for resource in (account, vault, key, graph.one("azure-native:storage:BlobContainer")):
        assert resource.request.protect is True
    assert not any(r.request.protect for r in graph.of_type(APPLICATION))


def test_the_outputs_name_backend_and_key(graph: program.Graph) -> None:
    assert graph.outputs["backendUrl"] == "azblob://pulumi-state?storage_account=contosostate"
    assert graph.outputs["secretsProvider"] == "azurekeyvault://contoso-state.vault.azure.net/keys/pulumi-state"
    # Where whoever makes the stacks needs rights of one's own.
    assert (graph.outputs["stateContainerId"], graph.outputs["stateKeyId"]) == ("state-container-id", "state-key-id")
    config = {**configuration(), "azure-native:environment": "usgovernment"}
    elsewhere = program.run(config, main=program.BOOTSTRAP).outputs
    assert elsewhere["backendUrl"].endswith("?storage_account=contosostate&domain=blob.core.usgovcloudapi.net")
    assert elsewhere["secretsProvider"].startswith("azurekeyvault://contoso-state.vault.usgovcloudapi.net/keys/")


def test_without_environments_there_is_a_reader_and_nobody_who_deploys() -> None:
    graph = run(environments=[])
    assert sorted(subjects(graph)) == ["reader-github-main", "reader-github-pull-request"]
    assert [role.name for role in graph.of_type(ROLE)] == ["role-reader-definition"]
    assert [application.name for application in graph.of_type(APPLICATION)] == ["reader-application"]


def test_a_sign_in_to_another_tenant_is_refused_before_anything_is_registered() -> None:
    answers = {"azuread:index/getClientConfig:getClientConfig": lambda _: {"id": "x", "tenantId": program.OWNER}}
    with pytest.raises(SystemExit, match="Signed in to another tenant: the stack belongs to 1111"):
        program.run(configuration(), answers, main=program.BOOTSTRAP)


def test_everything_that_is_wrong_is_told_at_once() -> None:
    found = problems(
        github={"repository": "gateways"},
        environments=[{"name": "dev", "scopes": ["/"]}, {"name": "a b", "owner": "x"}],
        state={"resourceGroup": "contoso-state", "location": "westeurope", "storageAccount": "Contoso-State"},
        enviroments=[],
    )
    known = "azure-native:environment, azure-native:subscriptionId, azure-native:tenantId"
    keys = ", ".join(f"{PROJECT}:{key}" for key in ("environments", "github", "nameSuffix", "reader", "state"))
    assert found == [
        f"{PROJECT}:enviroments: unknown key; known are {known}, {keys}",
        f"{PROJECT}:github.repository: expected <owner>/<repository>",
        f"{PROJECT}:github.subjectPrefix: expected repo:<owner>[@<id>]/<repository>[@<id>]",
        f"{PROJECT}:environments[0].scopes[0]: expected /subscriptions/<id> or /subscriptions/<id>/resourceGroups/<name>",
        f"{PROJECT}:environments[1].name: expected 1 to 39 of letters, digits, '_' and '-'",
        f"{PROJECT}:environments[1].scopes: required, but missing",
        f"{PROJECT}:environments[1].owner: unknown key",
        f"{PROJECT}:state.storageAccount: expected 3 to 24 of a-z and 0-9",
        f"{PROJECT}:state.keyVault: required, but missing",
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"github": None}, "environments[0]: nobody could sign in as its deployer: set "),
        (
            {"environments": [{"name": name, "scopes": [SUBSCRIPTION]} for name in ("dev", "Dev")]},
            "environments[1].name: 'Dev' is the name of ",
        ),
        # It would be an administrator of the whole subscription without anybody having said so.
        ({"environments": [{"name": "dev"}]}, "environments[0].scopes: required, but missing"),
        (
            {"reader": {"scopes": [SUBSCRIPTION, SUBSCRIPTION.upper()]}},
            f"reader.scopes[1]: {SUBSCRIPTION.upper()} is named twice",
        ),
        (
            {"github": {"repository": "contoso/gateways", "subjectPrefix": "repo:contoso/other"}},
            "github.subjectPrefix: it is of another repository than contoso/gateways",
        ),
    ],
)
def test_settings_that_contradict_each_other_are_told(changes: dict[str, Any], problem: str) -> None:
    assert problems(**changes)[0].startswith(f"{PROJECT}:{problem}")


def test_every_key_is_declared_in_the_project_file() -> None:
    declared = yaml.safe_load((CHECKOUT / "bootstrap" / "Pulumi.yaml").read_text())["config"]
    keys = {key for key in declared if key.startswith(PROJECT)}
    assert keys == {f"{PROJECT}:{key}" for key in ("github", "environments", "reader", "state", "nameSuffix")}
    assert all({"type", "description", "default"} <= set(declared[key]) for key in keys)

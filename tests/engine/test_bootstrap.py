"""The bootstrap program on the sandbox: what it makes deploys the gateways, signed in by federation alone."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.documented_commands import blocks, why_not_run

from .sandbox import (
    AUTHORIZATION_VERSION,
    CHECKOUT,
    SUBSCRIPTION,
    Result,
    Sandbox,
    Stack,
    sandbox_config,
    sandbox_gateway,
)

REPOSITORY = "contoso/gateways"
SECRETS = ("ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET")
SECRET_SIGNATURE = "4dabf18193072939515e22adb298388d"
SEEDED = {"deployer", "reader", "administrator"}


@dataclass
class Bootstrap:
    """The bootstrap program's stack, which the administrator runs."""

    sandbox: Sandbox
    folder: Path
    name: str = "sandbox"
    outputs: dict[str, Any] = field(default_factory=dict)

    def pulumi(self, *arguments: str) -> Result:
        command = ["pulumi", *arguments, "--stack", self.name, "--color", "never", "--non-interactive"]
        return self.sandbox.run(*command, identity="administrator", cwd=self.folder)

    def shell(self, script: str, home: Path | None = None) -> Result:
        """Commands of the README, where its reader is: in the folder above the program's."""
        # Nobody is there to say yes.
        changes = {"PYTHONPATH": str(CHECKOUT), "PULUMI_SKIP_CONFIRMATIONS": "true"}
        if home is not None:
            changes["HOME"] = str(home)
        command = ("bash", "-e", "-c", script)
        return self.sandbox.run(*command, identity="administrator", cwd=self.sandbox.program, **changes)

    def job(self, client_id: str, subject: str, like: str = "deployer") -> str:
        """Name of the identity that a job has which signs in as that client: without any secret."""
        command = ("run", "--as", like, "--job", subject, "--client-id", client_id, "--", "env", "-0")
        lines = self.sandbox.sandbox(*command).ok().output
        variables = self.sandbox.kept(lines)
        assert [variables[name] for name in SECRETS] == ["", ""]
        name = f"job-{len(self.sandbox.environments)}"
        self.sandbox.environments[name] = variables
        return name


NOT_REPLICATED = "Timed out whilst waiting for new service principal to be replicated in Azure AD"


@pytest.fixture(scope="module")
def bootstrap(deployable: Stack) -> Iterator[Bootstrap]:
    """The program as the sandbox's stack has it, deployed."""
    sandbox = deployable.sandbox
    folder = sandbox.program / "bootstrap"
    shutil.copytree(CHECKOUT / "bootstrap", folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(CHECKOUT / "docs" / "roles", sandbox.program / "docs" / "roles")
    program = Bootstrap(sandbox, folder)
    try:
        # New directory objects take their time, as they do in Entra: the provider waits for an application, and not for a
        # service principal. The next update goes on, and the one after it takes its creator from that one's owners.
        sandbox.azure_settings(graphReplicationSeconds=5)
        assert NOT_REPLICATED in program.shell(documented("In the sandbox")[0]).output
        sandbox.azure_settings(graphReplicationSeconds=0)
        program.pulumi("up", "--yes", "--skip-preview").ok()
        assert "[diff: -owners]" in program.pulumi("up", "--yes", "--skip-preview").ok().output
        program.outputs = json.loads(program.pulumi("stack", "output", "--json").ok().output)
        yield program
    finally:
        program.pulumi("stack", "rm", "--yes", "--force")


def secrets_of(value: Any) -> Iterator[str]:
    """The secrets in a state that was exported with them, each as JSON."""
    if isinstance(value, dict) and SECRET_SIGNATURE in value.values():
        yield value["plaintext"]
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from secrets_of(member)


def documented(heading: str) -> list[str]:
    """The README's blocks under a heading, with what of them can be run here."""
    found = [block for block in blocks("bootstrap/README.md") if block.heading == heading and block.language == "sh"]
    return ["\n".join(command for command in block.commands if not why_not_run(command)) for block in found]


def gateways(owner: str, **changes: Any) -> dict[str, Any]:
    """The sandbox's gateway, owned by a deployer."""
    authentication = {**sandbox_gateway()["authentication"], "owners": [owner]}
    return sandbox_config(gateways=[sandbox_gateway(authentication=authentication, **changes)])


def test_what_it_made_is_what_it_declares_and_holds_no_secret(bootstrap: Bootstrap) -> None:
    bootstrap.pulumi("preview", "--expect-no-changes").ok()
    bootstrap.pulumi("refresh", "--preview-only", "--run-program", "--expect-no-changes").ok()
    state = bootstrap.pulumi("stack", "export", "--show-secrets").ok().output
    # The released provider hides a list of passwords that is empty.
    assert set(secrets_of(json.loads(state))) <= {"null", "[]"}
    assert bootstrap.sandbox.environments["administrator"]["ARM_CLIENT_SECRET"] not in state
    graph = bootstrap.sandbox.graph("administrator")
    for client_id in (*bootstrap.outputs["clientIds"].values(), bootstrap.outputs["readerClientId"]):
        application = graph.get(f"/v1.0/applications(appId='{client_id}')").raise_for_status().json()
        assert (application["passwordCredentials"], application["keyCredentials"]) == ([], [])
        assert graph.get(f"/v1.0/applications/{application['id']}/owners").json()["value"] == []


def test_the_outputs_are_what_the_repository_has_to_know(bootstrap: Bootstrap) -> None:
    outputs = bootstrap.outputs
    assert outputs["backendUrl"] == "azblob://pulumi-state?storage_account=contosostate"
    assert outputs["secretsProvider"] == "azurekeyvault://contoso-state.vault.azure.net/keys/pulumi-state"
    lines = outputs["githubVariables"].splitlines()
    assert f"gh variable set AZURE_READER_CLIENT_ID --repo {REPOSITORY} --body '{outputs['readerClientId']}'" in lines
    assert f"gh variable set PULUMI_BACKEND_URL --repo {REPOSITORY} --body '{outputs['backendUrl']}'" in lines
    client_id = outputs["clientIds"]["prod"]
    assert f"gh variable set AZURE_CLIENT_ID --repo {REPOSITORY} --env prod --body '{client_id}'" in lines


@pytest.mark.parametrize(
    "subject",
    [
        "contoso/gateways:environment:prod",
        "contoso/gateways:pull_request",
        "contoso/gateways:ref:refs/heads/main",
        "contoso/other:environment:dev",
    ],
)
def test_a_job_of_something_else_is_refused_in_entras_words(
    bootstrap: Bootstrap, deployable: Stack, subject: str
) -> None:
    deployable.configure(gateways(bootstrap.outputs["objectIds"]["dev"]))
    result = deployable.preview(identity=bootstrap.job(bootstrap.outputs["clientIds"]["dev"], subject))
    assert result.code != 0
    reason = (
        f"AADSTS700213: No matching federated identity record found for presented assertion subject 'repo:{subject}'"
    )
    assert reason in " ".join(result.output.split())
    assert "Traceback" not in result.output


def test_deployer_and_reader_work_by_federation_alone(bootstrap: Bootstrap, deployable: Stack) -> None:
    sandbox, clients = bootstrap.sandbox, bootstrap.outputs["clientIds"]
    dev = bootstrap.job(clients["dev"], f"{REPOSITORY}:environment:dev")
    deployable.configure(gateways(bootstrap.outputs["objectIds"]["dev"]))
    sandbox.azure().delete("/_sandbox/requests").raise_for_status()
    deployable.up(identity=dev).ok()
    deployable.preview("--expect-no-changes", identity=dev).ok()

    reader, before = bootstrap.outputs["readerClientId"], backend(sandbox)
    schedule = bootstrap.job(reader, f"{REPOSITORY}:ref:refs/heads/main", like="reader")
    drift = deployable.ops("drift", identity=schedule).ok()
    assert "No drift" in drift.output, drift.output
    pull_request = bootstrap.job(reader, f"{REPOSITORY}:pull_request", like="reader")
    deployable.preview("--expect-no-changes", identity=pull_request).ok()
    # It has written nothing to the backend, so that it needs no more than to read there.
    assert backend(sandbox) == before
    # The reader reads: an update is refused by the program, and where the stack lets others deploy, by ARM.
    config = gateways(bootstrap.outputs["objectIds"]["dev"])
    assert "is not among them" in deployable.up(identity=schedule).output
    (gateway,) = config["self-hosted-gateway:gateways"]
    authentication = {**gateway["authentication"], "ownersWithoutDeployer": True}
    deployable.configure(
        {
            **config,
            "self-hosted-gateway:gateways": [{**gateway, "authentication": authentication}],
            "self-hosted-gateway:roles": {"nameSuffix": "(changed)"},
        }
    )
    assert "AuthorizationFailed" in deployable.up(identity=schedule).output
    deployable.configure(config)

    # Nobody signed in with a secret, but the gateway with its own.
    (key,) = [r["outputs"]["keyId"] for r in deployable.resources() if "applicationPassword" in r["type"]]
    assert set(sandbox.sign_ins()) == {
        key,
        *credentials(bootstrap, clients["dev"], reader),
    }


def backend(sandbox: Sandbox) -> dict[str, int]:
    """The backend's files, and when each was written."""
    files = [path for path in (sandbox.home / "backend").rglob("*") if path.is_file()]
    return {str(path): path.stat().st_mtime_ns for path in files}


def credentials(bootstrap: Bootstrap, *client_ids: str) -> list[str]:
    """Ids of the federated identity credentials of applications."""
    graph = bootstrap.sandbox.graph("administrator")
    answers = [
        graph.get(f"/v1.0/applications(appId='{client_id}')/federatedIdentityCredentials") for client_id in client_ids
    ]
    return [credential["id"] for answer in answers for credential in answer.raise_for_status().json()["value"]]


def test_a_deployer_of_a_resource_group_deploys_there_with_the_first_stacks_roles(
    bootstrap: Bootstrap, deployable: Stack
) -> None:
    sandbox = bootstrap.sandbox
    staging = Stack(sandbox, f"{deployable.name}-staging")
    deployed = deployable.outputs()
    config = gateways(bootstrap.outputs["objectIds"]["staging"], kubernetesName="mygw-staging")
    config["self-hosted-gateway:roles"] = {
        "existing": {
            "validator": deployed["validatorRoleDefinitionId"],
            "reader": deployed["readerRoleDefinitionId"],
        }
    }
    config["self-hosted-gateway:apiManagement"]["validatorAssignment"] = "existing"
    staging.configure(config)
    sandbox.run("pulumi", "stack", "init", staging.name, "--no-select").ok()
    job = bootstrap.job(bootstrap.outputs["clientIds"]["staging"], f"{REPOSITORY}:environment:staging")
    try:
        staging.up(identity=job).ok()
        staging.preview("--expect-no-changes", identity=job).ok()
        # Its rights end with its resource group: it defines no roles.
        staging.configure({**config, "self-hosted-gateway:roles": {"nameSuffix": "(staging)"}})
        assert "AuthorizationFailed" in staging.up(identity=job).output
        staging.pulumi("destroy", "--yes", "--skip-preview", identity=job).ok()
    finally:
        staging.remove()


def test_the_readmes_job_previews(bootstrap: Bootstrap) -> None:
    stack = Stack(bootstrap.sandbox, "sandbox")
    stack.configure(gateways(bootstrap.outputs["objectIds"]["dev"]))
    bootstrap.sandbox.run("pulumi", "stack", "init", stack.name, "--no-select").ok()
    try:
        command = documented("In the sandbox")[1].replace("<clientIds.dev>", bootstrap.outputs["clientIds"]["dev"])
        assert "27 to create" in bootstrap.shell(command).ok().output
    finally:
        stack.remove()


def test_destroyed_nothing_is_left(bootstrap: Bootstrap, deployable: Stack) -> None:
    sandbox = bootstrap.sandbox
    dev = bootstrap.job(bootstrap.outputs["clientIds"]["dev"], f"{REPOSITORY}:environment:dev")
    deployable.pulumi("destroy", "--yes", "--skip-preview", identity=dev).ok()
    bootstrap.pulumi("destroy", "--yes", "--skip-preview").ok()
    arm, graph = sandbox.arm("administrator"), sandbox.graph("administrator")
    authorization = f"/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization"
    version = {"api-version": AUTHORIZATION_VERSION}
    roles = arm.get(f"{authorization}/roleDefinitions", params={**version, "$filter": "type eq 'CustomRole'"}).json()
    assert len(roles["value"]) == len(SEEDED)
    assignments = arm.get(f"{authorization}/roleAssignments", params=version).json()
    assert len(assignments["value"]) == len(SEEDED)
    assert {app["displayName"] for app in graph.get("/v1.0/applications").json()["value"]} == SEEDED
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-state"
    assert arm.get(group, params={"api-version": "2024-03-01"}).status_code == 404


def test_the_readmes_way_from_an_empty_tenant(bootstrap: Bootstrap, tmp_path: Path) -> None:
    first, second, third, _ = documented("Run it")
    bootstrap.shell(first, tmp_path).ok()
    file = bootstrap.folder / "Pulumi.contoso.yaml"
    config = yaml.safe_load((CHECKOUT / "bootstrap" / "Pulumi.sandbox.yaml").read_text())["config"]
    # The first vault's name is taken, though it was deleted.
    state = {**config["self-hosted-gateway-bootstrap:state"], "keyVault": "contoso-state-2"}
    del state["protect"]
    config["self-hosted-gateway-bootstrap:state"] = state
    file.write_text(yaml.safe_dump({**yaml.safe_load(file.read_text()), "config": config}))
    backend = f"export PULUMI_BACKEND_URL='file://{tmp_path}?metadata=skip'\n"
    result = bootstrap.shell(backend + second, tmp_path).ok()
    assert f"gh api --method PUT repos/{REPOSITORY}/environments/staging" in result.output
    answer = bootstrap.shell(f"{backend}{third}\necho $SECRETS_PROVIDER $CONTAINER $KEY", tmp_path).ok().output
    provider, container, key = answer.split()
    assert provider == "azurekeyvault://contoso-state-2.vault.azure.net/keys/pulumi-state"
    group = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-state/providers"
    storage = f"{group}/Microsoft.Storage/storageAccounts/contosostate"
    assert container == f"{storage}/blobServices/default/containers/pulumi-state"
    assert key == f"{group}/Microsoft.KeyVault/vaults/contoso-state-2/keys/pulumi-state"
    # What the state's place is made of stays, until somebody says that it need not.
    refused = bootstrap.shell(f"{backend}pulumi -C bootstrap destroy --stack contoso --color never", tmp_path)
    assert refused.code != 0
    assert "cannot be deleted" in refused.output or "protected" in refused.output, refused.output

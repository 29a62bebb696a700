"""`python -m ops drift`: also what the engine can't see, for people and programs, and never a secret."""

import json
import shutil
import uuid
from datetime import date
from typing import Any

import yaml

from .sandbox import AUTHORIZATION_VERSION, INSTANCE, SUBSCRIPTION, Stack, sandbox_config, sandbox_gateway

VERSION = {"api-version": AUTHORIZATION_VERSION}
READER = "5a0c0de0-0000-4000-8000-000000000031"
AUTHORIZATION = "providers/Microsoft.Authorization"
BY_HAND = "written-by-somebody"
SETTING = "config.service.auth.azureAd.clientSecret"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def id_of(stack: Stack, name: str) -> str:
    return next(resource["id"] for resource in stack.resources() if resource["urn"].endswith(f"::{name}"))


def add_by_hand(stack: Stack) -> dict[str, str]:
    """Everything that somebody can add beside what is declared; what of it the report has to hold.

    kubectl's own note of what was applied is no addition, and yet may hold a secret.
    """
    sandbox, graph, arm = stack.sandbox, stack.sandbox.graph(), stack.sandbox.arm()
    keys = json.dumps({"data": {"telemetry.logs.std": BY_HAND, SETTING: BY_HAND}, "binaryData": {"file": "YQ=="}})
    sandbox.kubectl("patch", "configmap", "mygw-env", "--type=merge", "-p", keys).ok()
    annotations = (f"contoso.example/by={BY_HAND}", f'{LAST_APPLIED}={{"data":{{"{SETTING}":"{BY_HAND}"}}}}')
    sandbox.kubectl("annotate", "service", "mygw-live-traffic", *annotations).ok()
    sandbox.kubectl("set", "env", "deployment/mygw", f"HTTP_PROXY=http://me:{BY_HAND}@contoso.example").ok()
    sandbox.kubectl("patch", "secret", "mygw-auth", "--type=merge", "-p", '{"data":{"other":"b3RoZXI="}}').ok()

    application = id_of(stack, "mygw-identity-application")
    body = {"passwordCredential": {"displayName": "by hand"}}
    secret = graph.post(f"/v1.0{application}/addPassword", json=body).json()
    principal = id_of(stack, "mygw-identity-service-principal")
    of_principal = graph.post(f"/v1.0{principal}/addPassword", json=body).json()
    federated = {"name": "by-hand", "issuer": "https://contoso.example", "subject": "somebody", "audiences": ["api"]}
    graph.post(f"/v1.0{application}/federatedIdentityCredentials", json=federated).raise_for_status()

    assignment = str(uuid.uuid4())
    properties = {
        "roleDefinitionId": id_of(stack, "roles-reader"),
        "principalId": READER,
        "principalType": "ServicePrincipal",
    }
    url = f"{INSTANCE}/{AUTHORIZATION}/roleAssignments/{assignment}"
    arm.put(url, params=VERSION, json={"properties": properties}).raise_for_status()
    role = str(uuid.uuid4())
    granting = {
        "roleName": "Contoso Everything",
        "assignableScopes": [f"/subscriptions/{SUBSCRIPTION}"],
        "permissions": [{"dataActions": ["Microsoft.ApiManagement/service/gateways/*"]}],
    }
    url = f"/subscriptions/{SUBSCRIPTION}/{AUTHORIZATION}/roleDefinitions/{role}"
    arm.put(url, params=VERSION, json={"properties": granting}).raise_for_status()
    return {
        'data["telemetry.logs.std"]': "mygw-workload-env",
        f'data["{SETTING}"]': "mygw-workload-env",
        "binaryData.file": "mygw-workload-env",
        'metadata.annotations["contoso.example/by"]': "mygw-workload-live-traffic",
        "data.other": "mygw-workload-auth",
        f"client secret {secret['keyId']}": "mygw-identity-application",
        f"client secret {of_principal['keyId']}": "mygw-identity-service-principal",
        "federated credential by-hand": "mygw-identity-application",
        f"assignment {assignment}": "roles-reader",
        f"role definition {role}": "validator-assignment",
    }


def field_manager(stack: Stack) -> str:
    """The name under which the program writes the ConfigMap."""
    (resource,) = [resource for resource in stack.resources() if resource["urn"].endswith("::mygw-workload-env")]
    return resource["outputs"]["__fieldManager"]


def test_a_stack_that_was_never_deployed_cannot_be_checked(deployable: Stack) -> None:
    deployable.configure(sandbox_config())
    result = deployable.ops("drift", identity="reader")
    assert (result.code, result.output) == (
        1,
        f"error: Stack {deployable.name} was never deployed, so nothing of it can drift. Run `pulumi up --stack "
        f"{deployable.name}`, then check again.\n",
    )


def test_nothing_is_reported_where_nothing_differs(deployed: Stack) -> None:
    for identity in ("deployer", "reader"):
        result = deployed.ops("drift", identity=identity)
        assert (result.code, result.output) == (0, f"No drift: everything is as stack {deployed.name} declares it.\n")


ACCEPTED = "self-hosted-gateway:acceptedDrift"


def test_what_the_stacks_file_accepts_is_listed_and_no_alarm(deployed: Stack) -> None:
    kubectl = deployed.sandbox.kubectl
    kubectl("scale", "deployment/mygw", "--replicas=3").ok()
    kubectl("annotate", "service", "mygw-live-traffic", f"contoso.example/by={BY_HAND}").ok()
    entries = [yaml.safe_load(line)[0] for line in drift_of(deployed, 7)["to_accept"]]
    assert [{**entry, "reason": ""} for entry in entries] == [
        {"resource": "mygw-workload-deployment", "path": "spec.replicas", "value": 3, "reason": ""},
        {
            "resource": "mygw-workload-live-traffic",
            "path": 'metadata.annotations["contoso.example/by"]',
            "reason": "",
        },
    ]
    # Without quotes the engine makes a time stamp of the date.
    entries = [{**entry, "reason": "Contoso.", "until": date(2126, 12, 31)} for entry in entries]
    gone = {"resource": "mygw-reader-assignment", "reason": "Contoso."}
    deployed.configure(sandbox_config(acceptedDrift=[*entries, gone]))
    report = drift_of(deployed, 0)
    assert [a["finding"]["what"] for a in report["accepted"]] == [entry["path"] for entry in entries]
    assert [(entry["resource"], entry["why"]) for entry in report["stale"]] == [
        ("mygw-reader-assignment", "nothing differs there any more")
    ]
    assert (report["findings"], report["undeployed"]) == ([], [])

    # An update knows nothing of it.
    deployed.up("--refresh").ok()
    deployed.sandbox.wait_for_pods()
    assert deployed.sandbox.objects("deployments")["mygw"]["spec"]["replicas"] == 1
    kubectl("annotate", "service", "mygw-live-traffic", "contoso.example/by-").ok()
    deployed.configure(sandbox_config())


def undeployed(report: dict[str, Any]) -> list[tuple[str, str, str, Any, Any]]:
    fields = ("resource", "operation", "what", "deployed", "declared")
    return sorted(tuple(change[field] for field in fields) for change in report["undeployed"])


def drift_of(stack: Stack, code: int) -> dict[str, Any]:
    """The report of a check, as JSON, which ends with an exit code."""
    result = stack.ops("drift", "--format", "json", identity="reader")
    assert result.code == code, result.output
    return json.loads(result.output)


# Of 2.13, as the default one: earlier ones are for amd64 only, which the nodes have to be, too.
IMAGE = "mcr.microsoft.com/azure-api-management/gateway:2.13.0"
REPLICAS = ("mygw-workload-deployment", "update", "spec.replicas", 1, 2)
SCALED = ("mygw-workload-deployment", "spec.replicas", 1, 3)


def test_a_change_that_is_not_deployed_is_told_apart_from_drift(deployed: Stack) -> None:
    other = {"name": "othergw", "createGatewayResource": True, "locationName": "contoso branch"}
    gateways = [sandbox_gateway(replicas=2), sandbox_gateway(**other)]
    deployed.configure(sandbox_config(gateways=gateways))
    report = drift_of(deployed, 0)
    changes = undeployed(report)
    assert REPLICAS in changes
    assert ("othergw-workload-deployment", "create", "", None, None) in changes
    assert {operation for resource, operation, *_ in changes if resource.startswith("othergw")} == {"create"}
    assert report["decided"] == []
    # Fields beside it are drift as ever; the field itself is not, until it is deployed.
    deployed.sandbox.kubectl("scale", "deployment/mygw", "--replicas=3").ok()
    deployed.sandbox.kubectl(
        "patch", "service", "mygw-live-traffic", "-p", '{"spec":{"sessionAffinity":"ClientIP"}}'
    ).ok()
    text = deployed.ops("drift")
    assert text.code == 7
    assert "of the stack's file or the program are not deployed: the last deployment was on " in text.output
    report = drift_of(deployed, 7)
    assert {finding["resource"] for finding in report["findings"]} == {"mygw-workload-live-traffic"}
    assert [(f["what"], f["declared"], f["actual"]) for f in report["decided"]] == [SCALED[1:]]
    deployed.sandbox.kubectl("patch", "service", "mygw-live-traffic", "-p", '{"spec":{"sessionAffinity":"None"}}').ok()


def test_what_a_refresh_took_into_the_state_is_drift_even_so(deployed: Stack) -> None:
    deployed.pulumi("refresh", "--yes", "--skip-preview").ok()
    deployed.configure(sandbox_config())
    report = drift_of(deployed, 7)
    assert [(f["resource"], f["what"], f["declared"], f["actual"]) for f in report["findings"]] == [SCALED]
    assert report["undeployed"] == []
    # The file has another change too: what was deployed last tells the two apart.
    deployed.configure(sandbox_config(gateways=[sandbox_gateway(image=IMAGE)]))
    report = drift_of(deployed, 7)
    assert [(f["resource"], f["what"], f["declared"], f["actual"]) for f in report["findings"]] == [SCALED]
    assert [(change["what"], change["declared"]) for change in report["undeployed"]] == [
        ("spec.template.spec.containers[0].image", IMAGE)
    ]
    deployed.sandbox.kubectl("scale", "deployment/mygw", "--replicas=1").ok()
    deployed.sandbox.wait_for_pods()


def test_a_stack_whose_last_update_failed_cannot_be_checked(deployed: Stack) -> None:
    deployed.configure(sandbox_config(gateways=[sandbox_gateway(apis=["none"])]))
    assert deployed.up().code != 0
    deployed.configure(sandbox_config())
    failed = deployed.ops("drift", identity="reader")
    assert failed.code == 1
    assert failed.output.startswith(f"error: The last update of stack {deployed.name} failed, on ")
    assert f"run `pulumi up --stack {deployed.name}` until it succeeds, then check again." in failed.output

    program = deployed.sandbox.program
    git = ("git", "-c", "user.name=Contoso", "-c", "user.email=contoso@example.com", "-c", "commit.gpgsign=false")
    try:
        for command in (("init", "-q"), ("add", "Pulumi.yaml", "__main__.py", "components"), ("commit", "-qm", "One")):
            deployed.sandbox.run(*git, *command).ok()
        commit = deployed.sandbox.run("git", "rev-parse", "HEAD").ok().output.strip()
        deployed.up().ok()
        deployed.sandbox.wait_for_pods()
        assert drift_of(deployed, 0)["undeployed"] == []
        # Nothing but the number: without this a second pod would be spread, too.
        together = {"topologySpreadConstraints": []}
        deployed.configure(sandbox_config(gateways=[sandbox_gateway(replicas=2, pod=together)]))
        text = deployed.ops("drift").ok().output
        assert text.startswith("No drift: everything is as stack ")
        assert f" UTC, of commit {commit[:7]} and changes that were not committed. `make preview" in text
        report = drift_of(deployed, 0)
        assert (report["deployed"]["commit"], undeployed(report)) == (commit, [REPLICAS])
    finally:
        shutil.rmtree(program / ".git", ignore_errors=True)
    deployed.configure(sandbox_config())


def test_what_was_added_beside_the_declared_is_reported_and_no_secret_is_shown(deployed: Stack) -> None:
    added = add_by_hand(deployed)
    deployed.sandbox.kubectl(
        "patch", "secret", "mygw-auth", "--type=merge", "-p", '{"data":{"clientSecret":"eA=="}}'
    ).ok()

    folder = deployed.sandbox.home / "reports"
    result = deployed.ops("drift", "--format", "json", "--save", str(folder), identity="reader")
    assert result.code == 7
    report: dict[str, Any] = json.loads(result.output)
    beside = {f["what"]: f["resource"] for f in report["findings"] if f["kind"] == "added"}
    # The variable is the container's third; which role assignment it names first is a matter of order.
    variable = {what for what in beside if what.startswith("spec.template.spec.containers[0].env[")}
    assert {what: beside[what] for what in set(beside) - variable if not what.startswith("role definition")} == {
        what: resource for what, resource in added.items() if not what.startswith("role definition")
    }
    assert {what for what in beside if what.startswith("role definition")} < set(added)
    assert variable or any(f["what"].startswith("spec.template.spec.containers[0].env") for f in report["findings"])

    changed = [f for f in report["findings"] if f["resource"] == "mygw-workload-auth" and f["kind"] == "changed"]
    assert [(f["what"], f["declared"], f["actual"]) for f in changed] == [("data.clientSecret", "[secret]", "[secret]")]
    other = next(f for f in report["findings"] if f["what"] == "data.other")
    assert other["actual"] == "[secret]"
    key = next(f for f in report["findings"] if f["what"] == f'data["{SETTING}"]')
    assert key["actual"] == "[not shown]"

    markdown = deployed.ops("drift", "--format", "markdown")
    assert markdown.code == 7
    assert f"### Drift of `{deployed.name}`" in markdown.output
    assert "| `roles-reader` | added: `assignment " in markdown.output
    text = deployed.ops("drift")
    preview = deployed.ops("preview", "--refresh", "--save", str(folder))
    printed = [result.output, markdown.output, text.output, preview.output]
    for shown in (*printed, *(file.read_text() for file in folder.iterdir() if file.name != "plan.json")):
        assert [secret for secret in ("b3RoZXI=", "eA==", "YQ==", BY_HAND) if secret in shown] == []


def test_what_somebody_hides_behind_another_manager_is_reported(deployed: Stack) -> None:
    kubectl = deployed.sandbox.kubectl
    for key, manager in (("as-controller", "kube-controller-manager"), ("as-program", field_manager(deployed))):
        patch = json.dumps({"data": {key: BY_HAND}})
        kubectl("patch", "configmap", "mygw-env", "--type=merge", "-p", patch, f"--field-manager={manager}").ok()
    added = {
        "initContainers": [{"name": "by-hand", "image": "contoso/by-hand:1"}],
        "volumes": [{"name": "by-hand", "emptyDir": {}}],
    }
    patch = json.dumps({"spec": {"template": {"spec": added}}})
    kubectl("patch", "deployment", "mygw", "-p", patch, "--field-manager=kube-controller-manager").ok()
    kubectl("patch", "secret", "mygw-auth", "--type=merge", "-p", '{"metadata":{"managedFields":[{}]}}').ok()
    report = json.loads(deployed.ops("drift", "--format", "json").output)
    found = {f["what"]: f["actual"] for f in report["findings"] if f["kind"] == "added"}
    pod = "spec.template.spec"
    assert {what: found[what] for what in ("data.other", 'data["as-controller"]', 'data["as-program"]')} == {
        "data.other": "[secret]",
        'data["as-controller"]': "[not shown]",
        'data["as-program"]': "[not shown]",
    }
    assert found[f"{pod}.initContainers[0]"] == {"name": "by-hand", "image": "contoso/by-hand:1"}
    assert found[f"{pod}.volumes[0]"] == {"name": "by-hand", "emptyDir": {}}


def test_a_check_that_cannot_be_made_is_no_drift_and_no_all_clear(deployed: Stack) -> None:
    result = deployed.ops("drift", KUBECONFIG="/dev/null")
    assert result.code == 1
    assert result.output.startswith("error: ")
    assert "Traceback" not in result.output
    wrong = deployed.ops("drift", ARM_CLIENT_SECRET="wrong")
    assert wrong.code == 1
    assert "AADSTS7000215" in wrong.output
    absent = Stack(deployed.sandbox, "contoso-none").ops("drift")
    assert (absent.code, absent.output) == (1, "error: no stack named 'contoso-none' found\n")


def test_a_secret_that_has_ended_is_named_though_the_program_is_refused(deployed: Stack) -> None:
    sandbox = deployed.sandbox
    state = json.loads(sandbox.run("pulumi", "stack", "export", "--stack", deployed.name).ok().output)
    (secret,) = [r for r in state["deployment"]["resources"] if r["urn"].endswith("::mygw-identity-client-secret")]
    secret["outputs"]["endDate"], key_id = "2026-01-02T00:00:00Z", secret["outputs"]["keyId"]
    file = sandbox.home / "state.json"
    file.write_text(json.dumps(state))
    deployed.pulumi("stack", "import", "--file", str(file)).ok()
    authentication = sandbox_gateway()["authentication"]
    ended = {**authentication, "clientSecret": {"rotation": "2026-01-01", "validity": "P1D"}}
    deployed.configure(sandbox_config(gateways=[sandbox_gateway(authentication=ended)]))

    folder = sandbox.home / "reports"
    result = deployed.ops("drift", "--save", str(folder), identity="reader")
    assert result.code == 1
    warning = f"Client secret {key_id} (mygw-identity-client-secret) ended on 2026-01-02: set a later `rotation`"
    assert result.output.startswith(warning)
    assert "the secret expired on 2026-01-02 (rotation plus validity): set a later `rotation`" in result.output
    assert warning in (folder / "drift.md").read_text()
    saved = json.loads((folder / "drift.json").read_text())
    assert (saved["drifted"], [ending["key_id"] for ending in saved["expiring"]]) == (None, [key_id])

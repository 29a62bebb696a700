"""`python -m ops drift`: also what the engine can't see, for people and programs, and never a secret."""

import json
import uuid
from typing import Any

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


def test_nothing_is_reported_where_nothing_differs(deployed: Stack) -> None:
    for identity in ("deployer", "reader"):
        result = deployed.ops("drift", identity=identity)
        assert (result.code, result.output) == (0, f"No drift: everything is as stack {deployed.name} declares it.\n")


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

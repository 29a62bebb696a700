"""`python -m ops adopt`: what was deployed by hand is taken over, and nothing is interrupted or left behind."""

import json
from typing import Any

import pytest

from .by_hand import deploy_by_hand
from .reality import DEPLOYED_ONCE, reality
from .sandbox import INSTANCE, Sandbox, Stack, sandbox_config, sandbox_gateway
from .traffic import stream

INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"


@pytest.fixture(scope="module")
def by_hand(sandbox: Sandbox, deployable: Stack) -> dict[str, Any]:
    """The article's deployment, made by hand, beside a stack that has nothing yet."""
    deployable.configure(sandbox_config())
    return deploy_by_hand(sandbox)


def test_it_is_found_and_nothing_is_written(by_hand: dict[str, Any], deployable: Stack) -> None:
    deployable.sandbox.azure().delete("/_sandbox/requests")
    result = deployable.ops("adopt", identity="reader").ok()
    assert deployable.sandbox.azure().get("/_sandbox/requests").json()["writes"] == {"ARM": 0, "Graph": 0}
    assert f"- found     mygw-identity-application: /applications/{by_hand['id']}" in result.output
    assert "- found     mygw-workload-deployment: default/mygw" in result.output
    assert (
        "- to create mygw-identity-client-secret: a client secret can't be read back: a new one is made and rolled out"
        in result.output
    )
    assert "- to create mygw-workload-auth: it is not in the cluster" in result.output
    assert f"az ad app credential delete --id {by_hand['appId']} --key-id {by_hand['keyId']}" in result.output
    assert by_hand["secret"] not in result.output
    assert result.output.splitlines()[1] == (
        "Careful: the import takes a client secret into the state in clear, of ConfigMap default/mygw-env."
    )
    written = (deployable.sandbox.program / "import.json").read_text()
    assert by_hand["secret"] not in written
    ids = {r["name"]: r["id"] for r in json.loads(written)["resources"] if "id" in r}
    assert set(ids) == {
        "roles-validator", "roles-validator-guid", "roles-reader", "roles-reader-guid", "validator-assignment",
        "mygw-reader-assignment", "mygw-identity-application", "mygw-identity-service-principal",
        "mygw-resource-api-echo", "mygw-workload-env", "mygw-workload-deployment", "mygw-workload-live-traffic",
        "mygw-workload-instance-discovery",
    }  # fmt: skip
    assert "<PLACEHOLDER>" not in ids.values()


def test_two_applications_of_one_name_are_listed(by_hand: dict[str, Any], deployable: Stack) -> None:
    graph = deployable.sandbox.graph()
    body = {"displayName": "contoso-apim self-hosted gateway mygw"}
    both = [graph.post("/v1.0/applications", json=body).json() for _ in range(2)]
    (deployable.sandbox.program / "import.json").unlink()
    result = deployable.ops("adopt")
    assert result.code == 1
    assert result.output.startswith(
        "error: There are several applications named 'contoso-apim self-hosted gateway mygw', with the client ids "
    )
    for application in both:
        assert application["appId"] in result.output
    assert f"The pods use {by_hand['appId']}." in result.output
    assert "Say which one it is: --application mygw=<client id>" in result.output
    assert not (deployable.sandbox.program / "import.json").exists()
    given = deployable.ops("adopt", "--application", f"mygw={by_hand['appId']}").ok()
    assert f"/applications/{by_hand['id']}" in given.output
    graph.delete(f"/v1.0/applications/{both[0]['id']}").raise_for_status()
    other_than_the_pods = deployable.ops("adopt")
    assert other_than_the_pods.code == 1
    assert other_than_the_pods.output == (
        "error: The application named 'contoso-apim self-hosted gateway mygw' has the client id "
        f"{both[1]['appId']}, but the pods use {by_hand['appId']}, 'contoso-gateway'. "
        "Say which one it is: --application mygw=<client id>\n"
    )
    graph.delete(f"/v1.0/applications/{both[1]['id']}").raise_for_status()


def test_after_the_import_nothing_is_replaced_and_the_update_is_not_noticed(
    by_hand: dict[str, Any], deployable: Stack
) -> None:
    deployable.ops("adopt").ok()
    options = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false")
    deployable.pulumi("import", "--file", "import.json", *options).ok()

    assert by_hand["secret"] in state(deployable)
    preview = json.loads(deployable.ops("preview", "--format", "json").ok().output)
    text = deployable.ops("preview", "--refresh", "--save", "reports").ok().output
    assert '- data["config.service.auth.azureAd.clientSecret"]: [secret]' in text

    assert preview["replacements"] == []
    assert preview["counts"]["delete"] == 0
    told = deployable.ops("adopt").ok().output
    assert told.splitlines()[1:4] == [
        "Careful: the state has a client secret in clear, of mygw-workload-env.",
        "The next update takes it out of the state; the backend's history and backups keep it. Run that update soon, and",
        "remove that secret from Entra at once after it, as said below. Until then `pulumi preview --diff` prints it.",
    ]
    assert (
        "- to change mygw-identity-application: displayName (applications are named after instance and gateway)" in told
    )
    # What comes back is no change.
    for noise in ("spec.sessionAffinity", "terminationMessagePath", "revisionHistoryLimit", ": read"):
        assert noise not in told
    assert f"az ad app credential delete --id {by_hand['appId']} --key-id {by_hand['keyId']}" in told

    assert (
        "lifecycle (a pod that ends waits for the load balancer to notice; those there are do not, and may refuse "
        "connections)"
    ) in told
    with stream(f"{deployable.sandbox.live_traffic()}/echo/hello") as sent:
        deployable.up().ok()
        deployable.sandbox.wait_for_pods()
    # The pods made by hand end as the article's do: for a moment, new connections to them are refused, also those of
    # clients whose kept one the gateway has closed. What is accepted is answered.
    assert [failure for failure in sent.failures if "Error: " not in failure] == []
    assert sent.answered.total() > 10 * len(sent.failures)
    assert by_hand["secret"] not in state(deployable)
    assert by_hand["secret"] not in deployable.sandbox.kubectl("get", "all,configmap", "-o", "yaml").ok().output
    assert "Careful" not in deployable.ops("adopt").ok().output
    deployable.sandbox.graph().post(
        f"/v1.0/applications/{by_hand['id']}/removePassword", json={"keyId": by_hand["keyId"]}
    ).raise_for_status()
    assert reality(deployable.sandbox) == DEPLOYED_ONCE
    assert deployable.ops("drift").ok().output.startswith("No drift")
    deployable.destroy().ok()
    saved = [file.read_text() for file in (deployable.sandbox.program / "reports").iterdir()]
    assert [text for text in (*deployable.sandbox.output, *saved) if by_hand["secret"] in text] == []


def add_by_hand(sandbox: Sandbox) -> None:
    """What people add to the article's objects."""
    sandbox.kubectl("set", "resources", "deployment/mygw", "--limits=memory=1Gi").ok()
    sandbox.kubectl("set", "env", "deployment/mygw", "HTTP_PROXY=http://contoso.example").ok()
    sandbox.kubectl("annotate", "deployment/mygw", "contoso.example/owner=team").ok()
    sandbox.kubectl("annotate", "service/mygw-live-traffic", f"{INTERNAL}=true").ok()
    sandbox.kubectl("patch", "configmap", "mygw-env", "--type=merge", "-p", '{"data":{"contoso.key":"value"}}').ok()


def test_a_secret_in_the_config_map_and_a_gateway_resource_are_taken_over(stack: Stack) -> None:
    application = deploy_by_hand(stack.sandbox)
    add_by_hand(stack.sandbox)
    authentication = sandbox_gateway()["authentication"]
    authentication = {**authentication, "clientSecret": {**authentication["clientSecret"], "store": "ConfigMap"}}
    gateway = sandbox_gateway(authentication=authentication, createGatewayResource=True, locationName="Contoso HQ")
    stack.configure(sandbox_config(gateways=[gateway]))
    found = stack.ops("adopt").ok().output
    assert f"- found     mygw-resource-gateway: {INSTANCE}/gateways/mygw" in found
    assert "mygw-workload-auth" not in found
    options = ("--yes", "--skip-preview", "--protect=false", "--generate-code=false")
    stack.pulumi("import", "--file", "import.json", *options).ok()
    preview = json.loads(stack.ops("preview", "--format", "json").ok().output)
    assert preview["replacements"] == []
    assert preview["counts"]["delete"] == 0
    told = stack.ops("adopt").ok().output
    undeclared = "(the program does not declare it)"
    assert {line for line in told.splitlines() if line.startswith("    removes ")} == {
        f'    removes data["contoso.key"] {undeclared}: Pods that start then do so without this setting.',
        f'    removes metadata.annotations["contoso.example/owner"] {undeclared}',
        f"    removes spec.template.spec.containers[0].resources {undeclared}: Pods run without these requests and limits, "
        "so a full node evicts them first.",
        f"    removes spec.template.spec.containers[0].env[0] {undeclared}: Pods that start then do so without this setting.",
        f'    removes metadata.annotations["{INTERNAL}"] {undeclared}: The load balancer is no longer internal: the gateway '
        "gets another address, which is public unless the cluster gives private ones.",
    }
    assert (
        '    sets data["config.service.auth.azureAd.clientSecret"] (a client secret can\'t be read back: a new one is made)'
    ) in told
    assert "the container takes the client secret from the Secret" not in told
    stack.up().ok()
    pod = stack.sandbox.objects("deployment")["mygw"]["spec"]["template"]["spec"]
    assert (pod["containers"][0]["resources"], "env" in pod["containers"][0]) == ({}, False)
    assert "contoso.key" not in stack.sandbox.objects("configmap")["mygw-env"]["data"]
    assert INTERNAL not in stack.sandbox.objects("service")["mygw-live-traffic"]["metadata"].get("annotations", {})
    assert application["secret"] not in state(stack)
    assert stack.outputs(secrets=True)["clientSecrets"]["mygw"] not in state(stack)
    stack.preview("--expect-no-changes").ok()


def test_what_another_stack_has_is_told(stack: Stack) -> None:
    stack.configure(sandbox_config())
    stack.up().ok()
    other = Stack(stack.sandbox, f"{stack.name}-other")
    other.configure(sandbox_config())
    stack.sandbox.run("pulumi", "stack", "init", other.name, "--no-select").ok()
    told = other.ops("adopt").ok().output
    other.remove()
    assert (
        "- Make sure that no other stack has ConfigMap default/mygw-env, Deployment default/mygw, Secret default/mygw-auth, "
        "Service default/mygw-instance-discovery, Service default/mygw-live-traffic: Pulumi has written it."
    ) in told


def state(stack: Stack) -> str:
    """The state as it is; not through `pulumi`, which keeps what is printed."""
    return stack.sandbox.run("pulumi", "stack", "export", "--stack", stack.name).ok().output


def test_where_nothing_was_made_there_is_nothing_to_take_over(stack: Stack) -> None:
    stack.configure(sandbox_config(gateways=[sandbox_gateway(name="mygw", namespace="default")]))
    result = stack.ops("adopt", "--output", "none.json").ok()
    assert result.output.endswith("There is nothing to take over that the stack does not have.\n")
    assert not (stack.sandbox.program / "none.json").exists()


def test_a_stack_of_roles_alone_needs_no_cluster(stack: Stack) -> None:
    config = {key: value for key, value in sandbox_config().items() if key.startswith("azure-native:")}
    stack.configure(config)
    result = stack.ops("adopt").ok()
    assert result.output.endswith("There is nothing to take over that the stack does not have.\n")

"""`python -m ops verify`: each thing that a gateway needs, with its answer and the next step."""

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .sandbox import AUTHORIZATION_VERSION, INSTANCE, Result, Stack, eventually, sandbox_config, sandbox_gateway

VERSION = {"api-version": AUTHORIZATION_VERSION}
QUESTIONS = ["validator role", "token", "reader role", "gateway resource", "pods", "configuration", "address"]


def answers(result: Result) -> dict[str, dict[str, Any]]:
    return {check["question"]: check for check in json.loads(result.output)["checks"]}


def failed(stack: Stack, code: int = 1) -> dict[str, dict[str, Any]]:
    """The questions whose answer is not `ok`."""
    result = stack.ops("verify", "--format", "json", identity="reader")
    assert result.code == code, result.output
    found = answers(result)
    assert list(found) == QUESTIONS
    return {question: check for question, check in found.items() if check["answer"] != "ok"}


def resource(stack: Stack, name: str) -> dict[str, Any]:
    return next(resource for resource in stack.resources() if resource["urn"].endswith(f"::{name}"))


def test_a_first_deployment_that_waits_is_diagnosed_and_so_is_one_that_has_failed(
    deployable: Stack, tmp_path: Path
) -> None:
    sandbox = deployable.sandbox
    (node,) = sandbox.kubectl("get", "nodes", "-o", "name").ok().output.split()
    endpoint = "contoso.configuration.azure-api.net"
    instance = {"name": "contoso-apim", "resourceGroup": "contoso-rg", "configurationEndpoint": endpoint}
    # By default the pods meet the level.
    insecure = sandbox_gateway(container={"securityContext": None})
    deployable.configure(sandbox_config(apiManagement=instance, gateways=[insecure]))
    level = "pod-security.kubernetes.io/enforce"
    sandbox.kubectl("cordon", node).ok()
    sandbox.kubectl("label", "namespace", "default", f"{level}=restricted").ok()
    sandbox.kubectl("create", "quota", "contoso", "--hard=pods=0").ok()
    running = deployable.started("up", "--yes", "--skip-preview")
    watched = tmp_path / "watch.log"
    watching: subprocess.Popen[bytes] | None = None

    def watch_says(*words: str) -> None:
        assert all(word in watched.read_text() for word in words)

    def pods_say(words: str, next_step: str) -> None:
        found = failed(deployable)["pods"]
        assert words in found["found"]
        assert found["next_step"].startswith(next_step)

    def again() -> None:
        # It tries more and more seldom, and keeps the first reason for as long as it fails.
        sandbox.kubectl("delete", "replicaset", "-l", "app=mygw").ok()

    try:
        # What stands in the way comes one after the other, and each is named while the update waits.
        eventually(
            lambda: pods_say('violates PodSecurity "restricted:latest"', f"The namespace's label `{level}` refuses")
        )
        watching = deployable.started_ops(watched, "verify", "--watch", identity="reader")
        sandbox.kubectl("label", "namespace", "default", f"{level}-").ok()
        again()
        eventually(lambda: pods_say("exceeded quota: contoso", "The namespace's ResourceQuota refuses the pods: "))
        eventually(lambda: watch_says("exceeded quota: contoso", "next: The namespace's ResourceQuota refuses"))
        sandbox.kubectl("delete", "quota", "contoso").ok()
        again()
        eventually(lambda: pods_say("Unschedulable: 0/1 nodes are available", "No node takes the pods, "))
        eventually(lambda: watch_says("Unschedulable: 0/1 nodes are available", "gone    mygw: pods: quota, after"))
        sandbox.kubectl("uncordon", node).ok()
        eventually(lambda: named_endpoint(deployable, endpoint))
        eventually(lambda: watch_says("gone    mygw: pods: no node, after", "ConfigurationApiV2NotAvailable"))
        (assignment,) = reader_assignments(deployable)
        sandbox.arm().delete(assignment, params=VERSION).raise_for_status()
        found = failed(deployable)
        # Its Service waits for its pods.
        assert set(found) == {"reader role", "pods", "configuration", "address"}
        assert "gateways/getConfiguration/action" in found["reader role"]["found"]
        assert running.poll() is None
    finally:
        running.send_signal(signal.SIGINT)
        running.communicate(timeout=120)
        if watching is not None:
            watching.wait(60)
        sandbox.kubectl("label", "namespace", "default", f"{level}-")
        sandbox.kubectl("delete", "quota", "contoso", "--ignore-not-found")
        sandbox.kubectl("uncordon", node)
    assert set(failed(deployable)) == {"reader role", "pods", "configuration", "address"}
    # It has ended with the update, and gone on to the questions.
    assert watching is not None
    assert watching.returncode == 1
    said = watched.read_text()
    assert said.count("exceeded quota: contoso") == said.count("gone    mygw: pods: quota") == 1
    assert "The update of stack" in said
    assert "Traceback" not in said
    named_endpoint(deployable, endpoint)
    deployable.configure(sandbox_config())
    deployable.up("--refresh").ok()
    sandbox.wait_for_pods()
    eventually(lambda: deployable.ops("verify").ok())


def named_endpoint(stack: Stack, endpoint: str) -> None:
    found = failed(stack)["configuration"]
    assert "ConfigurationApiV2NotAvailable" in found["found"]
    assert found["next_step"] == (
        f"The declared endpoint is {endpoint}, and the instance's own is contoso-apim.configuration.azure-api.net: check "
        "`apiManagement.configurationEndpoint`. The pods need outbound access to it, TCP 443."
    )


def reader_assignments(stack: Stack) -> list[str]:
    return [r["id"] for r in stack.resources() if r["urn"].endswith("::mygw-reader-assignment")]


@pytest.mark.parametrize("identity", ["deployer", "reader"])
def test_all_is_well_and_nothing_is_written(deployed: Stack, identity: str) -> None:
    client_id = deployed.outputs()["gateways"]["mygw"]["clientId"]
    secret = deployed.outputs(secrets=True)["clientSecrets"]["mygw"]
    principal = resource(deployed, "mygw-identity-service-principal")["outputs"]["objectId"]
    deployed.sandbox.azure().delete("/_sandbox/requests")
    versions = {kind: deployed.sandbox.objects(kind) for kind in ("configmap", "secret", "deployment")}

    result = deployed.ops("verify", identity=identity)
    assert result.code == 0, result.output
    *lines, configuration, address = result.output.splitlines()
    host = deployed.outputs()["gateways"]["mygw"]["serviceAddress"]
    assert address == f"ok      mygw: address: clients reach it at {host}:80 or {host}:443"
    assert re.fullmatch(
        r"ok      mygw: configuration: 1 pod\(s\) are ready, and Azure heard of them \d+ s ago", configuration
    )
    assert lines == [
        "ok      contoso-apim: validator role: the instance's identity 5a0c0de0-0000-4000-8000-000000000010 can read "
        "who has which role",
        f"ok      mygw: token: Entra gives application {client_id} a token for https://azure-api.net/configuration",
        f"ok      mygw: reader role: service principal {principal} can read the gateway's configuration",
        "ok      mygw: gateway resource: it is there, with these APIs: echo",
        "ok      mygw: pods: 1 of 1 ready in default/mygw",
    ]
    assert secret not in result.output
    assert deployed.sandbox.azure().get("/_sandbox/requests").json()["writes"] == {"ARM": 0, "Graph": 0}
    assert {kind: deployed.sandbox.objects(kind) for kind in versions} == versions


def test_a_role_assignment_that_is_gone(deployed: Stack) -> None:
    arm = deployed.sandbox.arm()
    for name, question, what in (
        ("validator-assignment", "validator role", "Microsoft.Authorization/roleAssignments/read"),
        ("mygw-reader-assignment", "reader role", "gateways/getConfiguration/action"),
    ):
        id_ = resource(deployed, name)["id"]
        properties = arm.get(id_, params=VERSION).json()["properties"]
        arm.delete(id_, params=VERSION).raise_for_status()
        found = failed(deployed)
        # The pods may not have noticed yet.
        assert set(found) - {"configuration"} == {question}
        assert what in found[question]["found"]
        assert "`pulumi up --refresh` puts it back" in found[question]["next_step"]
        kept = {key: properties[key] for key in ("roleDefinitionId", "principalId", "principalType")}
        arm.put(id_, params=VERSION, json={"properties": kept}).raise_for_status()
    eventually(lambda: deployed.ops("verify").ok())


def test_an_api_that_is_detached_and_a_gateway_resource_that_is_gone(deployed: Stack) -> None:
    arm = deployed.sandbox.arm()
    version = {"api-version": "2024-05-01"}
    arm.delete(f"{INSTANCE}/gateways/mygw/apis/echo", params=version).raise_for_status()
    found = failed(deployed)["gateway resource"]
    assert (found["found"], found["next_step"]) == (
        "not attached: echo",
        "`pulumi up --refresh` attaches them again.",
    )
    arm.delete(f"{INSTANCE}/gateways/mygw", params=version, headers={"If-Match": "*"}).raise_for_status()
    found = failed(deployed)["gateway resource"]
    assert found["found"] == f"there is no {INSTANCE}/gateways/mygw"
    body = {"properties": {"locationData": {"name": "contoso headquarters"}}}
    arm.put(f"{INSTANCE}/gateways/mygw", params=version, json=body).raise_for_status()
    arm.put(f"{INSTANCE}/gateways/mygw/apis/echo", params=version, json={}).raise_for_status()
    eventually(lambda: deployed.ops("verify").ok())


def test_an_image_that_cannot_be_pulled(deployed: Stack) -> None:
    image = "mcr.microsoft.com/azure-api-management/gateway:9.9.9"
    deployed.sandbox.kubectl("set", "image", "deployment/mygw", f"mygw={image}").ok()

    def named() -> None:
        found = failed(deployed).get("pods")
        assert found
        assert "0 of 1 of the last revision ready in default/mygw" in found["found"]
        assert "ImagePull" in found["found"]
        assert found["next_step"] == "Check `image`: a later `pulumi up` with the right one rolls the pods."

    eventually(named)
    deployed.up("--refresh").ok()
    deployed.sandbox.wait_for_pods()


def test_a_secret_that_entra_does_not_know(deployed: Stack) -> None:
    application, _, key = resource(deployed, "mygw-identity-client-secret")["id"].partition("/password/")
    graph = deployed.sandbox.graph()
    graph.post(f"/v1.0/applications/{application}/removePassword", json={"keyId": key}).raise_for_status()
    found = failed(deployed)["token"]
    assert found["found"].startswith("AADSTS7000215: Invalid client secret provided.")
    assert (
        found["next_step"]
        == "Entra does not know the secret: `pulumi up --refresh` makes a new one and rolls the pods."
    )
    # A pod that starts now says so too.
    deployed.sandbox.kubectl("rollout", "restart", "deployment/mygw").ok()

    def logged() -> None:
        configuration = failed(deployed).get("configuration")
        assert configuration
        assert "AADSTS7000215" in configuration["found"]
        assert configuration["next_step"].startswith(
            "See the line about the token. Where it is ok, the pod has started with"
        )

    eventually(logged)
    deployed.up("--refresh").ok()
    deployed.sandbox.wait_for_pods()
    eventually(lambda: deployed.ops("verify").ok())


def test_the_secret_is_not_handed_to_an_authority_that_nobody_has_declared(deployed: Stack) -> None:
    patch = json.dumps({"data": {"config.service.auth.azureAd.authority": "https://login.contoso.example"}})
    deployed.sandbox.kubectl("patch", "configmap", "mygw-env", "--type=merge", "-p", patch).ok()
    deployed.sandbox.azure().delete("/_sandbox/requests")
    key = deployed.outputs()["gateways"]["mygw"]["clientSecretKeyId"]
    token = failed(deployed)["token"]
    assert token["found"].startswith("the ConfigMap names authority https://login.contoso.example")
    # A poll of the pod's own may have come in between.
    assert deployed.sandbox.sign_ins().get(key, 0) <= 1
    deployed.up("--refresh").ok()
    deployed.sandbox.wait_for_pods()
    eventually(lambda: deployed.ops("verify").ok())


def test_what_could_not_be_found_out_is_neither_well_nor_broken(deployed: Stack) -> None:
    without_cluster = deployed.ops("verify", "--format", "json", KUBECONFIG="/dev/null")
    assert without_cluster.code == 2
    assert {q: c["answer"] for q, c in answers(without_cluster).items()} == {
        "validator role": "ok",
        "token": "unknown",
        "reader role": "ok",
        "gateway resource": "ok",
        "pods": "unknown",
        "configuration": "unknown",
        "address": "unknown",
    }
    wrong = deployed.ops("verify", ARM_CLIENT_SECRET="wrong")
    assert wrong.code == 2
    assert "unknown contoso-apim: validator role: Signing in failed: " in wrong.output
    assert "Traceback" not in wrong.output


def test_a_stack_that_is_not_there_is_no_success(deployed: Stack) -> None:
    result = Stack(deployed.sandbox, "contoso-none").ops("verify")
    assert (result.code, result.output) == (2, "error: no stack named 'contoso-none' found\n")

"""What goes wrong while an update runs: it is waited for, or told in one message, and then everything is there once.

An engine that is killed has tests of its own: `test_kills.py`.
"""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from .another_program import make_service
from .fault_cases import (
    DELAYED,
    LASTING,
    NEVER_READY,
    NOTHING_LEFT,
    PASSING,
    RESTARTED,
    TAKEN_OVER,
    TWO_AT_ONCE,
    UNANSWERED,
    UNREACHABLE,
    UNRECORDED,
    WITHDRAWN,
    Fault,
    fault_document,
)
from .reality import DEPLOYED_ONCE, NOTHING, reality, unrecorded
from .sandbox import INSTANCE, Sandbox, Stack, eventually, sandbox_config, sandbox_gateway
from .test_rights import without

API_MANAGEMENT = {"api-version": "2024-05-01"}


def happens(sandbox: Sandbox, fault: Fault) -> None:
    sandbox.fault(fault.operation, **dict(fault.how))


def fails(stack: Stack, fault: Fault) -> None:
    result = stack.up()
    assert result.code != 0, result.output
    assert fault.seen in result.output
    assert "Traceback" not in result.output
    stack.sandbox.clear_faults()
    leaves(stack, fault)


def leaves(stack: Stack, *faults: Fault) -> None:
    assert unrecorded(stack) == {fault.unrecorded for fault in faults if fault.unrecorded}
    for fault in faults:
        assert (reality(stack.sandbox) == NOTHING) is (fault.left == NOTHING_LEFT)


def nothing_is_pending(stack: Stack) -> None:
    exported = json.loads(stack.pulumi("stack", "export").ok().output)
    assert not exported["deployment"].get("pending_operations")


def uid_of_the_service(stack: Stack) -> str:
    return stack.sandbox.objects("service")["mygw-live-traffic"]["metadata"]["uid"]


def all_is_there_once(stack: Stack) -> None:
    stack.sandbox.wait_for_pods()
    assert reality(stack.sandbox) == DEPLOYED_ONCE
    assert stack.ops("drift").ok().output.startswith("No drift")


def converges(stack: Stack) -> None:
    stack.sandbox.clear_faults()
    stack.up().ok()
    all_is_there_once(stack)


def test_the_documented_table(document: Callable[[str, str], None]) -> None:
    document("docs/faults.md", fault_document())


def test_faults_that_pass_are_waited_for(stack: Stack) -> None:
    stack.configure(sandbox_config())
    for fault in PASSING:
        happens(stack.sandbox, fault)
    stack.up().ok()
    assert stack.sandbox.azure().get("/_sandbox/faults").json() == {"value": []}
    all_is_there_once(stack)


def test_azures_own_delays_are_waited_for(stack: Stack) -> None:
    stack.configure(sandbox_config())
    usual = stack.sandbox.azure().get("/_sandbox/settings").json()
    stack.sandbox.azure_settings(**{f"{name}Seconds": seconds for fault in DELAYED for name, seconds in fault.how})
    stack.sandbox.azure().delete("/_sandbox/requests")

    def a_plugin_signed_in_anew() -> None:
        # With tokens that last, each of the two plugins signs in once.
        assert sum(stack.sandbox.sign_ins().values()) > 2

    # The directory does not know the application before a token has expired.
    stack.sandbox.azure_settings(graphReplicationSeconds=3600)
    with ThreadPoolExecutor() as pool:
        update = pool.submit(stack.up)
        eventually(a_plugin_signed_in_anew)
        stack.sandbox.azure_settings(graphReplicationSeconds=0)
        update.result().ok()
    gateways_key = stack.outputs()["gateways"]["mygw"]["clientSecretKeyId"]

    def the_gateway_signed_in_anew() -> None:
        assert stack.sandbox.sign_ins()[gateways_key] > 1

    eventually(the_gateway_signed_in_anew)
    stack.sandbox.azure_settings(**usual)
    all_is_there_once(stack)


def by_api(faults: list[Fault], api: str) -> list[Fault]:
    return [fault for fault in faults if (fault.operation.partition(" ")[0] == "Graph") is (api == "Graph")]


@pytest.mark.parametrize("faults", [by_api(LASTING, "ARM"), by_api(LASTING, "Graph")], ids=["Entra and ARM", "Graph"])
def test_faults_that_last_are_told_and_nothing_is_lost(stack: Stack, faults: list[Fault]) -> None:
    """In the order in which an update meets them: when one has passed, the next update stops at the next."""
    stack.configure(sandbox_config())
    for fault in faults:
        happens(stack.sandbox, fault)
        fails(stack, fault)
        nothing_is_pending(stack)
    converges(stack)


def test_what_was_made_without_an_answer_and_stands_in_the_way_is_found_and_removed(stack: Stack) -> None:
    stack.configure(sandbox_config())
    in_the_way = [fault for fault in UNRECORDED if fault.unrecorded in ("service_principals", "role_assignments")]
    assert len(in_the_way) == 2
    for fault in in_the_way:
        happens(stack.sandbox, fault)
        fails(stack, fault)
        # The next update alone does not get further.
        assert "already exist" in stack.up().output
        nothing_is_pending(stack)
        recovered = stack.ops("recover", "--yes").ok()
        assert "remove; the next update makes it again" in recovered.output
        leaves(stack)
    converges(stack)


def test_what_was_made_without_an_answer_and_is_made_twice_is_found_and_removed(stack: Stack) -> None:
    stack.configure(sandbox_config())
    doubled = [fault for fault in UNRECORDED if fault.unrecorded in ("applications", "client_secrets")]
    assert len(doubled) == 2
    for fault in doubled:
        happens(stack.sandbox, fault)
        # The next update alone goes on, and makes a second.
        stopped = stack.up()
        assert stopped.code != 0
        assert fault.seen in stopped.output
        stack.sandbox.clear_faults()
    stack.up().ok()
    leaves(stack, *doubled)
    drift = stack.ops("drift")
    assert drift.code == 7
    assert drift.output.count("mygw-identity-application") >= len(doubled)
    nothing_is_pending(stack)
    recovered = stack.ops("recover", "--yes").ok()
    assert recovered.output.count("remove; the next update makes it again") == len(doubled)
    converges(stack)


def test_what_was_made_without_an_answer_is_taken_into_the_state(stack: Stack) -> None:
    own = {"name": "owngw", "createGatewayResource": True, "locationName": "contoso branch"}
    stack.configure(sandbox_config(gateways=[sandbox_gateway(**own)]))
    happens(stack.sandbox, TAKEN_OVER)
    fails(stack, TAKEN_OVER)
    nothing_is_pending(stack)
    # The next update alone does not get further.
    assert "cannot create already existing resource" in stack.up().output
    assert "/gateways/owngw: take into the state\n" in stack.ops("recover", "--yes").ok().output
    stack.up().ok()
    stack.sandbox.wait_for_pods()
    assert stack.ops("drift").ok().output.startswith("No drift")
    # It is the stack's now: with the stack it goes.
    stack.destroy().ok()
    assert stack.sandbox.arm().get(f"{INSTANCE}/gateways/owngw", params=API_MANAGEMENT).status_code == 404


def test_a_service_that_was_made_without_an_answer(stack: Stack, tmp_path: Path) -> None:
    stack.configure(sandbox_config())
    stack.up().ok()
    # What a lost answer leaves: the cluster has what an update has made, and the state does not.
    kind = "kubernetes:core/v1:Service"
    (urn,) = [r["urn"] for r in stack.resources() if r["type"] == kind and r["urn"].endswith("-live-traffic")]
    stack.pulumi("state", "delete", urn, "--yes").ok()
    fails(stack, UNANSWERED)
    nothing_is_pending(stack)
    ours = uid_of_the_service(stack)
    recovered = stack.ops("recover", "--yes").ok()
    assert "Service default/mygw-live-traffic: take into the state\n" in recovered.output
    converges(stack)
    assert uid_of_the_service(stack) == ours

    # An object of the same name that another Pulumi program has made is theirs, and nothing but that program tells.
    stack.pulumi("state", "delete", urn, "--yes").ok()
    stack.sandbox.kubectl("delete", "service", "mygw-live-traffic").ok()
    spec = {"type": "ClusterIP", "cluster_ip": "None", "ports": [{"port": 80}], "selector": {"app": "shop"}}
    make_service(stack.sandbox, tmp_path, {"name": "mygw-live-traffic", "namespace": "default"}, spec)
    theirs = uid_of_the_service(stack)
    fails(stack, UNANSWERED)
    kept = stack.ops("recover", "--yes").ok()
    reason = "metadata.labels is not as this stack declares it"
    assert f"Service default/mygw-live-traffic: keep: {reason}\n" in kept.output
    assert (
        f"`.venv/bin/python -m ops adopt --stack {stack.name}`, then `pulumi import --file import.json" in kept.output
    )
    assert uid_of_the_service(stack) == theirs
    stack.sandbox.kubectl("delete", "service", "mygw-live-traffic").ok()


def test_a_right_that_is_withdrawn_while_an_update_runs(stack: Stack) -> None:
    stack.configure(sandbox_config())
    stack.sandbox.fault("Graph POST servicePrincipals", delay=10, count=1)
    running = stack.started("up", "--yes", "--skip-preview")

    def begun() -> None:
        assert "Graph POST servicePrincipals" in stack.sandbox.requests()

    eventually(begun)
    with without(stack, "Microsoft.Authorization/roleAssignments/write"):
        output, _ = running.communicate(timeout=600)
    assert running.returncode != 0
    assert WITHDRAWN.seen in output
    leaves(stack, WITHDRAWN)
    converges(stack)


def test_an_api_server_that_is_restarted_while_pods_get_ready(stack: Stack) -> None:
    stack.configure(sandbox_config())
    stack.sandbox.fault("Configuration *", status=503)
    running = stack.started("up", "--yes", "--skip-preview")

    def waits() -> None:
        assert stack.sandbox.objects("pods")
        assert "mygw" in stack.sandbox.objects("deployments")

    eventually(waits)
    server = json.loads((stack.sandbox.home / "run" / "kube-apiserver.pid").read_text())
    killed = psutil.Process(server["pid"])
    killed.kill()
    psutil.wait_procs([killed], timeout=10)
    stack.sandbox.sandbox("start").ok()
    stack.sandbox.clear_faults()
    output, _ = running.communicate(timeout=600)
    assert running.returncode == 0, (RESTARTED.what, output)
    all_is_there_once(stack)


def test_a_cluster_that_cannot_be_reached_is_no_drift(deployed: Stack, tmp_path: Path) -> None:
    kubeconfig = json.loads(Path(deployed.sandbox.environments["deployer"]["KUBECONFIG"]).read_text())
    kubeconfig["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:9"
    nowhere = tmp_path / "kubeconfig"
    nowhere.write_text(json.dumps(kubeconfig))
    for result in (
        deployed.check_drift(KUBECONFIG=str(nowhere)),
        deployed.ops("drift", KUBECONFIG=str(nowhere)),
        deployed.pulumi("refresh", "--yes", "--skip-preview", KUBECONFIG=str(nowhere)),
    ):
        assert result.code not in (0, 7), result.output
        assert UNREACHABLE.seen in result.output
    # With it the provider would take all of the cluster's objects for deleted.
    result = deployed.ops("drift", KUBECONFIG=str(nowhere), PULUMI_K8S_DELETE_UNREACHABLE="true")
    assert result.code == 1
    assert result.output.startswith(
        f"error: The Kubernetes cluster of stack {deployed.name} at https://127.0.0.1:9 can't be reached. Nothing was checked, "
        "and nothing was taken for deleted. Check the kubeconfig, "
    )
    before, _, after = result.output.partition("\nThe provider says:\n")
    assert "then check again" in before
    assert "the PULUMI_K8S_DELETE_UNREACHABLE environment variable" in after
    deployed.preview("--expect-no-changes").ok()


def test_an_image_that_does_not_exist_leaves_the_old_pods(deployed: Stack) -> None:
    before = deployed.sandbox.only_pod()
    image = "mcr.microsoft.com/azure-api-management/gateway:2.99.0"
    deployed.configure(sandbox_config(gateways=[sandbox_gateway(image=image)]))
    workload = deployed.sandbox.program / "components" / "workload" / "deployment.py"
    text = workload.read_text()
    # 25 minutes are too long for a test; nothing else of the program changes.
    assert "update=timeout" in text
    workload.write_text(text.replace("update=timeout", 'update="20s"'))
    try:
        fails(deployed, NEVER_READY)
        assert "ImagePull" in deployed.sandbox.output[-1]
    finally:
        workload.write_text(text)
        deployed.configure(sandbox_config())
    assert before in deployed.sandbox.objects("pods")
    converges(deployed)
    # It is the commit before: the pod has served all the time.
    assert deployed.sandbox.only_pod() == before


def test_a_second_update_is_refused_while_one_runs(deployed: Stack) -> None:
    deployed.sandbox.fault("ARM GET Microsoft.ApiManagement/service", delay=20, count=1)
    deployed.sandbox.azure().delete("/_sandbox/requests")
    running = deployed.started("up", "--yes", "--skip-preview")

    def begun() -> None:
        assert "ARM GET Microsoft.ApiManagement/service" in deployed.sandbox.requests()

    eventually(begun)
    fails(deployed, TWO_AT_ONCE)
    running.communicate(timeout=600)
    assert running.returncode == 0
    converges(deployed)

"""What `python -m ops preview` says that an update takes away, held against what the update does, on one deployed stack.

Whoever previews has the reader's rights.
"""

import json
from typing import Any

import pytest

from tests.object_values import below, changed, place_of

from .sandbox import Stack, sandbox_config, sandbox_gateway
from .test_cluster_rights import without

INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"
KINDS = ("configmap", "secret", "deployment", "service")
POD = "spec/template/spec"
CONTAINER = f"{POD}/containers/mygw"
# What the program itself changes with the updates of these tests.
PROGRAMS = {
    "data/clientSecret",
    "spec/template/metadata/annotations/self-hosted-gateway/settings-checksum",
    "spec/template/metadata/annotations/self-hosted-gateway/settings-written",
}
# The API server sets it with `sessionAffinity`, and takes it away with it.
DEFAULTS_OF_WHAT_GOES = {"spec/sessionAffinityConfig/clientIP/timeoutSeconds"}
WRITTEN_BY_SOMEBODY = "written-by-somebody"

Objects = dict[str, dict[str, Any]]


def objects(stack: Stack) -> Objects:
    """The stack's objects by the names of their resources."""
    suffixes = {"mygw-env": "env", "mygw-auth": "auth", "mygw": "deployment"}
    found = {
        name: each for kind in KINDS for name, each in stack.sandbox.objects(kind).items() if name.startswith("mygw")
    }
    return {f"mygw-workload-{suffixes.get(name, name.removeprefix('mygw-'))}": each for name, each in found.items()}


def write(stack: Stack, writer: str, kind: str, name: str, change: dict[str, Any]) -> None:
    """Change an object as another tool does that calls itself so; one that begins with `apply:` applies."""
    if writer.startswith("apply:"):
        metadata = {**change.get("metadata", {}), "name": name}
        api_version = "apps/v1" if kind == "deployment" else "v1"
        file = stack.sandbox.home / "change.json"
        names = {"configmap": "ConfigMap"}
        typed = {"apiVersion": api_version, "kind": names.get(kind, kind.title()), **change, "metadata": metadata}
        file.write_text(json.dumps(typed))
        manager = f"--field-manager={writer.removeprefix('apply:')}"
        stack.sandbox.kubectl("apply", "--server-side", "--force-conflicts", manager, "-f", str(file)).ok()
    else:
        patch = ("patch", kind, name, f"--field-manager={writer}", "--type=strategic", "-p", json.dumps(change))
        stack.sandbox.kubectl(*patch).ok()


def in_container(**container: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {"containers": [{"name": "mygw", **container}]}}}}


def env(name: str) -> dict[str, Any]:
    return {"env": [{"name": name, "value": WRITTEN_BY_SOMEBODY}]}


def write_by_everybody(stack: Stack) -> None:
    """What kubectl, a client library, Argo CD and another Pulumi program add, and kubectl changes."""
    by_kubectl = {
        **in_container(**env("BY_KUBECTL"), resources={"limits": {"memory": "1Gi"}}),
        "metadata": {"labels": {"team": WRITTEN_BY_SOMEBODY}},
    }
    write(stack, "kubectl-edit", "deployment", "mygw", by_kubectl)
    write(stack, "apply:kubectl", "deployment", "mygw", in_container(**env("BY_APPLY")))
    write(stack, "OpenAPI-Generator", "deployment", "mygw", in_container(**env("BY_CLIENT")))
    write(stack, "apply:argocd-controller", "deployment", "mygw", in_container(**env("BY_ARGO_CD")))
    write(stack, "pulumi-kubernetes", "deployment", "mygw", in_container(**env("BY_PULUMI")))
    stack.sandbox.kubectl("scale", "deployment", "mygw", "--replicas=3").ok()
    internal = {"metadata": {"annotations": {INTERNAL: "true"}}, "spec": {"sessionAffinity": "ClientIP"}}
    write(stack, "kubectl-edit", "service", "mygw-live-traffic", internal)
    portals = {"metadata": {"annotations": {"contoso.example/portal": WRITTEN_BY_SOMEBODY}}}
    write(stack, "AksPortal", "service", "mygw-live-traffic", portals)
    write(stack, "kubectl-edit", "configmap", "mygw-env", {"data": {"contoso.by-kubectl": WRITTEN_BY_SOMEBODY}})
    write(
        stack, "apply:argocd-controller", "configmap", "mygw-env", {"data": {"contoso.by-argo-cd": WRITTEN_BY_SOMEBODY}}
    )
    write(stack, "kubectl-edit", "secret", "mygw-auth", {"data": {"added": "YQ=="}})


BY_EVERYBODY_IN_THE_DEPLOYMENT = {
    "metadata/labels/team",
    "spec/replicas",
    f"{CONTAINER}/env/BY_KUBECTL",
    f"{CONTAINER}/env/BY_APPLY",
    f"{CONTAINER}/env/BY_PULUMI",
    f"{CONTAINER}/resources",
}


def named(answer: dict[str, Any], before: Objects, after: Objects) -> dict[str, set[str]]:
    """The places that a preview names, by resource."""
    places: dict[str, set[str]] = {}
    for loss in answer["losses"]:
        resource = loss["resource"]
        places.setdefault(resource, set()).add(place_of(loss["path"], before[resource], after[resource]))
    return places


def really_taken(places: dict[str, set[str]], before: Objects, after: Objects) -> dict[str, set[str]]:
    """Of the named places those that are others now, and all else that is."""
    taken: dict[str, set[str]] = {}
    for resource, was in before.items():
        really = changed(was, after[resource]) - PROGRAMS - DEFAULTS_OF_WHAT_GOES
        told = {place for place in places.get(resource, set()) if below(place, really)}
        taken[resource] = told | really.difference(*(below(place, really) for place in told))
    return {resource: found for resource, found in taken.items() if found}


def preview(stack: Stack, *options: str) -> dict[str, Any]:
    folder = stack.sandbox.home / "reports"
    result = stack.ops("preview", "--format", "json", "--save", str(folder), *options, identity="reader").ok()
    shown = [result.output, (folder / "preview.md").read_text()]
    assert [text for text in shown if WRITTEN_BY_SOMEBODY in text or "YQ==" in text] == []
    answer = json.loads(result.output)
    assert answer["lossesNotKnown"] == {}
    return answer


def configure(stack: Stack, *, rotation: str, **changes: Any) -> None:
    authentication = sandbox_gateway()["authentication"]
    secret = {**authentication["clientSecret"], "rotation": rotation}
    authentication = {**authentication, "clientSecret": secret}
    stack.configure(sandbox_config(gateways=[sandbox_gateway(authentication=authentication, **changes)]))


def test_an_unchanged_stack_loses_nothing(deployed: Stack) -> None:
    assert preview(deployed)["losses"] == []
    configure(deployed, rotation="2026-11-02")
    assert preview(deployed)["losses"] == []


@pytest.mark.parametrize("rotation", ["2026-11-02", "2026-11-03"], ids=["the first update", "a later update"])
def test_an_update_takes_away_what_the_preview_names(deployed: Stack, rotation: str) -> None:
    write_by_everybody(deployed)
    configure(deployed, rotation=rotation)
    before, answer = objects(deployed), preview(deployed)
    deployed.up().ok()
    deployed.sandbox.wait_for_pods()
    after = objects(deployed)
    places = named(answer, before, after)
    # It writes no other object: the Services keep what was added.
    assert places == {"mygw-workload-auth": {"data/added"}, "mygw-workload-deployment": BY_EVERYBODY_IN_THE_DEPLOYMENT}
    assert really_taken(places, before, after) == places
    (scaled,) = [loss for loss in answer["losses"] if loss["path"] == "spec.replicas"]
    assert (scaled["change"], scaled["there"], scaled["becomes"]) == ("changed back", 3, 1)
    assert scaled["danger"] == "Fewer pods serve: 1 instead of 3."


def test_with_a_refresh_it_names_what_is_taken_from_the_objects_that_drift(deployed: Stack) -> None:
    write_by_everybody(deployed)
    write(deployed, "kubectl-edit", "service", "mygw-live-traffic", {"spec": {"externalTrafficPolicy": "Cluster"}})
    write(deployed, "kubectl-edit", "configmap", "mygw-env", {"data": {"gateway.name": "other"}})
    before, answer = objects(deployed), preview(deployed, "--refresh")
    deployed.up("--refresh").ok()
    deployed.sandbox.wait_for_pods()
    after = objects(deployed)
    places = named(answer, before, after)
    assert places["mygw-workload-live-traffic"] == {
        f"metadata/annotations/{INTERNAL}",
        "spec/sessionAffinity",
        "spec/externalTrafficPolicy",
    }
    assert really_taken(places, before, after) == places
    (internal,) = [loss for loss in answer["losses"] if INTERNAL in loss["path"]]
    assert internal["danger"].startswith("The load balancer is no longer internal: the gateway gets another address")
    comment = (deployed.sandbox.home / "reports" / "preview.md").read_text()
    assert "> [!CAUTION]\n> `mygw-workload-live-traffic`: The load balancer is no longer internal" in comment


def without_others_variables(stack: Stack) -> None:
    """Deploy without what others have kept in a list: the provider compares lists by index, and would update for ever."""
    (container,) = stack.sandbox.objects("deployment")["mygw"]["spec"]["template"]["spec"]["containers"]
    declared = [variable for variable in container["env"] if not variable["name"].startswith("BY_")]
    patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/env", "value": declared}]
    stack.sandbox.kubectl("patch", "deployment", "mygw", "--type=json", "-p", json.dumps(patch)).ok()
    stack.up("--refresh").ok()
    stack.sandbox.wait_for_pods()


def test_what_was_not_ready_is_written_without_a_difference(deployed: Stack) -> None:
    # What is declared by default can't be added.
    configure(deployed, rotation="2026-11-03", container={"startupProbe": None})
    without_others_variables(deployed)
    never = {"tcpSocket": {"port": 9}, "periodSeconds": 1, "failureThreshold": 1000}
    write(deployed, "kubectl-edit", "deployment", "mygw", in_container(startupProbe=never))
    write(deployed, "kubectl-edit", "service", "mygw-live-traffic", {"metadata": {"annotations": {INTERNAL: "true"}}})
    assert preview(deployed)["losses"] == []
    told = preview(deployed, "--refresh")
    deployed.pulumi("refresh", "--yes", "--skip-preview").ok()
    before, answer = objects(deployed), preview(deployed)
    assert answer["losses"] == told["losses"]
    assert (answer["counts"]["update"], answer["counts"]["replace"]) == (2, 0)
    deployed.up().ok()
    deployed.sandbox.wait_for_pods()
    after = objects(deployed)
    places = named(answer, before, after)
    assert places == {
        "mygw-workload-deployment": {f"{CONTAINER}/startupProbe"},
        "mygw-workload-live-traffic": {f"metadata/annotations/{INTERNAL}"},
    }
    assert really_taken(places, before, after) == places


def test_an_object_that_the_reader_may_not_read_is_named(deployed: Stack) -> None:
    configure(deployed, rotation="2026-11-04")
    with without(deployed.sandbox, "reader", "deployments", "get"):
        answer = json.loads(deployed.ops("preview", "--format", "json", identity="reader").ok().output)
    assert [loss for loss in answer["losses"] if loss["resource"] == "mygw-workload-deployment"] == []
    assert list(answer["lossesNotKnown"]) == ["mygw-workload-deployment"]
    refused = 'User "reader" cannot get resource "deployments" in API group "apps"'
    assert refused in answer["lossesNotKnown"]["mygw-workload-deployment"]

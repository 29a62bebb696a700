"""How a preview reads at a terminal: what interrupts comes first, and the counts are Pulumi's own."""

import json
from typing import Any

from ops.cluster.updates import Losses
from ops.engine.steps import Step
from ops.preview import comment as preview_comment
from ops.preview import text as preview_text
from ops.preview.changes import changes
from ops.preview.foreseen import Foreseen

GATEWAY = "self-hosted-gateway:gateway:SelfHostedGateway"
WORKLOAD = f"{GATEWAY}$self-hosted-gateway:workload:GatewayWorkload"
SERVICE = "kubernetes:core/v1:Service"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"


def urn(name: str, type_: str) -> str:
    return f"urn:pulumi:dev::self-hosted-gateway::{type_}::{name}"


def step(operation: str, name: str, type_: str, **changes: Any) -> Step:
    given: dict[str, Any] = {"properties": (), "old": {}, "new": {}, **changes}
    return Step(operation, urn(name, type_), type_.rpartition("$")[2], **given)


def service(name: str, spec: dict[str, Any], ingress: list[dict[str, str]], gateway: str) -> Step:
    outputs = {"metadata": {"name": name, "namespace": "apim"}, "status": {"loadBalancer": {"ingress": ingress}}}
    parent = urn(f"{gateway}-workload", WORKLOAD)
    return step(
        "delete",
        name,
        f"{WORKLOAD}${SERVICE}",
        old={"metadata": outputs["metadata"], "spec": spec},
        old_outputs=outputs,
        parent=parent,
        provider="k",
    )


def removed(gateway: str, *services: Step) -> list[Step]:
    return [
        *services,
        step("delete", f"{gateway}-workload", WORKLOAD, parent=urn(gateway, GATEWAY)),
        step("delete", gateway, GATEWAY, parent=urn("self-hosted-gateway-dev", "pulumi:pulumi:Stack")),
    ]


PORTS = [{"port": 80}, {"port": 443}]
MYGW = removed(
    "mygw",
    service("mygw-live-traffic", {"type": "LoadBalancer", "ports": PORTS}, [{"ip": "203.0.113.7"}], "mygw"),
    service("mygw-instance-discovery", {"clusterIP": "None", "ports": [{"port": 4290}]}, [], "mygw"),
)
STOPS = (
    "Gateway 'mygw' would be removed: 203.0.113.7:80, 203.0.113.7:443 stop serving. Move its traffic to another gateway "
    "before the update."
)


def test_a_gateway_that_goes_is_named_with_the_addresses_that_stop_serving() -> None:
    assert preview_text.text("dev", MYGW, Losses()).splitlines()[:3] == [
        "Stack dev: 4 to delete, 0 unchanged.",
        "",
        STOPS,
    ]
    assert f"> [!CAUTION]\n> {STOPS}" in preview_comment.markdown("dev", MYGW, Losses())
    assert json.loads(preview_text.as_json("dev", MYGW, Losses()))["removals"] == [
        {"gateway": "mygw", "addresses": ["203.0.113.7:80", "203.0.113.7:443"]}
    ]


def test_the_addresses_are_its_own_and_those_in_the_cluster_where_there_is_no_load_balancer() -> None:
    inside = service("yourgw-live-traffic", {"type": "ClusterIP", "ports": [{"port": 80}]}, [], "yourgw")
    by_name = service("a-live-traffic", {"ports": [{"port": 80}]}, [{"hostname": "a.example"}], "a")
    said = preview_text.text("dev", [*removed("yourgw", inside), *removed("a", by_name)], Losses()).splitlines()
    assert said[2].startswith(
        "Gateway 'yourgw' would be removed: yourgw-live-traffic.apim.svc:80 stops serving. Move its traffic"
    )
    assert said[4].startswith("Gateway 'a' would be removed: a.example:80 stops serving.")


def test_no_gateway_is_removed_where_only_objects_of_one_are() -> None:
    alone = service("mygw-live-traffic", {"ports": PORTS}, [{"ip": "203.0.113.7"}], "mygw")
    assert "would be removed" not in preview_text.text("dev", [alone], Losses())


def test_what_interrupts_stands_above_the_differences() -> None:
    differences = {f"k{number}": number for number in range(100)}
    created = step(
        "create",
        "mygw-env",
        "kubernetes:core/v1:ConfigMap",
        new={"metadata": {"name": "mygw-env"}, "data": differences},
        provider="k",
    )
    replaced = [
        step(operation, "mygw", DEPLOYMENT, provider="k")
        for operation in ("delete-replaced", "replace", "create-replacement")
    ]
    lines = preview_text.text("dev", [created, *replaced, *MYGW], Losses()).splitlines()
    first_difference = lines.index("create mygw-env (ConfigMap)")
    assert lines.index(STOPS) < lines.index("mygw would be replaced.") < first_difference
    assert lines.index("  Interrupted:  traffic") < first_difference < 12


def test_the_stack_its_components_and_providers_count_as_pulumi_counts_them() -> None:
    steps = [
        step("same", "self-hosted-gateway-dev", "pulumi:pulumi:Stack"),
        step("update", "kubernetes", "pulumi:providers:kubernetes"),
        step("same", "mygw", GATEWAY),
        step("create", "mygw-env", "kubernetes:core/v1:ConfigMap", provider="k"),
        *(
            step(operation, "mygw", DEPLOYMENT, provider="k")
            for operation in ("create-replacement", "replace", "delete-replaced")
        ),
    ]
    assert preview_text.summary("dev", steps) == ("Stack dev: 1 to create, 1 to update, 1 to replace, 2 unchanged.")


def test_what_has_no_inputs_is_created_without_differences() -> None:
    created = step("create", "roles-reader-guid", "random:index/randomUuid:RandomUuid", provider="r")
    (change,) = changes([created])
    assert (change.operation, change.resource, change.differences) == ("create", "roles-reader-guid", ())
    assert "+ :" not in preview_text.text("dev", [created], Losses())


def test_what_an_earlier_update_could_not_delete_is_called_no_replacement() -> None:
    type_ = "azure-native:authorization:RoleAssignment"
    steps = [
        step("same", "mygw-reader-assignment", type_, provider="azure-native"),
        step("delete-replaced", "mygw-reader-assignment", type_, id="/old", provider="azure-native"),
    ]
    left = (
        "mygw-reader-assignment: the one that was replaced is still to be deleted, and stands until then with the rights that "
        "it gives: /old. The update tries again."
    )
    first = "Stack dev: 1 left to delete, 1 unchanged."
    assert preview_text.text("dev", steps, Losses()).splitlines() == [first, "", left]
    comment = preview_comment.markdown("dev", steps, Losses()).splitlines()
    assert comment == ["### Preview of `dev`", "", first, "", "> [!WARNING]", f"> {left}"]
    answer = json.loads(preview_text.as_json("dev", steps, Losses()))
    assert (answer["replacements"], answer["leftToDelete"]) == (
        [],
        [{"resource": "mygw-reader-assignment", "id": "/old"}],
    )


def test_what_the_program_warns_of_is_said_in_all_formats() -> None:
    foreseen = Foreseen(said=["gateways[0].authentication.owners: add 5a0c0de0"])
    assert preview_text.text("dev", [], Losses(), foreseen).splitlines() == [
        "Stack dev: nothing to do, 0 unchanged.",
        "",
        "Warning: gateways[0].authentication.owners: add 5a0c0de0",
    ]
    assert json.loads(preview_text.as_json("dev", [], Losses(), foreseen))["warningsOfTheProgram"] == foreseen.said
    assert preview_comment.markdown("dev", [], Losses(), foreseen).splitlines()[3:] == [
        "",
        "<details><summary>Warnings of the program and the providers</summary>",
        "",
        "```",
        "gateways[0].authentication.owners: add 5a0c0de0",
        "```",
        "",
        "</details>",
    ]


def test_what_is_the_providers_own_is_not_shown_of_what_is_created() -> None:
    given = {"principalId": "p", "roleAssignmentName": "n", "__createBeforeDelete": True, "__defaults": []}
    (created,) = changes(
        [step("create", "mygw-reader", "azure-native:authorization:RoleAssignment", new=given, provider="a")]
    )
    assert created.differences == ("+ principalId: p", "+ roleAssignmentName: n")

"""What the provider's next write takes away from an object, and what is dangerous about it."""

from typing import Any

import pytest

from ops.cluster.dangers import danger
from ops.cluster.losses import Loss, Write, losses
from ops.report.values import SECRET, UNKNOWN

OWN = "pulumi-kubernetes-0a1b2c3d"
CREATED = "2026-03-01T10:00:00Z"
LATER = "2026-03-02T10:00:00Z"
INTERNAL = "service.beta.kubernetes.io/azure-load-balancer-internal"


def entry(manager: str, operation: str, fields: dict[str, Any], time: str = CREATED) -> dict[str, Any]:
    return {"manager": manager, "operation": operation, "time": time, "fieldsV1": fields}


def a_write(
    *managed: dict[str, Any], live: dict[str, Any], declared: dict[str, Any], recorded: Any = None, **changes: Any
) -> Write:
    """A write of an object that was as declared when the state was written."""
    metadata = {"creationTimestamp": CREATED, "managedFields": list(managed), **live.pop("metadata", {})}
    recorded = declared if recorded is None else recorded
    given = {"inputs": recorded, "outputs": {**recorded, "__fieldManager": OWN}, **changes}
    return Write({"metadata": metadata, **live}, declared, **given)


def told(write: Write) -> dict[str, tuple[Any, Any]]:
    return {loss.path: (loss.there, loss.becomes) for loss in losses(write)}


def labels(*names: str) -> dict[str, Any]:
    return {"f:metadata": {"f:labels": {f"f:{name}": {} for name in names}}}


@pytest.mark.parametrize(
    ("manager", "operation", "goes"),
    [
        ("kubectl-edit", "Update", True),
        ("kubectl", "Apply", True),
        ("before-first-apply", "Update", True),
        ("pulumi-kubernetes", "Update", True),
        ("pulumi-resource-kubernetes", "Update", True),
        (OWN, "Apply", True),
        ("pulumi-kubernetes-99999999", "Apply", False),
        ("helm", "Update", False),
        ("argocd-controller", "Apply", False),
        ("before-first-apply", "Apply", False),
    ],
)
def test_what_is_not_declared_goes_with_the_provider_and_with_whom_it_takes_over(
    manager: str, operation: str, goes: bool
) -> None:
    live = {"metadata": {"labels": {"app": "mygw", "team": "a"}}}
    owner = entry(manager, operation, labels("app", "team") if manager == OWN else labels("team"), LATER)
    found = told(a_write(owner, live=live, declared={"metadata": {"labels": {"app": "mygw"}}}))
    assert found == ({"metadata.labels.team": ("a", None)} if goes else {})


def test_what_somebody_else_owns_too_stays() -> None:
    owners = (entry("kubectl-edit", "Update", labels("team")), entry("helm", "Update", labels("team")))
    assert told(a_write(*owners, live={"metadata": {"labels": {"team": "a"}}}, declared={})) == {}


def test_a_label_of_a_selector_goes_with_the_others_whoever_owns_them() -> None:
    selector = {"app.kubernetes.io/name": "gateway", "tier": "a"}
    by_helm = entry("helm", "Update", {"f:spec": {"f:selector": {}}, **labels("team")})
    live = {"spec": {"selector": selector}, "metadata": {"labels": {"team": "a"}}}
    assert told(a_write(by_helm, live=dict(live), declared={"spec": {"selector": {"app": "mygw"}}}, recorded={})) == {
        'spec.selector["app.kubernetes.io/name"]': ("gateway", None),
        "spec.selector.tier": ("a", None),
    }
    assert told(a_write(by_helm, live=dict(live), declared={"spec": {}}, recorded={})) == {}


def test_a_replaced_object_loses_what_anybody_has_added_and_gets_what_came_with_its_creation_again() -> None:
    live = {"metadata": {"labels": {"by-helm": "a", "by-kubectl": "b", "by-webhook": "c"}}}
    owners = (
        entry("helm", "Update", labels("by-helm")),
        entry("kubectl-edit", "Update", labels("by-kubectl")),
        entry("pulumi-kubernetes", "Update", labels("by-webhook")),
    )
    recorded = {"metadata": {"labels": {"by-webhook": "c"}}}
    write = a_write(*owners, live=live, declared={}, inputs={}, outputs=recorded, replaces=True)
    assert told(write) == {'metadata.labels["by-helm"]': ("a", None), 'metadata.labels["by-kubectl"]': ("b", None)}


def test_of_an_object_that_names_no_owner_nothing_goes_yet() -> None:
    assert told(a_write(live={"metadata": {"labels": {"team": "a"}}}, declared={})) == {}


def test_what_came_with_the_creation_comes_back_and_what_was_added_later_under_its_name_goes() -> None:
    live = {"metadata": {"labels": {"by-webhook": "a", "added": "b"}}}
    created = entry("pulumi-kubernetes", "Update", labels("by-webhook", "added"))
    recorded = {"metadata": {"labels": {"by-webhook": "a"}}}
    write = a_write(created, live=live, declared={}, inputs={}, outputs=recorded)
    assert told(write) == {"metadata.labels.added": ("b", None)}


def test_what_the_program_no_longer_declares_is_marked_as_that() -> None:
    write = a_write(
        entry(OWN, "Apply", labels("team")),
        live={"metadata": {"labels": {"team": "a"}}},
        declared={},
        recorded={"metadata": {"labels": {"team": "a"}}},
    )
    assert losses(write) == [Loss("metadata.labels.team", "a", is_dropped=True)]


def test_what_a_refresh_has_taken_for_declared_goes_with_kubectl() -> None:
    live = {"metadata": {"labels": {"team": "a"}}}
    write = a_write(entry("kubectl-edit", "Update", labels("team")), live=dict(live), declared={}, recorded=live)
    assert losses(write) == [Loss("metadata.labels.team", "a")]


def test_defaults_and_what_is_allocated_come_back() -> None:
    spec = {
        "clusterIP": "10.0.0.7",
        "sessionAffinity": "None",
        "ports": [{"port": 80, "protocol": "TCP", "nodePort": 30080}],
    }
    port = {".": {}, "f:port": {}, "f:nodePort": {}, "f:protocol": {}}
    fields = {
        "f:spec": {"f:clusterIP": {}, "f:sessionAffinity": {}, "f:ports": {'k:{"port":80,"protocol":"TCP"}': port}}
    }
    live = {"spec": spec, "status": {"loadBalancer": {}}}
    write = a_write(entry("kubectl-create", "Update", fields), live=live, declared={"spec": {"ports": [{"port": 80}]}})
    assert told(write) == {}


def test_what_the_api_server_fills_in_of_an_autoscaler_comes_back() -> None:
    policies = [
        {"type": "Pods", "value": 4, "periodSeconds": 15},
        {"type": "Percent", "value": 100, "periodSeconds": 15},
    ]
    scale_up = {"stabilizationWindowSeconds": 0, "selectPolicy": "Max", "policies": policies}
    scale_down = {"stabilizationWindowSeconds": 600, "selectPolicy": "Max", "policies": policies[1:]}
    owned = {f"f:{field}": {} for field in scale_up}
    fields = {"f:spec": {"f:behavior": {"f:scaleUp": owned, "f:scaleDown": owned}}}
    live = {"spec": {"behavior": {"scaleUp": scale_up, "scaleDown": scale_down}}}
    declared = {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}}}}
    assert told(a_write(entry("kubectl-create", "Update", fields), live=live, declared=declared)) == {}


def test_an_added_element_is_told_once_without_its_defaults() -> None:
    container = {"name": "sidecar", "image": "contoso.example/s:1", "terminationMessagePolicy": "File", "resources": {}}
    fields = {".": {}, "f:name": {}, "f:image": {}, "f:terminationMessagePolicy": {}, "f:resources": {}}
    pod = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"sidecar"}': fields}}}}}
    write = a_write(
        entry("kubectl-edit", "Update", pod),
        live={"spec": {"template": {"spec": {"containers": [container, {"name": "mygw"}]}}}},
        declared={"spec": {"template": {"spec": {"containers": [{"name": "mygw"}]}}}},
    )
    assert told(write) == {
        "spec.template.spec.containers[0]": ({"name": "sidecar", "image": "contoso.example/s:1", "resources": {}}, None)
    }


def test_a_declared_field_is_changed_back_where_the_state_does_not_know_it() -> None:
    by_hand, declared = {"spec": {"replicas": 4}}, {"spec": {"replicas": 1}}
    assert told(a_write(live=dict(by_hand), declared=declared)) == {"spec.replicas": (4, 1)}
    # A refresh has told the engine, whose preview shows it.
    assert told(a_write(live=dict(by_hand), declared=declared, recorded=by_hand)) == {}
    # The program changes it, and nobody else has.
    assert told(a_write(live={"spec": {"replicas": 1}}, declared=by_hand, recorded=declared)) == {}
    # Both have.
    write = a_write(live=dict(by_hand), declared={"spec": {"replicas": 2}}, recorded=declared)
    assert told(write) == {"spec.replicas": (4, 2)}


def test_a_declared_field_that_somebody_has_removed_is_put_back() -> None:
    declared = {"spec": {"replicas": 1, "minReadySeconds": 5}}
    assert told(a_write(live={"spec": {"replicas": 1}}, declared=declared)) == {"spec.minReadySeconds": (None, 5)}
    new = a_write(live={"spec": {"replicas": 1}}, declared=declared, recorded={"spec": {"replicas": 1}})
    assert told(new) == {}


def test_a_masked_or_unknown_value_is_compared_with_the_one_before() -> None:
    declared = {"data": SECRET, "metadata": {"annotations": {"checksum": UNKNOWN}}}
    recorded = {"data": {"key": "a"}, "metadata": {"annotations": {"checksum": "1"}}}
    same = {"data": {"key": "a"}, "metadata": {"annotations": {"checksum": "1"}}}
    assert told(a_write(live=same, declared=declared, recorded=recorded)) == {}
    added = entry("kubectl-edit", "Update", {"f:data": {"f:added": {}}})
    other = {"data": {"key": "b", "added": "c"}, "metadata": {"annotations": {"checksum": "2"}}}
    assert told(a_write(added, live=other, declared=declared, recorded=recorded)) == {
        "data.added": ("c", None),
        "data.key": ("b", SECRET),
        "metadata.annotations.checksum": ("2", UNKNOWN),
    }


@pytest.mark.parametrize(
    ("ignored", "is_told"),
    [
        ("spec.replicas", False),
        ('spec["replicas"]', False),
        ("spec", False),
        ("spec.minReadySeconds", True),
        # The provider looks for a field of the name `spec[0]`.
        ("spec[0].replicas", True),
    ],
)
def test_what_ignore_changes_names_keeps_its_live_value(ignored: str, is_told: bool) -> None:
    write = a_write(live={"spec": {"replicas": 4}}, declared={"spec": {"replicas": 1}}, ignored=[ignored])
    assert bool(told(write)) is is_told


def test_an_annotation_that_ignore_changes_names_is_not_kept() -> None:
    fields = {"f:metadata": {"f:annotations": {f"f:{INTERNAL}": {}}}}
    path = f'metadata.annotations["{INTERNAL}"]'
    live = {"metadata": {"annotations": {INTERNAL: "true"}}}
    write = a_write(entry("kubectl-annotate", "Update", fields), live=live, declared={}, ignored=[path])
    assert told(write) == {path: ("true", None)}


def test_what_ignore_changes_names_and_only_others_own_is_left_to_them() -> None:
    fields = {"f:spec": {"f:replicas": {}}}
    write = a_write(
        entry("keda", "Apply", fields),
        live={"spec": {"replicas": 4}},
        declared={"spec": {"replicas": 1}},
        ignored=["spec.replicas"],
    )
    assert told(write) == {}


@pytest.mark.parametrize(
    ("kind", "loss", "begins"),
    [
        ("Service", Loss(f'metadata.annotations["{INTERNAL}"]', "true"), "The load balancer is no longer internal: "),
        ("Service", Loss(f'metadata.annotations["{INTERNAL}"]', "false"), "The load balancer is set up otherwise."),
        ("Service", Loss("spec.loadBalancerSourceRanges", ["192.0.2.0/24"]), "The load balancer no longer refuses"),
        ("Service", Loss("spec.ports[2]", {"port": 1}), "The port is closed."),
        ("Service", Loss("spec.type", "ClusterIP", "LoadBalancer"), "The gateway gets a load balancer"),
        ("Service", Loss("metadata.labels.team", "a"), ""),
        ("ConfigMap", Loss('data["gateway.name"]', "a"), "Pods that start then do so without this setting."),
        ("Deployment", Loss("spec.template.spec.containers[0].resources", {}), "Pods run without these requests"),
        ("Deployment", Loss("spec.template.spec.containers[0].env[1]", {}), "Pods that start then do so without"),
        ("Deployment", Loss("spec.template.spec.containers[1]", {}), "Pods start without this container."),
        ("Deployment", Loss("spec.replicas", 4, 1), "Fewer pods serve: 1 instead of 4."),
        ("Deployment", Loss("spec.replicas", 1, 4), ""),
        ("Deployment", Loss("spec.minReadySeconds", None, 4), ""),
        (
            "Deployment",
            Loss("spec.template.spec.serviceAccountName", "contoso", "default"),
            "Pods run as another service account: default instead of contoso.",
        ),
        ("ServiceAccount", Loss("imagePullSecrets[0]", {"name": "a"}), "Nodes can no longer pull the image"),
        (
            "ServiceAccount",
            Loss('metadata.annotations["azure.workload.identity/client-id"]', "a"),
            "Pods that start then no longer get this account's identity in the cloud.",
        ),
        ("ServiceAccount", Loss("metadata.annotations.team", "a"), ""),
        ("HorizontalPodAutoscaler", Loss("spec.behavior", {}), "The number of pods changes at another pace."),
        ("HorizontalPodAutoscaler", Loss("spec.metrics[1]", {}), "The autoscaler no longer goes by this metric."),
        ("HorizontalPodAutoscaler", Loss("spec.maxReplicas", 9, 5), "Fewer pods may run: 5 at most instead of 9."),
        ("HorizontalPodAutoscaler", Loss("spec.maxReplicas", 5, 9), ""),
        ("HorizontalPodAutoscaler", Loss("spec.minReplicas", 3, 1), "Fewer pods may be left: 1 instead of 3."),
        (
            "PodDisruptionBudget",
            Loss("spec.minAvailable", 2, 1),
            "A drain of nodes goes by another bound: 1 instead of 2.",
        ),
    ],
)
def test_what_is_dangerous_is_said(kind: str, loss: Loss, begins: str) -> None:
    assert danger(kind, loss).startswith(begins)
    assert bool(danger(kind, loss)) is bool(begins)

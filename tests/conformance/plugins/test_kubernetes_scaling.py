"""The plugin for kubernetes: autoscalers, disruption budgets and service accounts; and who decides a Deployment's count."""

import json
from typing import Any

import pytest

from sandbox.plugins.engine.values import Properties

from ..control_plane import Kubernetes
from .plugin import Plugin, PluginError
from .test_kubernetes_objects import DEPLOYMENT, DEPLOYMENT_INPUTS, live, managers
from .test_kubernetes_objects import named as not_awaited

AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
IGNORING = ("spec.replicas",)
# The program's annotation, while it ignores the count.
DECIDED_BY = "self-hosted-gateway/replicas-decided-by"


def named(namespace: str, inputs: Properties, name: str = "mygw") -> Properties:
    return {"metadata": {"name": name, "namespace": namespace}, **inputs}


def autoscaler(minimum: int | None, maximum: int, **spec: Any) -> Properties:
    bounds = {} if minimum is None else {"minReplicas": minimum}
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mygw"}
    return {"spec": {"scaleTargetRef": target, **bounds, "maxReplicas": maximum, **spec}}


def budget(**spec: Any) -> Properties:
    return {"spec": {"selector": {"matchLabels": {"app": "mygw"}}, **spec}}


CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 60}}}
MEMORY = {
    "type": "Resource",
    "resource": {"name": "memory", "target": {"type": "AverageValue", "averageValue": "2048Mi"}},
}
SLOWLY = {
    "scaleDown": {"stabilizationWindowSeconds": 0, "policies": [{"type": "Pods", "value": 1, "periodSeconds": 60}]}
}


@pytest.mark.parametrize(
    ("type_", "inputs", "changed", "path", "value", "patch", "drift"),
    [
        pytest.param(
            AUTOSCALER,
            autoscaler(2, 5, metrics=[CPU, MEMORY], behavior=SLOWLY),
            autoscaler(2, 6, metrics=[CPU, MEMORY], behavior=SLOWLY),
            ("spec", "maxReplicas"),
            6,
            {"spec": {"minReplicas": 1}},
            {"spec.minReplicas": "UPDATE"},
            id="autoscaler",
        ),
        pytest.param(
            AUTOSCALER,
            autoscaler(None, 5),
            autoscaler(None, 5, metrics=[CPU]),
            ("spec", "metrics", 0, "resource", "target", "averageUtilization"),
            60,
            {"spec": {"maxReplicas": 9}},
            {"spec.maxReplicas": "UPDATE"},
            id="autoscaler-with-the-servers-metrics",
        ),
        pytest.param(
            BUDGET,
            budget(minAvailable=0),
            budget(minAvailable="25%", unhealthyPodEvictionPolicy="AlwaysAllow"),
            ("spec", "minAvailable"),
            "25%",
            {"spec": {"minAvailable": 1}},
            {"spec.minAvailable": "UPDATE"},
            id="budget",
        ),
        pytest.param(
            BUDGET,
            budget(minAvailable=1),
            budget(maxUnavailable=1),
            ("spec", "maxUnavailable"),
            1,
            {"spec": {"unhealthyPodEvictionPolicy": "IfHealthyBudget"}},
            {},
            id="budget-by-the-other-bound",
        ),
        pytest.param(
            ACCOUNT,
            {"automountServiceAccountToken": False},
            {"automountServiceAccountToken": True},
            ("automountServiceAccountToken",),
            True,
            {"automountServiceAccountToken": None},
            {"automountServiceAccountToken": "DELETE"},
            id="account",
        ),
        pytest.param(
            ACCOUNT,
            {"imagePullSecrets": [{"name": "registry"}]},
            {"imagePullSecrets": [{"name": "other"}]},
            ("imagePullSecrets", 0, "name"),
            "other",
            {"imagePullSecrets": [{"name": "by-hand"}]},
            {"imagePullSecrets[0].name": "UPDATE"},
            id="account-with-pull-secrets",
        ),
    ],
)
def test_an_object_is_made_changed_in_place_and_deleted(
    kubernetes_plugin: Plugin,
    kubernetes: Kubernetes,
    namespace: str,
    type_: str,
    inputs: Properties,
    changed: Properties,
    path: tuple[str | int, ...],
    value: Any,
    patch: dict[str, Any],
    drift: dict[str, str],
) -> None:
    what = f"{type_.rpartition(':')[2].lower()}/mygw"
    assert kubernetes_plugin.create(type_, named(namespace, inputs), preview=True).id == ""
    assert kubernetes.kubectl("get", what, "-n", namespace, "--ignore-not-found") == ""
    made = kubernetes_plugin.create(type_, named(namespace, inputs))
    assert made.id == f"{namespace}/mygw"
    assert kubernetes_plugin.drift(made) == {}
    assert kubernetes_plugin.diff_answer(made, named(namespace, changed)).replaces == []

    updated = kubernetes_plugin.update(made, named(namespace, changed))
    found: Any = live(kubernetes, namespace, what)
    assert managers(found)[0] == (updated.state["__fieldManager"], "Apply")
    for part in path:
        found = found[part]
    assert found == value
    assert kubernetes_plugin.drift(updated) == {}

    kubernetes.kubectl("patch", what, "-n", namespace, "--type=merge", "-p", json.dumps(patch))
    assert kubernetes_plugin.drift(updated) == drift
    kubernetes_plugin.delete(updated)
    assert kubernetes.kubectl("get", what, "-n", namespace, "--ignore-not-found") == ""
    assert kubernetes_plugin.read(updated) is None


@pytest.mark.parametrize(
    ("type_", "inputs"), [(AUTOSCALER, autoscaler(1, 2)), (BUDGET, budget(minAvailable=1)), (ACCOUNT, {})]
)
def test_another_name_replaces_an_object_and_nothing_of_its_fields_does(
    kubernetes_plugin: Plugin, namespace: str, type_: str, inputs: Properties
) -> None:
    made = kubernetes_plugin.create(type_, named(namespace, inputs))
    renamed = kubernetes_plugin.check(type_, named(namespace, inputs, "other"), made.inputs)
    answer = kubernetes_plugin.diff_answer(made, renamed)
    assert (list(answer.replaces), answer.deleteBeforeReplace) == (["metadata.name"], False)


def test_an_import_takes_in_what_an_account_is(kubernetes_plugin: Plugin, namespace: str) -> None:
    made = kubernetes_plugin.create(ACCOUNT, named(namespace, {"automountServiceAccountToken": False}))
    found = kubernetes_plugin.import_(ACCOUNT, made.id)
    assert found is not None
    assert {key: value for key, value in found.inputs.items() if not key.startswith("__")} == {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "mygw", "namespace": namespace},
        "automountServiceAccountToken": False,
    }


@pytest.mark.parametrize(
    ("type_", "inputs", "refusal"),
    [
        (AUTOSCALER, autoscaler(5, 2), "spec.maxReplicas: Invalid value: 2: must be greater than or equal to"),
        (
            AUTOSCALER,
            autoscaler(0, 2),
            "must specify at least one Object or External metric to support scaling to zero replicas",
        ),
        (BUDGET, budget(minAvailable=1, maxUnavailable=1), "minAvailable and maxUnavailable cannot be both set"),
        (BUDGET, budget(unhealthyPodEvictionPolicy="Always"), 'supported values: "AlwaysAllow", "IfHealthyBudget"'),
    ],
)
def test_what_the_api_server_refuses_is_refused_at_preview(
    kubernetes_plugin: Plugin, namespace: str, type_: str, inputs: Properties, refusal: str
) -> None:
    with pytest.raises(PluginError) as refused:
        kubernetes_plugin.create(type_, named(namespace, inputs), preview=True)
    assert refusal in str(refused.value)


def deployment(namespace: str, replicas: int | None, image: str = "contoso/first") -> Properties:
    inputs = not_awaited(namespace, json.loads(json.dumps(DEPLOYMENT_INPUTS)))
    inputs["spec"]["template"]["spec"]["containers"][0]["image"] = image
    inputs["spec"]["replicas"] = replicas
    if replicas is None:
        del inputs["spec"]["replicas"]
    return inputs


def replicas(kubernetes: Kubernetes, namespace: str) -> int:
    return live(kubernetes, namespace, "deployment/mygw")["spec"]["replicas"]


def scale(kubernetes: Kubernetes, namespace: str, count: int) -> None:
    kubernetes.kubectl("scale", "deployment/mygw", "-n", namespace, f"--replicas={count}")


def patch(kubernetes: Kubernetes, namespace: str, count: int) -> None:
    change = json.dumps({"spec": {"replicas": count}})
    kubernetes.kubectl("patch", "deployment/mygw", "-n", namespace, "--type=merge", "-p", change)


def test_a_scaled_count_is_set_back_unless_it_is_ignored(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, 1))
    scale(kubernetes, namespace, 4)
    made = kubernetes_plugin.update(made, deployment(namespace, 1, "contoso/second"))
    assert replicas(kubernetes, namespace) == 1
    scale(kubernetes, namespace, 4)
    made = kubernetes_plugin.update(made, deployment(namespace, 1, "contoso/third"), ignore_changes=IGNORING)
    assert replicas(kubernetes, namespace) == 4
    # What was applied does not have the field: it is another's.
    assert "replicas" not in made.state["__inputs"]["spec"]
    assert kubernetes_plugin.diff(made, deployment(namespace, 1, "contoso/third"), IGNORING) == {}


def test_a_count_that_is_ignored_and_not_declared_stays_where_nobody_else_owns_it(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, 3))
    made = kubernetes_plugin.update(made, deployment(namespace, None, "contoso/second"), ignore_changes=IGNORING)
    assert replicas(kubernetes, namespace) == 3
    # The last value is applied, and recorded as what was declared.
    assert made.state["__inputs"]["spec"]["replicas"] == 3
    kubernetes_plugin.update(made, deployment(namespace, None, "contoso/third"))
    assert replicas(kubernetes, namespace) == 1


def test_a_patched_count_stays_while_it_is_ignored_and_is_the_providers_from_then_on(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, None))
    patch(kubernetes, namespace, 3)
    made = kubernetes_plugin.update(made, deployment(namespace, None, "contoso/second"), ignore_changes=IGNORING)
    assert replicas(kubernetes, namespace) == 3
    assert made.state["__inputs"]["spec"]["replicas"] == 3
    kubernetes_plugin.update(made, deployment(namespace, None, "contoso/third"))
    assert replicas(kubernetes, namespace) == 1


def test_scaling_a_count_that_nobody_owns_leaves_no_owner(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, None))
    # The creator owns the API server's default, until the first update.
    made = kubernetes_plugin.update(made, deployment(namespace, None, "contoso/second"))
    scale(kubernetes, namespace, 4)
    there = live(kubernetes, namespace, "deployment/mygw")
    assert there["spec"]["replicas"] == 4
    owners = [
        entry["manager"]
        for entry in there["metadata"]["managedFields"]
        if "f:replicas" in entry["fieldsV1"].get("f:spec", {})
    ]
    assert owners == []
    kubernetes_plugin.update(made, deployment(namespace, None, "contoso/third"))
    assert replicas(kubernetes, namespace) == 4


def test_a_real_autoscaler_decides_between_two_updates_and_a_number_is_back_with_one(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, 3))
    # The move to an autoscaler: the number that runs stays.
    made = kubernetes_plugin.update(made, deployment(namespace, None), ignore_changes=IGNORING)
    assert replicas(kubernetes, namespace) == 3
    scaling = kubernetes_plugin.create(AUTOSCALER, named(namespace, autoscaler(4, 9)))
    kubernetes.kubectl("wait", "--for=jsonpath={.spec.replicas}=4", "deployment/mygw", "-n", namespace, "--timeout=80s")
    assert kubernetes_plugin.drift(made, IGNORING) == {}
    changed = deployment(namespace, None, "contoso/second")
    assert kubernetes_plugin.update(made, changed, preview=True, ignore_changes=IGNORING).state["spec"]["replicas"] == 4
    made = kubernetes_plugin.update(made, changed, ignore_changes=IGNORING)
    assert replicas(kubernetes, namespace) == 4
    assert "replicas" not in made.state["__inputs"]["spec"]
    # The move back.
    kubernetes_plugin.delete(scaling)
    kubernetes_plugin.update(made, deployment(namespace, 2, "contoso/second"))
    assert replicas(kubernetes, namespace) == 2


def decided_by(who: str, inputs: Properties) -> Properties:
    """The Deployment with the program's annotation."""
    inputs["metadata"]["annotations"][DECIDED_BY] = who
    return inputs


def test_the_same_number_comes_back_because_an_annotation_goes(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, 2))
    # The engine keeps the last number while it is ignored, and shows the plugin no other.
    ignoring = decided_by("external", deployment(namespace, 2))
    made = kubernetes_plugin.update(made, ignoring, ignore_changes=IGNORING)
    scale(kubernetes, namespace, 4)
    assert kubernetes_plugin.drift(made, IGNORING) == {}
    assert kubernetes_plugin.diff(made, decided_by("external", deployment(namespace, 2))) == {}
    assert kubernetes_plugin.diff(made, deployment(namespace, 2)) == {f"metadata.annotations.{DECIDED_BY}": "DELETE"}
    made = kubernetes_plugin.update(made, deployment(namespace, 2))
    assert replicas(kubernetes, namespace) == 2
    assert DECIDED_BY not in live(kubernetes, namespace, "deployment/mygw")["metadata"]["annotations"]
    assert kubernetes_plugin.drift(made) == {}


def test_a_count_that_is_another_s_stays_as_the_annotation_comes(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, deployment(namespace, 2))
    for write in (scale, patch):
        write(kubernetes, namespace, 4)
        made = kubernetes_plugin.update(
            made, decided_by(write.__name__, deployment(namespace, 2)), ignore_changes=IGNORING
        )
        assert replicas(kubernetes, namespace) == 4
        assert kubernetes_plugin.drift(made, IGNORING) == {}


def with_account(namespace: str, account: str | None) -> Properties:
    inputs = deployment(namespace, 1)
    if account is not None:
        inputs["spec"]["template"]["spec"]["serviceAccountName"] = account
    return inputs


def accounts(kubernetes: Kubernetes, namespace: str) -> tuple[str | None, str | None]:
    """The pods' account by both names that it has."""
    pod = live(kubernetes, namespace, "deployment/mygw")["spec"]["template"]["spec"]
    return pod.get("serviceAccountName"), pod.get("serviceAccount")


def test_pods_keep_an_account_until_another_is_declared(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(DEPLOYMENT, with_account(namespace, None))
    made = kubernetes_plugin.update(made, with_account(namespace, "pods"))
    assert kubernetes_plugin.drift(made) == {}
    # Of the old name, which the API server writes beside it, the provider is not the owner.
    made = kubernetes_plugin.update(made, with_account(namespace, None))
    assert accounts(kubernetes, namespace) == ("pods", "pods")
    made = kubernetes_plugin.update(made, with_account(namespace, "default"))
    assert accounts(kubernetes, namespace) == ("default", "default")
    assert kubernetes_plugin.drift(made) == {}


@pytest.mark.parametrize("before", [{}, {"serviceAccount": "pods"}, {"serviceAccountName": "pods"}], ids=str)
@pytest.mark.parametrize("made_by", ["create", "kubectl"])
def test_the_namespaces_own_account_is_no_drift_on_any_deployment(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str, made_by: str, before: dict[str, str]
) -> None:
    inputs = with_account(namespace, None)
    inputs["spec"]["template"]["spec"] |= before
    if made_by == "kubectl":
        manifest = {"apiVersion": "apps/v1", "kind": "Deployment", **inputs}
        kubernetes.kubectl("apply", "-f", "-", text=json.dumps(manifest))
        made = kubernetes_plugin.import_(DEPLOYMENT, f"{namespace}/mygw")
    else:
        made = kubernetes_plugin.create(DEPLOYMENT, inputs)
    for _ in range(2):
        assert made is not None
        made = kubernetes_plugin.update(made, with_account(namespace, "default"))
        assert accounts(kubernetes, namespace) == ("default", "default")
        assert kubernetes_plugin.drift(made) == {}
        made = kubernetes_plugin.read(made)
    assert made is not None
    assert kubernetes_plugin.diff(made, with_account(namespace, "default")) == {}

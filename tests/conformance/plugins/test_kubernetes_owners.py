"""The plugin for kubernetes: who owns an object's fields after its creation and its updates, and what that does to others'."""

import json
import re
from typing import Any

import pytest

from ..control_plane import Kubernetes
from .plugin import Plugin, PluginError
from .test_kubernetes_objects import (
    CONFIG_MAP,
    SERVICE,
    SERVICE_INPUTS,
    config_map,
    configured,
    live,
    managers,
    named,
)

CONFLICT = (
    "server-side apply field conflict detected, see https://www.pulumi.com/registry/packages/kubernetes/how-to-guides/"
    "managing-resources-with-server-side-apply/#handle-field-conflicts-on-existing-resources for troubleshooting help\n"
    'The resource managed by field manager "{manager}" had an apply conflict: Apply failed with 1 conflict: conflict with '
    '"contoso-controller" using v1: .data.key'
)


def patch_data(kubernetes: Kubernetes, namespace: str, manager: str, **data: str) -> None:
    """Somebody changes the ConfigMap with another tool."""
    patch = ("patch", "configmap", "mygw-env", "-n", namespace, "--type=merge", f"--field-manager={manager}", "-p")
    kubernetes.kubectl(*patch, json.dumps({"data": data}))


def owned(live_object: dict[str, Any], manager: str, operation: str) -> dict[str, Any]:
    """The fields of one entry of `managedFields`."""
    entries = live_object["metadata"]["managedFields"]
    (entry,) = [each for each in entries if (each["manager"], each["operation"]) == (manager, operation)]
    return entry["fieldsV1"]


def test_the_creation_writes_under_one_name_and_updates_apply_under_another(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
    assert managers(live(kubernetes, namespace, "configmap/mygw-env")) == [("pulumi-kubernetes", "Update")]
    manager = made.state["__fieldManager"]
    assert re.fullmatch(r"pulumi-kubernetes-[0-9a-f]{8}", manager)

    kubernetes_plugin.update(made, config_map(namespace, key="previewed"), preview=True)
    assert managers(live(kubernetes, namespace, "configmap/mygw-env")) == [("pulumi-kubernetes", "Update")]

    changed = kubernetes_plugin.update(made, config_map(namespace, key="other"))
    assert changed.state["__fieldManager"] == manager
    assert managers(live(kubernetes, namespace, "configmap/mygw-env")) == [(manager, "Apply")]


def test_the_creator_owns_the_api_servers_defaults_until_the_first_update(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(SERVICE, named(namespace, SERVICE_INPUTS))
    (creator,) = [owned(live(kubernetes, namespace, "service/mygw"), "pulumi-kubernetes", "Update")]
    assert creator["f:spec"] == {
        "f:internalTrafficPolicy": {},
        "f:ports": {
            ".": {},
            'k:{"port":80,"protocol":"TCP"}': {
                ".": {},
                "f:name": {},
                "f:port": {},
                "f:protocol": {},
                "f:targetPort": {},
            },
        },
        "f:selector": {},
        "f:sessionAffinity": {},
        "f:type": {},
    }
    changed = named(namespace, SERVICE_INPUTS)
    changed["metadata"]["annotations"]["contoso.example/value"] = "second"
    kubernetes_plugin.update(made, changed)
    there = live(kubernetes, namespace, "service/mygw")
    assert owned(there, made.state["__fieldManager"], "Apply")["f:spec"] == {
        "f:ports": {'k:{"port":80,"protocol":"TCP"}': {".": {}, "f:name": {}, "f:port": {}, "f:targetPort": {}}},
        "f:selector": {},
        "f:type": {},
    }
    # Nobody's any more, and as before.
    assert there["spec"]["sessionAffinity"] == "None"


@pytest.mark.parametrize(
    ("manager", "stays"),
    [
        ("kubectl-patch", False),
        ("kubectl", False),
        ("before-first-apply-x", False),
        ("pulumi-kubernetes", False),
        ("pulumi-kubernetes-0000abcd", False),
        ("pulumi-resource-kubernetes", False),
        ("contoso-controller", True),
        ("helm", True),
        ("OpenAPI-Generator", True),
        ("my-kubectl", True),
    ],
)
@pytest.mark.parametrize("after_an_update", [False, True])
def test_what_others_added_stays_unless_the_update_takes_it_over(
    kubernetes_plugin: Plugin,
    kubernetes: Kubernetes,
    namespace: str,
    manager: str,
    stays: bool,
    after_an_update: bool,
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
    if after_an_update:
        made = kubernetes_plugin.update(made, config_map(namespace, key="second"))
    patch_data(kubernetes, namespace, manager, added="by-hand")
    assert kubernetes_plugin.drift(made) == {}
    kubernetes_plugin.update(made, config_map(namespace, key="other"))
    added = {"added": "by-hand"} if stays else {}
    there = live(kubernetes, namespace, "configmap/mygw-env")
    assert there["data"] == {"key": "other", **added}
    own = (made.state["__fieldManager"], "Apply")
    assert managers(there) == ([own, (manager, "Update")] if stays else [own])


def test_what_kubectl_applied_is_taken_over_too(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
    applied = {"apiVersion": "v1", "kind": "ConfigMap", **config_map(namespace, added="by-hand")}
    kubernetes.kubectl("apply", "--server-side", "-f", "-", text=json.dumps(applied))
    kubernetes_plugin.update(made, config_map(namespace, key="other"))
    there = live(kubernetes, namespace, "configmap/mygw-env")
    assert there["data"] == {"key": "other"}
    assert managers(there) == [(made.state["__fieldManager"], "Apply")]


def test_a_field_that_is_no_longer_declared_is_removed(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value", old="value"))
    kubernetes_plugin.update(made, config_map(namespace, key="value"))
    assert live(kubernetes, namespace, "configmap/mygw-env")["data"] == {"key": "value"}


def test_the_taken_over_fields_are_those_of_all_entries(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value", old="value"))
    patch_data(kubernetes, namespace, "kubectl-edit", first="by-hand")
    patch_data(kubernetes, namespace, "kubectl-patch", second="by-hand")
    kubernetes_plugin.update(made, config_map(namespace, key="value"))
    assert live(kubernetes, namespace, "configmap/mygw-env")["data"] == {"key": "value"}


def test_without_patch_force_a_field_of_kubectl_is_taken_back_and_another_tools_is_a_conflict(
    kubernetes: Kubernetes, namespace: str, kubeconfig: str
) -> None:
    with configured(kubeconfig, enableConfigMapMutable=True) as plugin:
        made = plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
        patch_data(kubernetes, namespace, "kubectl-patch", key="by-hand")
        assert plugin.drift(made) == {"data.key": "UPDATE"}
        made = plugin.update(made, config_map(namespace, key="value"))
        assert live(kubernetes, namespace, "configmap/mygw-env")["data"] == {"key": "value"}

        patch_data(kubernetes, namespace, "contoso-controller", key="by-hand")
        manager = made.state["__fieldManager"]
        for preview in (True, False):
            with pytest.raises(PluginError) as refused:
                plugin.update(made, config_map(namespace, key="other"), preview=preview)
            (reason,) = refused.value.reasons
            assert reason == (
                f'the Kubernetes API server reported that "{namespace}/mygw-env" failed to fully initialize or become live: '
                f"{CONFLICT.format(manager=manager)}"
            )
        forced = config_map(namespace, key="other")
        forced["metadata"]["annotations"] = {"pulumi.com/patchForce": "true"}
        plugin.update(made, forced)
    assert live(kubernetes, namespace, "configmap/mygw-env")["data"] == {"key": "other"}


def test_a_preview_without_patch_force_forces_only_before_the_first_update(
    kubernetes: Kubernetes, namespace: str, kubeconfig: str
) -> None:
    with configured(kubeconfig, enableConfigMapMutable=True) as plugin:
        made = plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
        patch_data(kubernetes, namespace, "contoso-controller", key="by-hand")
        previewed = plugin.update(made, config_map(namespace, key="other"), preview=True)
        assert previewed.state["data"] == {"key": "other"}

        patch_data(kubernetes, namespace, "kubectl-patch", key="value")
        made = plugin.update(made, config_map(namespace, key="second"))
        patch_data(kubernetes, namespace, "kubectl-patch", key="by-hand")
        # The update takes kubectl's fields over, its preview does not know that.
        with pytest.raises(PluginError, match='conflict with "kubectl-patch"'):
            plugin.update(made, config_map(namespace, key="other"), preview=True)
        plugin.update(made, config_map(namespace, key="other"))
    assert live(kubernetes, namespace, "configmap/mygw-env")["data"] == {"key": "other"}


def test_the_providers_patch_force_takes_a_field_back(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(CONFIG_MAP, config_map(namespace, key="value"))
    patch_data(kubernetes, namespace, "contoso-controller", key="by-hand")
    made = kubernetes_plugin.update(made, config_map(namespace, key="value"))
    there = live(kubernetes, namespace, "configmap/mygw-env")
    assert there["data"] == {"key": "value"}
    assert managers(there) == [(made.state["__fieldManager"], "Apply")]


def test_an_object_can_name_the_manager_that_applies(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    inputs = config_map(namespace, key="value")
    inputs["metadata"]["annotations"] = {"pulumi.com/patchFieldManager": "contoso-team"}
    made = kubernetes_plugin.create(CONFIG_MAP, inputs)
    assert made.state["__fieldManager"] == "contoso-team"
    kubernetes_plugin.update(made, {**inputs, "data": {"key": "other"}})
    assert managers(live(kubernetes, namespace, "configmap/mygw-env")) == [("contoso-team", "Apply")]


def test_a_preview_leaves_out_what_the_creator_still_owns(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    made = kubernetes_plugin.create(SERVICE, named(namespace, SERVICE_INPUTS))
    address = made.state["spec"]["clusterIP"]
    changed = named(namespace, SERVICE_INPUTS)
    changed["metadata"]["annotations"]["contoso.example/value"] = "second"
    ignored = ("spec.clusterIP",)
    previewed = kubernetes_plugin.update(made, changed, preview=True, ignore_changes=ignored)
    updated = kubernetes_plugin.update(made, changed, ignore_changes=ignored)
    for service in (previewed, updated):
        assert service.state["spec"]["clusterIP"] == address
        # Allocated, it is in no entry of `managedFields`: it counts as the last value, and the update owns it then.
        assert service.state["__inputs"]["spec"]["clusterIP"] == address
    own = owned(live(kubernetes, namespace, "service/mygw"), made.state["__fieldManager"], "Apply")
    assert "f:clusterIP" in own["f:spec"]


def test_a_path_with_a_dot_in_a_key_is_ignored_by_the_diff_alone(
    kubernetes_plugin: Plugin, kubernetes: Kubernetes, namespace: str
) -> None:
    inputs = config_map(namespace)
    inputs["metadata"]["annotations"] = {"contoso.example/value": "first"}
    made = kubernetes_plugin.create(CONFIG_MAP, inputs)
    kubernetes.kubectl(
        "annotate", "configmap/mygw-env", "-n", namespace, "--overwrite", "contoso.example/value=by-hand"
    )
    ignored = ('metadata.annotations["contoso.example/value"]',)
    assert kubernetes_plugin.drift(made, ignored) == {}
    kubernetes_plugin.update(made, {**inputs, "data": {"key": "value"}}, ignore_changes=ignored)
    annotations = live(kubernetes, namespace, "configmap/mygw-env")["metadata"]["annotations"]
    assert annotations == {"contoso.example/value": "first"}

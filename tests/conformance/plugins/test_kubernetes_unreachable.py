"""The plugin for kubernetes where its cluster does not answer: what passes, and what it says of the rest."""

import json
from typing import Any

import pytest

from sandbox.plugins.engine.values import Properties

from .plugin import Made, PluginError, urn
from .test_kubernetes_objects import CONFIG_MAP, config_map, configured

NOWHERE = json.dumps(
    {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:9"}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "users": [{"name": "u", "user": {}}],
        "current-context": "c",
    }
)
REASON = (
    'unable to load schema information from the API server: Get "https://127.0.0.1:9/openapi/v2?timeout=32s": '
    "dial tcp 127.0.0.1:9: connect: connection refused"
)
HELP = (
    "If the cluster was deleted, you can remove this resource from Pulumi state by rerunning the operation with the "
    'PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)
DELETED = (
    "configured Kubernetes cluster is unreachable and the `deleteUnreachable` option is enabled. Deleting the "
    "unreachable resource from Pulumi state"
)


def made(inputs: Properties) -> Made:
    declared = {"apiVersion": "v1", "kind": "ConfigMap", **inputs}
    state = {
        **declared,
        "__inputs": declared,
        "__fieldManager": "pulumi-kubernetes-12345678",
        "__initialApiVersion": "v1",
    }
    return Made(urn(CONFIG_MAP, "it"), "default/mygw-env", declared, state)


def test_previews_pass_with_what_is_declared() -> None:
    old, new = config_map("default", key="value"), config_map("default", key="other")
    declared = {"apiVersion": "v1", "kind": "ConfigMap", **new}
    with configured(NOWHERE, enableConfigMapMutable=True) as plugin:
        previewed = plugin.create(CONFIG_MAP, new, preview=True)
        assert (previewed.id, previewed.state) == ("", declared)
        assert plugin.diff(made(old), new) == {"data.key": "UPDATE"}
        assert plugin.update(made(old), new, preview=True).state == declared


def test_creations_and_updates_say_why_they_fail() -> None:
    inputs = config_map("default", key="value")
    with configured(NOWHERE) as plugin:
        for write in (lambda: plugin.create(CONFIG_MAP, inputs), lambda: plugin.update(made(inputs), inputs)):
            with pytest.raises(PluginError) as refused:
                write()
            assert str(refused.value) == f"configured Kubernetes cluster is unreachable: {REASON}"


@pytest.mark.parametrize(
    ("operation", "message"),
    [
        ("read", f"failed to read resource state due to unreachable cluster. {HELP}"),
        ("delete", f"configured Kubernetes cluster is unreachable. {HELP}"),
    ],
)
def test_refreshes_and_deletions_warn_and_fail(operation: str, message: str) -> None:
    with configured(NOWHERE) as plugin:
        with pytest.raises(PluginError) as refused:
            getattr(plugin, operation)(made(config_map("default")))
        assert str(refused.value) == message
        plugin.engine.wait_for_message("WARNING", f"configured Kubernetes cluster is unreachable: {REASON}")


@pytest.mark.parametrize("operation", ["read", "delete"])
def test_with_delete_unreachable_it_counts_as_gone(operation: str) -> None:
    with configured(NOWHERE, deleteUnreachable=True) as plugin:
        assert getattr(plugin, operation)(made(config_map("default"))) is None
        plugin.engine.wait_for_message("WARNING", f"configured Kubernetes cluster is unreachable: {REASON}")
        plugin.engine.wait_for_message("INFO", DELETED)


NOT_LOADED = (
    "unable to load Kubernetes client configuration from kubeconfig file. Make sure you have: \n\n \t • set up the provider "
    "as per https://www.pulumi.com/registry/packages/kubernetes/installation-configuration/ \n\n "
)
NOT_PARSED = (
    "failed to parse kubeconfig data in `kubernetes:config:kubeconfig`- couldn't get version/kind; json parse error: json: "
    "cannot unmarshal {} into Go value of type struct {{ APIVersion string "
    '"json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }}'
)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"context": "contoso-none"}, f'{NOT_LOADED}context "contoso-none" does not exist'),
        # What is no file's path is taken for content.
        ({"kubeconfig": "/contoso/none"}, NOT_PARSED.format("string")),
        ({"kubeconfig": "- 1\n- 2\n"}, NOT_PARSED.format("array")),
    ],
)
def test_a_kubeconfig_that_does_not_do_says_why(settings: dict[str, str], message: str) -> None:
    given: dict[str, Any] = {"kubeconfig": NOWHERE, **settings}
    with configured(**given) as plugin, pytest.raises(PluginError) as refused:
        plugin.create(CONFIG_MAP, config_map("default"))
    assert str(refused.value) == f"configured Kubernetes cluster is unreachable: {message}"

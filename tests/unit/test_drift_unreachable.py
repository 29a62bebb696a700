"""An unreachable cluster in a drift check: our words come first, and nothing is taken for deleted."""

import json
import subprocess
from typing import Any

import pytest

from ops.drift.declared import drift_of_declared
from ops.drift.unreachable import explained
from ops.engine import commands
from ops.engine.steps import refresh
from ops.errors import OpsError

SERVICE = "urn:pulumi:dev::p::a$kubernetes:core/v1:Service::mygw-live-traffic"
VAULT = "urn:pulumi:dev::p::azure-native:keyvault:Vault::kubernetes:vault"
REASON = (
    "configured Kubernetes cluster is unreachable: unable to load schema information from the API server: Get "
    '"https://contoso.example:6443/openapi/v2?timeout=32s": dial tcp: lookup contoso.example: no such host'
)
DELETES = (
    "failed to read resource state due to unreachable cluster. If the cluster was deleted, you can remove this resource from "
    'Pulumi state by rerunning the operation with the PULUMI_K8S_DELETE_UNREACHABLE environment variable set to "true"'
)
OURS = (
    "can't be reached. Nothing was checked, and nothing was taken for deleted. Check the kubeconfig, its credentials and the "
    "network between here and the cluster, then check again. Do not set PULUMI_K8S_DELETE_UNREACHABLE, unless the cluster is "
    "gone for good: an update or a refresh then forgets its objects."
)
LOST = 'Get "https://contoso.example:6443/api/v1/services": dial tcp 192.0.2.1:6443: i/o timeout'


def said(severity: str, text: str, urn: str = SERVICE) -> dict[str, str]:
    prefix = "Preview failed: " if severity == "error" else ""
    return {"urn": urn, "severity": severity, "message": f"{severity}: {prefix}{text}\n"}


FAILED = {"severity": "error", "message": "error: preview failed\n"}


def checked(monkeypatch: pytest.MonkeyPatch, *diagnostics: dict[str, str]) -> tuple[str, dict[str, str]]:
    """The error of a drift check whose refresh fails, and the environment in which the engine was run."""
    environment: dict[str, str] = {}

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        environment.update(options["env"])
        return subprocess.CompletedProcess(command, 1, json.dumps({"diagnostics": diagnostics}), "")

    monkeypatch.setattr(commands.subprocess, "run", run)
    with pytest.raises(OpsError) as error, explained("dev"):
        list(drift_of_declared(refresh("dev")))
    return str(error.value), environment


def test_what_could_not_be_reached_and_what_to_do_come_before_the_providers_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    message, _ = checked(monkeypatch, said("warning", REASON), said("warning", REASON), said("error", DELETES), FAILED)
    assert message == (
        f"The Kubernetes cluster of stack dev at https://contoso.example:6443 {OURS}\n\nThe provider says:\n{REASON}\n{DELETES}"
    )


def test_a_kubeconfig_that_names_no_cluster_has_no_address(monkeypatch: pytest.MonkeyPatch) -> None:
    reason = "configured Kubernetes cluster is unreachable: set up the provider as per https://www.pulumi.com/registry"
    message, _ = checked(monkeypatch, said("warning", reason), said("error", DELETES), FAILED)
    assert message == f"The Kubernetes cluster of stack dev {OURS}\n\nThe provider says:\n{reason}\n{DELETES}"


def test_a_cluster_that_is_lost_meanwhile_is_told_in_the_same_way(monkeypatch: pytest.MonkeyPatch) -> None:
    message, _ = checked(monkeypatch, said("error", LOST), FAILED)
    assert message == (
        f"The Kubernetes cluster of stack dev at https://contoso.example:6443 {OURS}\n\nThe provider says:\n{LOST}"
    )


def test_other_failures_are_told_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    message, _ = checked(monkeypatch, said("error", 'services "mygw" is forbidden'), FAILED)
    assert message == 'Preview failed: services "mygw" is forbidden\npreview failed'
    azure = 'Get "https://management.azure.com/": dial tcp: lookup management.azure.com: no such host'
    message, _ = checked(monkeypatch, said("error", azure, VAULT), FAILED)
    assert message == f"Preview failed: {azure}\npreview failed"


def test_the_provider_is_not_let_to_take_what_it_cannot_reach_for_deleted_or_unchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("PULUMI_K8S_DELETE_UNREACHABLE", "PULUMI_K8S_SKIP_UPDATE_UNREACHABLE")
    for name in names:
        monkeypatch.setenv(name, "true")
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///tmp")
    _, environment = checked(monkeypatch, said("error", LOST), FAILED)
    assert set(names) & set(environment) == set()
    assert environment["PULUMI_BACKEND_URL"] == "file:///tmp"

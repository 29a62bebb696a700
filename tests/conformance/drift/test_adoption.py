"""What `ops adopt` says of account, budget and autoscaler that somebody has made, held against the real API server."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.adopt.run import Adoption
from ops.adopt.search import Found
from ops.adopt.text import describe
from ops.cluster.losses import Write, losses
from ops.cluster.updates import Losses
from ops.engine.steps import Step
from sandbox.plugins.engine.differences import changes
from sandbox.plugins.kubernetes.pruning import importable

from ..config.rendered import rendered
from ..control_plane import Kubernetes

SETTINGS: dict[str, Any] = {
    "serviceAccount": {"create": True, "annotations": {"contoso.example/owner": "integration"}},
    "disruptionBudget": {"maxUnavailable": "25%"},
    "autoscaling": {
        "minReplicas": 3,
        "maxReplicas": 10,
        "cpu": 80,
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 600}},
    },
    "container": {"resources": {"requests": {"cpu": "1"}}},
}
TYPES = {
    "ServiceAccount": "kubernetes:core/v1:ServiceAccount",
    "PodDisruptionBudget": "kubernetes:policy/v1:PodDisruptionBudget",
    "HorizontalPodAutoscaler": "kubernetes:autoscaling/v2:HorizontalPodAutoscaler",
}
OF_THE_CHART = {
    "app.kubernetes.io/instance": "mygw",
    "app.kubernetes.io/managed-by": "Helm",
    "app.kubernetes.io/name": "azure-api-management-gateway",
    "helm.sh/chart": "azure-api-management-gateway-1.15.1",
}
SELECTED = {name: OF_THE_CHART[name] for name in ("app.kubernetes.io/name", "app.kubernetes.io/instance")}


def as_the_chart_has_it(declared: dict[str, Any]) -> dict[str, Any]:
    """The object by the chart, with the same values; the chart has no autoscaler, which others put beside it."""
    kind, metadata = declared["kind"], {**declared["metadata"], "labels": OF_THE_CHART}
    made = {**declared, "metadata": metadata}
    if kind == "ServiceAccount":
        made.pop("automountServiceAccountToken")
    if kind == "PodDisruptionBudget":
        made["spec"] = {"maxUnavailable": "25%", "selector": {"matchLabels": SELECTED}}
    return made


@pytest.mark.parametrize("manager", ["helm", "kubectl-create"])
def test_it_has_a_reason_for_what_changes_and_says_nothing_of_what_comes_back(
    kubernetes: Kubernetes, namespace: str, tmp_path: Path, manager: str
) -> None:
    steps: list[Step] = []
    gone: dict[str, list[str]] = {}
    for declared in sorted(rendered(tmp_path, namespace, **SETTINGS), key=lambda each: each["kind"]):
        kind = declared["kind"]
        if kind in TYPES:
            text = json.dumps(as_the_chart_has_it(declared))
            kubernetes.kubectl("create", f"--field-manager={manager}", "-f", "-", text=text)
            name = declared["metadata"]["name"]
            shown = kubernetes.kubectl("get", kind, name, "-n", namespace, "-o", "json", "--show-managed-fields")
            live = json.loads(shown)
            imported = importable(live, tuple(declared))
            differences = {change.path: change.kind.value.lower() for change in changes(imported, declared)}
            urn = f"urn:pulumi:dev::p::{TYPES[kind]}::{kind}"
            steps.append(Step("update", urn, TYPES[kind], tuple(differences), imported, declared, kinds=differences))
            gone[kind] = [loss.path for loss in losses(Write(live, declared, imported, live))]
    said = describe(Adoption("dev", Found(), tuple(steps), Losses(), {}, ()), "import.json").splitlines()
    assert said[1 : said.index("")] == [
        "- to change HorizontalPodAutoscaler:",
        "    sets metadata.labels.app (the program's objects carry the label `app`)",
        "- to change PodDisruptionBudget:",
        "    sets metadata.labels.app (the program's objects carry the label `app`)",
        "    sets spec.selector.matchLabels.app (the program's pods carry the label `app`)",
        "    sets spec.unhealthyPodEvictionPolicy (as configured)",
        "- to change ServiceAccount:",
        "    sets automountServiceAccountToken (as configured)",
        "    sets metadata.labels.app (the program's objects carry the label `app`)",
    ]
    labels = [f'metadata.labels["{name}"]' for name in sorted(OF_THE_CHART) if name != "app.kubernetes.io/managed-by"]
    selector = [f'spec.selector.matchLabels["{name}"]' for name in sorted(SELECTED)]
    # Helm keeps what it has beside the declared. A selector has one owner as a whole.
    kept = [] if manager == "kubectl-create" else labels
    assert {kind: sorted({*paths, *kept}) for kind, paths in gone.items()} == {
        "ServiceAccount": labels,
        "HorizontalPodAutoscaler": labels,
        "PodDisruptionBudget": sorted([*labels, *selector]),
    }

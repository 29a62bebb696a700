"""What the real API server refuses, a preview refuses as well: both are handed the same settings.

They are sent as the provider sends them, by server-side apply with strict validation, as dry runs.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.refused_settings import REFUSED, TAKEN
from tests.unit import program

from ..control_plane import Kubernetes
from .rendered import differences, rendered, rendered_of

# All kinds of objects that settings are about.
BASE: dict[str, Any] = {
    "autoscaling": {"minReplicas": 1, "maxReplicas": 2, "cpu": 80},
    "container": {"resources": {"requests": {"cpu": "100m"}}},
    "disruptionBudget": {"maxUnavailable": 1},
}
# Where settings stand in the objects, by their own place.
TEMPLATE = ("spec", "template")
PLACES: list[tuple[tuple[str, ...], str, tuple[str | int, ...]]] = [
    (("deployment",), "Deployment", ("spec",)),
    (("container",), "Deployment", (*TEMPLATE, "spec", "containers", 0)),
    (("pod", "labels"), "Deployment", (*TEMPLATE, "metadata", "labels")),
    (("pod", "annotations"), "Deployment", (*TEMPLATE, "metadata", "annotations")),
    (("pod",), "Deployment", (*TEMPLATE, "spec")),
    (("commonLabels",), "Deployment", ("metadata", "labels")),
    (("autoscaling", "behavior"), "HorizontalPodAutoscaler", ("spec", "behavior")),
    (("disruptionBudget",), "PodDisruptionBudget", ("spec",)),
    (("service", "annotations"), "Service", ("metadata", "annotations")),
    (("service", "type"), "Service", ("spec", "type")),
]
PLURALS = {
    "Deployment": "deployments",
    "HorizontalPodAutoscaler": "horizontalpodautoscalers",
    "PodDisruptionBudget": "poddisruptionbudgets",
    "Service": "services",
}


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """Objects that the API server takes, by kind."""
    declared = rendered(tmp_path_factory.mktemp("rendered"), "default", **BASE)
    found = {each["kind"]: each for each in declared if not each["metadata"]["name"].endswith("-discovery")}
    del found["Deployment"]["spec"]["template"]["spec"]["containers"][0]["resources"]
    return found


def test_the_api_server_refuses_what_a_preview_refuses(
    kubernetes: Kubernetes, objects: dict[str, dict[str, Any]]
) -> None:
    answers = [(each, answer(kubernetes, objects, each.settings)) for each in REFUSED]
    assert [(each.said, each.named, answered) for each, answered in answers if each.named not in answered] == []


def test_the_api_server_takes_what_a_preview_takes_and_gives_it_back(kubernetes: Kubernetes, tmp_path: Path) -> None:
    gateways = [program.gateway(**{"name": f"g{n}", **settings}) for n, settings in enumerate(TAKEN)]
    for declared in rendered_of(tmp_path, gateways):
        if declared["kind"] in PLURALS:
            assert differences(declared, applied(kubernetes, declared)) == []


def answer(kubernetes: Kubernetes, objects: dict[str, dict[str, Any]], settings: dict[str, Any]) -> str:
    """What the API server says to objects with these settings, if it refuses them."""
    answers = [applied(kubernetes, each) for each in with_settings(objects, settings).values()]
    return "; ".join(each["message"] for each in answers if each["kind"] == "Status")


def applied(kubernetes: Kubernetes, declared: dict[str, Any]) -> dict[str, Any]:
    """The object as the API server would keep it, or its refusal."""
    group = "apis" if "/" in declared["apiVersion"] else "api"
    plural, name = PLURALS[declared["kind"]], declared["metadata"]["name"]
    client = kubernetes.core.api_client
    request = client.param_serialize(
        "PATCH",
        f"/{group}/{declared['apiVersion']}/namespaces/default/{plural}/{name}",
        query_params=[("dryRun", "All"), ("fieldManager", "test"), ("fieldValidation", "Strict")],
        header_params={"Content-Type": "application/apply-patch+yaml", "Accept": "application/json"},
        body=json.dumps(declared),
        auth_settings=["BearerToken"],
    )
    response = client.call_api(*request)
    return json.loads(response.read())


def with_settings(objects: dict[str, dict[str, Any]], settings: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The objects that the settings are about, with them as they stand."""
    changed: dict[str, dict[str, Any]] = {}
    for place, kind, path in PLACES:
        value = settings
        for step in place:
            value = value.get(step, {})
        if place == ("pod",):
            value = {key: each for key, each in value.items() if key not in ("labels", "annotations")}
        if not value:
            continue
        target: Any = changed.setdefault(kind, copy.deepcopy(objects[kind]))
        *above, last = path
        for step in above:
            target = target[step]
        if kind == "PodDisruptionBudget":
            del target[last]["maxUnavailable"]
        target[last] = put_into(target[last] if isinstance(last, int) else target.get(last, {}), value)
    return changed


def put_into(whole: Any, value: Any) -> Any:
    """A value over what is there; null takes a field away."""
    if not isinstance(whole, dict) or not isinstance(value, dict):
        return value
    kept = {key: each for key, each in whole.items() if value.get(key, "") is not None}
    return {**kept, **{key: put_into(whole.get(key), each) for key, each in value.items() if each is not None}}

"""How a property path of the engine is read, whether its keys come quoted or not."""

import json
import subprocess
from typing import Any

import pytest

from ops.drift.declared import drift_of_declared
from ops.engine import steps
from ops.preview.changes import changes
from ops.report import property_path

CHECKSUM = "self-hosted-gateway/settings-checksum"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
DOCUMENT = {
    "spec": {
        "replicas": 1,
        "containers": [{"name": "a"}, {"name": "b"}],
        "template": {"metadata": {"annotations": {CHECKSUM: "1234"}}},
    },
    "data": {
        "gateway.name": "mygw",
        "config.service": "short",
        "config.service.auth": "azureAdApp",
        "config.service.auth.azureAd.tenantId": "contoso",
        'a"quote': "q",
    },
    "nested": {"a": {"b": {"c": 1}}, "a.b": {"d": 2}},
    "list": [["x", "y"]],
    "secret": "[secret]",
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.replicas", 1),
        ("spec.containers[1].name", "b"),
        ('data["gateway.name"]', "mygw"),
        ('["data"]["gateway.name"]', "mygw"),
        ("data.gateway.name", "mygw"),
        ("data.config.service", "short"),
        ("data.config.service.auth", "azureAdApp"),
        ("data.config.service.auth.azureAd.tenantId", "contoso"),
        ('data["a\\"quote"]', "q"),
        (f"spec.template.metadata.annotations.{CHECKSUM}", "1234"),
        (f'spec.template.metadata.annotations["{CHECKSUM}"]', "1234"),
        ("nested.a.b.d", 2),
        ("nested.a.b.c", 1),
        ("list[0][1]", "y"),
        ("secret.key", "[secret]"),
        ("secret.key.with.dots", "[secret]"),
        ("spec.none.deeper", None),
        ("spec.containers[7]", None),
        ("data.config.service.auth.none", None),
        ("", DOCUMENT),
    ],
)
def test_a_value_is_found_by_the_engines_path(path: str, value: object) -> None:
    assert property_path.value_at(DOCUMENT, path) == value


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("spec.containers[1].name", "spec.containers[1].name"),
        ("data.config.service.auth", 'data["config.service.auth"]'),
        ('data["config.service.auth"]', 'data["config.service.auth"]'),
        (f"spec.template.metadata.annotations.{CHECKSUM}", f'spec.template.metadata.annotations["{CHECKSUM}"]'),
        ("data.only.there", 'data["only.there"]'),
        ("secret.key.with.dots", 'secret["key.with.dots"]'),
        ("secret.clientSecret", "secret.clientSecret"),
        ("none.annotations.contoso.example/by", 'none.annotations.contoso["example/by"]'),
    ],
)
def test_a_path_is_read_in_both_values_and_written_in_one_way(path: str, expected: str) -> None:
    assert property_path.canonical(path, DOCUMENT, {"data": {"only.there": "x"}}) == expected


def answer(*steps: dict[str, Any]) -> str:
    return json.dumps({"steps": steps})


def step(type_: str, name: str, path: str, old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    urn = f"urn:pulumi:dev::self-hosted-gateway::{type_}::{name}"
    provider = "urn:pulumi:dev::self-hosted-gateway::pulumi:providers:kubernetes::cluster::an-id"
    common = {"urn": urn, "type": type_, "provider": provider}
    return {
        "op": "update",
        "urn": urn,
        "oldState": {**common, "inputs": old},
        "newState": {**common, "inputs": new},
        "detailedDiff": {path: {"kind": "update", "inputDiff": False}},
    }


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the engine answers next."""
    said: list[str] = []

    def finished(*arguments: str, **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(arguments, 0, said.pop(), "")

    monkeypatch.setattr(steps, "answer_of", finished)
    return said


def annotated(checksum: str) -> dict[str, Any]:
    return {"spec": {"template": {"metadata": {"annotations": {CHECKSUM: checksum}}}}}


def test_drift_shows_the_values_of_keys_that_the_provider_does_not_quote(engine: list[str]) -> None:
    key = "config.service.auth"
    engine.append(
        answer(
            step(CONFIG_MAP, "mygw-env", f"data.{key}", {"data": {key: "azureAdApp"}}, {"data": {key: "token"}}),
            step(
                DEPLOYMENT,
                "mygw",
                f"spec.template.metadata.annotations.{CHECKSUM}",
                annotated("1234"),
                annotated("5678"),
            ),
            step(CONFIG_MAP, "mygw-env-2", "data.gateway.name", {"data": {"gateway.name": "mygw"}}, {"data": {}}),
        )
    )
    assert [(found.what, found.declared, found.actual) for found in drift_of_declared(steps.refresh("dev"))] == [
        (f'data["{key}"]', "azureAdApp", "token"),
        (f'spec.template.metadata.annotations["{CHECKSUM}"]', "1234", "5678"),
        ('data["gateway.name"]', "mygw", None),
    ]


def test_a_preview_shows_them_too(engine: list[str]) -> None:
    path = f"spec.template.metadata.annotations.{CHECKSUM}"
    engine.append(answer(step(DEPLOYMENT, "mygw", path, annotated("1234"), annotated("5678"))))
    (changed,) = changes(steps.preview("dev"))
    quoted = f'spec.template.metadata.annotations["{CHECKSUM}"]'
    assert (changed.properties, changed.differences) == ((quoted,), (f"- {quoted}: 1234", f"+ {quoted}: 5678"))

"""Which values nobody reads in what the commands print."""

from typing import Any

import pytest

from ops.cluster.updates import Losses
from ops.engine.steps import _step
from ops.preview import text as preview_text
from ops.report.values import UNKNOWN, in_clear, masked, masked_by_name

SETTING = "config.service.auth.azureAd.clientSecret"
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
CONCEALED = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def test_client_secrets_are_masked_by_their_name_and_key_ids_are_not() -> None:
    assert masked_by_name(
        {"data": {SETTING: "a-secret", "CLIENT_SECRET": "a-secret", "gateway.name": "mygw"}, "clientSecretKeyId": "7"}
    ) == {"data": {SETTING: "[secret]", "CLIENT_SECRET": "[secret]", "gateway.name": "mygw"}, "clientSecretKeyId": "7"}
    assert masked_by_name({"clientSecrets": {"mygw": "a-secret", "other": ["b", None]}}) == {
        "clientSecrets": {"mygw": "[secret]", "other": ["[secret]", None]}
    }


def test_what_is_not_known_yet_stays_so() -> None:
    assert masked_by_name({"data": {SETTING: UNKNOWN}}) == {"data": {SETTING: UNKNOWN}}


def test_kubectls_copy_of_an_object_is_masked() -> None:
    annotations = {LAST_APPLIED: '{"data":{"a":"b"}}', "contoso.example/by": "hand"}
    assert masked_by_name({"metadata": {"annotations": annotations}}) == {
        "metadata": {"annotations": {LAST_APPLIED: "[secret]", "contoso.example/by": "hand"}}
    }


def test_values_of_environment_variables_are_masked_and_references_are_not() -> None:
    reference = {"name": "A", "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "clientSecret"}}}
    containers = [{"name": "mygw", "env": [reference, {"name": "HTTP_PROXY", "value": "http://me:pass@contoso"}]}]
    assert masked_by_name({"containers": containers}) == {
        "containers": [{"name": "mygw", "env": [reference, {"name": "HTTP_PROXY", "value": "[secret]"}]}]
    }


def test_what_the_engine_marks_is_masked_and_keeps_its_keys_where_it_is_decrypted() -> None:
    decrypted = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "plaintext": '{"a":"b"}'}
    assert masked({"data": CONCEALED, "other": decrypted, "url": "x"}) == {
        "data": "[secret]",
        "other": {"a": "[secret]"},
        "url": "x",
    }


@pytest.mark.parametrize(
    ("inputs", "expected"),
    [
        ({"data": {SETTING: "a-secret"}}, True),
        ({"metadata": {"annotations": {LAST_APPLIED: f'{{"data":{{"{SETTING}":"a-secret"}}}}'}}}, True),
        ({"list": [{"clientSecret": "a-secret"}]}, True),
        ({"env": [{"name": SETTING, "value": "a-secret"}]}, True),
        (
            {"env": [{"name": SETTING, "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "clientSecret"}}}]},
            False,
        ),
        ({"annotations": {LAST_APPLIED: f'{{"env":[{{"name":"{SETTING}","valueFrom":{{}}}}]}}'}}, False),
        ({"data": {SETTING: CONCEALED, "gateway.name": "mygw"}}, False),
        ({"data": CONCEALED, "clientSecretKeyId": "7"}, False),
        ({"metadata": {"annotations": {LAST_APPLIED: '{"kind":"Service"}'}}}, False),
        (None, False),
    ],
)
def test_a_client_secret_in_clear_is_recognized(inputs: Any, expected: bool) -> None:
    assert in_clear(inputs) is expected


def test_a_preview_after_an_import_shows_no_secret() -> None:
    config_map = "kubernetes:core/v1:ConfigMap"
    path = f'data["{SETTING}"]'
    of_engine = {
        "op": "update",
        "urn": f"urn:pulumi:dev::p::{config_map}::mygw-env",
        "detailedDiff": {path: {"kind": "delete"}, "data.level": {"kind": "update"}},
        "oldState": {"type": config_map, "inputs": {"data": {SETTING: "a-secret", "level": "info"}}},
        "newState": {"type": config_map, "inputs": {"data": {"level": "debug"}}, "provider": "urn::kubernetes::id"},
    }
    assert preview_text.text("dev", [_step(of_engine)], Losses()).splitlines()[2:] == [
        "update mygw-env (ConfigMap)",
        f"  - {path}: [secret]",
        "  - data.level: info",
        "  + data.level: debug",
    ]

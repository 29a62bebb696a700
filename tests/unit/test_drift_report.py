"""How a drift report reads, and which secrets it warns of."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from ops.drift import render
from ops.drift.check import expiring, pending_deletions
from ops.drift.declared import _changes
from ops.drift.report import ExpiringSecret, Finding, Kind, Report
from ops.engine.state import StackResource
from ops.engine.steps import Step
from ops.report.written_by_others import shown

END = datetime(2026, 12, 1, tzinfo=UTC)


def password(end: str) -> StackResource:
    type_ = "azuread:index/applicationPassword:ApplicationPassword"
    return StackResource(f"urn:pulumi:dev::p::{type_}::mygw-secret", type_, outputs={"keyId": "a-key", "endDate": end})


@pytest.mark.parametrize(
    ("end", "days"), [("2026-12-01T00:00:00Z", 7), ("2026-12-24T00:00:00Z", 30), ("2026-11-20T00:00:00Z", -4)]
)
def test_a_secret_that_ends_within_thirty_days_is_named(end: str, days: int) -> None:
    (found,) = expiring([password(end)], datetime(2026, 11, 24, tzinfo=UTC))
    assert (found.resource, found.key_id, found.days_left) == ("mygw-secret", "a-key", days)


def test_a_secret_that_lasts_longer_is_not() -> None:
    assert list(expiring([password("2026-12-25T00:00:01Z")], datetime(2026, 11, 24, tzinfo=UTC))) == []


def report() -> Report:
    findings = [
        Finding("roles-reader", "t", Kind.DELETED),
        Finding("mygw-env", "t", Kind.CHANGED, 'data["gateway.name"]', "mygw", "a|b`c"),
        Finding("mygw-env", "t", Kind.ADDED, "data.key", None, "value"),
    ]
    return Report("dev", findings, [ExpiringSecret("mygw-secret", "a-key", END, 7)])


def test_text_is_a_table_and_a_sentence() -> None:
    assert render.text(report()).splitlines() == [
        "resource      what                           declared  there",
        "roles-reader  deleted",
        'mygw-env      changed: data["gateway.name"]  mygw      a|b`c',
        "mygw-env      added: data.key                          value",
        "3 difference(s) in 2 resource(s).",
        "Client secret a-key (mygw-secret) ends on 2026-12-01, in 7 day(s): set a later `rotation` and run `pulumi up`.",
    ]


def test_markdown_keeps_to_its_cells() -> None:
    rows = [line for line in render.markdown(report()).splitlines() if line.startswith("| `")]
    assert rows == [
        "| `roles-reader` | deleted |  |  |",
        '| `mygw-env` | changed: `data["gateway.name"]` | `mygw` | `a\\|b\'c` |',
        "| `mygw-env` | added: `data.key` |  | `value` |",
    ]


def test_a_finding_that_an_update_does_not_put_right_says_what_does() -> None:
    advice = "Kubernetes lets nobody take that back. " * 5
    found = Report("dev", findings=[Finding("mygw-env", "t", Kind.ADDED, "immutable", actual=True, advice=advice)])
    line = f"mygw-env, immutable: {advice}"
    assert line.strip() in render.text(found).splitlines()
    assert line in render.markdown(found).splitlines()


def test_json_holds_everything() -> None:
    document = json.loads(render.as_json(report()))
    assert document["drifted"] is True
    assert document["findings"][1] == {
        "resource": "mygw-env",
        "type": "t",
        "kind": "changed",
        "what": 'data["gateway.name"]',
        "declared": "mygw",
        "actual": "a|b`c",
        "advice": "",
    }
    assert document["expiring"][0]["end"] == "2026-12-01T00:00:00+00:00"


@pytest.mark.parametrize(
    ("path", "value", "expected"),
    [
        ('data["proxy"]', "a-secret", "[not shown]"),
        ("binaryData.name", "YQ==", "[not shown]"),
        ('metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"]', "{}", "[not shown]"),
        ("spec.template.metadata.annotations.name", "a-secret", "[not shown]"),
        ("spec.template.spec.containers[0].env[2].value", "a-secret", "[not shown]"),
        ("spec.template.spec.containers[1].args", ["--key=a-secret"], ["[not shown]"]),
        ("spec.template.spec.containers[0].env[2]", {"name": "A", "value": "b"}, {"name": "A", "value": "[not shown]"}),
        ("spec.template.spec.initContainers[0].image", "contoso/other:1", "contoso/other:1"),
        ("spec.sessionAffinity", "ClientIP", "ClientIP"),
        ("spec.template.spec.containers[0].imagePullPolicy", "Always", "Always"),
        ("data.dnsPolicy", "a-secret", "[not shown]"),
        ("spec.ports[1].port", 9, 9),
        ("spec.paused", True, True),
    ],
)
def test_of_what_was_added_only_what_cannot_be_a_secret_is_shown(path: str, value: Any, expected: Any) -> None:
    assert shown(path, value) == expected


def test_a_declared_value_that_was_changed_is_shown_and_what_was_added_beside_it_is_not() -> None:
    old = {"data": {"gateway.name": "mygw"}, "list": [{"a": "x"}]}
    new = {"data": {"gateway.name": "other", "key": "a-secret"}, "list": [{"a": "y", "b": "z"}, {"c": "w"}]}
    type_ = "kubernetes:core/v1:ConfigMap"
    paths = ('data["gateway.name"]', "data.key", "list")
    step = Step("update", f"urn:pulumi:dev::p::{type_}::mygw-env", type_, paths, old, new)
    assert [(finding.what, finding.declared, finding.actual) for finding in _changes(step)] == [
        ('data["gateway.name"]', "mygw", "other"),
        ("data.key", None, "[not shown]"),
        ("list", [{"a": "x"}], [{"a": "y", "b": "[not shown]"}, {"c": "[not shown]"}]),
    ]


def test_what_a_replacement_has_left_to_be_deleted_is_named() -> None:
    id_ = "/subscriptions/s/providers/Microsoft.Authorization/roleAssignments/1"
    type_ = "azure-native:authorization:RoleAssignment"
    urn = f"urn:pulumi:dev::p::{type_}::mygw-reader"
    left = StackResource(urn, type_, id=id_, goes=True)
    (found,) = pending_deletions([StackResource(urn, type_, id="/new"), left])
    assert (found.resource, found.kind, found.what, found.actual) == (
        "mygw-reader",
        Kind.ADDED,
        "the one that was replaced, still to be deleted",
        id_,
    )
    assert "`pulumi up`" in found.advice

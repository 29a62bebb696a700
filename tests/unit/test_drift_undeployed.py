"""Changes that are not deployed yet are told apart from drift."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.cli.application import app
from ops.drift import render, undeployed
from ops.drift.deployed import LastDeployment
from ops.drift.report import Deployed, Finding, Kind, Report, Undeployed
from ops.engine.history import Entry
from ops.engine.steps import Step
from ops.report.values import SECRET, UNKNOWN

from ..pipelines.github_api import BOT, GitHubApi

CONFIG_MAP, DEPLOYMENT = "kubernetes:core/v1:ConfigMap", "kubernetes:apps/v1:Deployment"
SERVICE, ASSIGNMENT = "kubernetes:core/v1:Service", "azure-native:authorization:RoleAssignment"
CONFIG = {"self-hosted-gateway:protect": {"value": "[]", "secret": False}}
UPDATE = Entry("update", "succeeded", datetime(2026, 11, 20, 12, tzinfo=UTC), datetime(2026, 11, 20, 13, tzinfo=UTC))
REFRESH = Entry("refresh", "succeeded", datetime(2026, 11, 21, 12, tzinfo=UTC), datetime(2026, 11, 21, 13, tzinfo=UTC))
DEPLOYED = LastDeployment(replace(UPDATE, config=CONFIG))
REFRESHED = replace(DEPLOYED, refreshed=(REFRESH,))


def urn(type_: str, name: str) -> str:
    return f"urn:pulumi:dev::self-hosted-gateway::{type_}::{name}"


def step(
    type_: str, name: str, old: dict[str, Any], new: dict[str, Any], *paths: str, operation: str = "update"
) -> Step:
    return Step(operation, urn(type_, name), type_, paths, old, new, provider="a-provider")


def replicas(old: Any, new: Any) -> Step:
    return step(DEPLOYMENT, "mygw", {"spec": {"replicas": old}}, {"spec": {"replicas": new}}, "spec.replicas")


def state(*steps: Step, modified: str = "2026-11-21T12:30:00Z") -> list[dict[str, Any]]:
    return [{"urn": step.urn, "type": step.type, "modified": modified} for step in steps]


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Step]]:
    """What previews say: with the stack's file, and with the configuration that was deployed; and the file."""
    says: dict[str, Any] = {"now": [], "then": [], "config": CONFIG}

    def preview(stack: str, *, config: Path | None = None) -> list[Step]:
        assert config is not None
        assert "deployed" in config.read_text()
        return says["then"]

    monkeypatch.setattr(undeployed, "preview", preview)
    monkeypatch.setattr(undeployed, "configuration", lambda _: says["config"])
    monkeypatch.setattr(undeployed, "deployed_file", lambda *_: {"config": "deployed"})
    return says


def compared(program: dict[str, list[Step]], last: LastDeployment, **when: str) -> undeployed.Declared:
    resources = state(*(step for step in program["now"] if step.operation != "create"), **when)
    return undeployed.compare("dev", program["now"], resources, last)


def test_an_untouched_stack_has_no_change(program: dict[str, list[Step]]) -> None:
    program["now"] = [
        step(CONFIG_MAP, "mygw-env", {}, {}, operation="same"),
        # It was not ready when a refresh read it.
        step(DEPLOYMENT, "mygw", {}, {}),
        Step("update", "urn:root", "pulumi:pulumi:Stack", ("outputs",), {}, {}),
    ]
    found = compared(program, DEPLOYED)
    assert (found.undeployed, found.drift) == ([], [])


def test_each_property_that_an_update_would_change_is_named(program: dict[str, list[Step]]) -> None:
    old = {"data": {"telemetry.logs.std": "json"}}
    program["now"] = [
        replicas(1, 2),
        step(CONFIG_MAP, "mygw-env", old, {"data": {}}, 'data["telemetry.logs.std"]'),
        step(SERVICE, "new", {}, {"spec": {}}, operation="create"),
        step(SERVICE, "old", {"spec": {}}, {}, operation="delete"),
        step(ASSIGNMENT, "reader", {"scope": "a"}, {"scope": "b"}, "scope", operation="create-replacement"),
        step(ASSIGNMENT, "reader", {"scope": "a"}, {"scope": "b"}, "scope", operation="replace"),
        step(ASSIGNMENT, "reader", {"scope": "a"}, {}, operation="delete-replaced"),
    ]
    assert compared(program, DEPLOYED).undeployed == [
        Undeployed("mygw", DEPLOYMENT, "update", "spec.replicas", 1, 2),
        Undeployed("mygw-env", CONFIG_MAP, "update", 'data["telemetry.logs.std"]', "json", None),
        Undeployed("new", SERVICE, "create"),
        Undeployed("old", SERVICE, "delete"),
        Undeployed("reader", ASSIGNMENT, "replace", "scope", "a", "b"),
    ]


def test_a_kubeconfig_is_named_and_not_shown(program: dict[str, list[Step]]) -> None:
    type_ = "pulumi:providers:kubernetes"
    old, new = {"kubeconfig": "token: old"}, {"kubeconfig": "token: new"}
    program["now"] = [Step("update", urn(type_, "kubernetes"), type_, ("kubeconfig",), old, new)]
    assert compared(program, DEPLOYED).undeployed == [
        Undeployed("kubernetes", type_, "update", "kubeconfig", "[not shown]", "[not shown]")
    ]


def test_what_a_refresh_took_into_the_state_is_drift_while_nothing_has_changed(program: dict[str, list[Step]]) -> None:
    program["now"] = [
        replicas(4, 1),
        step(SERVICE, "gone", {}, {"spec": {}}, operation="create"),
        step(ASSIGNMENT, "reader", {"principalId": "a"}, {"principalId": UNKNOWN}, "principalId"),
    ]
    found = compared(program, REFRESHED)
    assert found.undeployed == []
    assert found.drift == [
        Finding("mygw", DEPLOYMENT, Kind.CHANGED, "spec.replicas", 1, 4),
        Finding("gone", SERVICE, Kind.DELETED),
    ]


def test_other_accepted_drift_is_no_change_of_what_is_declared(
    program: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> list[Step]:
        raise AssertionError("the program declares the same: nothing has to be previewed")

    monkeypatch.setattr(undeployed, "preview", never)
    program["config"] = {**CONFIG, "self-hosted-gateway:acceptedDrift": {"objectValue": [], "secret": False}}
    program["now"] = [replicas(4, 1)]
    found = compared(program, REFRESHED)
    assert found.drift == [Finding("mygw", DEPLOYMENT, Kind.CHANGED, "spec.replicas", 1, 4)]
    assert found.undeployed == []


def test_what_it_did_not_write_is_not(program: dict[str, list[Step]]) -> None:
    program["now"] = [replicas(1, 2)]
    found = compared(program, REFRESHED, modified="2026-11-20T12:30:00Z")
    assert [change.declared for change in found.undeployed] == [2]
    assert found.drift == []


def test_where_the_file_has_changed_too_its_deployed_form_tells_the_two_apart(program: dict[str, Any]) -> None:
    now = step(
        DEPLOYMENT, "mygw", {"replicas": 4, "image": "by hand", "key": "x"}, {"replicas": 1, "image": "b", "key": SECRET},
        "replicas", "image", "key",
    )  # fmt: skip
    program["config"], program["now"] = {}, [now]
    program["then"] = [replace(now, new={"replicas": 1, "image": "a", "key": SECRET})]
    found = compared(program, REFRESHED)
    assert [(finding.what, finding.declared, finding.actual) for finding in found.drift] == [("replicas", 1, 4)]
    # Of a secret that nobody may see it is not known: it is named as a change.
    assert [(change.what, change.deployed) for change in found.undeployed] == [("image", "a"), ("key", SECRET)]


def test_where_the_program_has_changed_too_all_of_it_is_named_as_a_change(
    program: dict[str, list[Step]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undeployed, "program_is_same", lambda _: False)
    old = {"metadata": {"annotations": {"a": "somebody's"}}}
    path = "metadata.annotations.a"
    program["now"] = [replicas(4, 1), step(SERVICE, "live", old, {}, path)]
    found = compared(program, REFRESHED)
    assert found.drift == []
    assert [(change.what, change.deployed, change.declared) for change in found.undeployed] == [
        ("spec.replicas", 4, 1),
        (path, "[not shown]", None),
    ]


def changed(what: str, declared: Any, actual: Any, kind: Kind = Kind.CHANGED) -> Finding:
    return Finding("mygw", DEPLOYMENT, kind, what, declared, actual)


@pytest.mark.parametrize(
    ("change", "finding", "becomes"),
    [
        (("update", "spec.replicas", 1, 2), changed("spec.replicas", 1, 4), "decided"),
        (("update", "spec.replicas", 1, 2), changed("spec.replicas", 1, 2), "nothing"),
        (("update", "spec.replicas", 1, 2), changed("spec.paused", None, True), "drift"),
        (("update", "spec.replicas", 1, 2), changed("spec.replicasOther", 1, 4), "drift"),
        (("update", "spec.a", {}, {}), changed("spec.a.b", 1, 4), "decided"),
        (("update", "spec.a[0].b", 1, 2), changed("spec.a", [1], [4]), "decided"),
        (("update", "data.key", SECRET, SECRET), changed("data.key", SECRET, SECRET), "decided"),
        (("update", "spec.a", 1, None), changed("spec.a", None, 1, Kind.ADDED), "drift"),
        (("update", "spec.replicas", 1, 2), changed("", None, None, Kind.DELETED), "drift"),
        (("delete", "", None, None), changed("", None, None, Kind.DELETED), "nothing"),
        (("delete", "", None, None), changed("spec.replicas", 1, 4), "decided"),
        (("replace", "", None, None), changed("spec.replicas", 1, 4), "drift"),
        (("replace", "spec.selector", 1, 2), changed("spec.replicas", 1, 4), "drift"),
    ],
)
def test_a_field_that_a_change_decides_is_no_drift(
    change: tuple[str, str, Any, Any], finding: Finding, becomes: str
) -> None:
    declared = undeployed.Declared([Undeployed("mygw", DEPLOYMENT, *change)])
    expected = {"drift": ([finding], []), "decided": ([], [finding]), "nothing": ([], [])}
    assert declared.told_apart([finding]) == expected[becomes]
    other = replace(finding, resource="other")
    assert declared.told_apart([other]) == ([other], [])


def test_what_was_changed_again_after_a_refresh_is_held_against_the_declaration() -> None:
    declared = undeployed.Declared(drift=[changed("spec.replicas", 1, 4)])
    assert declared.with_drift_of_the_state([]) == [changed("spec.replicas", 1, 4)]
    assert declared.with_drift_of_the_state([changed("spec.replicas", 4, 5)]) == [changed("spec.replicas", 1, 5)]
    assert declared.with_drift_of_the_state([changed("spec.replicas", 4, 1)]) == []
    assert declared.with_drift_of_the_state([changed("spec.paused", False, True)]) == [
        changed("spec.paused", False, True),
        changed("spec.replicas", 1, 4),
    ]


def report(*, drifted: bool = False, decided: bool = True) -> Report:
    return Report(
        "dev",
        findings=[changed("spec.paused", None, True)] if drifted else [],
        deployed=Deployed(datetime(2026, 11, 20, 12, 5, tzinfo=UTC), "167f74ea3f75cdd6a7cf"),
        undeployed=[
            Undeployed("mygw", DEPLOYMENT, "update", "spec.replicas", 1, 2),
            Undeployed("mygw-env", CONFIG_MAP, "create"),
        ],
        decided=[changed("spec.replicas", 1, 4)] if decided else [],
    )


def test_text_names_what_is_deployed_and_what_is_not() -> None:
    assert render.text(report()).splitlines() == [
        "No drift: everything is as stack dev declares it, apart from what is not deployed.",
        "",
        "2 change(s) of the stack's file or the program are not deployed: the last deployment was on 2026-11-20 12:05 UTC, "
        "of commit 167f74e. `make preview STACK=dev` shows what they do, and a deployment carries them out.",
        "resource  what                   deployed  declared",
        "mygw      update: spec.replicas  1         2",
        "mygw-env  create",
        "",
        "These differences are in what the changes decide, and count as no drift:",
        "resource  what                    declared  there",
        "mygw      changed: spec.replicas  1         4",
    ]
    assert render.text(report(drifted=True, decided=False)).splitlines()[:4] == [
        "resource  what                  declared  there",
        "mygw      changed: spec.paused            true",
        "1 difference(s) in 1 resource(s).",
        "",
    ]


@pytest.mark.parametrize(
    ("deployed", "said"),
    [
        (None, "the stack's history does not say when it was deployed last."),
        (Deployed(datetime(2026, 11, 20, 12, 5, tzinfo=UTC)), "the last deployment was on 2026-11-20 12:05 UTC."),
        (
            Deployed(datetime(2026, 11, 20, 12, 5, tzinfo=UTC), "167f74ea3f75", dirty=True, later_in_part=True),
            "the last deployment was on 2026-11-20 12:05 UTC, of commit 167f74e and changes that were not committed; a later "
            "update left out a part of the stack.",
        ),
    ],
)
def test_it_is_said_what_the_deployment_was_made_from(deployed: Deployed | None, said: str) -> None:
    assert f"are not deployed: {said} `make preview" in render.text(replace(report(), deployed=deployed))


def test_markdown_has_them_in_tables_of_their_own() -> None:
    assert render.markdown(report(drifted=True)).splitlines() == [
        "### Drift of `dev`",
        "",
        "1 difference(s) in 1 resource(s).",
        "",
        "| resource | what | declared | there |",
        "| --- | --- | --- | --- |",
        "| `mygw` | changed: `spec.paused` |  | `true` |",
        "",
        "2 change(s) of the stack's file or the program are not deployed: the last deployment was on 2026-11-20 12:05 UTC, "
        "of commit 167f74e. `make preview STACK=dev` shows what they do, and a deployment carries them out.",
        "",
        "| resource | what | deployed | declared |",
        "| --- | --- | --- | --- |",
        "| `mygw` | update: `spec.replicas` | `1` | `2` |",
        "| `mygw-env` | create |  |  |",
        "",
        "These differences are in what the changes decide, and count as no drift:",
        "",
        "| resource | what | declared | there |",
        "| --- | --- | --- | --- |",
        "| `mygw` | changed: `spec.replicas` | `1` | `4` |",
    ]


def test_json_has_them_and_a_saved_report_is_read_as_it_was() -> None:
    document = json.loads(render.as_json(report()))
    assert document["drifted"] is False
    assert document["deployed"] == {
        "at": "2026-11-20T12:05:00+00:00",
        "commit": "167f74ea3f75cdd6a7cf",
        "dirty": False,
        "later_in_part": False,
    }
    assert document["undeployed"][0] == {
        "resource": "mygw",
        "type": DEPLOYMENT,
        "operation": "update",
        "what": "spec.replicas",
        "deployed": 1,
        "declared": 2,
    }
    assert [difference["actual"] for difference in document["decided"]] == [4]
    assert render.from_json(render.as_json(report(drifted=True))) == report(drifted=True)


@pytest.mark.parametrize(
    ("saved", "state"),
    [
        (report(drifted=True), "open"),
        # A person's 4 replicas are still there: it is not over, until the change is deployed.
        (report(), "open"),
        (report(decided=False), "closed"),
    ],
)
def test_the_issue_of_drift_closes_when_none_is_left(
    saved: Report, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = GitHubApi("contoso/gateway").start()
    api.tokens["ghs_contoso"] = {"issues": "write"}
    body = "<!-- self-hosted-gateway drift dev -->\nOne."
    url = f"{api.url}/contoso/gateway/issues/1"
    api.issues[1] = {"number": 1, "body": body, "state": "open", "user": BOT, "html_url": url}
    (tmp_path / "drift.json").write_text(render.as_json(saved))
    for name, value in (("API_URL", api.url), ("REPOSITORY", "contoso/gateway"), ("TOKEN", "ghs_contoso")):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    try:
        result = CliRunner().invoke(app, ["issue", "--stack", "dev", "--folder", str(tmp_path)])
        assert result.exit_code == 0
        assert api.issues[1]["state"] == state
        assert len(api.issues) == 1
    finally:
        api.stop()

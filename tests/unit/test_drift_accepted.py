"""What a stack's file accepts is listed, and alarms only when its date has passed or it is something else."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from components.ending import Refusal
from ops.cli.application import app
from ops.drift import accepted, check, render
from ops.drift.accepted import Acceptance, acceptances, line_to_accept, settle
from ops.drift.deployed import LastDeployment
from ops.drift.report import Accepted, Finding, Kind, Report, Stale
from ops.drift.undeployed import Declared
from ops.engine.state import StackResource
from ops.errors import OpsError
from tests.unit import program

DEPLOYMENT, SERVICE = "kubernetes:apps/v1:Deployment", "kubernetes:core/v1:Service"
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
TODAY = date(2026, 11, 27)
KEY = "self-hosted-gateway:acceptedDrift"
ANNOTATION = 'metadata.annotations["contoso.example/owner"]'

SCALED = Finding("mygw-workload-deployment", DEPLOYMENT, Kind.CHANGED, "spec.replicas", 1, 4)
ANNOTATED = Finding("mygw-workload-live-traffic", SERVICE, Kind.ADDED, ANNOTATION, actual="[not shown]")
GONE = Finding("mygw-reader-assignment", ASSIGNMENT, Kind.DELETED)
VARIABLE = Finding(
    "mygw-workload-deployment",
    DEPLOYMENT,
    Kind.ADDED,
    "spec.template.spec.containers[0].env[2]",
    actual={"name": "HTTP_PROXY", "value": "[not shown]"},
)
NAMES = {"mygw-workload-deployment", "mygw-workload-live-traffic", "mygw-reader-assignment"}


def of(finding: Finding, **changes: Any) -> Acceptance:
    return Acceptance(finding.resource, "Load test.", finding.what, **changes)


def settled(finding: Finding, *entries: Acceptance, today: date = TODAY) -> Report:
    report = Report("dev", findings=[finding])
    settle(report, entries, NAMES, today)
    return report


def advice(report: Report) -> str:
    """Of the one finding that alarms."""
    assert (report.accepted, report.stale) == ([], [])
    (finding,) = report.findings
    return finding.advice


@pytest.mark.parametrize("finding", [SCALED, ANNOTATED, GONE, VARIABLE])
def test_what_is_accepted_is_listed_and_does_not_alarm(finding: Finding) -> None:
    report = settled(finding, of(finding, until=date(2026, 12, 31)))
    assert report.accepted == [Accepted(finding, "Load test.", date(2026, 12, 31))]
    assert (report.findings, report.stale, report.drifted) == ([], [], False)


@pytest.mark.parametrize(
    "path",
    [
        "spec.template.spec.containers[0].env[2].name",
        "spec.template.spec.containers[0]",
        "spec.template.spec.containers[0].env",
        "",
    ],
)
def test_what_is_above_or_below_it_or_somewhere_else_is_not(path: str) -> None:
    entry = Acceptance("mygw-workload-deployment", "Load test.", path)
    report = settled(VARIABLE, entry)
    assert (report.findings, report.accepted) == ([VARIABLE], [])
    assert [stale.path for stale in report.stale] == [path]
    other = settled(VARIABLE, replace(of(VARIABLE), resource="mygw-workload-live-traffic"))
    assert (other.findings, other.accepted) == ([VARIABLE], [])


@pytest.mark.parametrize("path", [ANNOTATION, "metadata.annotations.contoso.example/owner"])
def test_a_key_may_be_quoted_as_the_report_does_it_or_not(path: str) -> None:
    assert settled(ANNOTATED, replace(of(ANNOTATED), path=path)).drifted is False


def test_the_last_day_is_accepted_and_the_next_one_alarms() -> None:
    entry = of(SCALED, until=TODAY)
    assert settled(SCALED, entry).drifted is False
    later = settled(SCALED, entry, today=date(2026, 11, 28))
    assert later.drifted is True
    assert advice(later) == "It was accepted until 2026-11-27, which has passed (Load test.)."


def test_another_value_than_the_accepted_one_alarms() -> None:
    assert settled(SCALED, of(SCALED, value=4)).drifted is False
    for value in (5, "4", [4], True):
        assert "is accepted (Load test.), and this is another." in advice(settled(SCALED, of(SCALED, value=value)))
    assert (
        advice(settled(SCALED, of(SCALED, value=5)))
        == "Only the value 5 is accepted (Load test.), and this is another."
    )


def test_a_truth_is_no_number() -> None:
    paused = replace(SCALED, what="spec.paused", declared=None, actual=True)
    assert settled(paused, of(paused, value=True)).drifted is False
    assert settled(paused, of(paused, value=1)).drifted is True


def test_what_is_not_shown_is_not_compared() -> None:
    whole = settled(ANNOTATED, of(ANNOTATED, value="[not shown]"))
    expected = "Its value is not shown and can't be compared with the accepted one (Load test.): leave out `value` to accept any."
    assert advice(whole) == expected
    secret = replace(ANNOTATED, what="data.clientSecret", kind=Kind.CHANGED, declared="[secret]", actual="[secret]")
    assert advice(settled(secret, of(secret, value="b3RoZXI="))) == expected
    # Of a mapping, what is shown counts.
    assert settled(VARIABLE, of(VARIABLE, value={"name": "HTTP_PROXY"})).drifted is False
    for value in ({"name": "NO_PROXY"}, {"name": "HTTP_PROXY", "value": "[not shown]"}, {}):
        assert settled(VARIABLE, of(VARIABLE, value=value)).drifted is True


def test_an_entry_that_matches_nothing_any_more_is_stale_and_no_alarm() -> None:
    report = Report("dev")
    entries = [of(SCALED, until=date(2026, 11, 1)), Acceptance("mygw-workload", "Load test.", "spec.replicas")]
    settle(report, entries, NAMES, TODAY)
    assert report.stale == [
        Stale("mygw-workload-deployment", "spec.replicas", "Load test.", "nothing differs there any more"),
        Stale("mygw-workload", "spec.replicas", "Load test.", "the stack has no resource of this name"),
    ]
    assert report.drifted is False


def test_what_a_change_that_is_not_deployed_decides_is_not_stale() -> None:
    report = Report("dev", decided=[SCALED])
    settle(report, [of(SCALED)], NAMES, TODAY)
    assert (report.decided, report.accepted, report.stale) == ([SCALED], [], [])


def test_advice_on_the_difference_itself_stays() -> None:
    immutable = replace(ANNOTATED, what="immutable", actual=True, advice="Kubernetes lets nobody take that back.")
    assert advice(settled(immutable, of(immutable, value=False))) == (
        "Kubernetes lets nobody take that back. Only the value false is accepted (Load test.), and this is another."
    )


def test_the_entries_are_those_of_the_stacks_file(monkeypatch: pytest.MonkeyPatch) -> None:
    value = [
        {"resource": "a", "reason": "One.", "until": "2026-12-31 00:00:00 +0000 UTC", "path": "p", "value": 0},
        {"resource": "b", "reason": "Two.", "until": "2026-12-31"},
        {"resource": "c", "reason": "Three.", "path": 'data["a.b"]'},
    ]
    config = {KEY: {"value": json.dumps(value), "objectValue": value, "secret": False}}
    monkeypatch.setattr(accepted, "configuration", lambda _: config)
    assert acceptances("dev") == [
        Acceptance("a", "One.", "p", date(2026, 12, 31), 0),
        Acceptance("b", "Two.", "", date(2026, 12, 31)),
        Acceptance("c", "Three.", 'data["a.b"]'),
    ]
    config.clear()
    assert acceptances("dev") == []
    config[KEY] = {"secret": True}
    with pytest.raises(OpsError, match=f"{KEY} is encrypted in the file of stack dev"):
        acceptances("dev")


def loaded(line: str) -> str:
    """What the program says of a line from the report, pasted."""
    (entry,) = yaml.safe_load(line)
    config = program.configuration(acceptedDrift=[entry])
    try:
        program.settings(config)
    except Refusal as refusal:
        return str(refusal).splitlines()[-1].strip()
    return ""


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        (SCALED, "- {resource: mygw-workload-deployment, path: spec.replicas, value: 4, reason: <why>}"),
        (
            ANNOTATED,
            "- {resource: mygw-workload-live-traffic, path: 'metadata.annotations[\"contoso.example/owner\"]', reason: <why>}",
        ),
        (GONE, "- {resource: mygw-reader-assignment, reason: <why>}"),
        (
            VARIABLE,
            "- {resource: mygw-workload-deployment, path: 'spec.template.spec.containers[0].env[2]', value: {name: "
            "HTTP_PROXY}, reason: <why>}",
        ),
    ],
)
def test_the_report_has_a_line_to_copy_that_accepts_the_difference(finding: Finding, line: str) -> None:
    assert line_to_accept(finding) == line
    # It asks for a reason, and is a line of the file then.
    assert loaded(line) == f"- {KEY}[0].reason: expected a reason in the place of '<why>'"
    assert loaded(line.replace("<why>", "Load test.")) == ""
    (entry,) = yaml.safe_load(line)
    pasted = Acceptance(entry["resource"], "Load test.", entry.get("path", ""), value=entry.get("value"))
    assert settled(finding, pasted).drifted is False


def test_no_line_to_copy_holds_a_value_that_is_not_shown() -> None:
    for value in ("[secret]", "[not shown]", ["[not shown]"], {"a": {"b": "[secret]"}}):
        line = line_to_accept(replace(ANNOTATED, actual=value))
        assert "shown]" not in line
        assert "secret]" not in line


def whole() -> Report:
    report = Report("dev", findings=[SCALED, ANNOTATED, GONE])
    entries = [
        of(SCALED, until=date(2026, 12, 31), value=4),
        replace(of(GONE), reason="Another | assignment."),
        Acceptance("mygw-workload-env", "Until the release.", "data.key"),
    ]
    settle(report, entries, NAMES, TODAY)
    return report


TAKES_BACK = (
    "Updates do not know of this list: `pulumi up --refresh` and a pipeline's deployment undo what was changed or deleted, and "
    "an update that writes a Kubernetes object may remove what was added to it."
)


def test_text_lists_what_is_accepted_what_is_stale_and_how_to_accept_the_rest() -> None:
    assert render.text(whole()).splitlines() == [
        "resource                    what                                                  declared  there",
        f"mygw-workload-live-traffic  added: {ANNOTATION}            [not shown]",
        "1 difference(s) in 1 resource(s), apart from what is accepted.",
        "",
        "To accept a difference, copy its line below this key of Pulumi.dev.yaml and write the reason. If that ends, add "
        '`until: "yyyy-mm-dd"`, the last day.',
        "  self-hosted-gateway:acceptedDrift:",
        "    - {resource: mygw-workload-live-traffic, path: 'metadata.annotations[\"contoso.example/owner\"]', reason: <why>}",
        "",
        f"2 difference(s) are accepted. {TAKES_BACK}",
        "resource                  what                    declared  there  reason                 until",
        "mygw-workload-deployment  changed: spec.replicas  1         4      Load test.             2026-12-31",
        "mygw-reader-assignment    deleted                                  Another | assignment.",
        "",
        "Stale in acceptedDrift: mygw-workload-env, data.key (Until the release.): the stack has no resource of this name. "
        "Remove the entry.",
    ]


def test_markdown_does_too_in_cells_that_hold() -> None:
    assert render.markdown(whole()).splitlines() == [
        "### Drift of `dev`",
        "",
        "1 difference(s) in 1 resource(s), apart from what is accepted.",
        "",
        "| resource | what | declared | there |",
        "| --- | --- | --- | --- |",
        f"| `mygw-workload-live-traffic` | added: `{ANNOTATION}` |  | `[not shown]` |",
        "",
        "<details><summary>To accept a difference</summary>",
        "",
        "To accept it, copy its line below this key of Pulumi.dev.yaml and write the reason. If that ends, add "
        '`until: "yyyy-mm-dd"`, the last day.',
        "",
        "```yaml",
        "  self-hosted-gateway:acceptedDrift:",
        "    - {resource: mygw-workload-live-traffic, path: 'metadata.annotations[\"contoso.example/owner\"]', reason: <why>}",
        "```",
        "",
        "</details>",
        "",
        f"2 difference(s) are accepted. {TAKES_BACK}",
        "",
        "| resource | what | declared | there | reason | until |",
        "| --- | --- | --- | --- | --- | --- |",
        "| `mygw-workload-deployment` | changed: `spec.replicas` | `1` | `4` | `Load test.` | `2026-12-31` |",
        "| `mygw-reader-assignment` | deleted |  |  | `Another \\| assignment.` |  |",
        "",
        "Stale in acceptedDrift: `mygw-workload-env`, `data.key` (`Until the release.`): the stack has no resource of this name. "
        "Remove the entry.",
    ]


def test_where_all_is_accepted_it_says_so_first() -> None:
    report = settled(SCALED, of(SCALED))
    assert render.text(report).splitlines()[0] == (
        "No drift: everything is as stack dev declares it, apart from what is accepted."
    )
    assert render.markdown(report).splitlines()[2] == (
        "No drift: everything is as stack dev declares it, apart from what is accepted."
    )


def test_a_difference_with_an_entry_has_no_line_to_copy() -> None:
    passed = settled(SCALED, of(SCALED, until=date(2026, 11, 26)))
    assert "To accept a difference" not in render.text(passed)
    assert (
        "mygw-workload-deployment, spec.replicas: It was accepted until 2026-11-26, which has passed (Load test.)."
        in render.text(passed).splitlines()
    )
    gone = settled(GONE, of(GONE, until=date(2026, 11, 26)))
    assert (
        "mygw-reader-assignment: It was accepted until 2026-11-26, which has passed (Load test.)."
        in render.markdown(gone).splitlines()
    )


def test_json_has_everything_and_a_saved_report_is_read_as_it_was() -> None:
    document = json.loads(render.as_json(whole()))
    assert document["drifted"] is True
    assert document["accepted"][0] == {
        "finding": {
            "resource": "mygw-workload-deployment",
            "type": DEPLOYMENT,
            "kind": "changed",
            "what": "spec.replicas",
            "declared": 1,
            "actual": 4,
            "advice": "",
        },
        "reason": "Load test.",
        "until": "2026-12-31",
    }
    assert document["stale"] == [
        {
            "resource": "mygw-workload-env",
            "path": "data.key",
            "reason": "Until the release.",
            "why": "the stack has no resource of this name",
        }
    ]
    assert render.from_json(render.as_json(whole())) == whole()


def test_the_issue_of_drift_says_how_to_accept_it() -> None:
    text = render.issue(whole())
    assert "To accept it as it is, list it in `acceptedDrift`" in text
    assert TAKES_BACK in text


@pytest.fixture
def accepting(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A stack that somebody has scaled to 4; the entries in its file."""
    entries: list[dict[str, Any]] = []
    resource = StackResource(f"urn:pulumi:dev::p::{DEPLOYMENT}::mygw-workload-deployment", DEPLOYMENT)
    monkeypatch.setattr(check, "export_raw", lambda _: {"deployment": {}})
    monkeypatch.setattr(check, "export_stack", lambda _, **__: [resource])
    monkeypatch.setattr(check, "last_deployment", lambda *_: LastDeployment(None))
    monkeypatch.setattr(check, "looked_at_and_planned", lambda *_: ([SCALED], []))
    monkeypatch.setattr(check, "compare", lambda *_: Declared())
    monkeypatch.setattr(accepted, "configuration", lambda _: {KEY: {"objectValue": entries}})
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("TF_BUILD", raising=False)
    return entries


def drift(folder: Path) -> tuple[int, dict[str, Any]]:
    result = CliRunner().invoke(app, ["drift", "--stack", "dev", "--format", "json", "--save", str(folder)])
    return result.exit_code, json.loads(result.stdout)


def test_the_exit_code_is_0_while_only_accepted_differs(accepting: list[dict[str, Any]], tmp_path: Path) -> None:
    code, report = drift(tmp_path)
    assert (code, report["drifted"], report["accepted"]) == (7, True, [])
    accepting.append({"resource": SCALED.resource, "path": SCALED.what, "reason": "Load test.", "until": "2126-12-31"})
    code, report = drift(tmp_path)
    assert (code, report["drifted"], [a["reason"] for a in report["accepted"]]) == (0, False, ["Load test."])
    assert "1 difference(s) are accepted." in (tmp_path / "drift.md").read_text()
    accepting[0]["until"] = "2026-01-31"
    code, report = drift(tmp_path)
    assert (code, report["drifted"]) == (7, True)
    assert report["findings"][0]["advice"] == "It was accepted until 2026-01-31, which has passed (Load test.)."

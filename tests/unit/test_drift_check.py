"""A client secret that has ended is told of, though the check for drift fails because of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.cli.application import app
from ops.drift import check
from ops.drift.deployed import LastDeployment
from ops.engine.state import StackResource
from ops.errors import OpsError

from ..pipelines.github_api import BOT, GitHubApi

PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"
REFUSED = "the secret expired on 2026-01-01 (rotation plus validity): set a later `rotation`"
WARNING = "Client secret a-key (mygw-secret) ended on 2026-01-01: set a later `rotation` and run `pulumi up`."


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> list[StackResource]:
    """A stack of which the program is refused; its resources."""
    resources: list[StackResource] = []

    def refuse(*_: Any) -> Any:
        raise OpsError(REFUSED)

    monkeypatch.setattr(check, "export_raw", lambda _: {"deployment": {}})
    monkeypatch.setattr(check, "export_stack", lambda _, **__: resources)
    monkeypatch.setattr(check, "last_deployment", lambda *_: LastDeployment(None))
    monkeypatch.setattr(check, "looked_at_and_planned", refuse)
    monkeypatch.setattr(check, "acceptances", lambda _: [])
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.delenv("TF_BUILD", raising=False)
    return resources


def secret(end: str) -> StackResource:
    return StackResource(
        f"urn:pulumi:dev::p::{PASSWORD}::mygw-secret", PASSWORD, outputs={"keyId": "a-key", "endDate": end}
    )


def test_a_secret_that_has_ended_is_named_and_the_check_fails(ending: list[StackResource], tmp_path: Path) -> None:
    ending.append(secret("2026-01-01T00:00:00Z"))
    result = CliRunner().invoke(app, ["drift", "--stack", "dev", "--save", str(tmp_path)])
    assert (result.exit_code, result.stdout, result.stderr) == (1, f"{WARNING}\n", f"error: {REFUSED}\n")
    assert (tmp_path / "drift.md").read_text().splitlines() == [
        "### Drift of `dev`",
        "",
        "> [!CAUTION]",
        "> The check failed: nothing is known of what has drifted.",
        "",
        "```",
        REFUSED,
        "```",
        "",
        "> [!WARNING]",
        f"> {WARNING}",
    ]
    saved = json.loads((tmp_path / "drift.json").read_text())
    assert (saved["drifted"], saved["findings"], saved["problem"]) == (None, [], REFUSED)
    assert [ended["key_id"] for ended in saved["expiring"]] == ["a-key"]


def test_an_update_that_failed_as_it_deleted_is_told_with_what_it_has_left(
    ending: list[StackResource], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failed(*_: Any) -> LastDeployment:
        raise OpsError("The last update of stack dev failed.")

    monkeypatch.setattr(check, "last_deployment", failed)
    type_, id_ = "azure-native:authorization:RoleAssignment", "/providers/Microsoft.Authorization/roleAssignments/1"
    ending.append(StackResource(f"urn:pulumi:dev::p::{type_}::mygw-reader", type_, id=id_, goes=True))
    result = CliRunner().invoke(app, ["drift", "--stack", "dev"])
    assert (result.exit_code, result.stderr.splitlines()) == (
        1,
        [
            "error: The last update of stack dev failed.",
            f"- mygw-reader: the one that was replaced, still to be deleted, {id_}",
        ],
    )


def test_what_was_replaced_and_could_not_be_deleted_is_drift(
    ending: list[StackResource], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "looked_at_and_planned", lambda *_: ([], []))
    type_, id_ = "azure-native:authorization:RoleAssignment", "/providers/Microsoft.Authorization/roleAssignments/1"
    ending.append(StackResource(f"urn:pulumi:dev::p::{type_}::mygw-reader", type_, id=id_, goes=True))
    result = CliRunner().invoke(app, ["drift", "--stack", "dev"])
    assert (result.exit_code, result.stderr) == (7, "")
    assert "mygw-reader" in result.stdout
    assert id_ in result.stdout
    assert "1 difference(s) in 1 resource(s)." in result.stdout


def test_where_none_ends_a_check_that_fails_saves_nothing(ending: list[StackResource], tmp_path: Path) -> None:
    ending.append(secret("2126-01-01T00:00:00Z"))
    (tmp_path / "drift.json").write_text("{}")
    result = CliRunner().invoke(app, ["drift", "--stack", "dev", "--save", str(tmp_path)])
    assert (result.exit_code, result.stdout, result.stderr) == (1, "", f"error: {REFUSED}\n")
    assert list(tmp_path.iterdir()) == []


def test_the_issue_of_secrets_is_kept_and_the_one_of_drift_stays_as_it_is(
    ending: list[StackResource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = GitHubApi("contoso/gateway").start()
    api.tokens["ghs_contoso"] = {"issues": "write"}
    drift = {"number": 1, "body": "<!-- self-hosted-gateway drift dev -->\nOne.", "state": "open", "user": BOT}
    api.issues[1] = dict(drift)
    ending.append(secret("2026-01-01T00:00:00Z"))
    CliRunner().invoke(app, ["drift", "--stack", "dev", "--save", str(tmp_path)])
    for name, value in (("API_URL", api.url), ("REPOSITORY", "contoso/gateway"), ("TOKEN", "ghs_contoso")):
        monkeypatch.setenv(f"GITHUB_{name}", value)
    try:
        result = CliRunner().invoke(app, ["issue", "--stack", "dev", "--folder", str(tmp_path)])
        assert (result.exit_code, result.stdout) == (0, "Opened https://github.com/contoso/gateway/issues/2.\n")
        assert api.issues[1] == drift
        assert api.issues[2]["title"] == "Client secrets of stack dev end soon"
        assert WARNING in api.issues[2]["body"]
    finally:
        api.stop()

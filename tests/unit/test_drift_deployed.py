"""What counts as deployed: only against that can reality drift."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ops.drift.deployed import LastDeployment, deployed_file, last_deployment, program_is_same
from ops.engine import history
from ops.engine.history import Entry
from ops.errors import OpsError

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
COMMIT = "167f74ea3f75cdd6a7cf44189635fd0b194b612f"
CONFIG = {
    "self-hosted-gateway:protect": {"value": "[]", "objectValue": [], "secret": False},
    "azure-native:tenantId": {"value": "contoso", "secret": False},
}
AGAIN = "Run `pulumi up --stack dev`, then check again."
ROOT = {
    "urn": "urn:pulumi:dev::self-hosted-gateway::pulumi:pulumi:Stack::self-hosted-gateway-dev",
    "type": "pulumi:pulumi:Stack",
}
DEPLOYED = {**ROOT, "outputs": {"gateways": {}}}


def entry(day: int, kind: str = "update", result: str = "succeeded", **environment: str) -> dict[str, Any]:
    """An operation from noon of a day of November 2026 to five minutes later."""
    return {
        "version": 0,
        "kind": kind,
        "startTime": f"2026-11-{day:02}T12:00:00.000Z",
        "endTime": f"2026-11-{day:02}T12:05:00.000Z",
        "message": "",
        "environment": {"exec.kind": "cli", **{name.replace("_", "."): value for name, value in environment.items()}},
        "config": CONFIG,
        "result": result,
        "resourceChanges": {"same": 27},
    }


def resource(created: str, modified: str) -> dict[str, Any]:
    type_ = "kubernetes:core/v1:ConfigMap"
    return {"urn": f"urn:pulumi:dev::p::{type_}::mygw-env", "type": type_, "created": created, "modified": modified}


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The stack's history, the latest first; it is read as the engine prints it, in pages."""
    kept: list[dict[str, Any]] = []

    def run(*arguments: str) -> str:
        assert arguments[:3] == ("stack", "history", "--json")
        size, page = (int(arguments[arguments.index(name) + 1]) for name in ("--page-size", "--page"))
        return json.dumps(kept[(page - 1) * size : page * size])

    monkeypatch.setattr(history, "run", run)
    return kept


def refused(resources: list[dict[str, Any]]) -> str:
    with pytest.raises(OpsError) as refusal:
        last_deployment("dev", resources)
    return str(refusal.value)


def found(resources: list[dict[str, Any]]) -> tuple[str, str, bool, bool]:
    """When and from where it was deployed, whether with other files, and whether a part was updated later."""
    deployed = last_deployment("dev", resources).deployed
    assert deployed is not None
    return f"{deployed.at:%Y-%m-%d %H:%M}", deployed.commit, deployed.dirty, deployed.later_in_part


def test_the_last_update_that_succeeded_is_named_by_date_and_commit(entries: list[dict[str, Any]]) -> None:
    entries += [entry(20, git_head=COMMIT, git_dirty="true"), entry(19, result="failed"), entry(18)]
    assert found([DEPLOYED]) == ("2026-11-20 12:05", COMMIT, True, False)


def test_a_stack_that_was_never_deployed_is_refused_with_what_to_do(entries: list[dict[str, Any]]) -> None:
    assert refused([]) == f"Stack dev was never deployed, so nothing of it can drift. {AGAIN}"
    entries.append(entry(20, "refresh"))
    assert refused([]) == f"Stack dev was never deployed, so nothing of it can drift. {AGAIN}"


def test_one_whose_last_update_failed_is_too(entries: list[dict[str, Any]]) -> None:
    entries += [
        entry(21, "refresh"),
        entry(21, "refresh", "failed"),
        entry(20, "update", "failed", git_head=COMMIT),
        entry(19),
    ]
    assert refused([DEPLOYED]) == (
        "The last update of stack dev failed, on 2026-11-20 12:05 UTC (commit 167f74e), and may have done half of its work. "
        "Mend the cause, run `pulumi up --stack dev` until it succeeds, then check again. `.venv/bin/python -m ops "
        "recover --stack dev` finds what it left behind."
    )


def test_a_destruction_that_failed_is_told_as_one(entries: list[dict[str, Any]]) -> None:
    entries += [entry(20, "destroy", "failed"), entry(19)]
    assert refused([DEPLOYED]).startswith("The last destruction of stack dev failed, on 2026-11-20 12:05 UTC, and may")
    assert "run `pulumi destroy --stack dev` until it succeeds" in refused([DEPLOYED])


def test_a_stack_that_was_destroyed_is_refused_whatever_was_imported_since(entries: list[dict[str, Any]]) -> None:
    entries += [entry(22, "resource-import"), entry(21, "destroy"), entry(20)]
    expected = (
        "Stack dev was destroyed on 2026-11-21 12:05 UTC, so nothing of it can drift. To deploy it again, run `pulumi up "
        "--stack dev`. If it is to stay away, leave it out of the drift checks."
    )
    assert refused([]) == expected
    assert refused([ROOT]) == expected


def test_one_that_was_deployed_again_after_that_is_not(entries: list[dict[str, Any]]) -> None:
    entries += [entry(22), entry(21, "destroy"), entry(20, result="failed")]
    assert found([DEPLOYED]) == ("2026-11-22 12:05", "", False, False)


@pytest.mark.parametrize("flag", ["target", "exclude"])
def test_an_update_of_a_part_does_not_make_up_for_one_of_the_whole(entries: list[dict[str, Any]], flag: str) -> None:
    part = {f"pulumi_flag_{flag}": "set"}
    entries += [entry(22, **part), entry(21, "destroy", **part), entry(20, git_head=COMMIT)]
    assert found([DEPLOYED]) == ("2026-11-20 12:05", COMMIT, False, True)
    entries[2]["result"] = "failed"
    assert refused([DEPLOYED]).startswith("The last update of stack dev failed, on 2026-11-20 12:05 UTC")


def test_what_was_imported_and_never_updated_is_refused(entries: list[dict[str, Any]]) -> None:
    entries.append(entry(20, "resource-import"))
    assert refused([ROOT, resource("2026-11-20T12:01:00Z", "2026-11-20T12:01:00Z")]) == (
        f"Stack dev has taken over what was there, and was never updated, so nothing of it can drift. {AGAIN}"
    )


def test_a_first_update_that_was_killed_is_told_by_the_state(entries: list[dict[str, Any]]) -> None:
    assert entries == []
    assert refused([ROOT, resource("2026-11-20T12:01:00Z", "2026-11-20T12:01:00Z")]) == (
        "The first update of stack dev was interrupted, and may have done half of its work. See `.venv/bin/python -m ops recover "
        f"--stack dev`. {AGAIN}"
    )


def test_a_later_update_that_was_killed_is_told_by_what_it_wrote(entries: list[dict[str, Any]]) -> None:
    entries += [entry(22, "refresh"), entry(20)]
    for moment in ("2026-11-21T10:00:00Z", "2026-11-22T12:06:00Z"):
        message = refused([DEPLOYED, resource("2026-11-20T12:01:00Z", moment)])
        assert message == (
            f"An update of stack dev was interrupted on {moment[:10]} {moment[11:16]} UTC, and may have done half of its "
            "work. See `.venv/bin/python -m ops recover --stack dev`, run `pulumi up --stack dev`, then check again."
        )
    # A refresh writes too, and a service's clock is another one.
    for moment in (
        "2026-11-20T12:05:29.9Z",
        "2026-11-22T11:59:30.1Z",
        "2026-11-22T12:05:29.9Z",
        "2026-11-19T12:00:00Z",
    ):
        assert found([DEPLOYED, resource("2026-11-19T12:01:00Z", moment)])[0] == "2026-11-20 12:05"


def test_an_update_that_a_service_says_is_going_on_is_waited_for(entries: list[dict[str, Any]]) -> None:
    entries += [{**entry(20, result="in-progress"), "endTime": None}, entry(19)]
    assert refused([DEPLOYED]) == (
        "Stack dev is being updated since 2026-11-20 12:00 UTC, or that update was interrupted: wait until it has ended, or "
        "see `.venv/bin/python -m ops recover --stack dev`."
    )


def test_a_history_that_does_not_reach_back_to_an_update_is_no_obstacle(entries: list[dict[str, Any]]) -> None:
    assert last_deployment("dev", [DEPLOYED]) == LastDeployment(None)
    entries += [entry(day, "refresh") for day in range(25, 4, -1)]
    assert last_deployment("dev", [DEPLOYED]).deployed is None
    entries.append(entry(3))
    assert found([DEPLOYED])[0] == "2026-11-03 12:05"


def test_a_refresh_leaves_what_it_did_not_write_as_declared(entries: list[dict[str, Any]]) -> None:
    entries += [entry(22, "refresh"), entry(20)]
    last = last_deployment("dev", [DEPLOYED])
    assert last.has_declared(resource("2026-11-20T12:01:00Z", "2026-11-20T12:01:00Z"))
    assert not last.has_declared(resource("2026-11-20T12:01:00Z", "2026-11-22T12:01:00Z"))


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Contoso", "-c", "user.email=contoso@example.com", "-c", "commit.gpgsign=false")
    return subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def deployed_from(commit: str) -> LastDeployment:
    return LastDeployment(Entry("update", "succeeded", NOON, None, commit))


def test_the_program_is_the_same_unless_git_says_otherwise(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert program_is_same(deployed_from(COMMIT))  # no repository
    git(tmp_path, "init", "-q")
    (tmp_path / "__main__.py").write_text("one")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "One")
    commit = git(tmp_path, "rev-parse", "HEAD").strip()
    assert program_is_same(deployed_from(commit))
    assert program_is_same(deployed_from(COMMIT))  # a shallow clone
    (tmp_path / "README.md").write_text("of no consequence")
    assert program_is_same(deployed_from(commit))
    (tmp_path / "__main__.py").write_text("two")
    assert not program_is_same(deployed_from(commit))
    assert not program_is_same(LastDeployment(None))


def test_the_deployed_file_is_put_together_again_with_todays_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    config = {**CONFIG, "self-hosted-gateway:cluster": {"secret": True}}
    update = Entry("update", "succeeded", NOON, None, config=config)
    Path("Pulumi.dev.yaml").write_text("encryptionsalt: v1:x\nconfig:\n  azure-native:tenantId: other\n")
    assert deployed_file("dev", update) is None
    Path("Pulumi.dev.yaml").write_text(
        "encryptionsalt: v1:x\nconfig:\n  azure-native:tenantId: other\n  self-hosted-gateway:cluster:\n"
        "    kubeconfig:\n      secure: v1:abc\n"
    )
    assert deployed_file("contoso/dev", update) == {
        "encryptionsalt": "v1:x",
        "config": {
            "self-hosted-gateway:protect": [],
            "azure-native:tenantId": "contoso",
            "self-hosted-gateway:cluster": {"kubeconfig": {"secure": "v1:abc"}},
        },
    }

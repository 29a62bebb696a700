"""Which issue is opened, updated and closed, and what is told of a GitHub that refuses."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from ops.drift import render
from ops.drift.report import ExpiringSecret, Finding, Kind, Report
from ops.errors import OpsError
from ops.github.api import Repository
from ops.github.comment import keep_comment, outdate_comments
from ops.github.issue import keep_issue

from ..pipelines.github_api import BOT, GitHubApi

SOMEBODY = {"login": "contoso", "type": "User"}
END = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[GitHubApi]:
    """GitHub, and a job's token that may write issues."""
    server = GitHubApi("contoso/gateway").start()
    server.tokens["ghs_contoso"] = {"issues": "write"}
    monkeypatch.setenv("GITHUB_API_URL", server.url)
    monkeypatch.setenv("GITHUB_REPOSITORY", "contoso/gateway")
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_contoso")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for name in ("GITHUB_SERVER_URL", "GITHUB_RUN_ID", "GITHUB_SHA"):
        monkeypatch.delenv(name, raising=False)
    yield server
    server.stop()


def keep(text: str | None, stack: str = "dev", subject: str = "drift") -> str | None:
    return keep_issue(Repository(), subject, stack, f"Drift in stack {stack}", text)


def test_an_issue_lives_as_long_as_the_drift(api: GitHubApi) -> None:
    assert keep(None) is None
    assert keep("One.") == "Opened https://github.com/contoso/gateway/issues/1."
    assert keep("Two.") == "Updated https://github.com/contoso/gateway/issues/1."
    assert api.issues[1]["body"] == "<!-- self-hosted-gateway drift dev -->\nTwo."
    assert keep(None) == "Closed https://github.com/contoso/gateway/issues/1."
    assert (api.issues[1]["state"], api.comments_of(1)) == ("closed", ["It is over."])
    assert keep("Three.") == "Opened https://github.com/contoso/gateway/issues/2."


def test_each_stack_and_subject_has_its_own(api: GitHubApi) -> None:
    keep("One.")
    keep("Two.", "prod")
    keep("Three.", subject="secrets")
    assert [issue["state"] for issue in api.issues.values()] == ["open", "open", "open"]
    keep(None, "prod")
    assert [issue["state"] for issue in api.issues.values()] == ["open", "closed", "open"]


def test_an_issue_is_found_behind_a_page_of_others_and_somebody_elses_is_left_alone(api: GitHubApi) -> None:
    keep("One.")
    for number in range(2, 250):
        body = "<!-- self-hosted-gateway drift dev -->\nmine"
        api.issues[number] = {"number": number, "body": body, "state": "open", "user": SOMEBODY}
    assert keep("Two.") == "Updated https://github.com/contoso/gateway/issues/1."
    assert api.issues[2]["body"].endswith("mine")


def test_a_report_that_is_too_long_is_cut(api: GitHubApi) -> None:
    keep("x" * 100_000)
    assert len(api.issues[1]["body"]) <= 65_536
    assert api.issues[1]["body"].endswith("... (cut)")


def test_it_says_that_a_permission_is_missing(api: GitHubApi) -> None:
    api.tokens["ghs_contoso"] = {"issues": "read"}
    with pytest.raises(
        OpsError, match=r"403 Resource not accessible by integration\. Does the job have the permission\?"
    ):
        keep("One.")


def test_a_wrong_token_is_not_repeated(api: GitHubApi, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghs_wrong")
    with pytest.raises(OpsError, match="401 Bad credentials") as error:
        keep("One.")
    assert "ghs_wrong" not in str(error.value)


def test_without_a_repository_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_TOKEN", raising=False)
    with pytest.raises(OpsError, match=r"GITHUB_REPOSITORY .* and GITHUB_TOKEN have to be set"):
        keep("One.")


def test_a_comment_is_updated_where_it_stands(api: GitHubApi) -> None:
    api.tokens["ghs_contoso"] = {"pull-requests": "write"}
    api.pull_request(7)
    first = keep_comment(Repository(), 7, "dev", "One.")
    assert first == keep_comment(Repository(), 7, "dev", "Two.")
    keep_comment(Repository(), 7, "prod", "Three.")
    assert [text.splitlines()[1] for text in api.comments_of(7)] == ["Two.", "Three."]
    assert {comment["user"]["login"] for comment in api.comments.values()} == {BOT["login"]}


def test_a_preview_that_no_longer_holds_says_so_and_nobody_elses_comment_does(
    api: GitHubApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.tokens["ghs_contoso"] = {"pull-requests": "write"}
    api.pull_request(7)
    for stack in ("dev", "prod"):
        keep_comment(Repository(), 7, stack, f"Preview of {stack}.")
    api.comment(7, "<!-- self-hosted-gateway preview dev -->\nmine", SOMEBODY)
    api.comment(7, "<!-- self-hosted-gateway drift dev -->\nof something else", BOT)
    monkeypatch.setenv("PREVIEWED_COMMIT", "abc1234")
    assert outdate_comments(Repository(), 7, ["prod", "staging"]) == ["dev"]
    assert api.comments_of(7) == [
        "<!-- self-hosted-gateway preview dev -->\n### Preview of `dev`\n\n"
        "The pull request as it is now can no longer affect this stack.\n\n<sub>Commit abc1234</sub>",
        "<!-- self-hosted-gateway preview prod -->\nPreview of prod.",
        "<!-- self-hosted-gateway preview dev -->\nmine",
        "<!-- self-hosted-gateway drift dev -->\nof something else",
    ]
    monkeypatch.delenv("PREVIEWED_COMMIT")
    # It can be affected again.
    keep_comment(Repository(), 7, "dev", "Two.")
    assert api.comments_of(7)[0] == "<!-- self-hosted-gateway preview dev -->\nTwo."
    assert len(api.comments_of(7)) == 4


def test_without_earlier_previews_there_is_nothing_to_outdate(api: GitHubApi) -> None:
    api.tokens["ghs_contoso"] = {"pull-requests": "write"}
    api.pull_request(7)
    assert outdate_comments(Repository(), 7, []) == []
    assert api.comments_of(7) == []


def test_a_saved_report_tells_of_drift_and_of_secrets_that_end() -> None:
    findings = [Finding("mygw-env", "t", Kind.CHANGED, "data.a", "x", "y")]
    report = Report("dev", findings, [ExpiringSecret("mygw-secret", "a-key", END, 7)])
    kept = render.from_json(render.as_json(report))
    assert kept == report
    assert "| `mygw-env` | changed: `data.a` | `x` | `y` |" in render.issue(kept)
    expiry = render.expiry(kept)
    assert expiry is not None
    assert expiry.startswith(
        "- Client secret a-key (mygw-secret) ends on 2026-12-01, in 7 day(s): set a later `rotation`"
    )
    assert render.expiry(Report("dev", [], [])) is None
    assert timedelta(0) == kept.expiring[0].end - END

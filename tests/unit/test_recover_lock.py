"""Whose lock a stack has, as the engine tells it: what is not understood is never taken for an unlocked stack."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.engine.lock import Lock, find_lock
from ops.errors import OpsError

FILE_BACKEND = '{"user": "ann", "url": "file:///home/ann/state"}'
CLOUD = '{"user": "ann", "url": "https://app.pulumi.com/ann"}'
# What pulumi 3.259 says.
UNLOCKED = "error: a stack named dev already exists"
LOCKED = (
    "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file "
    "with `pulumi cancel`.\n  file:///home/ann/state/.pulumi/locks/organization/self-hosted-gateway/dev/x.json?no_tmp_dir=true: "
    "created by ann@laptop (pid 4711) at 2026-11-25T10:13:57Z"
)
CONFLICT = (
    "error: [409] Conflict: Another update is currently in progress.\nTo learn more about possible reasons and resolution, "
    "visit https://www.pulumi.com/docs/support/troubleshooting/common-issues/update-conflicts/"
)
BEING_UPDATED = (
    "Stack dev is being updated, says its backend: wait until that update has ended. If it was killed, "
    "`pulumi cancel --stack dev`, then run this again."
)


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Puts an engine on PATH that answers commands of two words, or refuses them."""

    def put(refused: str = "", **answers: str) -> None:
        cases = "\n".join(
            f"{words.replace('_', '-')}) cat <<'TEXT'\n{text}\nTEXT\n;;" for words, text in answers.items()
        )
        refusal = f"*) cat >&2 <<'TEXT'\n{refused}\nTEXT\nexit 255;;"
        (tmp_path / "pulumi").write_text(f'#!/bin/bash\ncase "$1-$2" in\n{cases}\n{refusal}\nesac\n')
        (tmp_path / "pulumi").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    return put


def test_a_stack_whose_name_is_refused_only_because_it_has_it_is_not_locked(engine: Callable[..., None]) -> None:
    engine(UNLOCKED, whoami___verbose=FILE_BACKEND)
    assert find_lock("dev") is None


def test_a_lock_file_names_its_owner(engine: Callable[..., None]) -> None:
    engine(LOCKED, whoami___verbose=FILE_BACKEND)
    assert find_lock("dev") == Lock("ann", "laptop", 4711, datetime(2026, 11, 25, 10, 13, 57, tzinfo=UTC))


@pytest.mark.parametrize(
    "refused", ["error: could not list bucket: blob (code=PermissionDenied)", "error: no stack named 'dev' found"]
)
def test_any_other_refusal_is_told_and_not_taken_for_unlocked(engine: Callable[..., None], refused: str) -> None:
    engine(refused, whoami___verbose=FILE_BACKEND)
    with pytest.raises(OpsError) as told:
        find_lock("dev")
    assert str(told.value) == f"Whether stack dev is locked can't be found out: {refused.removeprefix('error: ')}"


def test_an_update_that_runs_in_pulumi_cloud(engine: Callable[..., None]) -> None:
    listed = '[{"name": "prod", "updateInProgress": false}, {"name": "dev", "updateInProgress": true}]'
    engine(whoami___verbose=CLOUD, stack_ls=listed)
    with pytest.raises(OpsError) as told:
        find_lock("contoso/self-hosted-gateway/dev")
    assert str(told.value).startswith("Stack contoso/self-hosted-gateway/dev is being updated, says its backend: wait")
    assert find_lock("prod") is None


def test_a_conflict_is_an_update_that_runs(engine: Callable[..., None]) -> None:
    engine(CONFLICT, whoami___verbose=FILE_BACKEND)
    with pytest.raises(OpsError) as told:
        find_lock("dev")
    assert str(told.value) == BEING_UPDATED

"""Plugins that a killed engine has left: which a recovery takes for its update's, and what it does about them.

The plugins and engines here are scripts that run under their names.
"""

import os
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from getpass import getuser
from pathlib import Path
from socket import gethostname
from typing import Any

import psutil
import pytest
from typer.testing import CliRunner

from ops.cli import changes
from ops.cli.application import app
from ops.engine.lock import Lock
from ops.errors import OpsError
from ops.recover import plugins, run
from ops.recover.plugins import Outliving, Plugin, end, left_running, outliving, wait_until_ended
from ops.recover.text import describe_outliving

# Long enough to be looked at.
_RUNS = "while :; do sleep 0.1; done\n"
# Another program's tests may kill engines of this one's name at the same time.
PROJECT = f"self-hosted-gateway-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[psutil.Process, psutil.Process]]]:
    """Starts an engine that starts a plugin, in a folder of their own; both as processes."""
    monkeypatch.delenv("PULUMI_BACKEND_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    running: list[psutil.Process] = []

    def start(
        name: str = "pulumi-resource-azure-native", *, engine: str = "pulumi", body: str = _RUNS, **environment: str
    ) -> tuple[psutil.Process, psutil.Process]:
        for file, text in ((name, body), (engine, f'"{tmp_path / name}" 127.0.0.1:9 &\necho $!\nwait\n')):
            (tmp_path / file).write_text(f"#!/bin/sh\n{text}")
            (tmp_path / file).chmod(0o755)
        process = subprocess.Popen(
            [tmp_path / engine],
            env={**os.environ, **{key: value for key, value in environment.items() if value}},
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        plugin = psutil.Process(int(process.stdout.readline()))
        running.extend([psutil.Process(process.pid), plugin])
        deadline = time.monotonic() + 10
        while not any(name in argument for argument in plugin.cmdline()):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        return running[-2], running[-1]

    yield start
    for process in running:
        if process.is_running():
            process.kill()


def lock(user: str = "", since: datetime | None = None, host: str = "") -> Lock:
    now = datetime.now(UTC).replace(microsecond=0)
    return Lock(user or getuser(), host or gethostname(), 4711, since or now - timedelta(minutes=1))


def pids(found: list[Plugin]) -> list[int]:
    return [plugin.pid for plugin in found]


def killed(engine: psutil.Process) -> None:
    engine.kill()
    engine.wait(timeout=10)


def test_a_plugin_is_an_updates_once_its_engine_is_gone(started: Callable[..., Any]) -> None:
    engine, plugin = started(PULUMI_PROJECT=PROJECT)
    assert plugin.pid not in pids(left_running(PROJECT, lock()))
    killed(engine)
    (found,) = [found for found in left_running(PROJECT, lock()) if found.pid == plugin.pid]
    assert str(found) == f"pulumi-resource-azure-native (process {plugin.pid})"
    assert abs(found.started - datetime.now(UTC)) < timedelta(seconds=30)


@pytest.mark.parametrize("engine_name", ["pulumi", "pulumi-3.259.0"])
def test_a_plugin_whose_engine_lives_is_left_alone(started: Callable[..., Any], engine_name: str) -> None:
    _, plugin = started(engine=engine_name, PULUMI_PROJECT=PROJECT)
    assert plugin.pid not in pids(left_running(PROJECT, lock()))


def test_a_plugin_of_another_project_backend_user_or_time_is_not_the_updates(
    started: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    engine, plugin = started(PULUMI_PROJECT=PROJECT, PULUMI_BACKEND_URL="file:///ours")
    killed(engine)
    assert plugin.pid in pids(left_running(PROJECT, lock()))
    assert plugin.pid in pids(left_running(PROJECT, None))
    assert plugin.pid not in pids(left_running("another-project", lock()))
    assert plugin.pid not in pids(left_running(PROJECT, lock("somebody-else")))
    later = datetime.now(UTC) + timedelta(seconds=10)
    assert plugin.pid not in pids(left_running(PROJECT, lock(since=later)))
    monkeypatch.setenv("PULUMI_BACKEND_URL", "file:///ours")
    assert plugin.pid in pids(left_running(PROJECT, lock()))
    monkeypatch.setenv("PULUMI_BACKEND_URL", "azblob://theirs")
    assert plugin.pid not in pids(left_running(PROJECT, lock()))


def test_where_the_engine_has_not_said_its_project_its_folder_tells(
    started: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PULUMI_PROJECT", raising=False)
    engine, plugin = started()
    killed(engine)
    assert plugin.pid in pids(left_running(PROJECT, lock()))
    monkeypatch.chdir("/")
    assert plugin.pid not in pids(left_running(PROJECT, lock()))


def test_other_programs_are_no_plugins(started: Callable[..., Any]) -> None:
    for name in ("pulumi-language-python", "pulumi-resource-"):
        engine, process = started(name, PULUMI_PROJECT=PROJECT)
        killed(engine)
        assert process.pid not in pids(left_running(PROJECT, lock()))


def state(*types: str, written: str = "2026-11-25T10:05:00.123456789Z") -> dict[str, Any]:
    root = f"urn:pulumi:dev::{PROJECT}::"
    pending = [{"type": "creating", "resource": {"type": type_, "urn": f"{root}{type_}::it"}} for type_ in types]
    return {"deployment": {"manifest": {"time": written}, "pending_operations": pending}}


def test_only_a_plugin_with_a_pending_operation_can_write(started: Callable[..., Any]) -> None:
    engine, plugin = started(PULUMI_PROJECT=PROJECT)
    killed(engine)
    assert pids(outliving(state("azure-native:authorization:RoleAssignment"), lock()).plugins) == [plugin.pid]
    assert outliving(state("azuread:index/application:Application"), lock()) == Outliving()
    assert outliving(state(), lock()) == Outliving()
    # The lock was cleared by hand.
    assert plugin.pid in pids(outliving(state("azure-native:authorization:RoleAssignment"), None).plugins)


def test_on_another_machine_it_is_safe_a_quarter_of_an_hour_after_the_update_was_seen_last() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    written = (now - timedelta(minutes=5)).isoformat()
    theirs = lock("bob", since=now - timedelta(minutes=20), host="runner")
    found = outliving(state("azure-native:authorization:RoleAssignment", written=written), theirs)
    assert found == Outliving(machine="runner", until=now + timedelta(minutes=10), last_seen=now - timedelta(minutes=5))
    # It has written nothing since it took the lock.
    recent = lock("bob", since=now - timedelta(minutes=1), host="runner")
    assert outliving(state("azuread:index/application:Application", written=written), recent).until == now + timedelta(
        minutes=14
    )
    old = (now - timedelta(minutes=16)).isoformat()
    assert outliving(state("azure-native:authorization:RoleAssignment", written=old), theirs) == Outliving()
    assert outliving(state(written=written), theirs) == Outliving()


def test_a_lock_of_another_machine_is_refused_with_the_time_from_which_on_it_is_safe(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    theirs = Lock("bob", "runner", 12, datetime(2026, 11, 25, 10, 0, tzinfo=UTC))
    until = datetime(2026, 11, 25, 10, 20, tzinfo=UTC)
    found = Outliving(machine="runner", until=until, last_seen=datetime(2026, 11, 25, 10, 5, tzinfo=UTC))
    monkeypatch.setattr(run, "find_lock", lambda _: theirs)
    monkeypatch.setattr(run, "still_writing", lambda *_: found)
    with pytest.raises(OpsError) as told:
        run.ended_lock("dev")
    assert str(told.value) == (
        "Stack dev is locked by bob@runner, process 12, since 2026-11-25 10:00:00 UTC. That is another machine: make sure that "
        "the update has ended there, then run this again with --owner-is-gone, from 2026-11-25 10:20:00 UTC on. Until 15 "
        "minutes after its end, its plugins can create what nobody records."
    )
    assert run.ended_lock("dev", owner_is_gone=True) == theirs
    monkeypatch.setattr(run, "still_writing", lambda *_: Outliving())
    with pytest.raises(OpsError, match=r"run this again with --owner-is-gone\.$"):
        run.ended_lock("dev")


def test_what_is_told_of_plugins() -> None:
    now = datetime(2026, 11, 25, 10, 5, tzinfo=UTC)
    here = Outliving(
        [
            Plugin("pulumi-resource-azure-native", 12, now - timedelta(seconds=200)),
            Plugin("pulumi-resource-kubernetes", 13, now - timedelta(seconds=5)),
        ]
    )
    assert describe_outliving("dev", here, now) == (
        "Stack dev: the update was killed, but plugins that it has started still run:\n"
        "- pulumi-resource-azure-native (process 12), started 3 min 20 s ago\n"
        "- pulumi-resource-kubernetes (process 13), started 5 s ago\n"
        "Nobody records what they create from now on, so they have to end before the lock is cleared."
    )
    there = Outliving(machine="runner", until=now + timedelta(minutes=15), last_seen=now)
    assert describe_outliving("dev", there) == (
        "Stack dev: the update ran on runner, and wrote its state for the last time at 2026-11-25 10:05:00 UTC. Until 15 "
        "minutes after its end, its plugins can create what nobody records. It is safe from 2026-11-25 10:20:00 UTC on, or "
        "later if the update was killed later. If that machine is gone, so are its plugins."
    )


def test_a_plugin_is_waited_for_until_it_ends_by_itself(started: Callable[..., Any]) -> None:
    engine, plugin = started(body="sleep 1\n", PULUMI_PROJECT=PROJECT)
    killed(engine)
    found = [found for found in left_running(PROJECT, lock()) if found.pid == plugin.pid]
    assert len(found) == 1
    wait_until_ended(found)
    assert not found[0].is_running()


def test_nobody_waits_for_ever(started: Callable[..., Any]) -> None:
    engine, plugin = started(PULUMI_PROJECT=PROJECT)
    killed(engine)
    found = [found for found in left_running(PROJECT, lock()) if found.pid == plugin.pid]
    with pytest.raises(OpsError) as told:
        wait_until_ended(found, timedelta())
    assert str(told.value) == (
        f"pulumi-resource-azure-native (process {plugin.pid}) still runs after 0 minutes. Run this again to wait longer, or "
        "with --end-plugins to end it."
    )


@pytest.mark.parametrize("body", [_RUNS, f"trap '' TERM\n{_RUNS}"])
def test_a_plugin_is_ended_also_one_that_does_not_listen(
    started: Callable[..., Any], body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "_SECONDS_TO_END", 1.0)
    engine, plugin = started(body=body, PULUMI_PROJECT=PROJECT)
    killed(engine)
    found = [found for found in left_running(PROJECT, lock()) if found.pid == plugin.pid]
    end(found)
    assert not found[0].is_running()
    # Nor is it an error that it has ended meanwhile.
    end(found)


def test_a_plugin_of_another_user_is_named(started: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    engine, plugin = started(PULUMI_PROJECT=PROJECT)
    killed(engine)
    found = [found for found in left_running(PROJECT, lock()) if found.pid == plugin.pid]

    def refused(_: psutil.Process) -> None:
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil.Process, "terminate", refused)
    with pytest.raises(OpsError) as told:
        end(found)
    assert str(told.value) == (
        f"pulumi-resource-azure-native (process {plugin.pid}) belongs to another user. End it as that user, then run this again."
    )


HERE = Outliving([Plugin("pulumi-resource-azure-native", 12, datetime(2026, 11, 25, 10, 5, tzinfo=UTC))])
THERE = Outliving(
    machine="runner",
    until=datetime(2026, 11, 25, 10, 20, tzinfo=UTC),
    last_seen=datetime(2026, 11, 25, 10, 5, tzinfo=UTC),
)


@pytest.mark.parametrize(
    ("found", "arguments", "answer", "code", "done"),
    [
        (HERE, [], "n\n", 1, []),
        (HERE, [], "y\ny\n", 0, ["waited for them", "planned", "carried out"]),
        (HERE, ["--yes"], "", 0, ["waited for them", "planned", "carried out"]),
        (HERE, ["--end-plugins"], "n\n", 1, []),
        (HERE, ["--end-plugins"], "y\nn\n", 1, ["ended them", "planned"]),
        (HERE, ["--yes", "--end-plugins"], "", 0, ["ended them", "planned", "carried out"]),
        (THERE, [], "n\n", 1, []),
        (THERE, [], "y\ny\n", 0, ["planned", "carried out"]),
        (THERE, ["--yes"], "", 0, ["waited until 10:20", "planned", "carried out"]),
        (THERE, ["--yes", "--end-plugins"], "", 1, []),
        (Outliving(), ["--yes"], "", 0, ["planned", "carried out"]),
        (Outliving(), ["--yes", "--end-plugins"], "", 0, ["planned", "carried out"]),
    ],
)
def test_nothing_is_looked_for_before_the_plugins_have_ended_and_nothing_waited_for_without_consent(
    monkeypatch: pytest.MonkeyPatch, found: Outliving, arguments: list[str], answer: str, code: int, done: list[str]
) -> None:
    happened: list[str] = []

    def planned(*_: Any) -> run.Plan:
        happened.append("planned")
        return run.Plan("dev", lock(), [], {"deployment": {}})

    monkeypatch.setattr(changes, "remove_empty_attributes", list)
    monkeypatch.setattr(run, "ended_lock", lambda *_, **__: lock())
    monkeypatch.setattr(run, "still_writing", lambda *_: found)
    monkeypatch.setattr(run, "plan", planned)
    monkeypatch.setattr(run, "carry_out", lambda _: happened.append("carried out"))
    monkeypatch.setattr(plugins, "wait_until_ended", lambda _: happened.append("waited for them"))
    monkeypatch.setattr(plugins, "wait_until", lambda until: happened.append(f"waited until {until:%H:%M}"))
    monkeypatch.setattr(plugins, "end", lambda _: happened.append("ended them"))
    result = CliRunner().invoke(app, ["recover", "--stack", "dev", *arguments], input=answer)
    assert (result.exit_code, happened) == (code, done)
    if found is HERE:
        assert "- pulumi-resource-azure-native (process 12), started " in result.output
    if found is THERE and "--end-plugins" in arguments:
        assert result.stderr == (
            "error: --end-plugins ends plugins on this machine only. End those on runner there, or wait.\n"
        )

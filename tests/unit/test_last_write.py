"""The time of the program's last write: known from the object, except in a preview that would write it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi_kubernetes.meta.v1.outputs import ManagedFieldsEntry, ObjectMeta

from components.last_write import LastWrite

CREATED = "2026-11-01T00:00:00Z"


def entry(manager: str, operation: str, time: str) -> ManagedFieldsEntry:
    return ManagedFieldsEntry(manager=manager, operation=operation, time=time)


def metadata(*entries: ManagedFieldsEntry) -> ObjectMeta:
    return ObjectMeta(creation_timestamp=CREATED, managed_fields=list(entries))


@pytest.fixture
def dry_run(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: request.param)
    # A hook is announced to the engine in a task: here there is no engine, and nobody runs the loop.
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    asyncio.set_event_loop(None)


@pytest.mark.parametrize("dry_run", [True], indirect=True)
@pytest.mark.usefixtures("dry_run")
def test_a_preview_that_creates_or_updates_the_object_does_not_know_the_time() -> None:
    last_write = LastWrite("mygw-env")
    hooks: Any = last_write.hooks
    (created,), (updated,) = hooks.after_create, hooks.after_update
    assert created is updated
    assert (created.name, created.opts.on_dry_run) == ("mygw-env-written", True)
    assert last_write.time(metadata()) == CREATED
    created.callback(None)
    assert last_write.time(metadata()) == pulumi.UNKNOWN


@pytest.mark.parametrize("dry_run", [False], indirect=True)
@pytest.mark.usefixtures("dry_run")
def test_an_update_has_no_hooks_that_nobody_would_answer() -> None:
    assert LastWrite("mygw-env").hooks is None


def test_it_is_the_time_of_the_last_apply_of_a_pulumi_program() -> None:
    own = [
        entry("pulumi-kubernetes-0a1b2c3d", "Apply", "2026-11-03T00:00:00Z"),
        entry("pulumi-kubernetes-4e5f6a7b", "Apply", "2026-11-02T00:00:00Z"),
    ]
    strangers = [
        entry("kubectl", "Apply", "2026-11-04T00:00:00Z"),
        entry("pulumi-kubernetes-0a1b2c3d", "Update", "2026-11-05T00:00:00Z"),
    ]
    assert LastWrite("mygw-env").time(metadata(*strangers, *own)) == "2026-11-03T00:00:00Z"
    assert LastWrite("mygw-env").time(metadata(*strangers)) == CREATED
    assert LastWrite("mygw-env").time(ObjectMeta()) == ""

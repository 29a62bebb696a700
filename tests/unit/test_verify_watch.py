"""Why an update waits: each reason is told once when it appears, and once when it is gone, until the update has ended."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from typer.testing import CliRunner

from ops.cli import updates
from ops.engine import lock as engine_lock
from ops.engine import running
from ops.engine.lock import Lock, StackBusyError
from ops.engine.running import RunningUpdate
from ops.engine.state import resources_under_way
from ops.errors import ForbiddenError, OpsError
from ops.verify import questions, watch
from ops.verify.report import Answer, Check
from ops.verify.watch import Looks, Told, watched

from .test_verify_gateways import CONFIG_MAP, DEPLOYMENT, assignment, state

QUOTA = 'pods "mygw-7d9c-abcde" is forbidden: exceeded quota: contoso, requested: pods=1, used: pods=0, limited: pods=0'
NEXT = "Raise it, or lower `replicas`."


class Clock:
    """Seconds that a test lets go on."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def waits(cause: str, found: str = QUOTA, next_step: str = NEXT, question: str = "pods") -> Check:
    return Check("mygw", question, Answer.FAILED, found, next_step, cause)


WELL = Check("mygw", "pods", Answer.OK, "1 of 1 ready in default/mygw")
STARTING = Check("mygw", "pods", Answer.FAILED, "0 of 1 of the last revision ready; pod mygw is not ready", "wait")
UNREAD = Check("mygw", "pods", Answer.UNKNOWN, "Pods can't be read: forbidden", "Check the rights.", "no answer")


def told(*looks: list[Check], seconds: float = 5) -> list[str]:
    lines: list[str] = []
    clock = Clock()
    account = Told(lines.append, clock)
    for look in looks:
        account.take(look)
        clock.now += seconds
    return lines


def test_each_reason_is_told_once_when_it_appears_and_once_when_it_is_gone() -> None:
    again = waits("quota", QUOTA.replace("abcde", "fghij"))
    assert told([STARTING], [waits("quota")], [again], [waits("no node", "0/1 nodes")], [WELL], [WELL], [WELL]) == [
        f"waits   mygw: pods: {QUOTA}\n        next: {NEXT}",
        f"waits   mygw: pods: 0/1 nodes\n        next: {NEXT}",
        "gone    mygw: pods: quota, after 15 s",
        "gone    mygw: pods: no node, after 10 s",
    ]


def test_a_reason_that_is_missing_once_is_not_gone() -> None:
    lines = told([waits("image", "back-off")], [STARTING], [waits("image", "back-off")], [STARTING])
    assert lines == [f"waits   mygw: pods: back-off\n        next: {NEXT}"]


def test_what_is_gone_when_the_update_ends_is_told_at_once() -> None:
    lines: list[str] = []
    account = Told(lines.append, Clock())
    account.end(lambda: pytest.fail("there is nothing to look for"))
    account.take([waits("quota"), waits("rights", question="configuration")])
    account.end(lambda: [waits("rights", question="configuration")])
    assert lines[2:] == ["gone    mygw: pods: quota, after 0 s"]


def test_pods_that_only_start_are_no_reason() -> None:
    assert told([STARTING], [WELL], [Check("mygw", "configuration", Answer.UNKNOWN, "no pod runs")]) == []


def test_rights_that_are_missing_are_told_once_and_what_cannot_be_read_is_not_gone() -> None:
    unread = "unknown mygw: pods: Pods can't be read: forbidden\n        next: Check the rights."
    assert told([UNREAD], [UNREAD], [UNREAD]) == [unread]
    assert told([waits("quota")], [UNREAD], [UNREAD], [UNREAD], [waits("quota")], [waits("quota")]) == [
        f"waits   mygw: pods: {QUOTA}\n        next: {NEXT}",
        unread,
        "gone    mygw: pods: no answer, after 20 s",
    ]


def test_what_the_update_says_itself_is_not_said_twice() -> None:
    lines: list[str] = []
    account = Told(lines.append, Clock())
    progress = f"warning: [Deployment] {QUOTA} (mygw-workload-deployment)"
    account.hear(progress)
    account.take([waits("quota")])
    account.take([waits("image", "ImagePullBackOff: not found")])
    account.hear("warning: Failed to pull image (mygw-workload-deployment)")
    account.hear("updating mygw-auth (Secret)")
    account.hear(f"error: {QUOTA} (mygw-workload-deployment)")
    assert lines == [
        progress,
        f"waits   mygw: pods: quota, as said above\n        next: {NEXT}",
        f"waits   mygw: pods: ImagePullBackOff: not found\n        next: {NEXT}",
        "updating mygw-auth (Secret)",
        f"error: {QUOTA} (mygw-workload-deployment)",
    ]


class Cluster:
    """A cluster whose pods a quota refuses, and which may not be read by everybody."""

    allowed = True

    def __init__(self, _: Any) -> None: ...

    def find(self, *_: str) -> dict[str, Any]:
        if not self.allowed:
            raise ForbiddenError("Deployment apim/mygw can't be read: forbidden")
        refused = {"type": "ReplicaFailure", "status": "True", "reason": "FailedCreate", "message": QUOTA}
        metadata = {"uid": "d", "generation": 1}
        return {"metadata": metadata, "spec": {"replicas": 1}, "status": {"conditions": [refused]}}

    def select(self, *_: str) -> list[dict[str, Any]]:
        return []

    def warnings(self, _: str) -> list[dict[str, Any]]:
        raise ForbiddenError("forbidden")


@pytest.fixture
def deploying(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """A stack whose first update comes to its Deployment at the third reading; the states that are read, in turn."""
    nothing: dict[str, Any] = {"deployment": {"resources": []}}
    creating = state({**CONFIG_MAP, "id": "c"}, {**assignment("/s"), "id": "a"}, creating=(DEPLOYMENT,))
    states = [nothing, state(), creating]
    monkeypatch.setattr(watch, "export_raw", lambda _: states.pop(0) if len(states) > 1 else states[0])
    monkeypatch.setattr(questions, "Cluster", Cluster)
    return states


def test_the_state_is_read_anew_until_it_knows_what_to_look_at(deploying: list[dict[str, Any]]) -> None:
    clock = Clock()
    looks = Looks("dev", clock)
    found: list[list[tuple[str, str]]] = []
    for clock.now in (0, 5, 15, 20, 30, 35):
        found.append([(check.question, check.cause) for check in looks.look()])
    quota = [("pods", "quota"), ("configuration", "")]
    assert found == [[], [], [], [], quota, quota]


def test_who_may_not_read_the_cluster_is_told_so_without_a_traceback(
    deploying: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Cluster, "allowed", False)
    del deploying[:2]
    first, *_ = Looks("dev").look()
    assert (first.answer, first.cause, first.found) == (
        Answer.UNKNOWN,
        "no answer",
        "Deployment apim/mygw can't be read: forbidden",
    )


class Update:
    """An update that ends after some looks."""

    owner = "contoso@host, process 1"

    def __init__(self, _: str) -> None:
        self._left = 4

    def has_ended(self) -> bool:
        self._left -= 1
        return self._left <= 0


def test_it_ends_with_the_update(deploying: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "RunningUpdate", Update)
    del deploying[:2]
    lines: list[str] = []
    pauses: list[float] = []
    watch.watch("dev", lines.append, pauses.append)
    assert pauses == [3, 3]
    assert lines == [
        "Watching the update of stack dev, by contoso@host, process 1.",
        f"waits   mygw: pods: 0 of 1 of the last revision ready in apim/mygw; pods are refused: FailedCreate: {QUOTA}\n"
        "        next: The namespace's ResourceQuota refuses the pods: `kubectl describe quota -n apim` says what is left of "
        "it. Raise it, or lower `replicas`.",
        "The update of stack dev has ended.",
    ]


def test_without_an_update_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Update, "has_ended", lambda _: True)
    monkeypatch.setattr(watch, "RunningUpdate", Update)
    lines: list[str] = []
    watch.watch("dev", lines.append, lambda _: None)
    assert lines == ["No update of stack dev is running."]


def test_an_update_of_ones_own_is_looked_at_while_it_goes_on(
    deploying: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "_LOOK_SECONDS", 0.01)
    del deploying[:2]
    lines: list[str] = []
    with watched("dev", lines.append) as hear:
        hear("creating mygw-workload-deployment (Deployment)")
        for _ in range(500):
            if len(lines) > 1:
                break
            watch.time.sleep(0.01)
        hear("Ended after 5 s: 1 create.")
    assert [line.partition(":")[0] for line in lines] == [
        "creating mygw-workload-deployment (Deployment)",
        "waits   mygw",
        "Ended after 5 s",
    ]


def test_an_update_by_a_plan_is_watched_and_its_lines_are_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def with_reasons(stack: str, tell: Callable[[str], None]) -> Iterator[Callable[[str], None]]:
        tell(f"waits   {stack}")
        yield lambda line: tell(f"heard: {line}")
        tell("ended")

    monkeypatch.setattr(watch, "watched", with_reasons)
    monkeypatch.setattr(updates, "deploy_planned", lambda _stack, _plan, say: say("updating mygw-auth (Secret)"))
    result = CliRunner().invoke(updates.app, ["deploy", "--stack", "dev", "--plan", "plan.json"])
    assert result.output == "waits   dev\nheard: updating mygw-auth (Secret)\nended\n"


def lock(host: str, pid: int = 1) -> Lock:
    return Lock("contoso", host, pid, datetime(2026, 11, 26, tzinfo=UTC))


def update_with(
    monkeypatch: pytest.MonkeyPatch, *answers: Lock | OpsError | None, gone: Iterator[bool | None] | None = None
) -> tuple[RunningUpdate, Clock]:
    """An update found with these answers about the lock, and about whether its process is gone."""
    clock, left = Clock(), list(answers)

    def find(_: str) -> Lock | None:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, OpsError):
            raise answer
        return answer

    monkeypatch.setattr(running, "find_lock", find)
    monkeypatch.setattr(running, "is_owner_gone", lambda _: next(gone) if gone else None)
    return RunningUpdate("dev", clock), clock


def ended_at(update: RunningUpdate, clock: Clock, *times: float) -> list[bool]:
    found: list[bool] = []
    for clock.now in times:
        found.append(update.has_ended())
    return found


def test_an_update_on_this_machine_ends_with_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    update, clock = update_with(
        monkeypatch, lock("here"), OpsError("not asked"), gone=iter([False, False, False, True])
    )
    assert update.owner == "contoso@here, process 1, since 2026-11-26 00:00:00 UTC"
    assert ended_at(update, clock, 5, 10, 15) == [False, False, True]


def test_an_update_that_was_killed_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    assert update_with(monkeypatch, lock("here"), gone=iter([True]))[0].has_ended()
    assert update_with(monkeypatch, None)[0].has_ended()


def test_an_update_elsewhere_ends_with_its_lock_which_is_asked_for_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    update, clock = update_with(monkeypatch, lock("there"), lock("there"), OpsError("network"), None)
    assert ended_at(update, clock, 5, 15, 20, 30, 40, 45) == [False, False, False, False, False, True]
    # Another update that has begun since is not the one that was watched.
    update, clock = update_with(monkeypatch, lock("there"), lock("there", pid=2))
    assert ended_at(update, clock, 15) == [True]


def test_pulumi_cloud_says_whether_a_stack_is_being_updated(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = StackBusyError("Stack dev is being updated, says its backend")
    update, clock = update_with(monkeypatch, busy, busy, None)
    assert update.owner == ""
    assert ended_at(update, clock, 15, 30) == [False, True]


def test_who_may_not_ask_for_the_lock_goes_by_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    pending, idle = state(creating=(DEPLOYMENT,)), state()
    now = [pending]
    monkeypatch.setattr(running, "export_raw", lambda _: now[0])
    update, clock = update_with(monkeypatch, OpsError("Whether stack dev is locked can't be found out: forbidden"))
    assert ended_at(update, clock, 15, 30) == [False, False]
    now[0] = idle
    # Between two steps nothing is pending.
    assert ended_at(update, clock, 60, 75, 80, 90) == [False, False, False, True]


def test_a_process_that_nobody_has_waited_for_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    class Zombie:
        def __init__(self, _: int) -> None: ...

        def status(self) -> str:
            return "zombie"

        def create_time(self) -> float:
            return 0

    monkeypatch.setattr(engine_lock.psutil, "Process", Zombie)
    assert engine_lock.is_owner_gone(lock(socket.gethostname())) is True


@pytest.mark.parametrize(
    ("reader", "validator", "next_step"),
    [
        (
            Answer.OK,
            Answer.OK,
            "Both roles are assigned: a new assignment takes up to ten minutes to work everywhere. Wait.",
        ),
        (Answer.FAILED, Answer.OK, "reader role: it lacks the data action. put it back"),
        (Answer.OK, Answer.FAILED, "validator role: it lacks the data action. put it back"),
        (
            Answer.OK,
            Answer.UNKNOWN,
            "One of the two roles is missing, or still on its way: a new assignment takes up to ten minutes.",
        ),
    ],
)
def test_what_azure_refuses_is_told_with_whether_rights_are_on_their_way(
    monkeypatch: pytest.MonkeyPatch, reader: Answer, validator: Answer, next_step: str
) -> None:
    class Azure:
        arm = None

        def __init__(self, _: Any) -> None: ...

    def role(question: str, answer: Answer) -> Check:
        return Check("mygw", question, answer, "it lacks the data action", "put it back")

    refused = waits("rights", "pod mygw logs: StatusCode: Forbidden", "See the lines.", "configuration")
    monkeypatch.setattr(questions, "Azure", Azure)
    monkeypatch.setattr(questions, "Cluster", Cluster)
    monkeypatch.setattr(questions.configuration, "check_configuration", lambda *_: refused)
    monkeypatch.setattr(questions.authorization, "check_reader", lambda *_: role("reader role", reader))
    monkeypatch.setattr(questions.authorization, "check_validator", lambda *_: role("validator role", validator))
    scope = "/subscriptions/s/resourceGroups/contoso-rg/providers/Microsoft.ApiManagement/service/contoso-apim"
    resources = resources_under_way(state(assignment(scope), creating=(DEPLOYMENT,)))
    _, check = questions.Questions("dev", resources).waiting()
    assert (check.cause, check.found, check.next_step) == (
        "rights",
        "pod mygw logs: StatusCode: Forbidden",
        next_step,
    )

"""A live run: its order, what stops it, what it refuses, and that it leaves nothing half-made."""

import os
import re
import signal
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.cli.application import app
from ops.cli.output import interrupted_by_sigterm
from ops.drift.report import Finding, Kind
from ops.engine.state import StackResource
from ops.engine.steps import Step
from ops.errors import OpsError
from ops.live import observed
from ops.live.label import label_of
from ops.live.markdown import markdown
from ops.live.masks import Masks
from ops.live.observed import Observer, events_in
from ops.live.program import Program
from ops.live.report import Outcome, Report
from ops.live.report import Step as LiveStep
from ops.live.run import LiveRun, Patience
from ops.verify.gateways import KubernetesObject
from ops.verify.questions import UNREAD
from ops.verify.report import Answer
from tests.conftest import CHECKOUT

from .live_stack import (
    CLIENT_SECRET,
    CONFIG_MAP,
    DEPLOYMENT,
    PASSWORD,
    Deployable,
    answered,
    fails,
    interrupted,
    lost,
    rotated_today,
    step,
    urn,
)

TITLES = [
    "stack", "preview", "up", "preview again", "verify", "no drift", "a drift made", "the drift seen",
    "preview of the healing", "healing", "no drift any more", "verify after it",
]  # fmt: skip
COMMANDS = [
    "make", "preview", "deploy", "preview", "verify", "drift", "drift", "preview", "deploy", "drift", "verify",
]  # fmt: skip
CHANGED_BY_RUN = [("mygw", "changed-by-a-live-run")]
PUT_BACK = [*CHANGED_BY_RUN, ("changed-by-a-live-run", "mygw")]
ASSIGNMENT = "azure-native:authorization:RoleAssignment"
PUT_BACK_SAID = "Label app of ConfigMap apim/mygw-env was put back: mygw."


@pytest.fixture
def stack(tmp_path: Path) -> Deployable:
    return Deployable(tmp_path)


def run(
    stack: Deployable, *, agree: bool = True, rotate: bool = False, destroy: bool = False, patience: float = 0.05
) -> Report:
    said: list[str] = []
    live = LiveRun(stack, Masks(), said.append, lambda _: agree, Patience(verify=patience, pods=patience, pause=0.01))
    return live.run(rotate=rotate, destroy=destroy)


def outcomes(report: Report) -> dict[str, Outcome]:
    return {step.title: step.outcome for step in report.steps}


def failed_at(report: Report) -> tuple[str, str]:
    """The step that failed, and why; what came after it was not run."""
    assert report.failed is not None
    index = report.steps.index(report.failed)
    assert {step.outcome for step in report.steps[:index]} <= {Outcome.WELL}
    assert {step.outcome for step in report.steps[index + 1 :]} <= {Outcome.NOT_RUN}
    assert not report.is_well
    return report.failed.title, report.failed.found


def done(stack: Deployable) -> list[str]:
    return [command for command in stack.done if command != "pods"]


def test_a_run_that_ends_well_makes_a_drift_sees_it_and_heals_it(stack: Deployable) -> None:
    report = run(stack)
    assert outcomes(report) == dict.fromkeys(TITLES, Outcome.WELL)
    assert report.is_well
    assert done(stack) == COMMANDS
    assert stack.there.writes == CHANGED_BY_RUN
    assert stack.there.label == "mygw"
    assert report.notes == []


def test_every_step_has_the_command_that_a_person_would_paste(stack: Deployable) -> None:
    commands = {step.title: step.command for step in run(stack).steps}
    assert commands["preview"] == f".venv/bin/python -m ops preview --stack dev --refresh --save {stack.folder}"
    assert commands["up"] == f".venv/bin/python -m ops deploy --stack dev --plan {stack.folder}/plan.json"
    assert commands["a drift made"] == (
        "kubectl label configmap mygw-env -n apim app=changed-by-a-live-run --overwrite "
        "--field-manager=self-hosted-gateway-live-run"
    )


def test_the_report_has_what_the_program_warns_of(stack: Deployable) -> None:
    stack.warned_of = ["gateways[0].apis: whether they exist can't be checked"]
    assert next(each for each in run(stack).steps if each.title == "preview").details == stack.warned_of


def test_a_stack_that_is_not_there_is_made_first(stack: Deployable) -> None:
    stack.is_made = False
    first = run(stack).steps[0]
    assert (first.command, first.found) == ("pulumi stack init dev --no-select", "made: the backend did not have it")


@pytest.mark.parametrize(
    ("command", "title"),
    [("make", "stack"), ("preview", "preview"), ("deploy", "up"), ("verify", "verify"), ("drift", "no drift")],
)
def test_it_stops_at_the_first_step_that_fails_and_makes_no_drift(stack: Deployable, command: str, title: str) -> None:
    stack.goes_wrong[command] = [fails("contoso is down")]
    assert failed_at(run(stack)) == (title, "contoso is down")
    assert stack.there.writes == []


def test_of_an_update_that_fails_is_told_what_was_seen(stack: Deployable) -> None:
    stack.goes_wrong["deploy"] = [fails("contoso is down")]
    report = run(stack)
    assert failed_at(report) == ("up", "contoso is down")
    seen = {each.question: each.answer for each in report.observed}
    assert seen["With what words the image tells of its configuration"] == "up: ConfigurationLoaded (1)"
    assert report.versions["Kubernetes"] == "v1.37.2"


@pytest.mark.parametrize(
    ("planned", "named"),
    [
        (step("delete", DEPLOYMENT, "other-workload-deployment"), "delete other-workload-deployment"),
        (step("replace", DEPLOYMENT, "mygw-workload-deployment", "metadata.name"), "replace mygw-workload-deployment"),
        (step("create-replacement", PASSWORD, "mygw-identity-client-secret"), "replace mygw-identity-client-secret"),
    ],
)
def test_a_preview_that_deletes_or_replaces_is_refused(stack: Deployable, planned: Step, named: str) -> None:
    stack.is_deployed = True
    stack.also_planned = [planned]
    title, why = failed_at(run(stack))
    assert title == "preview"
    assert why.startswith(f"The update would {named}")
    assert why.endswith("deploy that first, on purpose, with `make preview STACK=dev` and `make deploy STACK=dev`.")
    assert done(stack) == ["make", "preview"]


def test_what_an_earlier_update_could_not_delete_is_refused(stack: Deployable) -> None:
    stack.also_planned = [step("delete-replaced", PASSWORD, "mygw-identity-client-secret")]
    title, why = failed_at(run(stack))
    assert title == "preview"
    assert why.startswith("mygw-identity-client-secret: the one that was replaced is still to be deleted")


def test_what_an_update_takes_away_from_the_cluster_is_refused_where_it_is_dangerous(stack: Deployable) -> None:
    stack.taken_away = [lost(""), lost("the gateway becomes public")]
    title, why = failed_at(run(stack))
    assert title == "preview"
    assert why.splitlines()[1:] == ["mygw-workload-live-traffic: metadata.annotations: the gateway becomes public"]


def test_nothing_is_changed_without_consent(stack: Deployable) -> None:
    assert failed_at(run(stack, agree=False)) == ("preview", "You did not agree: nothing was changed.")
    assert done(stack) == ["make", "preview"]


def test_a_second_preview_that_proposes_something_is_a_failure_that_names_it(stack: Deployable) -> None:
    stack.goes_wrong["preview"] = [
        None,
        lambda: stack.also_planned.append(step("update", DEPLOYMENT, "gw", "spec.replicas")),
    ]
    title, why = failed_at(run(stack))
    assert title == "preview again"
    assert why == "The update has just been made, and another would change something: update gw (spec.replicas)."


def test_it_waits_until_all_is_well_and_says_what_was_not(stack: Deployable) -> None:
    stack.unwell = [
        answered(Answer.FAILED, "pod mygw-1 is not ready"),
        answered(Answer.UNKNOWN, "nobody has heard of it"),
    ]
    report = run(stack, patience=60)
    assert report.is_well
    (answer,) = [each.answer for each in report.observed if each.question == "How long after an update all is well"]
    expected = r"verify: after \d+ s; at first: mygw: pods: pod mygw-1 is not ready; verify after it: at once"
    assert re.fullmatch(expected, answer)


def test_what_never_gets_well_is_a_failure_and_what_nobody_may_read_is_one_at_once(stack: Deployable) -> None:
    stack.unwell = [answered(Answer.FAILED, "pod mygw-1 is not ready")] * 1000
    assert failed_at(run(stack)) == ("verify", "mygw: pods: pod mygw-1 is not ready")
    stack.done.clear()
    stack.unwell = [answered(Answer.UNKNOWN, "forbidden", UNREAD)]
    assert failed_at(run(stack)) == ("verify", "mygw: pods: forbidden")
    assert stack.done.count("verify") == 1


OTHER = Finding("mygw-workload-auth", "kubernetes:core/v1:Secret", Kind.ADDED, "data.other")


@pytest.mark.parametrize(
    ("command", "happens", "title", "found"),
    [
        ("drift", [None, fails("contoso is down")], "the drift seen", "contoso is down"),
        ("preview", [None, None, fails("contoso is down")], "preview of the healing", "contoso is down"),
        ("deploy", [None, fails("contoso is down")], "healing", "contoso is down"),
        ("deploy", [None, interrupted], "healing", "interrupted"),
    ],
)
def test_the_label_is_put_back_where_something_fails_after_the_drift_was_made(
    stack: Deployable, command: str, happens: list[Callable[[], None] | None], title: str, found: str
) -> None:
    stack.goes_wrong[command] = happens
    report = run(stack)
    assert failed_at(report) == (title, found)
    assert stack.there.writes == PUT_BACK
    assert report.notes == [PUT_BACK_SAID]


def test_another_difference_beside_the_one_that_was_made_is_a_failure(stack: Deployable) -> None:
    stack.goes_wrong["drift"] = [None, lambda: stack.found.append(OTHER)]
    title, why = failed_at(report := run(stack))
    assert title == "the drift seen"
    assert why == (
        "Expected one difference, metadata.labels.app of mygw-workload-env. Found: mygw-workload-env: changed "
        "metadata.labels.app; mygw-workload-auth: added data.other."
    )
    assert report.notes == [PUT_BACK_SAID]


def test_a_drift_that_is_not_seen_is_a_failure_and_put_back(stack: Deployable) -> None:
    def healed_by_somebody() -> None:
        stack.there.label = "mygw"

    stack.goes_wrong["drift"] = [None, healed_by_somebody]
    title, why = failed_at(report := run(stack))
    assert (title, why.endswith("Found: none.")) == ("the drift seen", True)
    # Whatever it has by now is not the run's own.
    assert stack.there.writes == CHANGED_BY_RUN
    assert report.notes == ["Label app of ConfigMap apim/mygw-env needed no putting back."]


def test_what_cannot_be_put_back_is_said_with_the_command_that_does_it(stack: Deployable) -> None:
    stack.goes_wrong["drift"] = [None, fails("contoso is down")]
    stack.there.refuses = ["mygw"]
    (note,) = run(stack).notes
    assert note == (
        "The label could NOT be put back: Label app of ConfigMap apim/mygw-env can't be changed: refused. Do it with `kubectl "
        "label configmap mygw-env -n apim app=mygw --overwrite --field-manager=self-hosted-gateway-live-run`."
    )


def test_a_stack_that_declares_no_label_has_nothing_to_change() -> None:
    resource = StackResource("urn::env", CONFIG_MAP, inputs={"metadata": {"name": "mygw-env"}})
    with pytest.raises(OpsError, match="Stack dev declares no label of a ConfigMap"):
        label_of("dev", [resource])


def test_a_rotation_is_previewed_deployed_and_verified_where_it_is_asked_for(stack: Deployable) -> None:
    report = run(stack, rotate=True)
    assert list(outcomes(report))[len(TITLES) :] == [
        "rotate", "preview of the rotation", "up with the new secret", "verify with the new secret",
    ]  # fmt: skip
    assert report.is_well
    assert done(stack)[len(COMMANDS) :] == ["rotate", "preview", "deploy", "verify"]
    assert report.notes[0].startswith("The stack's file has the new `rotation`, 2026-11-27: commit it.")


def test_a_secret_that_was_rotated_today_is_not_again_and_the_rest_goes_on(stack: Deployable) -> None:
    stack.goes_wrong["rotate"] = [rotated_today]
    report = run(stack, rotate=True, destroy=True)
    assert report.is_well
    assert [step.found for step in report.steps if step.outcome is Outcome.SKIPPED] == [
        "Gateway 'mygw' was rotated on 2026-11-27", "", "", "",
    ]  # fmt: skip
    assert done(stack)[len(COMMANDS) :] == ["rotate", "destroy"]


def test_a_rotation_that_replaces_anything_else_is_refused(stack: Deployable) -> None:
    stack.goes_wrong["rotate"] = [
        lambda: stack.also_planned.append(step("replace", DEPLOYMENT, "mygw-workload-deployment"))
    ]
    title, why = failed_at(run(stack, rotate=True))
    assert title == "preview of the rotation"
    assert why.startswith("The update would replace mygw-workload-deployment. A live run does not")


def test_a_destruction_leaves_an_empty_state_or_is_a_failure(stack: Deployable) -> None:
    assert run(stack, destroy=True).steps[-1].found == "the state is empty; `pulumi stack rm dev` removes the stack"
    stack.keeps = [StackResource("urn::roles-reader", "azure-native:authorization:RoleDefinition")]
    assert failed_at(run(stack, destroy=True)) == ("nothing left", "The state still has roles-reader.")


def test_nothing_is_rotated_or_destroyed_unless_it_is_asked_for(stack: Deployable) -> None:
    run(stack)
    assert {"rotate", "destroy"} & set(stack.done) == set()


def test_the_events_of_a_log_are_those_that_tell_of_configuration_heartbeats_and_sign_ins() -> None:
    line = (
        "[Info] 2026-11-27 [ConfigurationApiV2NotAvailable] StatusCode: Forbidden, Heartbeat of 10.0.0.1; RequestServed"
    )
    assert events_in(line) == ["ConfigurationApiV2NotAvailable", "Heartbeat"]


def test_a_report_says_what_failed_and_lists_what_was_not_run_and_names_no_secret(stack: Deployable) -> None:
    message = f"Graph said no to {CLIENT_SECRET}\nand went away"
    stack.goes_wrong["deploy"] = [None, fails(message)]
    masks = Masks()
    report = LiveRun(stack, masks, lambda _: None, lambda _: True, Patience(pause=0)).run()
    text = markdown(report, masks)
    assert text.startswith("## Live run of stack `dev`: failed at 'healing'\n")
    assert "| ✗ | healing | `.venv/bin/python -m ops deploy " in text
    assert "| 0 s | Graph said no to [secret] |" in text
    assert "```\nGraph said no to [secret]\nand went away\n```" in text
    assert "| not run | verify after it |" in text
    assert f"> {PUT_BACK_SAID}" in text
    assert "| Kubernetes | v1.37.2 |" in text
    assert "+0 s: Ended after 5 s: 2 same, 1 update." in text
    assert CLIENT_SECRET not in text


def command(stack: Deployable, monkeypatch: pytest.MonkeyPatch, *options: str) -> tuple[int, str, str]:
    """The command's exit code, and what it prints on standard output and error."""
    monkeypatch.setattr("ops.live.program.Program", lambda name, folder: stack)
    result = CliRunner().invoke(app, ["live", "--stack", "dev", "--save", str(stack.folder), *options])
    return result.exit_code, result.stdout, result.stderr


def test_the_command_prints_the_report_and_saves_it_and_tells_each_step(
    stack: Deployable, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, printed, told = command(stack, monkeypatch, "--yes")
    assert code == 0
    assert printed.startswith("## Live run of stack `dev`: well\n")
    assert (stack.folder / "live.md").read_text() == printed
    assert [line for line in told.splitlines() if line.startswith("[")] == [
        f"[{number}/12] {title} ..." for number, title in enumerate(TITLES, start=1)
    ]
    assert "    ✓ 0 s: no drift" in told
    assert {"rotate", "destroy"} & set(stack.done) == set()


def test_the_command_ends_with_1_where_a_step_fails(stack: Deployable, monkeypatch: pytest.MonkeyPatch) -> None:
    stack.goes_wrong["deploy"] = [fails("contoso is down")]
    code, printed, told = command(stack, monkeypatch, "--yes")
    assert code == 1
    assert printed.startswith("## Live run of stack `dev`: failed at 'up'\n")
    assert "    ✗ 0 s: contoso is down" in told


def test_the_command_does_nothing_where_nobody_can_be_asked(stack: Deployable, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, told = command(stack, monkeypatch)
    assert (code, told) == (1, "error: It deploys, and nobody is there to be asked: give --yes.\n")
    assert stack.done == []


def test_the_command_rotates_and_destroys_where_it_is_told_to(
    stack: Deployable, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(stack, monkeypatch, "--yes", "--rotate", "--destroy")[0] == 0
    assert [done for done in stack.done if done in ("rotate", "destroy")] == ["rotate", "destroy"]


def made(*choices: str) -> tuple[int, str]:
    """What `make live STACK=dev` would run, or says."""
    # Below another make, this one would take on its options.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "-n", "live", *choices]
    finished = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, env=environment)
    return finished.returncode, finished.stdout.strip().splitlines()[-1] if finished.stdout else finished.stderr


def test_make_live_is_the_consent_and_rotates_and_destroys_only_if_told_so() -> None:
    live = '.venv/bin/python -m ops live --stack "dev" --yes --save "reports/dev"'
    assert made("STACK=dev") == (0, live)
    assert made("STACK=dev", "ROTATE=yes") == (0, f"{live} --rotate")
    assert made("STACK=dev", "ROTATE=yes", "DESTROY=yes") == (0, f"{live} --rotate --destroy")
    code, said = made("STACK=dev", "DESTROY=no")
    assert (code, "DESTROY is yes, or left out" in said) == (2, True)
    code, said = made()
    assert (code, "Which stack? For example: make live STACK=dev" in said) == (2, True)


PAGE = (CHECKOUT / "docs" / "not-established.md").read_text()


def test_every_question_that_a_run_answers_is_on_the_page() -> None:
    found = [value for name, value in vars(observed).items() if name.isupper() and name[0] != "_"]
    questions = [value for value in found if isinstance(value, str)]
    assert len(questions) == 11
    assert [question for question in questions if f'"{question}"' not in PAGE] == []


def test_every_step_that_the_page_names_is_one() -> None:
    steps = set(TITLES) | {"verify with the new secret", "destroy"}
    assert set(re.findall(r"steps? `([a-z ]+)`(?: and `[a-z ]+`)?", PAGE)) <= steps


def test_what_the_sandbox_calls_not_established_is_on_the_page() -> None:
    files = [
        str(file.relative_to(CHECKOUT))
        for folder in ("sandbox", "components", "ops")
        for file in (CHECKOUT / folder).rglob("*.py")
        if "not established" in file.read_text()
    ]
    named = [file for file in files if not file.startswith("ops/live/")]
    assert len(named) > 3
    assert [file for file in named if f"`{file}`" not in PAGE] == []


def deployed(stack: Deployable, *, assigned: datetime, modified: datetime, ready: datetime) -> None:
    """Have the state and the pod tell these times."""
    state = {
        "deployment": {
            "resources": [
                {
                    "urn": urn(DEPLOYMENT, "mygw-workload-deployment"),
                    "type": DEPLOYMENT,
                    "modified": modified.isoformat(),
                },
                {"urn": urn(ASSIGNMENT, "mygw-reader-assignment"), "type": ASSIGNMENT, "created": assigned.isoformat()},
            ]
        }
    }
    condition = {"type": "Ready", "status": "True", "lastTransitionTime": ready.isoformat()}
    container = {"imageID": "gateway@sha256:0123", "restartCount": 2}
    pod = {"metadata": {"name": "mygw-1"}, "status": {"conditions": [condition], "containerStatuses": [container]}}
    stack.state = lambda: state
    stack.pods = lambda: iter([(KubernetesObject("apim", "mygw"), pod)])


def test_what_is_observed_of_an_update_and_what_could_not_be_read(stack: Deployable) -> None:
    observer, now = Observer(stack), datetime.now(UTC)
    observer.heard("creating mygw-workload-deployment (Deployment)")
    observer.heard("gone    mygw: reader role: rights on their way, after 301 s")
    observer.heard("warning: Timed out waiting for contoso")
    at = {
        name: now + timedelta(seconds=seconds)
        for name, seconds in (("assigned", 10), ("modified", 400), ("ready", 322))
    }
    deployed(stack, **at)
    observer.update(LiveStep("up", ""), waited=None)
    seen = {each.question: each.answer for each in observer.observed}
    seconds = int(
        seen.pop("How long an update waits for the pods").removeprefix("up: mygw-workload-deployment ").split()[0]
    )
    assert 390 <= seconds <= 400
    assert seen == {
        "How long a new role assignment takes to work": (
            "up: the last pod was ready 312 s after mygw-reader-assignment was made"
        ),
        "Which image runs, and how often it was restarted": "up: mygw: gateway@sha256:0123, 2 restart(s)",
        "With what words the image tells of its configuration": "up: ConfigurationLoaded (1)",
        "What the providers warn of while they wait": "Timed out waiting for contoso",
        "What an update waits for, and how long": "mygw: reader role: rights on their way, after 301 s",
        "What could not be read": "nobody is signed in",
    }


def test_an_assignment_counts_for_the_update_that_made_it_only(stack: Deployable) -> None:
    observer = Observer(stack)
    now = datetime.now(UTC)
    before = now - timedelta(hours=1)
    deployed(stack, assigned=before, modified=before, ready=now)
    observer.update(LiveStep("healing", ""), waited=14.2)
    seen = {each.question: each.answer for each in observer.observed}
    assert "How long a new role assignment takes to work" not in seen
    assert "How long an update waits for the pods" not in seen
    assert seen["How long an old pod takes to end"] == "healing: gone 14 s after the update"


@pytest.mark.parametrize(("text", "made"), [("encryptionsalt: v1:a\n", True), ("config: {}\n", False), (None, False)])
def test_a_stack_is_made_only_where_its_file_tells_how_its_secrets_are_encrypted(
    text: str | None, made: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("ops.live.program.stacks", lambda: ["prod"])
    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr("ops.engine.commands.run", lambda *arguments: ran.append(arguments))
    if text is not None:
        Path("Pulumi.dev.yaml").write_text(text)
    if made:
        assert Program("dev", tmp_path).make()
    else:
        with pytest.raises(OpsError, match=r"There is no stack dev: make it with|Pulumi\.dev\.yaml can't be read"):
            Program("dev", tmp_path).make()
    assert ran == ([("stack", "init", "dev", "--no-select")] if made else [])
    assert not Program("contoso/self-hosted-gateway/prod", tmp_path).make()


def test_a_pipeline_that_cancels_interrupts_so_that_the_label_is_put_back(stack: Deployable) -> None:
    stack.goes_wrong["deploy"] = [None, lambda: os.kill(os.getpid(), signal.SIGTERM)]
    before = signal.getsignal(signal.SIGTERM)
    with interrupted_by_sigterm():
        report = run(stack)
    assert failed_at(report) == ("healing", "interrupted")
    assert stack.there.label == "mygw"
    assert report.notes == [PUT_BACK_SAID]
    assert signal.getsignal(signal.SIGTERM) == before

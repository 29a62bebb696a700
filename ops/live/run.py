"""A live run: the steps, in their order, until one fails."""

import contextlib
import os
import time
import urllib.parse
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from ..drift.report import Finding, Kind
from ..errors import OpsError
from ..preview.changes import Change, changes
from ..preview.preview import Preview
from ..preview.text import clashes, leftovers, summary
from ..rotate import RotatedTodayError
from ..verify.questions import UNREAD
from ..verify.report import Answer
from .label import MADE, Label, label_of
from .masks import HOST, Masks
from .observed import Observer
from .program import Program
from .report import Outcome, Report, Step
from .versions import before_the_run, of_the_deployed

_OPS = ".venv/bin/python -m ops"
_PASSWORD = "azuread:index/applicationPassword:ApplicationPassword"  # noqa: S105 - a type
_LOSING = ("replace", "delete")


class SkippedError(Exception):
    """A step and those that follow from it need not be run; the message says why."""


@dataclass(frozen=True)
class Patience:
    """How long a live run waits for what takes its time after an update, in seconds."""

    verify: float = 600
    """Until all is well: Azure's rights take up to ten minutes, and a pod's log tells of five."""
    pods: float = 180
    """Until the old pods have ended: they drain for 60 at most, by the program's grace period."""
    pause: float = 5
    """Between two looks."""


@dataclass
class _Planned:
    """A step that is still to be run."""

    step: Step
    do: Callable[[Step], str]
    part: str


@dataclass
class LiveRun:
    """One run."""

    program: Program
    masks: Masks
    say: Callable[[str], None]
    """Is told of each step as it begins and ends."""
    agree: Callable[[str], bool]
    """Is asked before anything is changed."""
    patience: Patience = field(default_factory=Patience)
    _label: Label | None = field(default=None, init=False)
    _made: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._observer = Observer(self.program)

    def run(self, *, rotate: bool = False, destroy: bool = False) -> Report:
        """Run the steps.

        Args:
            rotate: rotate the client secrets, too.
            destroy: delete everything in the end.

        Returns:
            What was done, a failure included: this raises no OpsError.
        """
        report = Report(self.program.stack, datetime.now(UTC))
        report.versions = before_the_run()
        planned = list(self._planned(report, rotate=rotate, destroy=destroy))
        report.steps = [each.step for each in planned]
        skipped = ""
        try:
            for number, each in enumerate(planned, start=1):
                if each.part == skipped:
                    each.step.outcome = Outcome.SKIPPED
                    continue
                self.say(f"[{number}/{len(planned)}] {each.step.title} ...")
                self._run(each)
                self.say(self.masks(f"    {each.step.outcome} {each.step.seconds:.0f} s: {each.step.found}"))
                if each.step.outcome is Outcome.FAILED:
                    break
                skipped = each.part if each.step.outcome is Outcome.SKIPPED else ""
        finally:
            self._put_back(report)
        seconds = (datetime.now(UTC) - report.began).total_seconds()
        report.versions = {"run": f"{report.began:%Y-%m-%d %H:%M} UTC, {seconds:.0f} s", **report.versions}
        report.observed = self._observer.observed
        return report

    def _run(self, planned: _Planned) -> None:
        step, began = planned.step, time.monotonic()
        try:
            step.found, step.outcome = planned.do(step), Outcome.WELL
        except SkippedError as reason:
            step.found, step.outcome = str(reason), Outcome.SKIPPED
        except OpsError as error:
            step.found, step.outcome = self.masks(str(error)), Outcome.FAILED
        except KeyboardInterrupt:
            step.found, step.outcome = "interrupted", Outcome.FAILED
        step.seconds = time.monotonic() - began

    def _planned(self, report: Report, *, rotate: bool, destroy: bool) -> Iterator[_Planned]:
        stack, folder = self.program.stack, self.program.folder
        preview = f"{_OPS} preview --stack {stack} --refresh --save {folder}"
        deploy = f"{_OPS} deploy --stack {stack} --plan {folder}/plan.json"
        verify, drift = f"{_OPS} verify --stack {stack}", f"{_OPS} drift --stack {stack}"

        def planned(part: str, title: str, command: str, do: Callable[[Step], str]) -> _Planned:
            return _Planned(Step(title, command), do, part)

        question = self._question(rotate=rotate, destroy=destroy)
        yield planned("deployment", "stack", "", self._make)
        yield planned("deployment", "preview", preview, lambda step: self._preview(step, ask=question))
        yield planned("deployment", "up", deploy, lambda step: self._deploy(step, report))
        yield planned("deployment", "preview again", preview, lambda _: self._preview_again())
        yield planned("deployment", "verify", verify, self._verify)
        yield planned("drift", "no drift", drift, lambda _: self._no_drift())
        yield planned("drift", "a drift made", "", self._make_drift)
        yield planned("drift", "the drift seen", drift, lambda _: self._drift_seen())
        yield planned("drift", "preview of the healing", preview, lambda _: self._preview_healing())
        yield planned("drift", "healing", deploy, lambda step: self._deploy(step, report))
        yield planned("drift", "no drift any more", drift, lambda _: self._healed())
        yield planned("drift", "verify after it", verify, self._verify)
        if rotate:
            yield planned("rotation", "rotate", f"{_OPS} rotate --stack {stack}", lambda _: self._rotate(report))
            yield planned("rotation", "preview of the rotation", preview, lambda _: self._preview_rotation())
            yield planned("rotation", "up with the new secret", deploy, lambda step: self._deploy(step, report))
            yield planned("rotation", "verify with the new secret", verify, self._verify)
        if destroy:
            yield planned("destruction", "destroy", f"pulumi destroy --stack {stack}", self._destroy)
            yield planned(
                "destruction", "nothing left", f"pulumi stack --stack {stack}", lambda _: self._nothing_left()
            )

    def _question(self, *, rotate: bool, destroy: bool) -> str:
        more = ["rotate its client secrets"] * rotate + ["DELETE everything that it has"] * destroy
        return (
            f"Deploy this to stack {self.program.stack}, change a label of its ConfigMap by hand, and let an update put it "
            f"back, which replaces its pods{''.join(f', then {what}' for what in more)}?"
        )

    # The steps. Each returns what came of it in a sentence, and raises OpsError where that is not what it should be.

    def _make(self, step: Step) -> str:
        if self.program.make():
            step.command = f"pulumi stack init {self.program.stack} --no-select"
            return "made: the backend did not have it"
        learn(self.masks, self.program)
        return "it is there"

    def _preview(self, step: Step, *, ask: str) -> str:
        preview = self._previewed()
        step.details += [*preview.foreseen.warnings, *preview.foreseen.said]
        said = self._summary(preview)
        if not self.agree(self.masks(f"{said}\n{ask}")):
            raise OpsError("You did not agree: nothing was changed.")
        return said

    def _preview_again(self) -> str:
        found = self._refused(self.program.preview())
        left = changes(found.steps)
        self._observer.second_preview(left)
        if left:
            raise OpsError(f"The update has just been made, and another would change something: {_named(left)}.")
        return self._summary(found)

    def _preview_healing(self) -> str:
        preview = self._previewed()
        label = self._made_label()
        if not any(
            change.resource == label.resource and label.path in change.properties for change in changes(preview.steps)
        ):
            raise OpsError(f"The update would not put back {label.path} of {label.resource}: {self._summary(preview)}")
        return self._summary(preview)

    def _preview_rotation(self) -> str:
        # A secret is rotated by replacing it: the new one is made, the pods roll, the old one is removed.
        return self._summary(self._previewed(replaced=_PASSWORD))

    def _deploy(self, step: Step, report: Report) -> str:
        try:
            with self._told(step) as say:
                self.program.deploy(say)
        except OpsError:
            # Half of an update has a new secret, too; and why it failed may be among what is observed.
            with contextlib.suppress(OpsError):
                self._look(report)
            self._observer.update(step, None)
            raise
        self._look(report)
        waited = self._until_old_pods_ended()
        self._observer.update(step, waited)
        return _last_told(step)

    def _look(self, report: Report) -> None:
        """Have a look at what is deployed now: what to leave out of the report, and what to say in its head."""
        learn(self.masks, self.program)
        report.versions |= of_the_deployed(self.program)

    def _verify(self, step: Step) -> str:
        deadline, first, began = time.monotonic() + self.patience.verify, "", time.monotonic()
        while True:
            found = self.program.verify()
            wrong = [check for check in found.checks if check.answer is not Answer.OK]
            if not wrong:
                break
            said = "; ".join(f"{check.subject}: {check.question}: {check.found}" for check in wrong)
            first = first or said
            # What could not be found out, a right that lacks for example, does not come by waiting.
            if time.monotonic() > deadline or all(check.cause == UNREAD for check in wrong):
                raise OpsError("\n".join([said, *(check.next_step for check in wrong if check.next_step)]))
            time.sleep(self.patience.pause)
        self._observer.verified(step, time.monotonic() - began, first)
        return f"{len(found.checks)} answers, all ok"

    def _no_drift(self) -> str:
        found = self.program.drift()
        if found.problem is not None:
            raise OpsError(found.problem)
        if found.drifted:
            raise OpsError(f"{len(found.findings)} difference(s): {_in_words(found.findings)}.")
        return "no drift"

    def _make_drift(self, step: Step) -> str:
        self._label = label = label_of(self.program.stack, self.program.resources())
        step.command = label.command(MADE)
        # Before it is made: an answer may be lost.
        self._made = True
        label.make(self.program.cluster())
        return f"{label.path} of ConfigMap {label.namespace}/{label.name}: {label.declared} -> {MADE}"

    def _drift_seen(self) -> str:
        label, found = self._made_label(), self.program.drift()
        if found.problem is not None:
            raise OpsError(found.problem)
        seen = [(each.resource, each.kind, each.what, each.declared, each.actual) for each in found.findings]
        if seen != [(label.resource, Kind.CHANGED, label.path, label.declared, MADE)]:
            told = _in_words(found.findings) or "none"
            raise OpsError(f"Expected one difference, {label.path} of {label.resource}. Found: {told}.")
        self._observer.drift_named(found.findings[0])
        return f"one difference: {label.resource}, changed: {label.path}"

    def _healed(self) -> str:
        said = self._no_drift()
        self._made = False
        return said

    def _rotate(self, report: Report) -> str:
        try:
            rotations = self.program.rotate()
        except RotatedTodayError as error:
            raise SkippedError(str(error)) from None
        report.notes.append(
            f"The stack's file has the new `rotation`, {rotations[0].after:%Y-%m-%d}: commit it. If the update failed, run it "
            "again with that date: half of it may be done."
        )
        return "; ".join(f"{each.gateway}: {each.before} -> {each.after}" for each in rotations)

    def _destroy(self, step: Step) -> str:
        with self._told(step) as say:
            self.program.destroy(say)
        return _last_told(step)

    def _nothing_left(self) -> str:
        if left := self.program.resources():
            raise OpsError(f"The state still has {', '.join(resource.name for resource in left)}.")
        return f"the state is empty; `pulumi stack rm {self.program.stack}` removes the stack"

    # What they share.

    def _previewed(self, replaced: str = "") -> Preview:
        """A preview of what may be done without a person: nothing is deleted, and nothing replaced but of one type.

        Raises:
            OpsError: something is.
        """
        preview = self.program.preview()
        types = {step.urn: step.type for step in preview.steps}
        lost = [c for c in changes(preview.steps) if c.operation in _LOSING]
        lost = [c for c in lost if c.operation != "replace" or types[c.urn] != replaced]
        if lost:
            raise OpsError(
                f"The update would {_named(lost)}. A live run does not: deploy that first, on purpose, with `make preview "
                f"STACK={self.program.stack}` and `make deploy STACK={self.program.stack}`."
            )
        return self._refused(preview)

    def _refused(self, preview: Preview) -> Preview:
        if failures := [*preview.foreseen.failures, *clashes(preview.steps), *leftovers(preview.steps)]:
            raise OpsError("\n".join(failures))
        dangers = [f"{field.resource}: {field.path}: {field.danger}" for field in preview.losses.fields if field.danger]
        if dangers:
            raise OpsError(
                "\n".join(["The update would take away what somebody has changed in the cluster:", *dangers])
            )
        return preview

    def _summary(self, preview: Preview) -> str:
        return summary(self.program.stack, preview.steps)

    def _made_label(self) -> Label:
        if self._label is None:
            raise OpsError("No drift was made.")
        return self._label

    @contextlib.contextmanager
    def _told(self, step: Step) -> Iterator[Callable[[str], None]]:
        """A listener that keeps what an update says, with the seconds since it began, and says it on."""
        began = time.monotonic()

        def say(line: str) -> None:
            self._observer.heard(line)
            told = f"+{time.monotonic() - began:.0f} s: {self.masks(line)}"
            step.details.append(told)
            self.say(f"    {told}")

        yield say

    def _until_old_pods_ended(self) -> float | None:
        """Wait: as long as a pod ends, its Service is not ready for the provider, and a preview would say so.

        Returns:
            After how many seconds the last one had; None where none was left.

        Raises:
            OpsError: they can't be read, or do not end.
        """
        began, waited = time.monotonic(), None
        while ending := [pod for _, pod in self.program.pods() if "deletionTimestamp" in pod["metadata"]]:
            if time.monotonic() - began > self.patience.pods:
                names = ", ".join(pod["metadata"]["name"] for pod in ending)
                raise OpsError(f"Pods do not end: {names}.")
            time.sleep(min(1, self.patience.pause))
            waited = time.monotonic() - began
        return waited

    def _put_back(self, report: Report) -> None:
        """Leave nothing of the drift that was made, whatever went wrong."""
        if not self._made or self._label is None:
            return
        label = self._label
        try:
            was_there = label.put_back(self.program.cluster())
        except OpsError as error:
            said = f"The label could NOT be put back: {str(error).rstrip('.')}. Do it with `{label.command(label.declared)}`."
        else:
            done = f"was put back: {label.declared}" if was_there else "needed no putting back"
            said = f"Label {label.label} of ConfigMap {label.namespace}/{label.name} {done}."
            self._made = False
        report.notes.append(self.masks(said))
        self.say(f"    {self.masks(said)}")


def learn(masks: Masks, program: Program) -> None:
    """Have what a stack knows left out: its secrets, ids and hosts.

    Raises:
        OpsError: its state can't be read.
    """
    masks.add_secrets(program.secrets())
    masks.add_name(os.environ.get("ARM_METADATA_HOSTNAME", ""), HOST)
    resources = program.resources()
    for resource in resources:
        if resource.type == "pulumi:providers:azure-native":
            masks.add_id(str(resource.inputs.get("tenantId") or ""), "[tenant]")
            masks.add_id(str(resource.inputs.get("subscriptionId") or ""), "[subscription]")
        balancer = ((resource.outputs.get("status") or {}).get("loadBalancer") or {}).get("ingress") or []
        for entry in balancer:
            masks.add_name(str(entry.get("hostname") or entry.get("ip") or ""), HOST)
    # Before a first deployment there are none.
    with contextlib.suppress(OpsError):
        for gateway in program.gateways():
            host = gateway.endpoint.removeprefix("https://").rstrip("/")
            masks.add_name(host, HOST)
            # Where a message is cut short, its beginning is left.
            masks.add_name(".".join(host.split(".")[:2]), HOST)
        masks.add_name(urllib.parse.urlsplit(program.cluster().server).hostname or "", HOST)


def _last_told(step: Step) -> str:
    """The last line of an update, which sums it up, without its seconds."""
    return step.details[-1].partition(": ")[2] if step.details else "done"


def _in_words(found: Iterable[Finding]) -> str:
    return "; ".join(f"{each.resource}: {each.kind} {each.what}".rstrip() for each in found)


def _named(found: list[Change]) -> str:
    paths = {change.urn: f" ({', '.join(change.properties)})" if change.properties else "" for change in found}
    return ", ".join(f"{change.operation} {change.resource}{paths[change.urn]}" for change in found)

"""What a live run sees of what is not established: docs/not-established.md has the questions."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from ..drift.report import Finding
from ..engine.state import resources_of
from ..errors import OpsError
from ..preview.changes import Change
from ..verify import heartbeat
from ..verify.pods import ready_since
from .program import Program
from .report import Observed, Step

RIGHTS = "How long a new role assignment takes to work"
ROLLOUT = "How long an update waits for the pods"
ENDING = "How long an old pod takes to end"
WAITED = "What an update waits for, and how long"
WARNINGS = "What the providers warn of while they wait"
VERIFIED = "How long after an update all is well"
SECOND = "Whether a second preview proposes anything"
NAMED = "How the provider names a changed label"
HEARTBEAT = "What ARM shows of the gateway's heartbeat"
LOG = "With what words the image tells of its configuration"
IMAGE = "Which image runs, and how often it was restarted"

_ASSIGNMENT = "azure-native:authorization:RoleAssignment"
_STARTED = re.compile(r"^(?:creating|updating|creating its replacement) (\S+) \(Deployment\)$")
# How `verify --watch` begins a line about a reason that is gone; the line ends with its seconds.
_GONE = "gone "
_EVENT = re.compile(r"\b(?:[A-Z][a-z]+|V\d)+\b")
_TELLING = ("Configuration", "Heartbeat", "Token", "Auth")
_LINES, _SECONDS, _MOST = 1000, 900, 10


class Observer:
    """Keeps what was seen, in the order of the questions. What can't be read is said, and stops no run."""

    def __init__(self, program: Program) -> None:
        self._program = program
        self._began = datetime.now(UTC)
        self._started: dict[str, datetime] = {}
        self._seen: dict[str, list[str]] = {}

    @property
    def observed(self) -> list[Observed]:
        """The answers."""
        return [Observed(question, "; ".join(dict.fromkeys(found))) for question, found in self._seen.items()]

    def heard(self, line: str) -> None:
        """A line of an update, as it comes."""
        if match := _STARTED.match(line):
            self._started[match[1]] = datetime.now(UTC)
        elif line.startswith(_GONE):
            self._add(WAITED, line.removeprefix(_GONE).strip())
        elif line.startswith("warning: "):
            self._add(WARNINGS, line.removeprefix("warning: "))

    def update(self, step: Step, waited: float | None) -> None:
        """An update that has ended.

        Args:
            step: the step that it was.
            waited: after how many seconds the last old pod had ended; None where none was left.
        """
        for look in (self._rollouts, self._rights, self._images, self._log_words, self._heartbeats):
            self._look(look, step)
        if waited is not None:
            self._add(ENDING, f"{step.title}: gone {waited:.0f} s after the update")
        self._started.clear()
        # What is assigned from now on is the next update's.
        self._began = datetime.now(UTC)

    def verified(self, step: Step, seconds: float, first: str) -> None:
        """A verification that found all well.

        Args:
            step: the step that it was.
            seconds: how long that took.
            first: what was not well when it was asked first; the empty text where all was.
        """
        self._add(VERIFIED, f"{step.title}: {f'after {seconds:.0f} s; at first: {first}' if first else 'at once'}")

    def second_preview(self, left: Iterable[Change]) -> None:
        """What a preview right after the update would change."""
        named = [f"{change.resource}: {', '.join(change.properties) or change.operation}" for change in left]
        self._add(SECOND, "; ".join(named) or "no")

    def drift_named(self, finding: Finding) -> None:
        """How the drift that was made was found."""
        self._add(NAMED, f"{finding.kind}: {finding.what}")

    def _look(self, look: Callable[[], Iterable[tuple[str, str]]], step: Step) -> None:
        try:
            for question, answer in look():
                self._add(question, f"{step.title}: {answer}")
        except OpsError as error:
            self._add("What could not be read", str(error))

    def _add(self, question: str, answer: str) -> None:
        self._seen.setdefault(question, []).append(answer)

    def _rollouts(self) -> Iterator[tuple[str, str]]:
        for resource in self._program.state()["deployment"].get("resources") or []:
            name = resource["urn"].rsplit("::", 1)[-1]
            if (started := self._started.get(name)) and (modified := resource.get("modified")):
                seconds = (datetime.fromisoformat(modified) - started).total_seconds()
                yield ROLLOUT, f"{name} {max(0, seconds):.0f} s"

    def _rights(self) -> Iterator[tuple[str, str]]:
        created = {
            resource.name: resource.created
            for resource in resources_of(self._program.state())
            if resource.type == _ASSIGNMENT and resource.created is not None and resource.created > self._began
        }
        pods = [pod for _, pod in self._program.pods() if "deletionTimestamp" not in pod["metadata"]]
        ready = [moment for pod in pods if (moment := ready_since(pod)) is not None]
        if not created or not ready:
            return
        last, at = max(created.items(), key=lambda entry: entry[1])
        seconds = (max(ready) - at).total_seconds()
        yield RIGHTS, f"the last pod was ready {max(0, seconds):.0f} s after {last} was made"

    def _images(self) -> Iterator[tuple[str, str]]:
        for deployment, pod in self._program.pods():
            for container in (pod.get("status") or {}).get("containerStatuses") or []:
                image = str(container.get("imageID") or container.get("image") or "")
                yield IMAGE, f"{deployment.name}: {image}, {container.get('restartCount', 0)} restart(s)"

    def _log_words(self) -> Iterator[tuple[str, str]]:
        words: Counter[str] = Counter()
        for deployment, pod in self._program.pods():
            if "deletionTimestamp" not in pod["metadata"]:
                lines = self._program.cluster().log(deployment.namespace, pod["metadata"]["name"], _LINES, _SECONDS)
                words.update(event for line in lines for event in set(events_in(line.text)))
        if words:
            yield LOG, ", ".join(f"{word} ({number})" for word, number in words.most_common(_MOST))

    def _heartbeats(self) -> Iterator[tuple[str, str]]:
        for gateway in filter(lambda gateway: gateway.gateway_id, self._program.gateways()):
            found: Any = self._program.azure().arm.get(gateway.gateway_id, api_version=heartbeat.VERSION)
            entries = (found.get("properties") or {}).get("heartbeat")
            yield HEARTBEAT, f"{gateway.name}: {'nothing' if entries is None else json.dumps(entries)}"


def events_in(line: str) -> list[str]:
    """The names of events in a line of a log that tell of configuration, heartbeats and sign-ins."""
    return [word for word in _EVENT.findall(line) if any(part in word for part in _TELLING)]

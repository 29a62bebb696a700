"""One container of a pod: pulled, configured, run, probed, restarted, stopped."""

import asyncio
import contextlib
import shutil
import time
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..waits import beside_controllers
from . import KubernetesObject, clock
from .back_off import BackOff
from .container_log import last_lines
from .container_process import ContainerProcess
from .environment import ConfigurationError, Environment
from .images import Image, ImageNotPulledError, Images, InvalidImageNameError
from .probes import Outcome, Prober
from .security import verify_non_root
from .volumes import VolumeError

TERMINATION_MESSAGE_BYTES = 4096
FALLBACK_LINES, FALLBACK_BYTES = 80, 2048
SYNC_RETRY_SECONDS = 10.0
"""After what kubelet tries again with a container that could not be created."""

LEAST_GRACE_SECONDS = 2.0
"""Between SIGTERM and SIGKILL, also where the hook has taken the whole grace period."""

PULL_REPORT_SECONDS = 1.0
"""How long a refused pull is told as such, before it is told that kubelet waits."""

ReportEvent = Callable[[str, str, str], None]
"""Reports an event about this container: type, reason, message."""

_PRESENT = "already present on machine and can be accessed by the pod"
_NEVER = 'Container image "{}" is not present with pull policy of Never'
_NO_TIME = "in 0s (0s including waiting). Image size: 0 bytes."
_MAY_NOT_SUCCEED = "attempting to pull the image may not succeed."


@dataclass
class ContainerState:
    """What the pod's status says of a container."""

    state: dict[str, Any] = field(default_factory=lambda: {"waiting": {"reason": "ContainerCreating"}})
    last_state: dict[str, Any] = field(default_factory=dict)
    restart_count: int = 0
    image: str = ""
    image_id: str = ""
    container_id: str = ""
    started: bool = False
    ready: bool = False

    @property
    def running(self) -> bool:
        return "running" in self.state

    @property
    def terminated(self) -> dict[str, Any] | None:
        return self.state.get("terminated")


@dataclass(frozen=True)
class PullSecrets:
    """The pod's `imagePullSecrets`."""

    found: list[KubernetesObject] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a container needs of its pod and its node."""

    folder: Path
    """The container's own folder; its root folder and its logs are in it."""

    images: Images
    prober: Prober
    environment: Callable[[KubernetesObject], Awaitable[Environment]]
    prepare_root: Callable[[KubernetesObject, Image, Path], None]
    """Fills the root folder: network, trust store, mounted volumes."""

    pull_secrets: Callable[[], Awaitable[PullSecrets]]
    report_event: ReportEvent
    report_pod_event: ReportEvent
    """The same about the pod as a whole."""

    changed: Callable[[], None]
    grace_seconds: float
    """The pod's `terminationGracePeriodSeconds`."""

    security: KubernetesObject
    """The pod's `securityContext`."""

    pod_text: str
    """Name, namespace and uid of the pod, as kubelet writes them in messages."""


class Container:
    """Runs a container until it is stopped, or has ended and is not to be restarted."""

    def __init__(
        self, spec: KubernetesObject, restart_policy: str, previous: KubernetesObject | None, around: Surroundings
    ) -> None:
        self.spec = spec
        self.state = ContainerState(image=spec["image"])
        self._restart_policy = restart_policy
        self._around = around
        self._restarts = BackOff()
        self._pulls = BackOff()
        self._stopping = asyncio.Event()
        self._process: ContainerProcess | None = None
        self._ended = asyncio.Event()
        self._ending: asyncio.Task[None] | None = None
        self._started_at = 0.0
        self._ended_at = 0.0
        self._runs_before = False
        if previous is not None:
            self._resume(previous)

    def log_path(self, *, previous: bool = False) -> Path:
        """The log of the current run, or of the one before."""
        return self._around.folder / "logs" / f"{self.state.restart_count - int(previous)}.log"

    async def run(self) -> None:
        """Runs it."""
        while not self._stopping.is_set():
            await self._wait_for_restart()
            image = await self._pull()
            if image is None or self._stopping.is_set():
                continue
            if not await self._start(image):
                await self._pause(beside_controllers(SYNC_RETRY_SECONDS))
                continue
            await self._supervise()
            if not self._restarts_after(self.state.terminated):
                return

    async def stop(self, grace_seconds: float) -> None:
        """Ends it: the hook, SIGTERM, and SIGKILL after the grace period."""
        self._stopping.set()
        if self._ending is not None and self._is_ending:
            # Kubelet gives up what it does for a failed probe, its hook included, and begins anew for the pod's end.
            self._ending.cancel()
            await asyncio.wait((self._ending,))
        if self._process is not None:
            self._around.report_event("Normal", "Killing", f"Stopping container {self.spec['name']}")
            await self._end(grace_seconds)

    def kill(self) -> None:
        """Ends it at once."""
        self._stopping.set()
        if self._process is not None:
            self._process.kill()

    async def gone(self) -> None:
        """Waits until no process of it is left."""
        if self._process is not None:
            await self._process.gone()

    # Start.

    def _resume(self, previous: KubernetesObject) -> None:
        """Goes on from what a node that ended said: what was running then is gone."""
        self.state.restart_count = previous.get("restartCount") or 0
        self.state.last_state = previous.get("lastState") or {}
        was = previous.get("state") or {}
        if "running" in was:
            terminated = {
                "exitCode": 255,
                "reason": "Unknown",
                "startedAt": was["running"].get("startedAt"),
                "finishedAt": clock.now(),
                "containerID": previous.get("containerID") or "",
            }
            self.state.last_state = {"terminated": terminated}
        elif "terminated" in was:
            self.state.state = was
        self._runs_before = bool(previous.get("containerID"))
        self.state.container_id = previous.get("containerID") or ""
        self.state.image_id = previous.get("imageID") or ""

    async def _wait_for_restart(self) -> None:
        wait = self._restarts.wait(self._ended_at) if self._runs_before else 0.0
        if wait > 0:
            name = self.spec["name"]
            self._move_to_last_state()
            self._waiting(
                "CrashLoopBackOff",
                f"back-off {_duration(self._restarts.seconds)} restarting failed container={name} "
                f"pod={self._around.pod_text}",
            )
            self._around.report_event(
                "Warning", "BackOff", f"Back-off restarting failed container {name} in pod {self._around.pod_text}"
            )
            await self._pause(wait)

    async def _pull(self) -> Image | None:
        """The image, as `imagePullPolicy` says; None after a wait where it could not be had."""
        reference, images, report = self.spec["image"], self._around.images, self._around.report_event
        policy = self.spec.get("imagePullPolicy")
        secrets = await self._around.pull_secrets()
        try:
            present = images.present(reference, secrets.found)
            if policy != "Always" and present is not None:
                report("Normal", "Pulled", f'Container image "{reference}" {_PRESENT}')
                return present
            if policy == "Never":
                await self._refuse("ErrImageNeverPull", _NEVER.format(reference), "ErrImageNeverPull")
                return None
            report("Normal", "Pulling", f'Pulling image "{reference}"')
            image = images.pull(reference, secrets.found)
        except InvalidImageNameError as error:
            await self._refuse("InvalidImageName", str(error), "InspectFailed")
        except ImageNotPulledError as error:
            if secrets.missing:
                text = f"Unable to retrieve some image pull secrets ({', '.join(secrets.missing)}); {_MAY_NOT_SUCCEED}"
                self._around.report_pod_event("Warning", "FailedToRetrieveImagePullSecret", text)
            await self._back_off_pulling(reference, str(error))
        else:
            report("Normal", "Pulled", f'Successfully pulled image "{reference}" {_NO_TIME}')
            return image
        return None

    async def _refuse(self, reason: str, message: str, event: str) -> None:
        self._waiting(reason, message)
        self._around.report_event("Warning", event, message)
        self._around.report_event("Warning", "Failed", f"Error: {reason}")
        await self._pause(beside_controllers(SYNC_RETRY_SECONDS))

    async def _back_off_pulling(self, reference: str, error: str) -> None:
        self._pulls.next()
        self._around.report_event("Warning", "Failed", f'Failed to pull image "{reference}": {error}')
        self._around.report_event("Warning", "Failed", "Error: ErrImagePull")
        self._waiting("ErrImagePull", error)
        seconds = beside_controllers(self._pulls.seconds)
        await self._pause(PULL_REPORT_SECONDS)
        if not self._stopping.is_set():
            self._waiting("ImagePullBackOff", f'Back-off pulling image "{reference}": ErrImagePull: {error}')
            self._around.report_event("Normal", "BackOff", f'Back-off pulling image "{reference}"')
            self._around.report_event("Warning", "Failed", "Error: ImagePullBackOff")
            await self._pause(seconds - PULL_REPORT_SECONDS)

    async def _start(self, image: Image) -> bool:
        around, name = self._around, self.spec["name"]
        try:
            environment = await around.environment(self.spec)
            verify_non_root(around.security, self.spec, image.user, around.pod_text)
            _refuse_unsupported(self.spec)
        except (ConfigurationError, VolumeError) as error:  # not found, or not read: it may be the next time
            self._move_to_last_state()
            self._waiting("CreateContainerConfigError", str(error))
            around.report_event("Warning", "Failed", f"Error: {error}")
            return False
        for sentence in environment.skipped:
            around.report_event("Warning", "InvalidEnvironmentVariableNames", sentence)
        if self._runs_before:
            self._move_to_last_state()
            self.state.restart_count += 1
            self._restarts.next()
        root = around.folder / "root"
        shutil.rmtree(root, ignore_errors=True)  # a container starts from its image
        root.mkdir(parents=True)
        around.prepare_root(self.spec, image, root)
        self._forget_logs()
        self._ended.clear()
        try:
            self._process = await ContainerProcess.start(image.argv(root), environment.variables, self.log_path())
        except OSError as error:
            self._move_to_last_state()
            self._waiting("RunContainerError", f"the process of image {image.reference} cannot be started: {error}")
            around.report_event("Warning", "Failed", f"Error: {error}")
            return False
        self._runs_before = True
        self._started_at = time.monotonic()
        self.state.container_id = f"sandbox://{uuid.uuid4().hex}"
        self.state.image_id = image.id
        self.state.state = {"running": {"startedAt": clock.now()}}
        self.state.started = "startupProbe" not in self.spec
        self.state.ready = self.state.started and "readinessProbe" not in self.spec
        around.report_event("Normal", "Created", f"Container created: {name}")
        around.report_event("Normal", "Started", f"Container started: {name}")
        around.changed()
        return True

    # Run.

    async def _supervise(self) -> None:
        process = self._process
        if process is None:
            return
        probing = asyncio.create_task(self._probe())
        try:
            code = await process.wait()
        finally:
            probing.cancel()
            self._process = None
        self._ended_at = time.monotonic()
        terminated = {
            "exitCode": code,
            "reason": "Completed" if code == 0 else "Error",
            "startedAt": self.state.state["running"]["startedAt"],
            "finishedAt": clock.now(),
            "containerID": self.state.container_id,
        }
        message = self._termination_message(code)
        if message:
            terminated["message"] = message
        self.state.state = {"terminated": terminated}
        self.state.started = self.state.ready = False
        self._ended.set()
        self._around.changed()

    async def _probe(self) -> None:
        async with asyncio.TaskGroup() as group:
            if "startupProbe" in self.spec:
                started = asyncio.Event()
                startup = group.create_task(self._probe_with("startupProbe", self._startup_reporter(started)))
                await started.wait()
                startup.cancel()
            for kind, reporter in (("readinessProbe", self._readiness), ("livenessProbe", self._liveness)):
                if kind in self.spec:
                    group.create_task(self._probe_with(kind, reporter))

    def _probe_with(self, kind: str, report: Callable[[bool, Outcome], None]) -> Coroutine[Any, Any, None]:
        # The delay counts from the container's start, also where a startup probe has taken its time.
        return self._around.prober.run(self.spec, self.spec[kind], report, since=self._started_at)

    def _startup_reporter(self, started: asyncio.Event) -> Callable[[bool, Outcome], None]:
        def report(counts: bool, outcome: Outcome) -> None:  # noqa: FBT001
            if self._stopping.is_set() or self._is_ending:
                return
            self._report_failure("Startup", outcome)
            if counts and outcome.success:
                self.state.started = True
                self.state.ready = "readinessProbe" not in self.spec
                self._around.changed()
                started.set()
            elif counts:
                self._kill_unhealthy("startup", self.spec["startupProbe"])

        return report

    def _readiness(self, counts: bool, outcome: Outcome) -> None:  # noqa: FBT001
        self._report_failure("Readiness", outcome)
        if counts and self.state.running and self.state.ready != outcome.success:
            self.state.ready = outcome.success
            self._around.changed()

    def _liveness(self, counts: bool, outcome: Outcome) -> None:  # noqa: FBT001
        if self._stopping.is_set() or self._is_ending:
            return  # it is not probed again before it runs again
        self._report_failure("Liveness", outcome)
        if counts and not outcome.success:
            self._kill_unhealthy("liveness", self.spec["livenessProbe"])

    def _report_failure(self, kind: str, outcome: Outcome) -> None:
        if not outcome.success:
            self._around.report_event("Warning", "Unhealthy", f"{kind} probe failed: {outcome.output}")

    def _kill_unhealthy(self, kind: str, probe: KubernetesObject) -> None:
        if self._stopping.is_set() or self._is_ending:
            return
        self._around.report_event(
            "Normal", "Killing", f"Container {self.spec['name']} failed {kind} probe, will be restarted"
        )
        grace_seconds = probe.get("terminationGracePeriodSeconds", self._around.grace_seconds)
        self._ending = asyncio.create_task(self._end(float(grace_seconds)))

    @property
    def _is_ending(self) -> bool:
        return self._ending is not None and not self._ending.done()

    # End.

    async def _end(self, grace_seconds: float) -> None:
        """Runs the hook, then asks the process to end, and ends it when the grace period is over."""
        grace_seconds -= await self._before_stop(grace_seconds)
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            await asyncio.wait_for(self._ended.wait(), max(grace_seconds, LEAST_GRACE_SECONDS))
        except TimeoutError:
            process.kill()
            await self._ended.wait()

    async def _before_stop(self, grace_seconds: float) -> float:
        """Runs the hook; the seconds that it takes of the grace period. Without such a period there is no hook."""
        hook = (self.spec.get("lifecycle") or {}).get("preStop") or {}
        if "sleep" not in hook or grace_seconds <= 0:
            return 0.0
        seconds = min(float(hook["sleep"]["seconds"]), grace_seconds)
        try:
            await asyncio.wait_for(self._ended.wait(), beside_controllers(seconds))
        except TimeoutError:
            pass
        except asyncio.CancelledError:
            self._around.report_event("Warning", "FailedPreStopHook", "PreStopHook failed")
            raise
        return seconds

    def _restarts_after(self, terminated: dict[str, Any] | None) -> bool:
        if self._restart_policy == "Always":
            return True
        return self._restart_policy == "OnFailure" and (terminated or {}).get("exitCode") != 0

    def _termination_message(self, code: int) -> str:
        path = self.spec.get("terminationMessagePath") or "/dev/termination-log"
        file = self._around.folder / "root" / path.lstrip("/")
        if file.is_file():
            return file.read_bytes()[:TERMINATION_MESSAGE_BYTES].decode(errors="replace")
        if code != 0 and self.spec.get("terminationMessagePolicy") == "FallbackToLogsOnError":
            return last_lines(self.log_path(), FALLBACK_LINES, FALLBACK_BYTES)
        return ""

    # State.

    def _waiting(self, reason: str, message: str) -> None:
        self.state.state = {"waiting": {"reason": reason, "message": message}}
        self.state.started = self.state.ready = False
        self._around.changed()

    def _move_to_last_state(self) -> None:
        if self.state.terminated is not None:
            self.state.last_state = {"terminated": self.state.terminated}

    def _forget_logs(self) -> None:
        kept = {self.log_path().name, self.log_path(previous=True).name}
        for log in (self._around.folder / "logs").glob("*.log"):
            if log.name not in kept:
                log.unlink()

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stopping.wait(), seconds)


def _refuse_unsupported(spec: KubernetesObject) -> None:
    for key in ("command", "args"):
        if spec.get(key):
            raise ConfigurationError(f"the sandbox's node does not play images with another {key}")
    if any(mount.get("subPathExpr") for mount in spec.get("volumeMounts") or []):
        raise ConfigurationError("the sandbox's node does not play subPathExpr")
    hook = (spec.get("lifecycle") or {}).get("preStop") or {}
    if (spec.get("lifecycle") or {}).get("postStart") or (hook and "sleep" not in hook):
        raise ConfigurationError("the sandbox's node plays no lifecycle hook but preStop sleep")
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = spec.get(kind)
        if probe and not ({"httpGet", "tcpSocket"} & probe.keys()):
            raise ConfigurationError(f"the sandbox's node plays httpGet and tcpSocket probes only, for {kind}")


def _duration(seconds: float) -> str:
    whole = int(seconds)
    if whole != seconds:
        return f"{seconds:g}s"
    minutes, rest = divmod(whole, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"

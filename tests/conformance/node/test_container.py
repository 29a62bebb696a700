"""A container, without a cluster."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from sandbox.node.container import Container, PullSecrets, Surroundings
from sandbox.node.environment import Environment
from sandbox.node.images import Images
from sandbox.node.probes import Outcome, Prober
from sandbox.node.volumes import VolumeError
from sandbox.waits import beside_controllers

IMAGES = Path(__file__).with_name("images.yaml")
PROBE = {"httpGet": {"path": "/", "port": 8080}}


class Hanging(Prober):
    """Finds that the container has come up, and then that it hangs."""

    def __init__(self) -> None:
        self.log: Callable[[], Path] = Path

    async def run(
        self,
        container: dict[str, Any],
        probe: dict[str, Any],
        report: Callable[[bool, Outcome], None],
        *,
        since: float | None = None,
    ) -> None:
        while not (self.log().exists() and "started" in self.log().read_text()):
            await asyncio.sleep(0.05)
        while True:
            report(True, Outcome(success=False, output="it hangs"))
            await asyncio.sleep(0.1)


class Watched:
    """A container that runs, and what is said of it."""

    def __init__(self, folder: Path, spec: dict[str, Any], *, grace_seconds: float, environment: Any = None) -> None:
        self.seen: list[dict[str, Any]] = []
        self.events: list[tuple[str, str, str]] = []
        self.at: dict[str, float] = {}
        prober = Hanging()
        around = Surroundings(
            folder=folder,
            images=Images(IMAGES),
            prober=prober,
            environment=environment or self._no_environment,
            prepare_root=lambda *_: (folder / "logs").mkdir(exist_ok=True),
            pull_secrets=self._no_secrets,
            report_event=self._report,
            report_pod_event=self._report,
            changed=self._changed,
            grace_seconds=grace_seconds,
            security={},
            pod_text="",
        )
        policy = "Always" if "livenessProbe" in spec else "Never"
        self.container = Container({"name": "main", **spec}, policy, None, around)
        prober.log = self.container.log_path

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        async with asyncio.timeout(60):
            task = asyncio.create_task(self.container.run())
            try:
                yield
            finally:
                self.container.kill()
                await self.container.gone()
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def told(self, reason: str) -> float:
        """When an event was told first, waited for."""
        while reason not in self.at:
            await asyncio.sleep(0.02)
        return self.at[reason]

    async def ended(self) -> tuple[dict[str, Any], float]:
        """How a run of it ended, and when."""
        while True:
            for state in self.seen:
                if "terminated" in state:
                    return state["terminated"], self.at["terminated"]
            await asyncio.sleep(0.02)

    def _report(self, *event: str) -> None:
        self.events.append((event[0], event[1], event[2]))
        self.at.setdefault(event[1], asyncio.get_running_loop().time())

    def _changed(self) -> None:
        self.seen.append(self.container.state.state)
        if self.container.state.terminated is not None:
            self.at.setdefault("terminated", asyncio.get_running_loop().time())

    async def _no_environment(self, _spec: dict[str, Any]) -> Environment:
        return Environment()

    async def _no_secrets(self) -> PullSecrets:
        return PullSecrets()


async def test_a_configuration_that_cannot_be_read_for_a_while_is_read_again(tmp_path: Path) -> None:
    async def environment(_spec: dict[str, Any]) -> Environment:
        if "Failed" not in watched.at:
            raise VolumeError("the API server was not reached")
        return Environment()

    watched = Watched(tmp_path, {"image": "example.com/completing:1"}, grace_seconds=1, environment=environment)
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.timeout(30):
        await watched.container.run()
    assert loop.time() - started >= 10
    error = {"reason": "CreateContainerConfigError", "message": "the API server was not reached"}
    assert watched.seen[0] == {"waiting": error}
    assert ("Warning", "Failed", "Error: the API server was not reached") in watched.events
    assert watched.container.state.terminated is not None
    assert watched.container.state.terminated["reason"] == "Completed"


def failing(image: str, seconds: int | None, **probe: Any) -> dict[str, Any]:
    """A container with a liveness probe, and a hook of so many seconds."""
    hook = {} if seconds is None else {"lifecycle": {"preStop": {"sleep": {"seconds": seconds}}}}
    return {"image": image, "livenessProbe": {**PROBE, **probe}, **hook}


async def test_a_failed_liveness_probe_runs_the_hook_before_the_container_is_asked_to_end(tmp_path: Path) -> None:
    watched = Watched(tmp_path, failing("example.com/asked:1", 4), grace_seconds=30)
    async with watched.running():
        killed = await watched.told("Killing")
        ended, at = await watched.ended()
    assert ("Normal", "Killing", "Container main failed liveness probe, will be restarted") in watched.events
    assert (ended["exitCode"], ended["reason"]) == (0, "Completed")
    assert beside_controllers(4) <= at - killed < beside_controllers(4) + 10
    # It is not probed again while it ends.
    assert watched.events.count(("Warning", "Unhealthy", "Liveness probe failed: it hangs")) == 1


async def test_a_failed_startup_probe_runs_the_hook_too(tmp_path: Path) -> None:
    spec = failing("example.com/asked:1", 4)
    spec["startupProbe"] = PROBE
    watched = Watched(tmp_path, spec, grace_seconds=30)
    async with watched.running():
        killed = await watched.told("Killing")
        _, at = await watched.ended()
    assert ("Normal", "Killing", "Container main failed startup probe, will be restarted") in watched.events
    assert at - killed >= beside_controllers(4)
    assert not [event for event in watched.events if "Liveness" in event[2]]


async def test_a_probe_has_a_grace_period_of_its_own(tmp_path: Path) -> None:
    # What is asked to end has two seconds at least.
    watched = Watched(
        tmp_path, failing("example.com/stubborn:1", None, terminationGracePeriodSeconds=1), grace_seconds=600
    )
    async with watched.running():
        killed = await watched.told("Killing")
        ended, at = await watched.ended()
    assert ended["exitCode"] == 137
    assert 2 <= at - killed < 20


async def test_the_end_of_the_pod_breaks_off_the_end_of_an_unhealthy_container(tmp_path: Path) -> None:
    watched = Watched(tmp_path, failing("example.com/asked:1", 300), grace_seconds=600)
    async with watched.running():
        await watched.told("Killing")
        await watched.container.stop(2)
        ended, _ = await watched.ended()
    assert ended["exitCode"] == 0
    told = [event[1:] for event in watched.events if event[1] in ("Killing", "FailedPreStopHook")]
    assert told == [
        ("Killing", "Container main failed liveness probe, will be restarted"),
        ("FailedPreStopHook", "PreStopHook failed"),
        ("Killing", "Stopping container main"),
    ]


async def test_without_a_grace_period_there_is_no_hook(tmp_path: Path) -> None:
    watched = Watched(tmp_path, failing("example.com/asked:1", 300), grace_seconds=0)
    async with watched.running():
        killed = await watched.told("Killing")
        ended, at = await watched.ended()
    assert ended["exitCode"] == 0
    assert at - killed < 10

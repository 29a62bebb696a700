"""A container, without a cluster."""

import asyncio
from pathlib import Path
from typing import Any

from sandbox.node.container import Container, Surroundings
from sandbox.node.environment import Environment
from sandbox.node.images import Images
from sandbox.node.volumes import VolumeError

IMAGES = Path(__file__).with_name("images.yaml")


async def test_a_configuration_that_cannot_be_read_for_a_while_is_read_again(tmp_path: Path) -> None:
    seen: list[dict[str, Any]] = []
    events: list[tuple[str, str, str]] = []
    unused: Any = None

    async def environment(_spec: dict[str, Any]) -> Environment:
        if not events:
            raise VolumeError("the API server was not reached")
        return Environment()

    around = Surroundings(
        folder=tmp_path,
        images=Images(IMAGES),
        prober=unused,
        environment=environment,
        prepare_root=lambda *_: (tmp_path / "logs").mkdir(exist_ok=True),
        report_event=lambda *event: events.append(event),
        changed=lambda: seen.append(container.state.state),
        grace_seconds=1,
        pod_text="",
    )
    container = Container({"name": "main", "image": "example.com/completing:1"}, "Never", None, around)
    loop = asyncio.get_running_loop()
    started = loop.time()
    async with asyncio.timeout(30):
        await container.run()
    assert loop.time() - started >= 10
    error = {"reason": "CreateContainerConfigError", "message": "the API server was not reached"}
    assert seen[0] == {"waiting": error}
    assert events[0] == ("Warning", "Failed", "Error: the API server was not reached")
    assert container.state.terminated is not None
    assert container.state.terminated["reason"] == "Completed"

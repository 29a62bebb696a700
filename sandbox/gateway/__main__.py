"""The container's entry point: `python -m sandbox.gateway --root DIR`."""

import argparse
import asyncio
import contextlib
import os
import sys
from pathlib import Path

from .authentication import EntraTokens
from .configuration import ConfigurationPoller
from .log import Log
from .neighborhood import Neighborhood
from .network import Network
from .server import Listeners, prepare
from .settings import InvalidSettingsError, Settings
from .traffic import Traffic


async def _run(settings: Settings, network: Network, log: Log, arguments: argparse.Namespace) -> None:
    async with (
        network.client(timeout=settings.timeout) as entra,
        network.client(timeout=settings.timeout, validates_certificate=settings.validates_certificate) as azure,
    ):
        configuration = ConfigurationPoller(
            gateway_name=settings.gateway_name,
            instance=network.host_name,
            endpoint=settings.endpoint,
            tokens=EntraTokens(settings.application, entra),
            client=azure,
            log=log,
            poll_seconds=arguments.poll_seconds,
            time_scale=arguments.time_scale,
        )
        polling = asyncio.create_task(configuration.run())
        # A fault of the poller ends the process rather than leave it serving a configuration that never changes.
        neighborhood, seconds = None, arguments.poll_seconds * arguments.time_scale
        running = [polling]
        if settings.discovery is not None:
            neighborhood = Neighborhood(settings.discovery, network, log, seconds=seconds)
            running.append(asyncio.create_task(neighborhood.run()))
        traffic = Traffic(settings.gateway_name, configuration, neighborhood, log)
        running.append(asyncio.create_task(Listeners(network, traffic, log, arguments.drain_seconds).run()))
        done, _ = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
        polling.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await polling
        for task in done:
            task.result()


def main() -> int:
    """Runs the gateway; the exit code is 0 after SIGTERM, 1 where it cannot run."""
    parser = argparse.ArgumentParser(description="Plays the container image of the self-hosted gateway.")
    parser.add_argument("--root", type=Path, required=True, help="the container's root folder")
    parser.add_argument("--poll-seconds", type=float, default=10, help="time between two polls of the configuration")
    parser.add_argument("--drain-seconds", type=float, default=25, help="how long, at most, it drains after SIGTERM")
    parser.add_argument("--time-scale", type=float, default=1, help="real seconds for each that it waits to poll again")
    arguments = parser.parse_args()
    root: Path = arguments.root
    try:
        settings = Settings.from_environment(os.environ)
        log = Log(settings.log_format, settings.log_level)
        network = Network.of(root)
    except InvalidSettingsError as error:
        Log().fatal("InvalidSettings", str(error))
        return 1
    except (OSError, ValueError, KeyError) as error:
        Log().fatal("NoNetwork", f"the container's network cannot be read: {error}")
        return 1
    log.info("Starting", f"gateway {settings.gateway_name}, configuration API {settings.endpoint}")
    try:
        prepare(network)
        asyncio.run(_run(settings, network, log, arguments))
    except InvalidSettingsError as error:
        log.fatal("InvalidSettings", str(error))
        return 1
    except (
        OSError
    ) as error:  # a port that is not free, a trust store that cannot be read, a root that cannot be written
        log.fatal("Stopped", f"the gateway cannot run: {error}")
        return 1
    log.info("Stopped", "the gateway has ended")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""All advice on a stack's file."""

from collections.abc import Iterator

import pulumi

from components.config.advice.availability import availability_departures
from components.config.advice.departure import Departure
from components.config.advice.images import image_departures
from components.config.advice.pods import pod_departures
from components.config.advice.security import security_departures
from components.config.keys import GATEWAYS
from components.config.models.advice import AdviceId
from components.config.models.gateway import GatewaySettings
from components.config.models.stack import StackSettings


def warn_of_departures(settings: StackSettings) -> None:
    """Warn of what departs from the guidance, at a preview: an update was previewed before."""
    if pulumi.runtime.is_dry_run():
        for text in advice(settings):
            pulumi.log.warn(text)


def advice(settings: StackSettings) -> list[str]:
    """What departs from the guidance, unless it is silenced; what several gateways have in common, once."""
    keys: dict[tuple[AdviceId, str], list[str]] = {}
    for index, gateway in enumerate(settings.gateways):
        for each in _departures(gateway):
            if each.advice not in settings.silence:
                keys.setdefault((each.advice, each.message), []).append(f"{GATEWAYS}[{index}].{each.key}")
    return [f"{', '.join(where)}: {message} (advice: {id_})" for (id_, message), where in keys.items()]


def _departures(gateway: GatewaySettings) -> Iterator[Departure]:
    yield from image_departures(gateway)
    yield from availability_departures(gateway)
    yield from pod_departures(gateway)
    yield from security_departures(gateway)

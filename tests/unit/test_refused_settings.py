"""What the API server would refuse is a problem at preview, with its path. A test on the real one compares the two."""

import functools
import json
from typing import Any

import pulumi
import pytest

from components.config.models.workload.container import PORTS
from components.config.models.workload.instance_discovery import InstanceDiscoverySettings
from components.config.read import load
from components.ending import Refusal
from components.workload.ports import container_ports
from tests.refused_settings import REFUSED, STRICTER, TAKEN
from tests.unit import program

SAID = [*((each.settings, each.said) for each in REFUSED), *STRICTER]


def problems(gateways: list[dict[str, Any]]) -> list[str]:
    config = program.configuration(gateways=gateways)
    pulumi.runtime.set_all_config({key: v if isinstance(v, str) else json.dumps(v) for key, v in config.items()})
    try:
        load()
    except Refusal as refusal:
        return [line.removeprefix("  - self-hosted-gateway:gateways") for line in str(refusal).splitlines()[1:]]
    return []


@functools.cache
def problems_of_all() -> list[str]:
    """Those of one stack, which has each setting in a gateway of its own."""
    return problems([program.gateway(**{"name": f"g{n}", **settings}) for n, (settings, _) in enumerate(SAID)])


@pytest.mark.parametrize("case", range(len(SAID)), ids=lambda case: SAID[case][1].partition(": ")[0])
def test_a_preview_says_what_can_not_be_and_where(case: int) -> None:
    start = f"[{case}]."
    assert [each.removeprefix(start) for each in problems_of_all() if each.startswith(start)] == [SAID[case][1]]


def test_a_preview_takes_what_the_api_server_takes() -> None:
    assert problems([program.gateway(**{"name": f"g{n}", **settings}) for n, settings in enumerate(TAKEN)]) == []


def test_probes_may_name_the_ports_that_the_container_has() -> None:
    assert tuple(port.name for port in container_ports(InstanceDiscoverySettings())) == PORTS

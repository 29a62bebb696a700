"""The settings that are sent to the real API server are all that there are."""

import typing
from collections.abc import Iterator
from typing import Any

from components.config.models.base import Settings
from components.config.models.workload.container import ContainerSettings
from components.config.models.workload.deployment import DeploymentSettings
from components.config.models.workload.disruption_budget import DisruptionBudgetSettings
from components.config.models.workload.instance_discovery import InstanceDiscoverySettings
from components.config.models.workload.pod import PodSettings
from components.config.models.workload.scaling import AutoscalingSettings
from components.config.models.workload.service import ServiceSettings
from components.config.models.workload.service_account import ServiceAccountSettings
from tests.every_setting import EVERYTHING, LEAST

MODELS: dict[str, type[Settings]] = {
    "autoscaling": AutoscalingSettings,
    "container": ContainerSettings,
    "deployment": DeploymentSettings,
    "disruptionBudget": DisruptionBudgetSettings,
    "instanceDiscovery": InstanceDiscoverySettings,
    "pod": PodSettings,
    "service": ServiceSettings,
    "serviceAccount": ServiceAccountSettings,
}


def keys(model: type[Settings], path: str) -> Iterator[str]:
    for field in model.model_fields.values():
        here = f"{path}.{field.alias}"
        below = [part for part in (field.annotation, *typing.get_args(field.annotation)) if isinstance(part, type)]
        models = [part for part in below if issubclass(part, Settings)]
        yield from keys(models[0], here) if models else [here]


def given(values: dict[str, Any], all_keys: set[str], path: str) -> Iterator[str]:
    for key, value in values.items():
        here = f"{path}.{key}"
        if here in all_keys:
            yield here
        elif isinstance(value, dict):
            yield from given(value, all_keys, here)


def test_each_key_is_set_by_one_of_them() -> None:
    wanted = {key for name, model in MODELS.items() for key in keys(model, f".{name}")}
    assert wanted - {key for settings in (EVERYTHING, LEAST) for key in given(settings, wanted, "")} == set()

"""The settings that are sent to the real API server, and deployed, are all that there are."""

import copy
import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from components.config.kubernetes import walk
from components.config.kubernetes.value import Kubernetes
from components.config.models.base import Settings
from components.config.models.gateway import GatewaySettings
from components.config.problems import written
from components.config.well_formed import Place
from tests.every_setting import EVERYTHING, LEAST
from tests.unit import program
from tests.unit.test_workload_settings import problems

# What the objects are called, which image they run, and what is not in the cluster.
NOT_OF_THE_OBJECTS = {
    "apis", "authentication", "createGatewayResource", "image", "kubernetesName", "locationName", "name", "namespace",
    "readerScope",
}  # fmt: skip


def keys(model: type[Settings], path: str = "") -> Iterator[str]:
    """The keys that have a value and no further keys of ours, however deep a model stands in a type."""
    for field in model.model_fields.values():
        here = f"{path}.{field.alias}"
        below = list(models_in(field.annotation))
        yield from (key for each in below for key in keys(each, here)) if below else [here]


def models_in(annotation: Any) -> Iterator[type[Settings]]:
    if isinstance(annotation, type) and issubclass(annotation, Settings):
        yield annotation
    for part in typing.get_args(annotation):
        yield from models_in(part)


def given(settings: Settings, path: str = "") -> Iterator[str]:
    """The keys of a stack's file that say something: null, and what is empty once it is read, take something away."""
    for name in settings.model_fields_set:
        value = getattr(settings, name)
        here = f"{path}.{type(settings).model_fields[name].alias}"
        below = [each for each in (value if isinstance(value, tuple | list) else [value]) if isinstance(each, Settings)]
        yield from (key for each in below for key in given(each, here))
        if not below and value not in (None, {}, [], ()):
            yield here


def read(gateway: dict[str, Any]) -> GatewaySettings:
    (found,) = program.settings(program.configuration(gateways=[program.gateway(**gateway)])).gateways
    return found


def test_each_key_is_set_by_one_of_them() -> None:
    wanted = {key for key in keys(GatewaySettings) if key.split(".")[1] not in NOT_OF_THE_OBJECTS}
    assert wanted - {key for settings in (EVERYTHING, LEAST) for key in given(read(settings))} == set()
    # Of each model something, lest the walk through them misses one.
    assert {".pod.volumes", ".service.ports.https", ".autoscaling.behavior", ".commonLabels", ".replicas"} < wanted


def test_what_is_taken_away_or_empty_is_not_set() -> None:
    pod = {"volumes": [], "affinity": {}, "dnsConfig": {"searches": []}, "annotations": {}}
    settings = {"pod": {**pod, "nodeSelector": None}, "instanceDiscovery": {"host": None}, "container": {"env": []}}
    assert set(given(read(settings))) == {".name", ".kubernetesName", *AUTHENTICATION}


AUTHENTICATION = {
    f".authentication.{key}" for key in ("owners", "authority", "clientSecret.rotation", "clientSecret.validity")
}


TEXT = "expected a text: put it in quotes"
WHOLE = "expected a whole number"
TERM = "affinity.nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].preference.matchExpressions[0]"
# Path, wrong value, what is said of it.
WRONG: list[tuple[str, Any, str]] = [
    ("autoscaling.behavior.scaleDown.policies[0].value", "10", WHOLE),
    ("deployment.strategy.rollingUpdate.maxSurge", True, "expected a whole number or a text"),
    ("container.resources.limits.cpu", "two", "expected a quantity such as 500m, 2 or 2Gi"),
    ("container.securityContext.capabilities.add[0]", 7, TEXT),
    ("container.env[1].valueFrom.fieldRef.fieldPath", 7, TEXT),
    ("container.envFrom[0].configMapRef.optional", "yes", "expected true or false"),
    ("container.volumeMounts[0].readOnly", "no", "expected true or false"),
    ("container.readinessProbe.httpGet.path", 1, TEXT),
    ("container.startupProbe.initialDelaySeconds", "1", WHOLE),
    ("container.livenessProbe.terminationGracePeriodSeconds", 1.5, WHOLE),
    ("pod.annotations.contoso", 1, TEXT),
    ("pod.labels.contoso", True, TEXT),
    ("pod.nodeSelector.contoso", 1, TEXT),
    ("pod.tolerations[0].tolerationSeconds", "0", WHOLE),
    (f"pod.{TERM}.operator", "is", "expected 'DoesNotExist', 'Exists', 'Gt', 'In', 'Lt' or 'NotIn'"),
    ("pod.topologySpreadConstraints[0].maxSkew", 0, "expected 1 or more"),
    ("pod.imagePullSecrets[0].name", 1, TEXT),
    ("pod.hostAliases[0].hostnames[0]", 1, TEXT),
    ("pod.dnsConfig.options[0].value", 2, TEXT),
    ("pod.volumes[1].emptyDir.sizeLimit", "1GB", "expected a quantity such as 500m, 2 or 2Gi"),
    ("pod.securityContext.fsGroup", "1001", WHOLE),
    ("service.annotations.contoso", 1, TEXT),
    ("serviceAccount.annotations.contoso", None, "null takes a default away, and there is none here: leave it out"),
    ("commonLabels.contoso", 1, TEXT),
]
# The same of what is ours.
OWN: list[tuple[str, Any, str]] = [
    ("autoscaling.minReplicas", "3", WHOLE),
    ("autoscaling.maxReplicas", 10.0, WHOLE),
    ("autoscaling.cpu", "80", WHOLE),
    ("serviceAccount.create", "yes", "expected true or false"),
    ("service.internal", "yes", "expected true or false"),
    ("service.ports.http", "8080", WHOLE),
    ("deployment.minReadySeconds", "5", WHOLE),
    ("deployment.progressDeadlineSeconds", "1500", WHOLE),
    ("deployment.revisionHistoryLimit", True, WHOLE),
    ("container.preStopSeconds", "5", WHOLE),
    ("pod.automountServiceAccountToken", 0, "expected true or false"),
    ("pod.priorityClassName", "", "expected the name of a Kubernetes object: 1 to 253 of a-z, 0-9, '-' and '.'"),
    ("pod.terminationGracePeriodSeconds", "90", WHOLE),
]
OUT_OF_BOUNDS: list[tuple[str, Any, str]] = [
    ("autoscaling.maxReplicas", 0, "expected 1 or more"),
    ("autoscaling.memory", 0, "expected 1 or more"),
    ("deployment.minReadySeconds", -1, "expected 0 or more"),
    ("deployment.progressDeadlineSeconds", 0, "expected 1 or more"),
    ("deployment.revisionHistoryLimit", -1, "expected 0 or more"),
    ("container.preStopSeconds", -1, "expected 0 or more"),
    ("pod.priorityClassName", "x" * 254, "expected the name of a Kubernetes object: 1 to 253 of a-z, 0-9, '-' and '.'"),
    ("pod.terminationGracePeriodSeconds", 0, "expected 1 or more"),
]


def put(settings: Any, path: str, value: Any) -> None:
    *above, last = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    for step in above:
        settings = settings[step]
    settings[last] = value


@pytest.mark.parametrize("wrong", [[*WRONG, *OWN], OUT_OF_BOUNDS], ids=["type", "bound"])
def test_a_wrong_value_at_the_deepest_place_of_each_setting_is_told_among_all_others(
    wrong: list[tuple[str, Any, str]],
) -> None:
    settings = copy.deepcopy(EVERYTHING)
    for path, value, _ in wrong:
        put(settings, path, value)
    assert sorted(problems(**settings)) == sorted(f"{path}: {said}" for path, _, said in wrong)


@pytest.mark.parametrize(
    "path",
    [path for path, _, _ in WRONG if path.rpartition(".")[2].isalpha() and not path.endswith((".contoso", ".cpu"))],
)
def test_an_unknown_key_at_the_deepest_place_of_each_setting_is_told(path: str) -> None:
    settings, above = copy.deepcopy(EVERYTHING), path.rpartition(".")[0]
    put(settings, f"{above}.contoso", 1)
    (problem,) = problems(**settings)
    assert problem.startswith(f"{above}.contoso: unknown field of Kubernetes' ")


def settings_of_kubernetes(model: type[Settings], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The places of all settings that Kubernetes defines, each with the type that the setting has to be of."""
    for name, annotation in typing.get_type_hints(model, include_extras=True).items():
        if name not in model.model_fields:
            continue
        here = (*place, str(model.model_fields[name].alias))
        for part in (annotation, *typing.get_args(annotation)):
            yield from (
                (here, each.type_) for each in getattr(part, "__metadata__", ()) if isinstance(each, Kubernetes)
            )
            if isinstance(part, type) and issubclass(part, Settings):
                yield from settings_of_kubernetes(part, here)


def all_wrong(type_: Any, place: Place, places: list[Place]) -> Any:
    """A value of that type of which every field is of the wrong type, and every object has an unknown one.

    Args:
        type_: of the SDK.
        place: where the value stands.
        places: gets the place of each fault.
    """
    for option in walk._options(type_):
        if walk.is_input_type(option):
            places.append((*place, "contoso"))
            fields = walk._fields(option)
            return {name: all_wrong(field.type, (*place, name), places) for name, field in fields.items()} | {
                "contoso": 1
            }
        if typing.get_origin(option) is Sequence:
            return [all_wrong(typing.get_args(option)[0], (*place, 0), places)]
        if typing.get_origin(option) is Mapping:
            return {"contoso": all_wrong(typing.get_args(option)[1], (*place, "contoso"), places)}
    if Any not in walk._options(type_):
        places.append(place)
    return []  # which no field that is no list takes


def test_a_wrong_key_and_a_wrong_type_are_told_at_every_place_of_each_setting_that_kubernetes_defines() -> None:
    settings: dict[str, Any] = {}
    places: list[Place] = []
    found = list(settings_of_kubernetes(GatewaySettings))
    for place, type_ in found:
        at: dict[str, Any] = settings
        for step in place[:-1]:
            at = at.setdefault(step, {})
        at[place[-1]] = all_wrong(type_, place, places)
    told = {line.partition(": ")[0]: line.partition(": ")[2] for line in problems(**settings)}
    # Nothing is told of what stands below a field that can't be there at all.
    left_out = {
        place[:n]
        for place in places
        for n in range(1, len(place))
        if told.get(written(place[:n]), "").startswith("leave")
    }
    paths = [written(place) for place in places if not any(place[:n] in left_out for n in range(len(place)))]
    assert [path for path in paths if path not in told] == []
    assert (len(found), len(paths) > 500) == (24, True)

"""What Kubernetes defines is compared with the pinned SDK's classes at every depth, and declared as it comes back."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pulumi_kubernetes.autoscaling.v2 import HorizontalPodAutoscalerBehaviorArgs
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    EnvFromSourceArgs,
    EnvVarArgs,
    HostAliasArgs,
    PodDNSConfigArgs,
    PodSecurityContextArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SecurityContextArgs,
    TolerationArgs,
    TopologySpreadConstraintArgs,
    VolumeArgs,
    VolumeMountArgs,
)

from components.config.kubernetes.value import merged
from components.config.kubernetes.walk import checked

NULL = "null takes a default away, and there is none here: leave it out"


def problems(value: Any, type_: Any) -> dict[str, str]:
    return {".".join(map(str, problem.place)): problem.message for problem in checked(value, type_)[1]}


def node_affinity(**requirement: Any) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": "zone", **requirement}]}
    return {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}}


ZONES = {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "DoNotSchedule"}
EXPRESSION = "nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms.0.matchExpressions.0"


@pytest.mark.parametrize(
    ("type_", "value", "expected"),
    [
        (ResourceRequirementsArgs, [], {"": "expected a mapping"}),
        (ResourceRequirementsArgs, {"limit": {}}, {"limit": "unknown field of Kubernetes' ResourceRequirements"}),
        (ResourceRequirementsArgs, {"limits": {"cpu": None}}, {"limits.cpu": NULL}),
        (
            ResourceRequirementsArgs,
            {"limits": {"cpu": "2 cores"}, "requests": {"memory": True}},
            {
                "limits.cpu": "expected a quantity such as 500m, 2 or 2Gi",
                "requests.memory": "expected a quantity such as 500m, 2 or 2Gi",
            },
        ),
        (ResourceRequirementsArgs, {"limits": 2, "requests": None}, {"limits": "expected a mapping", "requests": NULL}),
        (ResourceRequirementsArgs, {"limits": "2", "requests": []}, {
            "limits": "expected a mapping", "requests": "expected a mapping"
        }),
        (ResourceRequirementsArgs, {"claims": [{}]}, {"claims": "leave it out: the pods have no `resourceClaims`"}),
        (SecurityContextArgs, {"runAsUser": "1001"}, {"runAsUser": "expected a whole number"}),
        (SecurityContextArgs, {"runAsUser": True}, {"runAsUser": "expected a whole number"}),
        (SecurityContextArgs, {"runAsUser": 1001.5}, {"runAsUser": "expected a whole number"}),
        (SecurityContextArgs, {"runAsNonRoot": "true"}, {"runAsNonRoot": "expected true or false"}),
        (SecurityContextArgs, {"runAsNonRoot": 1}, {"runAsNonRoot": "expected true or false"}),
        (SecurityContextArgs, {"run_as_user": 1001, "runAsUser": "1001"}, {
            "run_as_user": "unknown field of Kubernetes' SecurityContext", "runAsUser": "expected a whole number"
        }),
        (SecurityContextArgs, {"capabilities": {"drop": "ALL"}}, {"capabilities.drop": "expected a list"}),
        (SecurityContextArgs, {"capabilities": {"drop": [1]}}, {"capabilities.drop.0": "expected a text: put it in quotes"}),
        (
            PodSecurityContextArgs,
            {"seccompProfile": {"type": "Default"}},
            {"seccompProfile.type": "expected 'Localhost', 'RuntimeDefault' or 'Unconfined'"},
        ),
        (PodSecurityContextArgs, {"sysctls": [{"name": "a"}]}, {"sysctls.0.value": "required, but missing"}),
        (
            Sequence[TolerationArgs],
            [{"operator": "Exist", "tolerationSeconds": "5"}],
            {"0.operator": "expected 'Equal' or 'Exists'", "0.tolerationSeconds": "expected a whole number"},
        ),
        (Sequence[TolerationArgs], {"operator": "Exists"}, {"": "expected a list"}),
        (AffinityArgs, node_affinity(operator="is"), {
            f"{EXPRESSION}.operator": "expected 'DoesNotExist', 'Exists', 'Gt', 'In', 'Lt' or 'NotIn'"
        }),
        (AffinityArgs, node_affinity(operator="In", values="1"), {f"{EXPRESSION}.values": "expected a list"}),
        (AffinityArgs, node_affinity(operators="In"), {
            f"{EXPRESSION}.operators": "unknown field of Kubernetes' NodeSelectorRequirement",
            f"{EXPRESSION}.operator": "required, but missing",
        }),
        (Sequence[TopologySpreadConstraintArgs], [{"topologyKey": "zone", "whenUnsatisfiable": "Ignore"}], {
            "0.whenUnsatisfiable": "expected 'DoNotSchedule' or 'ScheduleAnyway'",
            "0.maxSkew": "required, but missing",
        }),
        (Sequence[TopologySpreadConstraintArgs], [ZONES, {**ZONES, "maxSkew": 2}], {
            "1": "has the same `topologyKey` and `whenUnsatisfiable` as element 0"
        }),
        (Sequence[EnvVarArgs], [{"name": "PORT", "value": 8080}], {"0.value": "expected a text: put it in quotes"}),
        (Sequence[EnvVarArgs], [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}], {
            "1": "has the same `name` as element 0"
        }),
        (Sequence[EnvVarArgs], [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "contoso"}}}], {
            "0.valueFrom.secretKeyRef.key": "required, but missing"
        }),
        (Sequence[EnvVarArgs], [{"name": "A", "valueFrom": {}}], {
            "0.valueFrom": "expected exactly one of configMapKeyRef, fieldRef, fileKeyRef, resourceFieldRef, secretKeyRef; "
            "found none"
        }),
        (Sequence[EnvFromSourceArgs], [{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}], {
            "0": "expected exactly one of configMapRef, secretRef; found configMapRef, secretRef"
        }),
        (Sequence[VolumeArgs], [{"name": "cache", "emptyDir": {}, "secret": {"secretName": "a"}}], {
            "0": "expected exactly one source; found emptyDir, secret"
        }),
        (Sequence[VolumeArgs], [{"name": "cache", "emptyDir": {"sizeLimit": "1GB"}}], {
            "0.emptyDir.sizeLimit": "expected a quantity such as 500m, 2 or 2Gi"
        }),
        (Sequence[VolumeArgs], [{"name": "cache", "emptyDir": {"sizeLimit": {"memory": "1Gi"}}}], {
            "0.emptyDir.sizeLimit": "expected a quantity such as 500m, 2 or 2Gi"
        }),
        (Sequence[VolumeArgs], [{"name": "ca", "secret": {"secretName": "a", "items": [{"key": "ca.pem"}]}}], {
            "0.secret.items.0.path": "required, but missing"
        }),
        (Sequence[VolumeMountArgs], [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/a"}], {
            "1": "has the same `mountPath` as element 0"
        }),
        (Sequence[HostAliasArgs], [{"hostnames": ["a.example"]}], {"0.ip": "required, but missing"}),
        (PodDNSConfigArgs, {"options": [{"name": "ndots", "value": 2}]}, {
            "options.0.value": "expected a text: put it in quotes"
        }),
        (HorizontalPodAutoscalerBehaviorArgs, {"scaleDown": {"policies": [{"type": "Pod", "value": 1}]}}, {
            "scaleDown.policies.0.type": "expected 'Percent' or 'Pods'",
            "scaleDown.policies.0.periodSeconds": "required, but missing",
        }),
        (Mapping[str, str], {"disktype": 1}, {"disktype": "expected a text: put it in quotes"}),
    ],
)  # fmt: skip
def test_each_problem_is_told_at_its_place(type_: Any, value: Any, expected: dict[str, str]) -> None:
    assert problems(value, type_) == expected


@pytest.mark.parametrize(
    ("type_", "value", "kept"),
    [
        (ResourceRequirementsArgs, {"limits": {"cpu": 2, "memory": "2048Mi"}, "requests": {"cpu": 0.5}}, {
            "limits": {"cpu": "2", "memory": "2Gi"}, "requests": {"cpu": "500m"}
        }),
        (ResourceRequirementsArgs, {"limits": {}}, {}),
        (SecurityContextArgs, {"privileged": False, "runAsUser": 0, "capabilities": {"drop": []}}, {
            "privileged": False, "runAsUser": 0, "capabilities": {}
        }),
        (Sequence[TolerationArgs], [
            {"operator": "Exists", "value": "", "effect": "NoExecute", "tolerationSeconds": 0}
        ], [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 0}]),
        (HorizontalPodAutoscalerBehaviorArgs, {"scaleUp": {"tolerance": 0.05}, "scaleDown": {"tolerance": "0.0005"}}, {
            "scaleUp": {"tolerance": "50m"}, "scaleDown": {"tolerance": "500u"}
        }),
        (ProbeArgs, {"tcpSocket": {"port": 1, "host": ""}, "initialDelaySeconds": 0}, {"tcpSocket": {"port": 1}}),
        (ProbeArgs, {"grpc": {"port": 1, "service": ""}}, {"grpc": {"port": 1, "service": ""}}),
        (Sequence[EnvVarArgs], [{"name": "HTTP_PROXY", "value": ""}], [{"name": "HTTP_PROXY"}]),
        (Sequence[VolumeArgs], [{"name": "cache", "emptyDir": {}}], [{"name": "cache", "emptyDir": {}}]),
        (Sequence[VolumeMountArgs], [{"name": "a", "mountPath": "/a", "readOnly": False}], [
            {"name": "a", "mountPath": "/a"}
        ]),
        (Sequence[VolumeMountArgs], [{"name": "a", "mountPath": "/a", "readOnly": True}], [
            {"name": "a", "mountPath": "/a", "readOnly": True}
        ]),
        (Sequence[HostAliasArgs], [{"ip": "192.0.2.1", "hostnames": []}], [{"ip": "192.0.2.1"}]),
        (AffinityArgs, {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}, {"nodeAffinity": {}}),
        (Mapping[str, str], {"a": ""}, {"a": ""}),
    ],
)  # fmt: skip
def test_a_value_is_declared_as_the_api_server_gives_it_back(type_: Any, value: Any, kept: Any) -> None:
    assert checked(value, type_) == (kept, [])


DEFAULTS = {"runAsUser": 1001, "privileged": False, "capabilities": {"drop": ["ALL"]}}


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        ({}, DEFAULTS),
        ({"runAsUser": 2000}, {**DEFAULTS, "runAsUser": 2000}),
        ({"runAsUser": None}, {"privileged": False, "capabilities": {"drop": ["ALL"]}}),
        ({"capabilities": {"add": ["NET_BIND_SERVICE"]}}, {
            **DEFAULTS, "capabilities": {"drop": ["ALL"], "add": ["NET_BIND_SERVICE"]}
        }),
        ({"capabilities": {"drop": None}}, {**DEFAULTS, "capabilities": {}}),
        ({"capabilities": None}, {"runAsUser": 1001, "privileged": False}),
        ({"runAsGroup": None}, {**DEFAULTS, "runAsGroup": None}),
    ],
)  # fmt: skip
def test_null_takes_a_default_away_at_every_depth(value: dict[str, Any], whole: dict[str, Any]) -> None:
    assert merged(DEFAULTS, value) == whole

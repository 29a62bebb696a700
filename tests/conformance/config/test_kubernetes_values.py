"""What the API server gives back of a setting is what the program declares of it: sent as it stands in a stack's file, as a
dry run with strict validation."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pulumi_kubernetes.core.v1 import (
    AffinityArgs,
    EnvFromSourceArgs,
    EnvVarArgs,
    HostAliasArgs,
    LocalObjectReferenceArgs,
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

from components.config.kubernetes.walk import checked

from ..control_plane import Kubernetes

LABELS = {"app": "mygw"}
EVERY_VOLUME = [
    {"name": "empty", "emptyDir": {}},
    {"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": "1024Mi"}},
    {"name": "disk", "emptyDir": {"medium": "", "sizeLimit": 0.5}},
    {"name": "claim", "persistentVolumeClaim": {"claimName": "backup", "readOnly": False}},
    {"name": "map", "configMap": {"name": "a", "optional": False, "defaultMode": 0, "items": []}},
    {"name": "secret", "secret": {"secretName": "a", "items": [{"key": "a", "path": "b", "mode": 0}]}},
    {"name": "csi", "csi": {"driver": "secrets-store.csi.k8s.io", "readOnly": False, "volumeAttributes": {"a": ""}}},
    {"name": "host", "hostPath": {"path": "/dev/log", "type": ""}},
    {"name": "nfs", "nfs": {"server": "a", "path": "/", "readOnly": False}},
    {"name": "file", "azureFile": {"secretName": "a", "shareName": "b", "readOnly": False}},
    {"name": "azure", "azureDisk": {"diskName": "a", "diskURI": "https://b", "readOnly": False, "fsType": "ext4"}},
    {
        "name": "iscsi",
        "iscsi": {"targetPortal": "a", "iqn": "iqn.2001-04.example:a", "lun": 0, "chapAuthSession": False},
    },
    {
        "name": "projected",
        "projected": {
            "sources": [
                {"serviceAccountToken": {"path": "token", "audience": "", "expirationSeconds": 3600}},
                {"downwardAPI": {"items": [{"path": "labels", "fieldRef": {"fieldPath": "metadata.labels"}}]}},
            ]
        },
    },
    {
        "name": "downward",
        "downwardAPI": {
            "items": [
                {
                    "path": "cpu",
                    "resourceFieldRef": {"containerName": "mygw", "resource": "limits.cpu", "divisor": "1000m"},
                }
            ]
        },
    },
    {
        "name": "own",
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "volumeName": "",
                    "storageClassName": "",
                    "resources": {"requests": {"storage": "1024Mi"}},
                }
            }
        },
    },
]
NODES = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "Exists", "values": []}]}]
        },
        "preferredDuringSchedulingIgnoredDuringExecution": [],
    },
    "podAntiAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {
                "weight": 100,
                "podAffinityTerm": {
                    "topologyKey": "kubernetes.io/hostname",
                    "labelSelector": {"matchLabels": LABELS, "matchExpressions": []},
                    "namespaceSelector": {},
                    "namespaces": [],
                },
            }
        ]
    },
}


@pytest.mark.parametrize(
    ("field", "type_", "written"),
    [
        ("resources", ResourceRequirementsArgs, {
            "limits": {"cpu": 2, "memory": "2048Mi", "ephemeral-storage": "1.5Gi"},
            "requests": {"cpu": 0.5, "memory": "1e3", "ephemeral-storage": "0.0001Gi"},
        }),
        ("resources", ResourceRequirementsArgs, {"limits": {"cpu": "1000m"}, "requests": {"cpu": "100.5m"}}),
        ("resources", ResourceRequirementsArgs, {"limits": {}, "requests": {"cpu": 0, "memory": "0Mi"}}),
        ("securityContext", SecurityContextArgs, {
            "privileged": False, "allowPrivilegeEscalation": False, "runAsUser": 0, "runAsNonRoot": False,
            "readOnlyRootFilesystem": False, "capabilities": {"add": [], "drop": ["ALL"]}, "seLinuxOptions": {"level": ""},
        }),
        ("securityContext", SecurityContextArgs, {"capabilities": {"drop": []}}),
        ("env", Sequence[EnvVarArgs], [
            {"name": "HTTP_PROXY", "value": ""},
            {"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b", "optional": False}}},
            {"name": "B", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            {"name": "C", "valueFrom": {"resourceFieldRef": {"containerName": "", "resource": "limits.cpu", "divisor": "1000m"}}},
        ]),
        ("envFrom", Sequence[EnvFromSourceArgs], [
            {"prefix": "", "configMapRef": {"name": "a", "optional": False}}, {"secretRef": {"name": "b"}},
        ]),
        ("volumeMounts", Sequence[VolumeMountArgs], [
            {"name": "empty", "mountPath": "/apim/config", "readOnly": False, "subPath": "", "subPathExpr": ""},
        ]),
    ],
)  # fmt: skip
def test_of_the_container(kubernetes: Kubernetes, namespace: str, field: str, type_: Any, written: Any) -> None:
    kept = given_back(kubernetes, namespace, {}, {field: written})
    assert taken_from(kept["containers"][0].get(field), written) == checked(written, type_)[0]


@pytest.mark.parametrize(
    "written",
    [
        {"tcpSocket": {"port": "http", "host": ""}, "initialDelaySeconds": 0},
        {"grpc": {"port": 8080, "service": ""}, "timeoutSeconds": 1},
        {"httpGet": {"path": "/", "port": 8080, "host": "", "httpHeaders": []}},
        {"httpGet": {"path": "/", "port": 8080, "httpHeaders": [{"name": "A", "value": ""}]}},
    ],
)
def test_of_a_probe(kubernetes: Kubernetes, namespace: str, written: Any) -> None:
    kept = given_back(kubernetes, namespace, {}, {"livenessProbe": written})
    assert taken_from(kept["containers"][0].get("livenessProbe"), written) == checked(written, ProbeArgs)[0]


@pytest.mark.parametrize(
    ("field", "type_", "written"),
    [
        ("volumes", Sequence[VolumeArgs], EVERY_VOLUME),
        ("affinity", AffinityArgs, NODES),
        ("affinity", AffinityArgs, {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": []}}),
        ("tolerations", Sequence[TolerationArgs], [
            {"key": "", "operator": "Exists", "value": "", "effect": "NoExecute", "tolerationSeconds": 0},
            {"key": "a", "operator": "Equal", "value": "", "effect": ""},
        ]),
        ("topologySpreadConstraints", Sequence[TopologySpreadConstraintArgs], [
            {
                "maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": {"matchLabels": LABELS}, "matchLabelKeys": ["pod-template-hash"],
            },
        ]),
        ("securityContext", PodSecurityContextArgs, {
            "fsGroup": 0, "runAsNonRoot": False, "supplementalGroups": [], "sysctls": [],
            "seccompProfile": {"type": "RuntimeDefault"}, "fsGroupChangePolicy": "OnRootMismatch",
        }),
        ("securityContext", PodSecurityContextArgs, {}),
        ("imagePullSecrets", Sequence[LocalObjectReferenceArgs], [{"name": "registry"}]),
        ("hostAliases", Sequence[HostAliasArgs], [{"ip": "192.0.2.1", "hostnames": ["a.example"]}]),
        ("dnsConfig", PodDNSConfigArgs, {
            "nameservers": [], "searches": ["a.example"], "options": [{"name": "ndots", "value": ""}, {"name": "edns0"}],
        }),
        ("nodeSelector", Mapping[str, str], {"kubernetes.io/os": "linux", "empty": ""}),
    ],
)  # fmt: skip
def test_of_the_pod(kubernetes: Kubernetes, namespace: str, field: str, type_: Any, written: Any) -> None:
    kept = given_back(kubernetes, namespace, {field: written}, {})
    assert taken_from(kept.get(field), written) == checked(written, type_)[0]


def given_back(kubernetes: Kubernetes, namespace: str, pod: Any, container: Any) -> dict[str, Any]:
    """The pod's spec of a Deployment, as the API server would keep it."""
    volumes = {"volumes": [{"name": "empty", "emptyDir": {}}]} if "volumeMounts" in container else {}
    spec = {**volumes, **pod, "containers": [{"name": "mygw", "image": "a:1", **container}]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "mygw", "namespace": namespace},
        "spec": {"selector": {"matchLabels": LABELS}, "template": {"metadata": {"labels": LABELS}, "spec": spec}},
    }
    answer = kubernetes.kubectl(
        "create", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-", text=json.dumps(deployment)
    )
    return json.loads(answer)["spec"]["template"]["spec"]


def taken_from(kept: Any, written: Any) -> Any:
    """What is kept of what was written, without what the API server has added."""
    if isinstance(written, dict):
        kept = kept or {}
        return {key: taken_from(kept[key], value) for key, value in written.items() if key in kept}
    if isinstance(written, list):
        return [taken_from(each, own) for each, own in zip(kept or [], written, strict=True)]
    return kept

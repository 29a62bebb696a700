"""Settings of a gateway's Kubernetes objects that together set every key there is. A unit test holds them against the models."""

from typing import Any

_VOLUMES: list[dict[str, Any]] = [
    {"name": "scratch", "emptyDir": {}},
    {"name": "cache", "emptyDir": {"medium": "", "sizeLimit": "1024Mi"}},
]
_NODES: dict[str, Any] = {
    "nodeAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": [
            {
                "weight": 1,
                "preference": {"matchExpressions": [{"key": "kubernetes.io/os", "operator": "Exists", "values": []}]},
            }
        ]
    }
}

EVERYTHING: dict[str, Any] = {
    "commonLabels": {"contoso.example/team": "integration", "empty": ""},
    "autoscaling": {
        "minReplicas": 3,
        "maxReplicas": 10,
        "cpu": 80,
        "memory": 70,
        "behavior": {
            "scaleUp": {"stabilizationWindowSeconds": 0, "policies": [], "tolerance": 0.05},
            "scaleDown": {"policies": [{"type": "Percent", "value": 10, "periodSeconds": 60}], "selectPolicy": "Min"},
        },
    },
    "serviceAccount": {"create": True, "name": "pods", "annotations": {"contoso.example/owner": ""}},
    "disruptionBudget": {"maxUnavailable": "25%", "unhealthyPodEvictionPolicy": "IfHealthyBudget"},
    "service": {
        "type": "LoadBalancer",
        "internal": True,
        "annotations": {"contoso.example/owner": "integration"},
        "externalTrafficPolicy": "Cluster",
        "ports": {"http": 8080, "https": 8443},
    },
    "instanceDiscovery": {"host": "mygw-instance-discovery", "heartbeatPort": 5291, "synchronizationPort": 5290},
    "deployment": {
        "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": 1}},
        "minReadySeconds": 1,
        "progressDeadlineSeconds": 1500,
        "revisionHistoryLimit": 0,
    },
    "container": {
        "resources": {"requests": {"cpu": 0.5, "memory": "2048Mi"}, "limits": {"cpu": 2, "memory": "2Gi"}},
        "securityContext": {"runAsGroup": 2000, "capabilities": {"add": ["NET_BIND_SERVICE"]}},
        "env": [
            {"name": "CONTOSO_EMPTY", "value": ""},
            {"name": "CONTOSO_POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        ],
        "envFrom": [{"configMapRef": {"name": "contoso", "optional": True}}],
        "volumeMounts": [{"name": "scratch", "mountPath": "/contoso", "readOnly": False}],
        "readinessProbe": {"httpGet": {"path": "/status-0123456789abcdef"}, "initialDelaySeconds": 0},
        "startupProbe": {"initialDelaySeconds": 1},
        "livenessProbe": {"terminationGracePeriodSeconds": 30},
        "preStopSeconds": 5,
        "imagePullPolicy": "IfNotPresent",
    },
    "pod": {
        "annotations": {"contoso.example/owner": ""},
        "labels": {"contoso.example/tier": "gateway"},
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [
            {
                "key": "contoso.example/gateways",
                "operator": "Exists",
                "value": "",
                "tolerationSeconds": 0,
                "effect": "NoExecute",
            }
        ],
        "affinity": _NODES,
        "topologySpreadConstraints": [
            {"maxSkew": 1, "topologyKey": "kubernetes.io/hostname", "whenUnsatisfiable": "ScheduleAnyway"}
        ],
        "priorityClassName": "system-cluster-critical",
        "automountServiceAccountToken": True,
        "imagePullSecrets": [{"name": "contoso-registry"}],
        "hostAliases": [{"ip": "192.0.2.10", "hostnames": ["contoso.example"]}],
        "dnsPolicy": "ClusterFirst",
        "dnsConfig": {"options": [{"name": "ndots", "value": "2"}], "searches": []},
        "volumes": _VOLUMES,
        "terminationGracePeriodSeconds": 90,
        "securityContext": {"fsGroup": 1001, "supplementalGroups": []},
    },
}
"""As much as one gateway can have."""

LEAST: dict[str, Any] = {
    "imageVersion": "2.13.2",
    "replicas": "external",
    "serviceAccount": {"name": "default"},
    "disruptionBudget": {"minAvailable": 0},
    "service": {"type": "ClusterIP", "ports": {"https": None}},
    "instanceDiscovery": {"host": None},
    "deployment": {"strategy": {"type": "Recreate"}, "minReadySeconds": 0},
    "container": {
        "securityContext": None,
        "startupProbe": None,
        "livenessProbe": None,
        "preStopSeconds": 0,
        "resources": {},
        "env": [],
        "envFrom": [],
        "volumeMounts": [],
    },
    "pod": {
        "automountServiceAccountToken": None,
        "imagePullSecrets": [],
        "securityContext": {},
        "nodeSelector": None,
        "topologySpreadConstraints": [],
        "tolerations": [],
        "affinity": {},
        "hostAliases": [],
        "dnsConfig": {},
        "volumes": [],
    },
}
"""Defaults taken away, and what is empty."""

"""The program's objects, for a cluster without a node."""

from typing import Any


def declared(namespace: str) -> list[dict[str, Any]]:
    """All kinds of objects, as the program declares them; no pods, for there is no node."""

    def metadata(name: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "namespace": namespace, "labels": {"app": "mygw"}, **more}

    container = {
        "name": "mygw",
        "image": "mcr.microsoft.com/azure-api-management/gateway:2.11.0",
        "ports": [
            {"name": "http", "containerPort": 8080},
            {"name": "rate-limit-dc", "containerPort": 4290, "protocol": "UDP"},
        ],
        "readinessProbe": {"httpGet": {"path": "/status", "port": "http", "scheme": "HTTP"}, "periodSeconds": 5},
        "lifecycle": {"preStop": {"sleep": {"seconds": 15}}},
        "env": [{"name": "SECRET", "valueFrom": {"secretKeyRef": {"name": "mygw-auth", "key": "clientSecret"}}}],
        "envFrom": [{"configMapRef": {"name": "mygw-env"}}],
    }
    template = {
        "metadata": {"labels": {"app": "mygw"}, "annotations": {"self-hosted-gateway/settings-checksum": "1"}},
        "spec": {"terminationGracePeriodSeconds": 60, "containers": [container]},
    }
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    ports = [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "https", "port": 443, "targetPort": 8081}]
    utilization = {"type": "Utilization", "averageUtilization": 60}
    discovery = [{"name": "rate-limit", "port": 4290, "targetPort": "rate-limit-dc", "protocol": "UDP"}]
    return [
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata("mygw-env"), "data": {"gateway.name": "mygw"}},
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata("mygw-auth"),
            "type": "Opaque",
            "data": {"clientSecret": "eA=="},
        },
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": metadata("mygw"),
            "spec": {
                "replicas": 0,
                "selector": {"matchLabels": {"app": "mygw"}},
                "strategy": strategy,
                "template": template,
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata("mygw-live-traffic"),
            "spec": {
                "type": "LoadBalancer",
                "externalTrafficPolicy": "Local",
                "ports": ports,
                "selector": {"app": "mygw"},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": metadata("mygw-discovery", annotations={"azure.apim.kubernetes.io/notes": "headless"}),
            "spec": {"type": "ClusterIP", "clusterIP": "None", "ports": discovery, "selector": {"app": "mygw"}},
        },
        {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": metadata("mygw-account"),
            "automountServiceAccountToken": False,
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": metadata("mygw-budget"),
            "spec": {"maxUnavailable": "25%", "selector": {"matchLabels": {"app": "mygw"}}},
        },
        {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": metadata("mygw-autoscaler"),
            "spec": {
                "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "mygw"},
                "minReplicas": 3,
                "maxReplicas": 10,
                "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}],
                # The API server fills in the rest of it.
                "behavior": {"scaleUp": {"stabilizationWindowSeconds": 30}},
            },
        },
    ]

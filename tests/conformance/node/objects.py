"""Kubernetes objects of the tests."""

from typing import Any

import httpx
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed


def pod(image: str, name: str = "pod", **spec: Any) -> dict[str, Any]:
    """A pod of one container, `main`; fields of the container are given with a `container_` before their name."""
    container = {key.removeprefix("container_"): spec.pop(key) for key in list(spec) if key.startswith("container_")}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": {
            "terminationGracePeriodSeconds": 5,
            "containers": [{"name": "main", "image": image, **container}],
            **spec,
        },
    }


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def secret(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


def load_balancer(name: str, app: str, port: int = 80) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name},
        "spec": {
            "type": "LoadBalancer",
            "externalTrafficPolicy": "Local",
            "selector": {"app": app},
            "ports": [{"name": "http", "port": port, "targetPort": 8080}],
        },
    }


@retry(
    retry=retry_if_exception_type(httpx.TransportError), wait=wait_fixed(0.1), stop=stop_after_delay(15), reraise=True
)
def reach(url: str) -> httpx.Response:
    """The answer, once the load balancer has learned of a ready pod: it is told of it as everybody else is."""
    return httpx.get(url, trust_env=False, verify=False)  # noqa: S501 - the gateway's own certificate


def in_namespace(namespace: str, *objects: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**each, "metadata": {**each["metadata"], "namespace": namespace}} for each in objects]


def state(pod: dict[str, Any]) -> dict[str, Any]:
    """The state of the pod's container; empty before the node has told one."""
    statuses = pod.get("status", {}).get("containerStatuses") or [{}]
    return statuses[0].get("state") or {}


def waits(reason: str) -> Any:
    return lambda pod: state(pod).get("waiting", {}).get("reason") == reason


def is_ready(pod: dict[str, Any]) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)

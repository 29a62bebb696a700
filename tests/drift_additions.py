"""Everything that somebody can add to the program's objects, and what a drift check has to name of it."""

import copy
from typing import Any

POD = "spec.template.spec"
SIDECAR = {"name": "sidecar", "image": "contoso/sidecar:1"}
ENV = {"name": "HTTP_PROXY", "value": "http://proxy.contoso.example"}
ENV_FROM = {"secretRef": {"name": "contoso"}}
# What is merged into each object; lists are given by `in_lists`.
_MERGED: dict[str, dict[str, Any]] = {
    "env": {"data": {"telemetry.logs.std": "text"}},
    "auth": {"data": {"other": "b3RoZXI="}},
    "live-traffic": {
        "metadata": {
            "annotations": {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"},
            "labels": {"contoso.example/team": "integration"},
        },
        "spec": {"sessionAffinity": "ClientIP", "loadBalancerSourceRanges": ["192.0.2.0/24"]},
    },
    "Deployment": {
        "spec": {
            "template": {
                "spec": {
                    "hostNetwork": True,
                    "enableServiceLinks": False,
                    "nodeSelector": {"disk": "ssd"},
                    "dnsPolicy": "Default",
                    "initContainers": [{"name": "first", "image": "contoso/first:1"}],
                    "volumes": [{"name": "scratch", "emptyDir": {}}],
                }
            }
        }
    },
    "ServiceAccount": {
        "metadata": {"annotations": {"azure.workload.identity/client-id": "contoso"}},
        "imagePullSecrets": [{"name": "contoso-registry"}],
    },
    "PodDisruptionBudget": {"spec": {"unhealthyPodEvictionPolicy": "AlwaysAllow"}},
    "HorizontalPodAutoscaler": {"spec": {"behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}}}},
}
_IN_CONTAINER = {"imagePullPolicy": "Always", "securityContext": {"privileged": True}}

FOUND: dict[str, dict[str, str]] = {
    "env": {'data["telemetry.logs.std"]': "added"},
    "auth": {"data.other": "added"},
    "live-traffic": {
        'metadata.annotations["service.beta.kubernetes.io/azure-load-balancer-internal"]': "added",
        'metadata.labels["contoso.example/team"]': "added",
        "spec.sessionAffinity": "added",
        "spec.loadBalancerSourceRanges": "added",
    },
    "Deployment": {
        f"{POD}.hostNetwork": "added",
        f"{POD}.enableServiceLinks": "added",
        f"{POD}.nodeSelector": "added",
        f"{POD}.dnsPolicy": "added",
        f"{POD}.initContainers[0]": "added",
        f"{POD}.volumes[0]": "added",
        "{sidecar}": "added",
        "{gateway}.env[{variable}]": "added",
        "{gateway}.envFrom": "changed",
        "{gateway}.imagePullPolicy": "added",
        "{gateway}.securityContext": "added",
    },
    "ServiceAccount": {
        'metadata.annotations["azure.workload.identity/client-id"]': "added",
        "imagePullSecrets[0]": "added",
    },
    "PodDisruptionBudget": {"spec.unhealthyPodEvictionPolicy": "added"},
    "HorizontalPodAutoscaler": {"spec.behavior.scaleDown": "added"},
}
"""What a check has to name of each object, once; the braces stand for places in lists."""

# Of these nothing tells that somebody else has written them, once they were refreshed.
_BY_OWNER_ONLY = (
    "metadata.", "imagePullSecrets", "spec.sess", "spec.load", "spec.unhealthy", "spec.behavior", f"{POD}.host",
    f"{POD}.enable", f"{POD}.node", f"{POD}.dns",
)  # fmt: skip


def with_additions(live: dict[str, Any], *, sidecar_first: bool) -> dict[str, Any]:
    """An object with everything added, as an editor of the whole of it leaves it."""
    changed = _merged(copy.deepcopy(live), _MERGED.get(_role(live), {}))
    if live["kind"] == "Deployment":
        containers = changed["spec"]["template"]["spec"]["containers"]
        (container,) = containers
        container |= _IN_CONTAINER
        container["env"].append(ENV)
        container["envFrom"].append(ENV_FROM)
        containers.insert(0 if sidecar_first else 1, SIDECAR)
    return changed


def only_additions(live: dict[str, Any]) -> dict[str, Any]:
    """The additions alone, as somebody applies them."""
    manifest = {key: live[key] for key in ("apiVersion", "kind")}
    metadata = {key: live["metadata"][key] for key in ("name", "namespace")}
    manifest = _merged({**manifest, "metadata": metadata}, _MERGED.get(_role(live), {}))
    if live["kind"] == "Deployment":
        (container,) = live["spec"]["template"]["spec"]["containers"]
        env_from = [*container["envFrom"], ENV_FROM]
        container = {"name": container["name"], "env": [ENV], "envFrom": env_from, **_IN_CONTAINER}
        manifest["spec"]["template"]["spec"]["containers"] = [SIDECAR, container]
    return manifest


def found(live: dict[str, Any], *, by_owner: bool = True) -> dict[str, str]:
    """What a check has to name of one object.

    Args:
        live: the object.
        by_owner: whether it can be told who owns a field.
    """
    wanted = FOUND.get(_role(live), {})
    if not by_owner:
        wanted = {
            path: kind
            for path, kind in wanted.items()
            if not path.startswith(_BY_OWNER_ONLY) and not path.endswith(("Policy", "securityContext"))
        }
    if live["kind"] != "Deployment":
        return wanted
    containers = live["spec"]["template"]["spec"]["containers"]
    sidecar = next(index for index, container in enumerate(containers) if container["name"] == SIDECAR["name"])
    gateway = 1 - sidecar
    variable = next(i for i, each in enumerate(containers[gateway]["env"]) if each["name"] == ENV["name"])
    places = {
        "sidecar": f"{POD}.containers[{sidecar}]",
        "gateway": f"{POD}.containers[{gateway}]",
        "variable": variable,
    }
    return {path.format(**places): kind for path, kind in wanted.items()}


def _role(live: dict[str, Any]) -> str:
    """Which of the program's objects it is."""
    name: str = live["metadata"]["name"]
    return next((role for role in _MERGED if name.endswith(f"-{role}")), str(live["kind"]))


def _merged(document: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    for key, value in more.items():
        inside = document.get(key)
        document[key] = _merged(inside, value) if isinstance(inside, dict) and isinstance(value, dict) else value
    return copy.deepcopy(document)

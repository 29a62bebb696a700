"""The program's objects, and everything that somebody can add to them."""

import copy
from typing import Any

POD = "spec.template.spec"


def declared(namespace: str) -> list[dict[str, Any]]:
    """ConfigMap, Secret, Deployment and Services, as the program declares them; no pods, for there is no node."""

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
    ]


SIDECAR = {"name": "sidecar", "image": "contoso/sidecar:1"}
ENV = {"name": "HTTP_PROXY", "value": "http://proxy.contoso.example"}
ENV_FROM = {"secretRef": {"name": "contoso"}}
# What is merged into each object; lists are given by `in_lists`.
_MERGED: dict[str, dict[str, Any]] = {
    "mygw-env": {"data": {"telemetry.logs.std": "text"}},
    "mygw-auth": {"data": {"other": "b3RoZXI="}},
    "mygw-live-traffic": {
        "metadata": {
            "annotations": {"service.beta.kubernetes.io/azure-load-balancer-internal": "true"},
            "labels": {"contoso.example/team": "integration"},
        },
        "spec": {"sessionAffinity": "ClientIP", "loadBalancerSourceRanges": ["192.0.2.0/24"]},
    },
    "mygw": {
        "spec": {
            "template": {
                "spec": {
                    "hostNetwork": True,
                    "serviceAccountName": "contoso",
                    "nodeSelector": {"disk": "ssd"},
                    "dnsPolicy": "Default",
                    "initContainers": [{"name": "first", "image": "contoso/first:1"}],
                    "volumes": [{"name": "scratch", "emptyDir": {}}],
                }
            }
        }
    },
}
_IN_CONTAINER = {"imagePullPolicy": "Always", "securityContext": {"privileged": True}}

FOUND: dict[str, dict[str, Any]] = {
    "mygw-env": {'data["telemetry.logs.std"]': "added"},
    "mygw-auth": {"data.other": "added"},
    "mygw-live-traffic": {
        'metadata.annotations["service.beta.kubernetes.io/azure-load-balancer-internal"]': "added",
        'metadata.labels["contoso.example/team"]': "added",
        "spec.sessionAffinity": "added",
        "spec.loadBalancerSourceRanges": "added",
    },
    "mygw": {
        f"{POD}.hostNetwork": "added",
        f"{POD}.serviceAccountName": "added",
        f"{POD}.nodeSelector": "added",
        f"{POD}.dnsPolicy": "added",
        f"{POD}.initContainers[0]": "added",
        f"{POD}.volumes[0]": "added",
        "{sidecar}": "added",
        "{mygw}.env[1]": "added",
        "{mygw}.envFrom": "changed",
        "{mygw}.imagePullPolicy": "added",
        "{mygw}.securityContext": "added",
    },
}
"""What a check has to name of each object, once; `{mygw}` and `{sidecar}` are the containers."""

# Of these nothing tells that somebody else has written them, once they were refreshed.
_BY_OWNER_ONLY = ("metadata.", "spec.sess", "spec.load", f"{POD}.host", f"{POD}.serv", f"{POD}.node", f"{POD}.dns")


def with_additions(name: str, live: dict[str, Any], *, sidecar_first: bool) -> dict[str, Any]:
    """An object with everything added, as an editor of the whole of it leaves it."""
    changed = _merged(copy.deepcopy(live), _MERGED.get(name, {}))
    if name == "mygw":
        containers = changed["spec"]["template"]["spec"]["containers"]
        (container,) = containers
        container |= _IN_CONTAINER
        container["env"].append(ENV)
        container["envFrom"].append(ENV_FROM)
        containers.insert(0 if sidecar_first else 1, SIDECAR)
    return changed


def only_additions(name: str, declared: dict[str, Any]) -> dict[str, Any]:
    """The additions alone, as somebody applies them."""
    manifest = {key: declared[key] for key in ("apiVersion", "kind")}
    metadata = {key: declared["metadata"][key] for key in ("name", "namespace")}
    manifest = _merged({**manifest, "metadata": metadata}, _MERGED.get(name, {}))
    if name == "mygw":
        env_from = [{"configMapRef": {"name": "mygw-env"}}, ENV_FROM]
        container = {"name": "mygw", "env": [ENV], "envFrom": env_from, **_IN_CONTAINER}
        manifest["spec"]["template"]["spec"]["containers"] = [SIDECAR, container]
    return manifest


def found(name: str, live: dict[str, Any], *, by_owner: bool = True) -> dict[str, str]:
    """What a check has to name of one object.

    Args:
        name: the object's.
        live: the object.
        by_owner: whether it can be told who owns a field.
    """
    wanted = FOUND.get(name, {})
    if not by_owner:
        wanted = {
            path: kind
            for path, kind in wanted.items()
            if not path.startswith(_BY_OWNER_ONLY) and not path.endswith(("Policy", "securityContext"))
        }
    if name != "mygw":
        return wanted
    names = [container["name"] for container in live["spec"]["template"]["spec"]["containers"]]
    places = {each: f"{POD}.containers[{names.index(each)}]" for each in ("mygw", "sidecar")}
    env = live["spec"]["template"]["spec"]["containers"][names.index("mygw")]["env"]
    index = next(index for index, variable in enumerate(env) if variable["name"] == ENV["name"])
    return {path.format(**places).replace(".env[1]", f".env[{index}]"): kind for path, kind in wanted.items()}


def _merged(document: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    for key, value in more.items():
        inside = document.get(key)
        document[key] = _merged(inside, value) if isinstance(inside, dict) and isinstance(value, dict) else value
    return copy.deepcopy(document)

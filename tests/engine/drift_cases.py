"""For each declared property of the sandbox's stack: who can change it, how, and what the API refuses to change.

The cases are asked for by the leaves of what is really deployed: a property without a case is a gap in the checks.
"""

from dataclasses import dataclass
from typing import Any

from .sandbox import SUBSCRIPTION, Stack

READER = "5a0c0de0-0000-4000-8000-000000000031"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/contoso-rg"
LOCKS = "Microsoft.Authorization/locks/read"
PERMISSIONS = "Microsoft.Authorization/permissions/read"
GATEWAYS = "Microsoft.ApiManagement/service/gateways/*"
USERS = "Microsoft.ApiManagement/service/users/read"

# Inputs that azure-native adds of its own accord: how it came to a name, and of which API it speaks.
_OF_THE_PROVIDER = {"__createBeforeDelete", "azureApiVersion"}

# What makes the resource what it is, by type: another value would be another resource.
_IDENTITY = {
    "azure-native:authorization:RoleDefinition": {"scope", "roleDefinitionId", "roleType"},
    "azure-native:authorization:RoleAssignment": {
        "scope", "roleAssignmentName", "roleDefinitionId", "principalId", "principalType",
    },
    "azure-native:apimanagement:GatewayApiEntityTag": {
        "resourceGroupName", "serviceName", "gatewayId", "apiId", "provisioningState",
    },
    "azuread:index/servicePrincipal:ServicePrincipal": {"clientId"},
    # Graph never changes a client secret: it is added and removed.
    "azuread:index/applicationPassword:ApplicationPassword": {"applicationId", "displayName", "endDate"},
}  # fmt: skip
_KUBERNETES_IDENTITY = {"apiVersion", "kind", "metadata.name", "metadata.namespace"}

# Refused by the API server itself, which `test_drift.py` sees.
REFUSED = {
    ("mygw-workload-auth", "type"),
    ("mygw-workload-deployment", "spec.selector.matchLabels.app"),
    ("mygw-workload-deployment", "spec.template.metadata.labels.app"),  # it has to match the selector
    ("mygw-workload-instance-discovery", "spec.clusterIP"),
    ("mygw-workload-instance-discovery", "spec.type"),  # a headless Service stays one
}

# Refused of what further settings declare, which `test_every_setting.py` sees.
REFUSED_OF_SETTINGS = {
    # Another type of metric has another source.
    ("mygw-workload-autoscaler", "spec.metrics[0].type"),
    ("mygw-workload-autoscaler", "spec.metrics[1].type"),
    # Only with this one is there a `tolerationSeconds`.
    ("mygw-workload-deployment", "spec.template.spec.tolerations[0].effect"),
}

_APART = {
    "weight": 1,
    "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": {"app": "other"}}},
}

# Values that the API server takes, where "other than before" is not enough.
_OTHER: dict[str, Any] = {
    "spec.strategy.rollingUpdate.maxSurge": "50%",
    "spec.externalTrafficPolicy": "Cluster",
    "scheme": "HTTPS",
    "protocol": "TCP",
    "httpGet.port": "https",
    "image": "mcr.microsoft.com/azure-api-management/gateway:2.12.0",
    "securityContext.seccompProfile.type": "Unconfined",
    "data.clientSecret": "b3RoZXI=",
    # A Deployment that never gets so far would be given up while the case lasts.
    "spec.progressDeadlineSeconds": 700,
    # Of further settings.
    "scaleTargetRef.apiVersion": "apps/v2",
    "target.type": "AverageValue",
    "policies[0].type": "Pods",
    "selectPolicy": "Max",
    "scaleUp.tolerance": "100m",
    "spec.maxUnavailable": "50%",
    "requests.cpu": "600m",
    "requests.memory": "1Gi",
    "limits.cpu": "3",
    "limits.memory": "3Gi",
    "fieldRef.fieldPath": "metadata.namespace",
    "imagePullPolicy": "Always",
    "tolerations[0].operator": "Equal",
    "tolerations[0].effect": "NoSchedule",
    "matchExpressions[0].operator": "DoesNotExist",
    "whenUnsatisfiable": "DoNotSchedule",
    "hostAliases[0].ip": "192.0.2.11",
    "dnsPolicy": "Default",
    "emptyDir.sizeLimit": "2Gi",
    # What is declared empty gets something.
    "emptyDir": {"medium": "Memory"},
    "template.spec.affinity": {"podAntiAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [_APART]}},
    "template.spec.dnsConfig": {"searches": ["contoso.example"]},
    "template.spec.securityContext": {"fsGroup": 2000},
    "resources": {"limits": {"memory": "1Gi"}},
}
_ONE_OF_TWO = {"spec.unhealthyPodEvictionPolicy": {"AlwaysAllow", "IfHealthyBudget"}}

# Values that need more than the one property changed, in a round of their own.
TOGETHER: dict[tuple[str, str], list[dict[str, Any]]] = {
    ("mygw-workload-deployment", "spec.strategy.type"): [
        {"op": "replace", "path": "/spec/strategy", "value": {"type": "Recreate"}},
    ],
    ("mygw-workload-live-traffic", "spec.type"): [
        {"op": "replace", "path": "/spec/type", "value": "ClusterIP"},
        {"op": "remove", "path": "/spec/externalTrafficPolicy"},
    ],
}

# ARM and Graph: body of the change, and the path at which it is reported.
_AZURE: dict[tuple[str, str], dict[str, Any]] = {
    ("azure-native:authorization:RoleDefinition", "roleName"): {"roleName": "Contoso Renamed {name}"},
    ("azure-native:authorization:RoleDefinition", "description"): {"description": "By hand."},
    ("azure-native:authorization:RoleDefinition", "assignableScopes[0]"): {"assignableScopes": [GROUP]},
    ("azuread:index/application:Application", "displayName"): {"displayName": "by hand"},
    ("azuread:index/application:Application", "signInAudience"): {"signInAudience": "AzureADMultipleOrgs"},
    ("azuread:index/servicePrincipal:ServicePrincipal", "accountEnabled"): {"accountEnabled": False},
    ("azuread:index/servicePrincipal:ServicePrincipal", "appRoleAssignmentRequired"): {
        "appRoleAssignmentRequired": True
    },
}  # fmt: skip


@dataclass(frozen=True)
class Leaf:
    """One declared property."""

    resource: str
    type: str
    id: str
    path: str
    value: Any


@dataclass(frozen=True)
class Case:
    """One change by another hand, and the resource and property that a check has to name."""

    leaf: Leaf
    patch: list[dict[str, Any]] | dict[str, Any]
    """JSON Patch for the API server, or properties for ARM and Graph."""


def declared_leaves(stack: Stack) -> list[Leaf]:
    """The leaves of the inputs that the state has; empty lists and maps count as one."""
    return [
        Leaf(resource["urn"].rsplit("::", 1)[-1], resource["type"], resource["id"], path, value)
        for resource in stack.resources()
        for path, value in _leaves("", resource.get("inputs", {}))
        if path not in _OF_THE_PROVIDER
    ]


def is_fixed(leaf: Leaf) -> bool:
    """Whether nobody can change it: it is what the resource is."""
    if leaf.type.startswith("kubernetes:"):
        return leaf.path in _KUBERNETES_IDENTITY
    return leaf.path in _IDENTITY.get(leaf.type, set())


def case_for(leaf: Leaf) -> Case | None:
    """How somebody else changes it; None where there is no case yet."""
    if leaf.type.startswith("kubernetes:"):
        pointer = "/" + "/".join(str(step).replace("~", "~0").replace("/", "~1") for step in steps(leaf.path))
        return Case(leaf, [{"op": "replace", "path": pointer, "value": _another(leaf)}])
    if leaf.type == "azure-native:authorization:RoleDefinition" and leaf.path.startswith("permissions[0]."):
        return None  # permissions are changed as a whole: `grown_permissions`
    if leaf.path.startswith("owners"):
        return Case(leaf, {"owner": READER})
    body = _AZURE.get((leaf.type, leaf.path))
    if body is None:
        return None
    return Case(leaf, {key: _named(value, leaf.resource) for key, value in body.items()})


def changed_permissions(permission: dict[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Each list of a permission with its members changed and one added, and the paths at which that is reported."""
    changed: dict[str, Any] = {}
    paths: set[str] = set()
    for name in ("actions", "notActions", "dataActions", "notDataActions"):
        other, added = (GATEWAYS, USERS) if "ata" in name else (PERMISSIONS, LOCKS)
        changed[name] = [*([other] * len(permission.get(name) or [])), added]
        paths |= {f"permissions[0].{name}[{index}]" for index in range(len(changed[name]))}
    return changed, paths


def steps(path: str) -> list[str | int]:
    """The steps of a property path."""
    found: list[str | int] = []
    rest = path
    while rest:
        if rest.startswith('["'):
            name, _, rest = rest[2:].partition('"]')
            found.append(name)
        elif rest.startswith("["):
            index, _, rest = rest[1:].partition("]")
            found.append(int(index))
        else:
            rest = rest.removeprefix(".")
            end = min((i for i in (rest.find("."), rest.find("[")) if i >= 0), default=len(rest))
            found.append(rest[:end])
            rest = rest[end:]
    return found


def _another(leaf: Leaf) -> Any:
    for ending, value in _OTHER.items():
        if (leaf.path == ending or leaf.path.endswith(f".{ending}")) and value != leaf.value:
            return value
    if leaf.path in _ONE_OF_TWO:
        (other,) = _ONE_OF_TWO[leaf.path] - {leaf.value}
        return other
    if isinstance(leaf.value, bool):
        return not leaf.value
    if isinstance(leaf.value, int | float):
        # A port that is one higher may be another one's.
        return int(leaf.value) + (1000 if leaf.path.lower().endswith("port") else 1)
    # Names of ports have at most 15 characters.
    short = "ports[" in leaf.path
    return f"{leaf.value[:9] if short else leaf.value}-other".removeprefix("-")


def _named(value: Any, name: str) -> Any:
    return value.format(name=name) if isinstance(value, str) else value


def _leaves(path: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict) and "4dabf18193072939515e22adb298388d" in value:
        # Encrypted as a whole: a Secret's data.
        return [(f"{path}.clientSecret", "")]
    if isinstance(value, dict) and value:
        return [
            leaf
            for key, item in value.items()
            if not key.startswith("__")
            for leaf in _leaves(_member(path, key), item)
        ]
    if isinstance(value, list) and value:
        return [leaf for index, item in enumerate(value) for leaf in _leaves(f"{path}[{index}]", item)]
    return [(path, value)] if path else []


def _member(path: str, key: str) -> str:
    # The Kubernetes provider quotes a key with a dot, and not one with a slash.
    if not set(key) & set('."[]'):
        return f"{path}.{key}" if path else key
    return f'{path}["{key}"]'

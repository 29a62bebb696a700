"""Settings of a gateway that the real API server refuses, with what a preview says of each; and settings that it takes.

A unit test has the preview's words. A test on the real API server sends the same as dry runs: what it refuses, a preview has
to refuse as well.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Refused:
    """One setting that can't be."""

    settings: dict[str, Any]
    said: str
    """The preview's problem."""
    named: str
    """What the API server's answer names."""


def _refused(path: str, value: Any, said: str, named: str, below: str = "", **beside: Any) -> Refused:
    """A setting of that path; `below` is where the problem is, `beside` are further settings."""
    settings: Any = value
    for step in reversed(path.split(".")):
        settings = {step: settings}
    for key, each in beside.items():
        settings[key] = {**each, **settings.get(key, {})}
    return Refused(settings, f"{path}{below}: {said}", named)


def _env(said: str, named: str, below: str, **variable: Any) -> Refused:
    return _refused("container.env", [{"name": "A", **variable}], said, named, f"[0]{below}")


def _volume(said: str, named: str, below: str, **source: Any) -> Refused:
    return _refused("pod.volumes", [{"name": "own", **source}], said, named, f"[0]{below}")


def _projected(said: str, named: str, below: str, *sources: dict[str, Any]) -> Refused:
    return _volume(said, named, f".projected{below}", projected={"sources": list(sources)})


def _claim(said: str, named: str, below: str, **template: Any) -> Refused:
    whole = {"spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}, **template}
    return _volume(said, named, f".ephemeral.volumeClaimTemplate{below}", ephemeral={"volumeClaimTemplate": whole})


def _mount(said: str, named: str, below: str, **mount: Any) -> Refused:
    mounts = [{"name": "own", "mountPath": "/own", **mount}]
    volumes = {"volumes": [{"name": "own", "emptyDir": {}}]}
    return _refused("container.volumeMounts", mounts, said, named, f"[0]{below}", pod=volumes)


def _toleration(said: str, named: str, below: str, **toleration: Any) -> Refused:
    return _refused("pod.tolerations", [toleration], said, named, f"[0]{below}")


def _spread(said: str, named: str, below: str, **constraint: Any) -> Refused:
    whole = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway", **constraint}
    return _refused("pod.topologySpreadConstraints", [whole], said, named, f"[0]{below}")


def _nodes(said: str, named: str, below: str, *expressions: dict[str, Any], key: str = "matchExpressions") -> Refused:
    required = {"nodeSelectorTerms": [{key: list(expressions)}]}
    return _refused(
        "pod.affinity",
        {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}},
        said,
        named,
        f".nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].{key}[0]{below}",
    )


def _pods(said: str, named: str, below: str, **term: Any) -> Refused:
    return _refused(
        "pod.affinity",
        {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": "zone", **term}]}},
        said,
        named,
        f".podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[0]{below}",
    )


def _behavior(said: str, named: str, below: str, **rules: Any) -> Refused:
    scaling = {"autoscaling": {"minReplicas": 1, "maxReplicas": 2, "cpu": 80, "behavior": {"scaleDown": rules}}}
    return Refused(
        {**scaling, "container": {"resources": {"requests": {"cpu": 1}}}},
        f"autoscaling.behavior.scaleDown{below}: {said}",
        named,
    )


_ID = "expected 0 to 2147483647"
_NO_ID = "expected 0 or more"
_OBJECT = "expected the name of a Kubernetes object: 1 to 253 of a-z, 0-9, '-' and '.'"
_LABEL = "expected a label's name: 1 to 63 letters, digits and '-', '_', '.', after a domain and '/'"
_VALUE = "expected a label's value: 63 letters, digits and '-', '_', '.' at most"
_FILE = "expected a path below the volume's, without '..'"
_FOLDER = "expected a path below the folder's, without '..'"
_MODE = "expected 0 to 511"
_MISSING = "required, but missing"
_EMPTY = "expected a text that is not empty"
_PORT = "expected a port's number, or its name: 1 to 15 of a-z, 0-9 and '-', not only digits"
_RESOURCE = (
    "expected cpu, memory, ephemeral-storage, hugepages-<size> or a name with its domain, such as nvidia.com/gpu"
)
_LONG = "a" * 64
_RANGES = "service.beta.kubernetes.io/load-balancer-source-ranges"
_HTTP = {"path": "/", "port": "http"}

REFUSED: list[Refused] = [
    # How a change replaces the pods.
    _refused(
        "deployment.strategy.rollingUpdate.maxUnavailable",
        "101%",
        "expected a whole number of pods, or a percentage up to 100%",
        "maxUnavailable",
    ),
    _refused(
        "deployment.strategy.rollingUpdate.maxUnavailable",
        "25",
        "expected a whole number of pods, or a percentage up to 100%",
        "maxUnavailable",
    ),
    _refused("deployment.strategy.rollingUpdate.maxUnavailable", -1, _NO_ID, "maxUnavailable"),
    _refused(
        "deployment.strategy.rollingUpdate.maxSurge",
        "a quarter",
        "expected a whole number of pods, or a percentage such as 25%",
        "maxSurge",
    ),
    _refused(
        "deployment.strategy.rollingUpdate.maxSurge",
        "2.5%",
        "expected a whole number of pods, or a percentage such as 25%",
        "maxSurge",
    ),
    _refused(
        "deployment.strategy.rollingUpdate.maxSurge", 2**31, "expected 0 to 2147483647", "cannot unmarshal"
    ),
    Refused(
        {"deployment": {"strategy": {"rollingUpdate": {"maxSurge": "00%"}}}},
        "deployment.strategy: `maxUnavailable` (default) and `maxSurge` can't both be 0: no pod could be replaced",
        "maxUnavailable",
    ),
    Refused(
        {"deployment": {"minReadySeconds": -1}},
        "deployment.minReadySeconds: expected 0 or more",
        "minReadySeconds",
    ),
    Refused(
        {"deployment": {"revisionHistoryLimit": -1}},
        "deployment.revisionHistoryLimit: expected 0 or more",
        "revisionHistoryLimit",
    ),
    Refused(
        {"deployment": {"progressDeadlineSeconds": 5, "minReadySeconds": 5}, "container": {"startupProbe": None}},
        "deployment.progressDeadlineSeconds: expected more than 5, the time that `container.startupProbe` (0 s) and "
        "`deployment.minReadySeconds` (5 s) take together; found 5: a rollout would be given up before its pods are ready",
        "progressDeadlineSeconds",
    ),
    # Drains, and the autoscaler.
    Refused(
        {"disruptionBudget": {"maxUnavailable": "101%"}},
        "disruptionBudget.maxUnavailable: expected a whole number of pods, or a percentage such as 25%, up to 100%",
        "maxUnavailable",
    ),
    Refused(
        {"disruptionBudget": {"minAvailable": "150%"}},
        "disruptionBudget.minAvailable: expected a whole number of pods, or a percentage such as 25%, up to 100%",
        "minAvailable",
    ),
    Refused(
        {"disruptionBudget": {"minAvailable": 1, "maxUnavailable": 1}, "replicas": 3},
        "disruptionBudget.maxUnavailable: expected either `minAvailable` or `maxUnavailable`",
        "cannot be both set",
    ),
    _behavior("expected 0 to 3600", "stabilizationWindowSeconds", ".stabilizationWindowSeconds", stabilizationWindowSeconds=3601),
    _behavior("expected 0 to 3600", "stabilizationWindowSeconds", ".stabilizationWindowSeconds", stabilizationWindowSeconds=-1),
    _behavior(
        "expected 1 or more",
        "value",
        ".policies[0].value",
        policies=[{"type": "Pods", "value": 0, "periodSeconds": 1}],
    ),
    _behavior(
        "expected 1 to 1800",
        "periodSeconds",
        ".policies[0].periodSeconds",
        policies=[{"type": "Pods", "value": 1, "periodSeconds": 1801}],
    ),
    _behavior(
        "expected 1 to 1800",
        "periodSeconds",
        ".policies[0].periodSeconds",
        policies=[{"type": "Percent", "value": 1, "periodSeconds": 0}],
    ),
    _behavior("expected a quantity such as 500m, 2 or 2Gi", "tolerance", ".tolerance", tolerance="-0.1"),
    _behavior("expected a quantity such as 500m, 2 or 2Gi", "quantities", ".tolerance", tolerance="10%"),
    _behavior("expected 'Disabled', 'Max' or 'Min'", "selectPolicy", ".selectPolicy", selectPolicy="Most"),
    # Variables.
    _env("contradicts `value`: leave one of them out", "valueFrom", ".valueFrom", value="1", valueFrom={
        "fieldRef": {"fieldPath": "metadata.name"}
    }),
    _env("expected a variable's name: printable ASCII without '='", "name", ".name", name="A=B"),
    _env(_EMPTY, "name", ".name", name=""),
    _refused(
        "container.env", [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}], "has the same `name` as element 0",
        "duplicate entries", "[1]",
    ),
    _env("expected metadata.name, metadata.namespace, metadata.uid, spec.nodeName, spec.serviceAccountName, status.hostIP, "
         "status.hostIPs, status.podIP, status.podIPs, metadata.labels['<name>'] or metadata.annotations['<name>']",
         "fieldPath", ".valueFrom.fieldRef.fieldPath", valueFrom={"fieldRef": {"fieldPath": "metadata.labels"}}),
    _env("expected limits or requests, '.' and a resource", "resource", ".valueFrom.resourceFieldRef.resource", valueFrom={
        "resourceFieldRef": {"resource": "limits.disk"}
    }),
    _env("expected 1m or 1", "divisor", ".valueFrom.resourceFieldRef.divisor", valueFrom={
        "resourceFieldRef": {"resource": "limits.cpu", "divisor": "2"}
    }),
    _env("expected 1 with or without a suffix such as Mi", "divisor", ".valueFrom.resourceFieldRef.divisor", valueFrom={
        "resourceFieldRef": {"resource": "limits.memory", "divisor": "2Mi"}
    }),
    _env(_OBJECT, "name", ".valueFrom.secretKeyRef.name", valueFrom={"secretKeyRef": {"name": "A", "key": "a"}}),
    _env(_MISSING, "name", ".valueFrom.configMapKeyRef.name", valueFrom={"configMapKeyRef": {"key": "a"}}),
    _env("expected a key: 1 to 253 letters, digits and '-', '_', '.'", "key", ".valueFrom.secretKeyRef.key", valueFrom={
        "secretKeyRef": {"name": "a", "key": "a b"}
    }),
    _env("'other' is no volume: `pod.volumes` has none", "volumeName", ".valueFrom.fileKeyRef.volumeName", valueFrom={
        "fileKeyRef": {"volumeName": "other", "path": "a", "key": "A"}
    }),
    _env("expected a path without '..'", "path", ".valueFrom.fileKeyRef.path", valueFrom={
        "fileKeyRef": {"volumeName": "other", "path": "../a", "key": "A"}
    }),
    _refused("container.env", [
        {"name": "A", "valueFrom": {"fileKeyRef": {"volumeName": "own", "path": "a", "key": "A"}}}
    ], "'own' is no `emptyDir`, as it has to be", "volumeName", "[0].valueFrom.fileKeyRef.volumeName", pod={
        "volumes": [{"name": "own", "secret": {"secretName": "a"}}]
    }),
    _refused("container.envFrom", [{"configMapRef": {"name": "a"}, "secretRef": {"name": "a"}}],
             "expected exactly one of configMapRef, secretRef; found configMapRef, secretRef", "envFrom", "[0]"),
    _refused("container.envFrom", [{"prefix": "a"}],
             "expected exactly one of configMapRef, secretRef; found none", "envFrom", "[0]"),
    _refused("container.envFrom", [{"prefix": "a=", "secretRef": {"name": "a"}}],
             "expected a variable's name: printable ASCII without '='", "prefix", "[0].prefix"),
    _refused("container.envFrom", [{"secretRef": {"name": "a_b"}}], _OBJECT, "name", "[0].secretRef.name"),
    _refused("container.envFrom", [{"configMapRef": {}}], _MISSING, "name", "[0].configMapRef.name"),
    # Resources.
    _refused("container.resources.limits", {"disk": 1}, _RESOURCE, "disk", ".disk"),
    _refused("container.resources.limits", {"requests.contoso.example/gpu": 1}, _RESOURCE, "gpu",
             '["requests.contoso.example/gpu"]'),
    _refused("container.resources.requests", {"contoso.example/gpu": 1}, "needs `limits.contoso.example/gpu`",
             "Limit must be set", '["contoso.example/gpu"]'),
    _refused("container.resources", {"requests": {"contoso.example/gpu": 1}, "limits": {"contoso.example/gpu": 2}},
             "expected 2, as `limits.contoso.example/gpu`", "must be equal", '.requests["contoso.example/gpu"]'),
    _refused("container.resources.limits", {"contoso.example/gpu": 0.5}, "expected a whole number", "must be an integer",
             '["contoso.example/gpu"]'),
    _refused("container.resources", {"limits": {"hugepages-2Mi": "2Mi"}}, "expected cpu or memory beside huge pages",
             "HugePages"),
    _refused("container.resources.limits", {"cpu": 1, "hugepages-2Mi": "3Mi"}, "expected a multiple of the pages' size",
             "hugepages-2Mi", ".hugepages-2Mi"),
    _refused("container.resources", {"requests": {"cpu": 2}, "limits": {"cpu": 1}},
             "expected at most 1, `limits.cpu`; found 2", "cpu", ".requests.cpu"),
    _refused("container.resources.limits.cpu", "-1", "expected a quantity such as 500m, 2 or 2Gi", "cpu"),
    _refused("container.resources.claims", [{"name": "a"}], "leave it out: the pods have no `resourceClaims`", "claims"),
    # Probes.
    _refused("container.livenessProbe", {"httpGet": _HTTP, "tcpSocket": {"port": "http"}},
             "expected exactly one of exec, grpc, httpGet, tcpSocket; found httpGet, tcpSocket", "may not specify more than 1"),
    _refused("container.livenessProbe", {"httpGet": None},
             "expected exactly one of exec, grpc, httpGet, tcpSocket; found none", "must specify a handler type"),
    _refused("container.livenessProbe.httpGet.port", 0, "expected 1 to 65535", "port"),
    _refused("container.livenessProbe.httpGet.port", 65536, "expected 1 to 65535", "port"),
    _refused("container.livenessProbe.httpGet.port", "8080", _PORT, "port"),
    _refused("container.livenessProbe.httpGet.port", "a--b", _PORT, "port"),
    _refused("container.livenessProbe.httpGet.scheme", "FTP", "expected 'HTTP' or 'HTTPS'", "scheme"),
    _refused("container.livenessProbe.httpGet.httpHeaders", [{"name": "A B", "value": ""}],
             "expected a header's name: letters, digits and '-'", "httpHeaders", "[0].name"),
    _refused("container.livenessProbe", {"httpGet": None, "exec": {"command": []}}, "expected at least one", "command",
             ".exec.command"),
    _refused("container.livenessProbe", {"httpGet": None, "grpc": {"port": 70000}}, "expected 1 to 65535", "port", ".grpc.port"),
    _refused("container.livenessProbe.failureThreshold", -1, "expected 1 or more", "failureThreshold"),
    _refused("container.livenessProbe.initialDelaySeconds", -1, "expected 0 or more", "initialDelaySeconds"),
    _refused("container.livenessProbe.periodSeconds", -1, "expected 1 or more", "periodSeconds"),
    _refused("container.livenessProbe.timeoutSeconds", -1, "expected 1 or more", "timeoutSeconds"),
    Refused({"container": {"livenessProbe": {"successThreshold": 2}}},
            "container.livenessProbe: leave `successThreshold` out: it can only be 1 here", "successThreshold"),
    _refused("container.livenessProbe.terminationGracePeriodSeconds", 0, "expected 1 or more", "terminationGracePeriodSeconds"),
    Refused({"container": {"readinessProbe": {"terminationGracePeriodSeconds": 5}}},
            "container.readinessProbe: leave `terminationGracePeriodSeconds` out: this probe ends no container",
            "terminationGracePeriodSeconds"),
    _refused("container.startupProbe.successThreshold", -1, "expected 1 or more", "successThreshold"),
    # Security contexts.
    _refused("container.securityContext.runAsUser", -1, _NO_ID, "runAsUser"),
    _refused("container.securityContext.runAsUser", 2**31, _ID, "runAsUser"),
    _refused("container.securityContext.runAsGroup", -1, _NO_ID, "runAsGroup"),
    _refused("container.securityContext.procMount", "Unmasked", "expected 'Default'", "procMount"),
    _refused("container.securityContext.seccompProfile", {"type": "Localhost"}, "needed with `type: Localhost`",
             "localhostProfile", ".localhostProfile"),
    _refused("container.securityContext.seccompProfile", {"type": "Unconfined", "localhostProfile": "a"},
             "contradicts `type: Unconfined`: leave one of them out", "localhostProfile", ".localhostProfile"),
    _refused("container.securityContext.seccompProfile", {"type": "Localhost", "localhostProfile": "/a"}, _FOLDER,
             "localhostProfile", ".localhostProfile"),
    _refused("container.securityContext.appArmorProfile", {"type": "Localhost", "localhostProfile": " a"},
             "expected 1 to 4095 characters, without a blank before or after them", "localhostProfile", ".localhostProfile"),
    _refused("container.securityContext", {"capabilities": {"add": ["CAP_SYS_ADMIN"]}},
             "`capabilities.add: [CAP_SYS_ADMIN]` and `allowPrivilegeEscalation: false` (default) contradict each other: the API "
             "server refuses them", "CAP_SYS_ADMIN"),
    _refused("container.securityContext", {"privileged": True},
             "`privileged: true` and `allowPrivilegeEscalation: false` (default) contradict each other: the API server refuses "
             "them", "privileged"),
    _refused("pod.securityContext.fsGroup", -1, _NO_ID, "fsGroup"),
    _refused("pod.securityContext.runAsUser", -1, _NO_ID, "runAsUser"),
    _refused("pod.securityContext.runAsGroup", 2**31, _ID, "runAsGroup"),
    _refused("pod.securityContext.supplementalGroups", [1, -1], _NO_ID, "supplementalGroups", "[1]"),
    _refused("pod.securityContext.sysctls", [{"name": "A", "value": ""}], "expected the name of a kernel's setting", "sysctls",
             "[0].name"),
    _refused("pod.securityContext.sysctls", [{"name": "a.b", "value": "1"}, {"name": "a.b", "value": "2"}],
             "has the same `name` as element 0", "sysctls", "[1]"),
    _refused("pod.securityContext.fsGroupChangePolicy", "Never", "expected 'Always' or 'OnRootMismatch'", "fsGroupChangePolicy"),
    # Volumes.
    _volume("expected exactly one source; found emptyDir, secret", "may not specify more than 1 volume type", "",
            emptyDir={}, secret={"secretName": "a"}),
    _volume("expected 1 to 63 of a-z, 0-9 and '-'", "name", ".name", name="Own", emptyDir={}),
    _volume("expected 1 to 63 of a-z, 0-9 and '-'", "name", ".name", name=_LONG, emptyDir={}),
    _refused("pod.volumes", [{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}], "has the same `name` as element 0",
             "duplicate", "[1]"),
    _volume(_MISSING, "secretName", ".secret.secretName", secret={}),
    _volume(_MISSING, "name", ".configMap.name", configMap={}),
    _volume(_MODE, "defaultMode", ".secret.defaultMode", secret={"secretName": "a", "defaultMode": 0o1000}),
    _volume(_MODE, "mode", ".configMap.items[0].mode", configMap={
        "name": "a", "items": [{"key": "a", "path": "b", "mode": 777}]
    }),
    _volume(_FILE, "path", ".configMap.items[0].path", configMap={"name": "a", "items": [{"key": "a", "path": "../b"}]}),
    _volume(_FILE, "path", ".configMap.items[0].path", configMap={"name": "a", "items": [{"key": "a", "path": "/b"}]}),
    _volume(_FILE, "path", ".configMap.items[0].path", configMap={"name": "a", "items": [{"key": "a", "path": "..b"}]}),
    _volume(_EMPTY, "claimName", ".persistentVolumeClaim.claimName", persistentVolumeClaim={"claimName": ""}),
    _volume("expected a path without '..'", "path", ".hostPath.path", hostPath={"path": "/a/../b"}),
    _volume("expected a path that begins with '/'", "path", ".nfs.path", nfs={"server": "a", "path": "b"}),
    _volume(_EMPTY, "server", ".nfs.server", nfs={"server": "", "path": "/b"}),
    _volume("expected a driver's name: 1 to 63 characters", "driver", ".csi.driver", csi={"driver": "a_b"}),
    _volume(_EMPTY, "shareName", ".azureFile.shareName", azureFile={"secretName": "a", "shareName": ""}),
    _volume("expected it to begin with /subscriptions/ where `kind` is Managed", "diskURI", ".azureDisk.diskURI", azureDisk={
        "diskName": "a", "diskURI": "https://a", "kind": "Managed"
    }),
    _volume("expected exactly one of fieldRef, resourceFieldRef; found none", "fieldRef", ".downwardAPI.items[0]", downwardAPI={
        "items": [{"path": "a"}]
    }),
    _volume(_MISSING, "containerName", ".downwardAPI.items[0].resourceFieldRef.containerName", downwardAPI={
        "items": [{"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}}]
    }),
    _volume(_MISSING, "reference", ".image.reference", image={}),
    _volume("expected either `targetWWNs` or `wwids`", "targetWWNs", ".fc", fc={}),
    _volume("needed with `targetWWNs`", "lun", ".fc.lun", fc={"targetWWNs": ["a"]}),
    _volume("expected 0 to 255", "lun", ".fc.lun", fc={"targetWWNs": ["a"], "lun": 256}),
    _volume("expected a name that begins with iqn., eui. or naa.", "iqn", ".iscsi.iqn", iscsi={
        "targetPortal": "a", "iqn": "iqn.a", "lun": 0
    }),
    _projected("expected 600 to 4294967296", "expirationSeconds", ".sources[0].serviceAccountToken.expirationSeconds",
               {"serviceAccountToken": {"path": "a", "expirationSeconds": 599}}),
    _projected("'a' is there already", "conflicting duplicate paths", ".sources[1]",
               {"secret": {"name": "a", "items": [{"key": "a", "path": "a"}]}},
               {"configMap": {"name": "a", "items": [{"key": "a", "path": "a"}]}}),
    _projected("expected exactly one of clusterTrustBundle, configMap, downwardAPI, podCertificate, secret, serviceAccountToken; "
               "found secret, configMap", "may not specify more than 1 volume type", ".sources[0]",
               {"secret": {"name": "a"}, "configMap": {"name": "a"}}),
    _claim("'ReadWriteOncePod' contradicts any other", "accessModes", ".spec.accessModes", spec={
        "accessModes": ["ReadWriteOncePod", "ReadWriteMany"], "resources": {"requests": {"storage": "1Gi"}}
    }),
    _claim("expected at least one", "accessModes", ".spec.accessModes", spec={
        "accessModes": [], "resources": {"requests": {"storage": "1Gi"}}
    }),
    _claim("expected more than 0", "storage", ".spec.resources.requests.storage", spec={
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {}}
    }),
    _claim("expected 'ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce' or 'ReadWriteOncePod'", "accessModes",
           ".spec.accessModes[0]", spec={"accessModes": ["RWO"], "resources": {"requests": {"storage": "1Gi"}}}),
    _claim("leave it out: only annotations and labels can be set here", "cannot be set", ".metadata.name",
           metadata={"name": "a"}),
    _claim(_LABEL, "labels", '.metadata.labels["a b"]', metadata={"labels": {"a b": ""}}),
    # Mounts.
    _refused("container.volumeMounts", [{"name": "other", "mountPath": "/own"}], "'other' is no volume: `pod.volumes` has none",
             "name", "[0].name"),
    _refused("container.volumeMounts", [{"name": "own", "mountPath": "/a"}, {"name": "own", "mountPath": "/a"}],
             "has the same `mountPath` as element 0", "mountPath", "[1]", pod={"volumes": [{"name": "own", "emptyDir": {}}]}),
    _mount(_EMPTY, "mountPath", ".mountPath", mountPath=""),
    _mount(_FOLDER, "subPath", ".subPath", subPath="/a"),
    _mount(_FOLDER, "subPathExpr", ".subPathExpr", subPathExpr="a/../b"),
    _mount("contradicts `subPath`: leave one of them out", "subPathExpr", ".subPathExpr", subPath="a", subPathExpr="b"),
    _mount("needs `readOnly: true`", "recursiveReadOnly", ".recursiveReadOnly", recursiveReadOnly="Enabled"),
    _mount("contradicts `mountPropagation: HostToContainer`", "recursiveReadOnly", ".recursiveReadOnly",
           readOnly=True, recursiveReadOnly="Enabled", mountPropagation="HostToContainer"),
    _mount("'Bidirectional' needs `securityContext.privileged: true`", "mountPropagation", ".mountPropagation",
           mountPropagation="Bidirectional"),
    # Where pods run.
    _toleration("contradicts `operator: Exists`: leave one of them out", "value", ".value",
                key="a", operator="Exists", value="b"),
    _toleration("without it, `operator` has to be 'Exists', which tolerates every taint", "operator", ".key",
                effect="NoSchedule"),
    _toleration("needs `effect: NoExecute`", "NoExecute", ".tolerationSeconds",
                key="a", operator="Exists", effect="NoSchedule", tolerationSeconds=5),
    _toleration("expected 'NoExecute', 'NoSchedule' or 'PreferNoSchedule'", "effect", ".effect",
                key="a", operator="Exists", effect="Never"),
    _toleration("expected 'Equal' or 'Exists'", "operator", ".operator", key="a", operator="In"),
    _toleration(_LABEL, "key", ".key", key="a b", operator="Exists"),
    _toleration(_VALUE, "operator", ".value", key="a", value="b c"),
    _spread("expected 1 or more", "maxSkew", ".maxSkew", maxSkew=0),
    _spread(_EMPTY, "topologyKey", ".topologyKey", topologyKey=""),
    _spread("expected 'DoNotSchedule' or 'ScheduleAnyway'", "whenUnsatisfiable", ".whenUnsatisfiable", whenUnsatisfiable="No"),
    _spread("needs `whenUnsatisfiable: DoNotSchedule`", "minDomains", ".minDomains", minDomains=2),
    _spread("expected 1 or more", "minDomains", ".minDomains", minDomains=0, whenUnsatisfiable="DoNotSchedule"),
    _spread(_LABEL, "matchLabelKeys", ".matchLabelKeys[0]", matchLabelKeys=["a b"], labelSelector={}),
    _spread("needed with `operator: In`", "values", ".labelSelector.matchExpressions[0].values", labelSelector={
        "matchExpressions": [{"key": "a", "operator": "In"}]
    }),
    _spread(_VALUE, "labelSelector", ".labelSelector.matchLabels.a", labelSelector={"matchLabels": {"a": "b c"}}),
    _nodes("needed with `operator: In`", "values", ".values", {"key": "a", "operator": "In"}),
    _nodes("contradicts `operator: Exists`: leave one of them out", "values", ".values",
           {"key": "a", "operator": "Exists", "values": ["b"]}),
    _nodes("expected exactly one with `operator: Gt`", "values", ".values",
           {"key": "a", "operator": "Gt", "values": ["1", "2"]}),
    _nodes("expected 'DoesNotExist', 'Exists', 'Gt', 'In', 'Lt' or 'NotIn'", "operator", ".operator",
           {"key": "a", "operator": "Is"}),
    _nodes(_LABEL, "key", ".key", {"key": "a b", "operator": "Exists"}),
    _nodes(_VALUE, "values", ".values[0]", {"key": "a", "operator": "In", "values": ["b c"]}),
    _nodes("expected 'metadata.name': nodes have no other such field", "key", ".key",
           {"key": "metadata.uid", "operator": "In", "values": ["a"]}, key="matchFields"),
    _nodes("expected exactly one", "values", ".values",
           {"key": "metadata.name", "operator": "In", "values": ["a", "b"]}, key="matchFields"),
    _nodes("expected 'In' or 'NotIn'", "operator", ".operator",
           {"key": "metadata.name", "operator": "Exists"}, key="matchFields"),
    _refused("pod.affinity", {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}},
             "expected at least one", "nodeSelectorTerms",
             ".nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms"),
    _refused("pod.affinity",
             {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 101, "preference": {}}]}},
             "expected 1 to 100", "weight", ".nodeAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight"),
    _refused("pod.affinity",
             {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
                 {"weight": 0, "podAffinityTerm": {"topologyKey": "a"}}
             ]}},
             "expected 1 to 100", "weight", ".podAffinity.preferredDuringSchedulingIgnoredDuringExecution[0].weight"),
    _pods(_EMPTY, "topologyKey", ".topologyKey", topologyKey=""),
    _pods(_LABEL, "topologyKey", ".topologyKey", topologyKey="a b"),
    _pods("needs `labelSelector`", "matchLabelKeys", ".matchLabelKeys", matchLabelKeys=["a"]),
    _pods("'a' is in `mismatchLabelKeys` too: leave it out of one of them", "matchLabelKeys", ".matchLabelKeys[0]",
          labelSelector={}, matchLabelKeys=["a"], mismatchLabelKeys=["a"]),
    _pods("expected 1 to 63 of a-z, 0-9 and '-'", "namespace", ".namespaces[0]", namespaces=["A"]),
    _refused("pod.nodeSelector", {"a b": "c"},
             "expected 'a b' to be a label's name: 1 to 63 letters, digits and '-', '_', '.', after a domain and '/'",
             "nodeSelector"),
    _refused("pod.nodeSelector", {"a": "b c"},
             "expected 'a' to have a label's value: 63 letters, digits and '-', '_', '.' at most", "nodeSelector"),
    _refused("pod.priorityClassName", "A", _OBJECT, "priorityClassName"),
    # Names, labels and annotations.
    _refused("pod.hostAliases", [{"ip": "300.0.0.1", "hostnames": ["a.example"]}], "expected an IP address", "ip", "[0].ip"),
    _refused("pod.hostAliases", [{"ip": "192.0.2.01", "hostnames": ["a.example"]}], "expected an IP address", "ip", "[0].ip"),
    _refused("pod.hostAliases", [{"ip": "192.0.2.1", "hostnames": ["A"]}],
             "expected a host name: 1 to 253 of a-z, 0-9, '-' and '.'", "hostnames", "[0].hostnames[0]"),
    _refused("pod.dnsConfig.nameservers", ["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4"], "expected 3 at most",
             "nameservers"),
    _refused("pod.dnsConfig.nameservers", ["a.example"], "expected an IP address", "nameservers", "[0]"),
    _refused("pod.dnsConfig.searches", [f"{n}.example" for n in range(33)],
             "expected 32 at most, and 2048 characters together", "searches"),
    _refused("pod.dnsConfig.searches", [f"{n}{'a' * 60}.{'b' * 60}.example" for n in range(20)],
             "expected 32 at most, and 2048 characters together", "searches"),
    _refused("pod.dnsConfig.searches", ["A.example"], "expected a domain: 1 to 253 of a-z, 0-9, '-', '_' and '.'", "searches",
             "[0]"),
    _refused("pod.dnsConfig.options", [{"value": "1"}], _MISSING, "options", "[0].name"),
    _refused("pod.dnsPolicy", "None", "'None' needs `pod.dnsConfig.nameservers`: the pods could resolve no name", "dnsConfig"),
    _refused("pod.labels", {"a..b/c": "d"},
             "expected 'a..b/c' to be a label's name: 1 to 63 letters, digits and '-', '_', '.', after a domain and '/'",
             "labels"),
    _refused("pod.labels", {_LONG: ""},
             f"expected '{_LONG}' to be a label's name: 1 to 63 letters, digits and '-', '_', '.', after a domain and '/'",
             "labels"),
    _refused("pod.labels", {"a": _LONG},
             "expected 'a' to have a label's value: 63 letters, digits and '-', '_', '.' at most", "labels"),
    _refused("pod.annotations", {"a b": ""},
             "expected 'a b' to be an annotation's name, formed as a label's name: 1 to 63 letters, digits and '-', '_', '.', "
             "after a domain and '/'", "annotations"),
    _refused("pod.annotations", {"a": "b" * 2**18}, "expected 256 KiB at most, names and values together", "annotations"),
    _refused("commonLabels", {"a": "b c"},
             "expected 'a' to have a label's value: 63 letters, digits and '-', '_', '.' at most", "labels"),
    _refused("service.annotations", {"/a": ""},
             "expected '/a' to be an annotation's name, formed as a label's name: 1 to 63 letters, digits and '-', '_', '.', "
             "after a domain and '/'", "annotations"),
    _refused("service.annotations", {_RANGES: "192.0.2.0/24, 192.0.2.1"},
             "'192.0.2.1' is no range of addresses such as 192.0.2.0/24", "annotations",
             f'["{_RANGES}"]'),
    Refused({"service": {"type": "ClusterIP", "annotations": {_RANGES: "192.0.2.0/24"}}},
            f'service.annotations["{_RANGES}"]: has no effect with `type: ClusterIP`, and the API server refuses it', _RANGES),
]  # fmt: skip
"""Each is refused by both."""

STRICTER: list[tuple[dict[str, Any], str]] = [
    # The API server takes these, and the pods would not start, or not be what is written.
    ({"container": {"livenessProbe": {"httpGet": {"port": "metrics"}}}},
     "container.livenessProbe: `httpGet.port` 'metrics' is no port of the container: it has http, https, rate-limit-dc, "
     "dc-heartbeat"),
    ({"container": {"readinessProbe": {"tcpSocket": {"port": "web"}}}},
     "container.readinessProbe: `tcpSocket.port` 'web' is no port of the container: it has http, https, rate-limit-dc, "
     "dc-heartbeat"),
    ({"container": {"livenessProbe": {"httpGet": {"path": ""}}}},
     f"container.livenessProbe.httpGet.path: {_EMPTY}"),
    ({"container": {"livenessProbe": {"failureThreshold": 0}}},
     "container.livenessProbe.failureThreshold: expected 1 or more"),
    ({"container": {"securityContext": {"windowsOptions": {"runAsUserName": "a"}}}},
     "container.securityContext.windowsOptions: leave it out: the gateway's image is for Linux"),
    ({"pod": {"volumes": [{"name": "a", "secret": {"secretName": "A"}}]}}, f"pod.volumes[0].secret.secretName: {_OBJECT}"),
    ({"pod": {"volumes": [{"name": "a"}]}}, "pod.volumes[0]: expected exactly one source; found none"),
    ({"pod": {"volumes": [{"name": "a", "projected": {"sources": []}}]}},
     "pod.volumes[0].projected.sources: expected at least one"),
    ({"pod": {"imagePullSecrets": [{"name": "A"}]}}, f"pod.imagePullSecrets[0].name: {_OBJECT}"),
    ({"pod": {"affinity": {"podAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "a", "labelSelector": {"matchExpressions": [{"key": "b", "operator": "Exists"}]}, "matchLabelKeys": ["b"]}
    ]}}}},
     "pod.affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[0].matchLabelKeys[0]: 'b' is in `labelSelector` "
     "too: leave it out of one of them"),
    ({"container": {"livenessProbe": {"httpGet": {"protocol": "HTTP2", "scheme": "HTTPS"}}}},
     "container.livenessProbe.httpGet.protocol: 'HTTP2' needs `scheme: HTTP`"),
    ({"container": {"livenessProbe": {"httpGet": {"protocol": "HTTP2", "host": "a.example"}}}},
     "container.livenessProbe.httpGet.host: contradicts `protocol: HTTP2`: leave one of them out"),
    ({"pod": {"volumes": [{"name": "a", "projected": {"sources": [{"podCertificate": {
        "signerName": "a.example/a", "keyType": "ED25519"
    }}]}}]}},
     "pod.volumes[0].projected.sources[0].podCertificate: expected `credentialBundlePath`, `keyPath` or "
     "`certificateChainPath`"),
    # It does not know this field unless a feature is turned on.
    ({"container": {"volumeMounts": [{"name": "own", "mountPath": "/own", "bindMountOptions": ["exec"]}]},
      "pod": {"volumes": [{"name": "own", "emptyDir": {}}]}},
     "container.volumeMounts[0].bindMountOptions[0]: expected 'nodev', 'noexec' or 'nosuid'"),
    ({"pod": {"imagePullSecrets": [{}]}}, f"pod.imagePullSecrets[0].name: {_MISSING}"),
    ({"pod": {"topologySpreadConstraints": [
        {"maxSkew": 1, "topologyKey": "a", "whenUnsatisfiable": "ScheduleAnyway", "matchLabelKeys": ["app"]}
    ]}},
     "pod.topologySpreadConstraints[0].matchLabelKeys[0]: 'app' is in `labelSelector` too: leave it out of one of them"),
    ({"pod": {"labels": {"pod-template-hash": "a"}}},
     "pod.labels: leave `pod-template-hash` out: Kubernetes sets it, to another value"),
]  # fmt: skip
"""Refused at preview alone."""

TAKEN: list[dict[str, Any]] = [
    {"deployment": {"strategy": {"rollingUpdate": {"maxSurge": "250%"}}}},
    {"deployment": {"strategy": {"rollingUpdate": {"maxUnavailable": "100%", "maxSurge": 0}}}},
    {"disruptionBudget": {"maxUnavailable": "100%"}},
    {"container": {"env": [{"name": "1 A.b-c", "value": ""}, {"name": "B", "valueFrom": {
        "fieldRef": {"fieldPath": "metadata.annotations['Contoso.example/a']"}
    }}]}},
    {"container": {"env": [{"name": "A", "value": "", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]}},
    {"container": {"resources": {"limits": {"contoso.example/gpu": 1, "cpu": 1, "hugepages-2Mi": "4Mi"}}}},
    {"container": {"livenessProbe": {"httpGet": None, "tcpSocket": {"port": 8081, "host": ""}}}},
    {"container": {"livenessProbe": {"exec": {"command": ["true"]}}}},
    {"container": {"livenessProbe": {"grpc": {"port": 1, "service": ""}}}},
    {"container": {"securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "a/..b"}}}},
    {"pod": {"securityContext": {"supplementalGroups": [0], "sysctls": [{"name": "net/a.b-c_d", "value": ""}]}}},
    {"pod": {"tolerations": [
        {"operator": "Exists"}, {"key": "a"}, {"key": "a", "effect": "NoExecute", "tolerationSeconds": -1},
    ]}},
    {"pod": {"dnsConfig": {"searches": [".", "_a.example.", "b"], "nameservers": ["2001:db8::1"]}}},
    {"pod": {"hostAliases": [{"ip": "::1", "hostnames": ["a"]}]}},
    {"pod": {"affinity": {"nodeAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": [
        {"weight": 100, "preference": {"matchExpressions": [{"key": "a", "operator": "In", "values": ["b c"]}]}}
    ]}}}},
    {"pod": {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [f"{'a' * 63}.example"]}]}
    ]}}}}},
    {"pod": {"volumes": [{"name": "a", "ephemeral": {"volumeClaimTemplate": {
        "metadata": {"labels": {"a": ""}, "annotations": {"b": "c d"}},
        "spec": {"accessModes": ["ReadWriteOncePod"], "storageClassName": "", "resources": {"requests": {"storage": 1}}},
    }}}]}},
    {"pod": {"volumes": [{"name": "a", "configMap": {"name": "a", "items": [{"key": "a", "path": "b/..c", "mode": 0}]}}]}},
    {"pod": {"annotations": {"Contoso.Example/A": ""}, "labels": {"contoso.example/a": ""}}},
    {"service": {"annotations": {_RANGES: " 192.0.2.0/24,2001:db8::/32 "}}},
]  # fmt: skip
"""Both take these."""

"""What the SDK's classes do not say of Kubernetes' objects: texts of fixed sets, fields of which one is set, keys of lists."""

FIXED_VALUES: dict[tuple[str, str], tuple[str, ...]] = {
    ("AppArmorProfile", "type"): ("Localhost", "RuntimeDefault", "Unconfined"),
    ("AzureDiskVolumeSource", "cachingMode"): ("None", "ReadOnly", "ReadWrite"),
    ("AzureDiskVolumeSource", "kind"): ("Dedicated", "Managed", "Shared"),
    ("DeploymentStrategy", "type"): ("Recreate", "RollingUpdate"),
    ("HPAScalingPolicy", "type"): ("Percent", "Pods"),
    ("HPAScalingRules", "selectPolicy"): ("Disabled", "Max", "Min"),
    ("HTTPGetAction", "scheme"): ("HTTP", "HTTPS"),
    ("HostPathVolumeSource", "type"): (
        "",
        "BlockDevice",
        "CharDevice",
        "Directory",
        "DirectoryOrCreate",
        "File",
        "FileOrCreate",
        "Socket",
    ),
    ("ImageVolumeSource", "pullPolicy"): ("Always", "IfNotPresent", "Never"),
    ("LabelSelectorRequirement", "operator"): ("DoesNotExist", "Exists", "In", "NotIn"),
    ("NodeSelectorRequirement", "operator"): ("DoesNotExist", "Exists", "Gt", "In", "Lt", "NotIn"),
    ("PersistentVolumeClaimSpec", "volumeMode"): ("Block", "Filesystem"),
    ("PodSecurityContext", "fsGroupChangePolicy"): ("Always", "OnRootMismatch"),
    ("PodSecurityContext", "seLinuxChangePolicy"): ("MountOption", "Recursive"),
    ("PodSecurityContext", "supplementalGroupsPolicy"): ("Merge", "Strict"),
    ("SeccompProfile", "type"): ("Localhost", "RuntimeDefault", "Unconfined"),
    ("SecurityContext", "procMount"): ("Default", "Unmasked"),
    ("Toleration", "effect"): ("NoExecute", "NoSchedule", "PreferNoSchedule"),
    ("Toleration", "operator"): ("Equal", "Exists"),
    ("TopologySpreadConstraint", "nodeAffinityPolicy"): ("Honor", "Ignore"),
    ("TopologySpreadConstraint", "nodeTaintsPolicy"): ("Honor", "Ignore"),
    ("TopologySpreadConstraint", "whenUnsatisfiable"): ("DoNotSchedule", "ScheduleAnyway"),
    ("VolumeMount", "mountPropagation"): ("Bidirectional", "HostToContainer", "None"),
    ("VolumeMount", "recursiveReadOnly"): ("Disabled", "Enabled", "IfPossible"),
}
"""Texts that a field takes, by the kind that has it."""

ONE_OF: dict[str, frozenset[str]] = {
    "EnvFromSource": frozenset({"configMapRef", "secretRef"}),
    "EnvVarSource": frozenset({"configMapKeyRef", "fieldRef", "fileKeyRef", "resourceFieldRef", "secretKeyRef"}),
    "Probe": frozenset({"exec", "grpc", "httpGet", "tcpSocket"}),
    "VolumeProjection": frozenset(
        {"clusterTrustBundle", "configMap", "downwardAPI", "podCertificate", "secret", "serviceAccountToken"}
    ),
}
"""Fields of a kind of which exactly one is set."""

ALL_BUT: dict[str, frozenset[str]] = {"Volume": frozenset({"name"})}
"""The same where it is easier to say which fields do not count."""

SMALLEST: dict[tuple[str, str], int] = {
    ("Probe", "failureThreshold"): 1,
    ("Probe", "initialDelaySeconds"): 0,
    ("Probe", "periodSeconds"): 1,
    ("Probe", "successThreshold"): 1,
    ("Probe", "timeoutSeconds"): 1,
    ("TopologySpreadConstraint", "maxSkew"): 1,
}
"""Smallest whole numbers of fields, by the kind that has them. The API server takes 0 of some for its default."""

LIST_KEYS: dict[str, tuple[str, ...]] = {
    "EnvVar": ("name",),
    "HostAlias": ("ip",),
    "LocalObjectReference": ("name",),
    "TopologySpreadConstraint": ("topologyKey", "whenUnsatisfiable"),
    "Volume": ("name",),
    "VolumeMount": ("mountPath",),
}
"""Fields that tell the elements of a list apart: the API server refuses two that have the same."""

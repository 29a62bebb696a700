"""What the SDK's classes do not say of Kubernetes' objects: texts of fixed sets, fields of which one is set, fields that have to
be set, or can't be, keys of lists."""

FIXED_VALUES: dict[tuple[str, str], tuple[str, ...]] = {
    ("AppArmorProfile", "type"): ("Localhost", "RuntimeDefault", "Unconfined"),
    ("AzureDiskVolumeSource", "cachingMode"): ("None", "ReadOnly", "ReadWrite"),
    ("AzureDiskVolumeSource", "kind"): ("Dedicated", "Managed", "Shared"),
    ("DeploymentStrategy", "type"): ("Recreate", "RollingUpdate"),
    ("HPAScalingPolicy", "type"): ("Percent", "Pods"),
    ("HPAScalingRules", "selectPolicy"): ("Disabled", "Max", "Min"),
    ("GRPCAction", "mode"): ("Plaintext", "TLS"),
    ("HTTPGetAction", "protocol"): ("HTTP1", "HTTP2"),
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
    ("ObjectFieldSelector", "apiVersion"): ("v1",),
    ("PersistentVolumeClaimSpec", "accessModes"): (
        "ReadOnlyMany",
        "ReadWriteMany",
        "ReadWriteOnce",
        "ReadWriteOncePod",
    ),
    ("PersistentVolumeClaimSpec", "volumeMode"): ("Block", "Filesystem"),
    ("PodCertificateProjection", "keyType"): (
        "ECDSAP256",
        "ECDSAP384",
        "ECDSAP521",
        "ED25519",
        "RSA3072",
        "RSA4096",
    ),
    ("PodSecurityContext", "fsGroupChangePolicy"): ("Always", "OnRootMismatch"),
    ("PodSecurityContext", "seLinuxChangePolicy"): ("MountOption", "Recursive"),
    ("PodSecurityContext", "supplementalGroupsPolicy"): ("Merge", "Strict"),
    ("SeccompProfile", "type"): ("Localhost", "RuntimeDefault", "Unconfined"),
    # "Unmasked" needs `hostUsers: false` of the pod.
    ("SecurityContext", "procMount"): ("Default",),
    ("Toleration", "effect"): ("NoExecute", "NoSchedule", "PreferNoSchedule"),
    ("Toleration", "operator"): ("Equal", "Exists"),
    ("TopologySpreadConstraint", "nodeAffinityPolicy"): ("Honor", "Ignore"),
    ("TopologySpreadConstraint", "nodeTaintsPolicy"): ("Honor", "Ignore"),
    ("TopologySpreadConstraint", "whenUnsatisfiable"): ("DoNotSchedule", "ScheduleAnyway"),
    ("VolumeMount", "bindMountOptions"): ("nodev", "noexec", "nosuid"),
    ("VolumeMount", "mountPropagation"): ("Bidirectional", "HostToContainer", "None"),
    ("VolumeMount", "recursiveReadOnly"): ("Disabled", "Enabled", "IfPossible"),
}
"""Texts that a field takes, or a list's elements, by the kind that has it."""

ONE_OF: dict[str, frozenset[str]] = {
    "ClusterTrustBundleProjection": frozenset({"name", "signerName"}),
    "DownwardAPIVolumeFile": frozenset({"fieldRef", "resourceFieldRef"}),
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

NEEDED: frozenset[tuple[str, str]] = frozenset(
    {
        ("ConfigMapEnvSource", "name"),
        ("ConfigMapKeySelector", "name"),
        ("ConfigMapProjection", "name"),
        ("ConfigMapVolumeSource", "name"),
        ("EphemeralVolumeSource", "volumeClaimTemplate"),
        ("ExecAction", "command"),
        ("ImageVolumeSource", "reference"),
        ("LocalObjectReference", "name"),
        ("PersistentVolumeClaimSpec", "accessModes"),
        ("PersistentVolumeClaimSpec", "resources"),
        ("PodDNSConfigOption", "name"),
        ("SecretEnvSource", "name"),
        ("SecretKeySelector", "name"),
        ("SecretProjection", "name"),
        ("SecretVolumeSource", "secretName"),
    }
)
"""Fields that have to be set although the SDK's classes do without them."""

MAY_BE_EMPTY: frozenset[tuple[str, str]] = frozenset({("HTTPHeader", "value"), ("Sysctl", "value")})
"""Fields that have to be set, and may be empty: no other such text or list may."""

NEVER_EMPTY: frozenset[tuple[str, str]] = frozenset({("HTTPGetAction", "path")})
"""Fields that may be left out, but not be empty: the API server takes that for its default."""

LEFT_OUT: dict[tuple[str, str], str] = {
    ("PodSecurityContext", "windowsOptions"): "the gateway's image is for Linux",
    ("ResourceRequirements", "claims"): "the pods have no `resourceClaims`",
    ("SecurityContext", "windowsOptions"): "the gateway's image is for Linux",
}
"""Fields that have no meaning for the gateway's pods, and why."""

ALLOWED: dict[str, frozenset[str]] = {"ObjectMeta": frozenset({"annotations", "labels"})}
"""The only fields of a kind that can be set where a setting holds one."""

LIST_KEYS: dict[str, tuple[str, ...]] = {
    "EnvVar": ("name",),
    "HostAlias": ("ip",),
    "LocalObjectReference": ("name",),
    "Sysctl": ("name",),
    "TopologySpreadConstraint": ("topologyKey", "whenUnsatisfiable"),
    "Volume": ("name",),
    "VolumeMount": ("mountPath",),
}
"""Fields that tell the elements of a list apart: the API server refuses two that have the same."""

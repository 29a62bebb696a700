"""What the API server does not keep of what it is sent, so that it is not declared.

From the types of `k8s.io/api`: an optional field that is no pointer is left out where it has its type's zero.
`tests/conformance/config` compares with the real server.
"""

_FILE_SYSTEM = frozenset({"fsType", "readOnly"})

VANISHING_ZEROS: dict[str, frozenset[str]] = {
    "AWSElasticBlockStoreVolumeSource": _FILE_SYSTEM | {"partition"},
    "AzureFileVolumeSource": frozenset({"readOnly"}),
    "CephFSVolumeSource": frozenset({"path", "readOnly", "secretFile", "user"}),
    "CinderVolumeSource": _FILE_SYSTEM,
    "EmptyDirVolumeSource": frozenset({"medium"}),
    "EnvFromSource": frozenset({"prefix"}),
    "EnvVar": frozenset({"value"}),
    "FCVolumeSource": _FILE_SYSTEM,
    "FlexVolumeSource": _FILE_SYSTEM,
    "GCEPersistentDiskVolumeSource": _FILE_SYSTEM | {"partition"},
    "GlusterfsVolumeSource": frozenset({"readOnly"}),
    "GitRepoVolumeSource": frozenset({"directory", "revision"}),
    "HTTPGetAction": frozenset({"host"}),
    "ISCSIVolumeSource": _FILE_SYSTEM | {"chapAuthDiscovery", "chapAuthSession"},
    "NFSVolumeSource": frozenset({"readOnly"}),
    "PersistentVolumeClaimSpec": frozenset({"volumeName"}),
    "PersistentVolumeClaimVolumeSource": frozenset({"readOnly"}),
    "PhotonPersistentDiskVolumeSource": frozenset({"fsType"}),
    "PodCertificateProjection": frozenset({"certificateChainPath", "credentialBundlePath", "keyPath"}),
    "PortworxVolumeSource": _FILE_SYSTEM,
    "Probe": frozenset({"initialDelaySeconds"}),
    "QuobyteVolumeSource": frozenset({"group", "readOnly", "tenant", "user"}),
    "RBDVolumeSource": _FILE_SYSTEM,
    "ResourceClaim": frozenset({"request"}),
    "ResourceFieldSelector": frozenset({"containerName"}),
    "SELinuxOptions": frozenset({"level", "role", "type", "user"}),
    "ScaleIOVolumeSource": frozenset({"protectionDomain", "readOnly", "sslEnabled", "storagePool", "volumeName"}),
    "ServiceAccountTokenProjection": frozenset({"audience"}),
    "StorageOSVolumeSource": _FILE_SYSTEM | {"volumeName", "volumeNamespace"},
    "TCPSocketAction": frozenset({"host"}),
    "Toleration": frozenset({"effect", "key", "operator", "value"}),
    "VolumeMount": frozenset({"readOnly", "subPath", "subPathExpr"}),
    "VsphereVirtualDiskVolumeSource": frozenset({"fsType", "storagePolicyID", "storagePolicyName"}),
}
"""Fields whose zero (0, false, the empty text) is not kept, by the kind that has them."""

QUANTITIES: frozenset[tuple[str, str]] = frozenset(
    {
        ("EmptyDirVolumeSource", "sizeLimit"),
        ("HPAScalingRules", "tolerance"),
        ("ResourceFieldSelector", "divisor"),
    }
)
"""Fields that hold a quantity."""

RESOURCES: frozenset[tuple[str, str]] = frozenset(
    {
        ("ResourceRequirements", "limits"),
        ("ResourceRequirements", "requests"),
        ("VolumeResourceRequirements", "limits"),
        ("VolumeResourceRequirements", "requests"),
    }
)
"""Fields that hold a quantity for each resource, of which the API server keeps thousandths."""

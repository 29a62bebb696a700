"""Whole numbers that Kubernetes takes, by the kind and the field that has them."""

from components.config.formats.bound import LARGEST as _LARGEST

_LONG = 2**63 - 1

_PORT = (1, 65535)
_MODE = (0, 0o777)
_ID = (0, _LARGEST)
_POSITIVE = (1, _LARGEST)
_ANY = (-_LARGEST - 1, _LARGEST)
_BYTE = (0, 255)

_RANGES: dict[tuple[str, str], tuple[int, int]] = {
    ("AWSElasticBlockStoreVolumeSource", "partition"): _BYTE,
    ("ClusterTrustBundleProjection", "user"): _ID,
    ("ConfigMapVolumeSource", "defaultMode"): _MODE,
    ("ConfigMapVolumeSource", "defaultUser"): _ID,
    ("DownwardAPIVolumeFile", "mode"): _MODE,
    ("DownwardAPIVolumeFile", "user"): _ID,
    ("DownwardAPIVolumeSource", "defaultMode"): _MODE,
    ("DownwardAPIVolumeSource", "defaultUser"): _ID,
    ("EmptyDirVolumeSource", "mode"): (0, 0o1777),
    ("FCVolumeSource", "lun"): _BYTE,
    ("GCEPersistentDiskVolumeSource", "partition"): _BYTE,
    ("GRPCAction", "port"): _PORT,
    ("HPAScalingPolicy", "periodSeconds"): (1, 1800),
    ("HPAScalingPolicy", "value"): _POSITIVE,
    ("HPAScalingRules", "stabilizationWindowSeconds"): (0, 3600),
    ("HTTPGetAction", "port"): _PORT,
    ("ISCSIVolumeSource", "lun"): _BYTE,
    ("KeyToPath", "mode"): _MODE,
    ("KeyToPath", "user"): _ID,
    ("PodCertificateProjection", "maxExpirationSeconds"): (3600, 91 * 24 * 3600),
    ("PodCertificateProjection", "user"): _ID,
    ("PodSecurityContext", "fsGroup"): _ID,
    ("PodSecurityContext", "runAsGroup"): _ID,
    ("PodSecurityContext", "runAsUser"): _ID,
    ("PodSecurityContext", "supplementalGroups"): _ID,
    ("PreferredSchedulingTerm", "weight"): (1, 100),
    # The API server takes 0 of some of these for its default.
    ("Probe", "failureThreshold"): _POSITIVE,
    ("Probe", "initialDelaySeconds"): (0, _LARGEST),
    ("Probe", "periodSeconds"): _POSITIVE,
    ("Probe", "successThreshold"): _POSITIVE,
    ("Probe", "terminationGracePeriodSeconds"): _POSITIVE,
    ("Probe", "timeoutSeconds"): _POSITIVE,
    ("ProjectedVolumeSource", "defaultMode"): _MODE,
    ("ProjectedVolumeSource", "defaultUser"): _ID,
    ("RollingUpdateDeployment", "maxSurge"): (0, _LARGEST),
    ("RollingUpdateDeployment", "maxUnavailable"): (0, _LARGEST),
    ("SecretVolumeSource", "defaultMode"): _MODE,
    ("SecretVolumeSource", "defaultUser"): _ID,
    ("SecurityContext", "runAsGroup"): _ID,
    ("SecurityContext", "runAsUser"): _ID,
    ("ServiceAccountTokenProjection", "expirationSeconds"): (600, 2**32),
    ("ServiceAccountTokenProjection", "user"): _ID,
    ("TCPSocketAction", "port"): _PORT,
    ("Toleration", "tolerationSeconds"): (-_LONG - 1, _LONG),
    ("TopologySpreadConstraint", "maxSkew"): _POSITIVE,
    ("TopologySpreadConstraint", "minDomains"): _POSITIVE,
    ("WeightedPodAffinityTerm", "weight"): (1, 100),
}
"""Smallest and largest number. Any other field holds 32 bits."""


def out_of_range(value: int, kind: str, field: str) -> str | None:
    """What is expected of a whole number that Kubernetes does not take; None where it takes it."""
    least, most = _RANGES.get((kind, field), _ANY)
    if least <= value <= most:
        return None
    return f"expected {least} or more" if value < least and most == _LARGEST else f"expected {least} to {most}"

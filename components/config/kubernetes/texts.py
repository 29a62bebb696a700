"""Forms of the texts that Kubernetes takes, by the kind and the field that has them: names, paths, addresses ..."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

from components.config.formats.bound import PERCENTAGE
from components.config.formats.labels import DOMAIN, LABEL_NAME, LABEL_VALUE, NAME_IN_WORDS, VALUE_IN_WORDS


@dataclass(frozen=True)
class Form:
    """What texts look like."""

    accepts: Callable[[str], object]
    expected: str


def _like(expression: str, expected: str) -> Form:
    return Form(re.compile(expression, re.ASCII).fullmatch, expected)


def _is_address(text: str) -> bool:
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return not isinstance(address, IPv6Address) or (address.ipv4_mapped is None and address.scope_id is None)


_NAMED = rf"(?=.{{1,253}}$){DOMAIN}"
_PATH_BELOW = r"(?!/)(?!(.*/)?\.\.(/|$))"

_OBJECT = _like(_NAMED, "the name of a Kubernetes object: 1 to 253 of a-z, 0-9, '-' and '.'")
_HOST = _like(_NAMED, "a host name: 1 to 253 of a-z, 0-9, '-' and '.'")
_SHORT = _like(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", "1 to 63 of a-z, 0-9 and '-'")
_KEY = _like(r"(?!\.\.)(?!\.$)[-._a-zA-Z0-9]{1,253}", "a key: 1 to 253 letters, digits and '-', '_', '.'")
_VARIABLE = _like(r"[ -<>-~]+", "a variable's name: printable ASCII without '='")
_LABEL = _like(LABEL_NAME, NAME_IN_WORDS)
_VALUE = _like(LABEL_VALUE, VALUE_IN_WORDS)
_ADDRESS = Form(_is_address, "an IP address")
_SEARCHED = _like(
    r"\.|(?=.{1,253}\.?$)_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?(\._?[a-z0-9]([-_a-z0-9]*[a-z0-9])?)*\.?",
    "a domain: 1 to 253 of a-z, 0-9, '-', '_' and '.'",
)
_FILE = _like(rf"(?s){_PATH_BELOW}(?!\.\.).*", "a path below the volume's, without '..'")
_FOLDER = _like(rf"(?s){_PATH_BELOW}.*", "a path below the folder's, without '..'")
_NO_STEP_BACK = _like(r"(?s)(?!(.*/)?\.\.(/|$)).*", "a path without '..'")
_PORT = _like(
    r"(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?",
    "a port's number, or its name: 1 to 15 of a-z, 0-9 and '-', not only digits",
)
_RESOURCE = _like(
    rf"cpu|memory|ephemeral-storage|hugepages-[A-Za-z0-9.]+|(?=[^/]*/)(?!requests\.){LABEL_NAME}",
    "cpu, memory, ephemeral-storage, hugepages-<size> or a name with its domain, such as nvidia.com/gpu",
)

FORMS: dict[tuple[str, str], Form] = {
    ("CSIVolumeSource", "driver"): _like(rf"(?i)(?=.{{1,63}}$){DOMAIN}", "a driver's name: 1 to 63 characters"),
    ("ClusterTrustBundleProjection", "path"): _FILE,
    ("ConfigMapEnvSource", "name"): _OBJECT,
    ("ConfigMapKeySelector", "key"): _KEY,
    ("ConfigMapKeySelector", "name"): _OBJECT,
    ("ConfigMapProjection", "name"): _OBJECT,
    ("ConfigMapVolumeSource", "name"): _OBJECT,
    ("DownwardAPIVolumeFile", "path"): _FILE,
    ("EnvFromSource", "prefix"): _VARIABLE,
    ("EnvVar", "name"): _VARIABLE,
    ("FileKeySelector", "key"): _VARIABLE,
    ("FileKeySelector", "path"): _NO_STEP_BACK,
    ("FileKeySelector", "volumeName"): _SHORT,
    ("HTTPGetAction", "port"): _PORT,
    ("HTTPHeader", "name"): _like("[-A-Za-z0-9]+", "a header's name: letters, digits and '-'"),
    ("HostAlias", "hostnames"): _HOST,
    ("HostAlias", "ip"): _ADDRESS,
    ("HostPathVolumeSource", "path"): _NO_STEP_BACK,
    ("ISCSIVolumeSource", "iqn"): _like(
        r"iqn\.\d{4}-\d{2}\.[-.A-Za-z0-9]+(:[^,;*&$|\s]+)|eui\.[A-Za-z0-9]{16}|naa\.[A-Za-z0-9]{32}",
        "a name that begins with iqn., eui. or naa.",
    ),
    ("KeyToPath", "key"): _KEY,
    ("KeyToPath", "path"): _FILE,
    ("LabelSelectorRequirement", "key"): _LABEL,
    ("LabelSelectorRequirement", "values"): _VALUE,
    ("LocalObjectReference", "name"): _OBJECT,
    ("NFSVolumeSource", "path"): _like("(?s)/.*", "a path that begins with '/'"),
    ("NodeSelectorRequirement", "key"): _LABEL,
    ("PersistentVolumeClaimSpec", "storageClassName"): _OBJECT,
    ("PersistentVolumeClaimSpec", "volumeAttributesClassName"): _OBJECT,
    ("PersistentVolumeClaimVolumeSource", "claimName"): _OBJECT,
    ("PodAffinityTerm", "matchLabelKeys"): _LABEL,
    ("PodAffinityTerm", "mismatchLabelKeys"): _LABEL,
    ("PodAffinityTerm", "namespaces"): _SHORT,
    ("PodAffinityTerm", "topologyKey"): _LABEL,
    ("PodCertificateProjection", "certificateChainPath"): _FILE,
    ("PodCertificateProjection", "credentialBundlePath"): _FILE,
    ("PodCertificateProjection", "keyPath"): _FILE,
    ("PodDNSConfig", "nameservers"): _ADDRESS,
    ("PodDNSConfig", "searches"): _SEARCHED,
    ("ResourceFieldSelector", "resource"): _like(
        r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.*)", "limits or requests, '.' and a resource"
    ),
    ("RollingUpdateDeployment", "maxSurge"): _like(r"\d+%", "a whole number of pods, or a percentage such as 25%"),
    ("RollingUpdateDeployment", "maxUnavailable"): _like(
        PERCENTAGE, "a whole number of pods, or a percentage up to 100%"
    ),
    ("SeccompProfile", "localhostProfile"): _FOLDER,
    ("SecretEnvSource", "name"): _OBJECT,
    ("SecretKeySelector", "key"): _KEY,
    ("SecretKeySelector", "name"): _OBJECT,
    ("SecretProjection", "name"): _OBJECT,
    ("SecretVolumeSource", "secretName"): _OBJECT,
    ("ServiceAccountTokenProjection", "path"): _FILE,
    ("Sysctl", "name"): _like(
        r"(?=.{1,253}$)([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?",
        "the name of a kernel's setting",
    ),
    ("TCPSocketAction", "port"): _PORT,
    ("Toleration", "key"): _LABEL,
    ("TopologySpreadConstraint", "matchLabelKeys"): _LABEL,
    ("TopologySpreadConstraint", "topologyKey"): _LABEL,
    ("Volume", "name"): _SHORT,
    ("VolumeMount", "subPath"): _FOLDER,
    ("VolumeMount", "subPathExpr"): _FOLDER,
}
"""Forms of texts, or of a list's elements."""

FORMS_OF_KEYS: dict[tuple[str, str], Form] = {
    ("LabelSelector", "matchLabels"): _LABEL,
    ("ObjectMeta", "annotations"): _LABEL,
    ("ObjectMeta", "labels"): _LABEL,
    ("ResourceRequirements", "limits"): _RESOURCE,
    ("ResourceRequirements", "requests"): _RESOURCE,
}
"""Forms of a mapping's keys."""

FORMS_OF_VALUES: dict[tuple[str, str], Form] = {
    ("LabelSelector", "matchLabels"): _VALUE,
    ("ObjectMeta", "labels"): _VALUE,
}
"""Forms of a mapping's values."""

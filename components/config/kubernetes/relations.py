"""What fields of one of Kubernetes' objects have to do with each other, by its kind."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from components.config.formats.labels import LABEL_NAME, LABEL_VALUE, VALUE_IN_WORDS
from components.config.kubernetes.quantity import amount_of, canonical

Place = tuple[str | int, ...]
_Problems = Iterator[tuple[Place, str]]

_OF_POD = frozenset({"metadata.name", "metadata.namespace", "metadata.uid"})
_OF_NODE = frozenset(
    {
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    }
)
_DIVISORS = frozenset(f"1{suffix}" for suffix in ("", *"kMGTPE", *(f"{each}i" for each in "KMGTPE")))
_NODE_NAME = "metadata.name"


def contradictions(kind: str, value: Mapping[str, Any]) -> _Problems:
    """What contradicts each other in an object whose fields are each well-formed; each with its place below the object."""
    if kind in _OF_KIND:
        yield from _OF_KIND[kind](value)


def _variable(value: Mapping[str, Any]) -> _Problems:
    if value.get("value") and "valueFrom" in value:
        yield ("valueFrom",), "contradicts `value`: leave one of them out"


def _source_of_variable(value: Mapping[str, Any]) -> _Problems:
    yield from _field_path(value, _OF_POD | _OF_NODE)


def _downward_file(value: Mapping[str, Any]) -> _Problems:
    yield from _field_path(value, _OF_POD | {"metadata.annotations", "metadata.labels"})
    if "resourceFieldRef" in value and not value["resourceFieldRef"].get("containerName"):
        yield ("resourceFieldRef", "containerName"), "required, but missing"


def _field_path(value: Mapping[str, Any], paths: frozenset[str]) -> _Problems:
    path = value.get("fieldRef", {}).get("fieldPath")
    if path is None or path in paths:
        return
    one = re.fullmatch(r"(metadata\.labels|metadata\.annotations)\['(?P<name>[^']*)'\]", path)
    if one is None or re.fullmatch(LABEL_NAME, one["name"] if "labels" in one[1] else one["name"].lower()) is None:
        yield (
            ("fieldRef", "fieldPath"),
            f"expected {', '.join(sorted(paths))}, metadata.labels['<name>'] or metadata.annotations['<name>']",
        )


def _measured_resource(value: Mapping[str, Any]) -> _Problems:
    divisor = canonical(value.get("divisor", 0), "n")
    divisors = {"1m", "1"} if value["resource"].endswith(".cpu") else _DIVISORS
    if divisor not in ("0", *divisors):
        yield ("divisor",), "expected 1m or 1" if "1m" in divisors else "expected 1 with or without a suffix such as Mi"


def _toleration(value: Mapping[str, Any]) -> _Problems:
    exists = value.get("operator") == "Exists"
    if not value.get("key") and not exists:
        yield ("key",), "without it, `operator` has to be 'Exists', which tolerates every taint"
    if exists and value.get("value"):
        yield ("value",), "contradicts `operator: Exists`: leave one of them out"
    if not exists and re.fullmatch(LABEL_VALUE, value.get("value", "")) is None:
        yield ("value",), f"expected {VALUE_IN_WORDS}"
    if "tolerationSeconds" in value and value.get("effect") != "NoExecute":
        yield ("tolerationSeconds",), "needs `effect: NoExecute`"


def _requirement(value: Mapping[str, Any]) -> _Problems:
    operator, values = value["operator"], value.get("values", [])
    if operator in ("In", "NotIn") and not values:
        yield ("values",), f"needed with `operator: {operator}`"
    if operator in ("Exists", "DoesNotExist") and values:
        yield ("values",), f"contradicts `operator: {operator}`: leave one of them out"
    if operator in ("Gt", "Lt") and len(values) != 1:
        yield ("values",), f"expected exactly one with `operator: {operator}`"


def _node_term(value: Mapping[str, Any]) -> _Problems:
    for index, requirement in enumerate(value.get("matchFields", [])):
        place: Place = ("matchFields", index)
        if requirement["key"] != _NODE_NAME:
            yield (*place, "key"), f"expected '{_NODE_NAME}': nodes have no other such field"
        if requirement["operator"] not in ("In", "NotIn"):
            yield (*place, "operator"), "expected 'In' or 'NotIn'"
        elif len(requirement.get("values", [])) != 1:
            yield (*place, "values"), "expected exactly one"


def _nodes(value: Mapping[str, Any]) -> _Problems:
    """Of the nodes that are required; what is only preferred may have any value."""
    for index, term in enumerate(value["nodeSelectorTerms"]):
        for number, requirement in enumerate(term.get("matchExpressions", [])):
            for position, each in enumerate(requirement.get("values", [])):
                if re.fullmatch(LABEL_VALUE, each) is None:
                    place = ("nodeSelectorTerms", index, "matchExpressions", number, "values", position)
                    yield place, f"expected {VALUE_IN_WORDS}"


def _pods(value: Mapping[str, Any]) -> _Problems:
    selector = value.get("labelSelector")
    for field in ("matchLabelKeys", "mismatchLabelKeys"):
        if value.get(field) and selector is None:
            yield (field,), "needs `labelSelector`"
    yield from _chosen_twice(value, selector or {})
    for index, key in enumerate(value.get("matchLabelKeys", [])):
        if key in value.get("mismatchLabelKeys", []):
            yield ("matchLabelKeys", index), f"{key!r} is in `mismatchLabelKeys` too: leave it out of one of them"


def _spread(value: Mapping[str, Any]) -> _Problems:
    if "minDomains" in value and value["whenUnsatisfiable"] != "DoNotSchedule":
        yield ("minDomains",), "needs `whenUnsatisfiable: DoNotSchedule`"
    # Without a selector it is about the gateway's own pods, by their label `app`.
    yield from _chosen_twice(value, value.get("labelSelector", {"matchLabels": {"app": ""}}))


def _chosen_twice(value: Mapping[str, Any], selector: Mapping[str, Any]) -> _Problems:
    chosen = {*selector.get("matchLabels", {}), *(each["key"] for each in selector.get("matchExpressions", []))}
    for index, key in enumerate(value.get("matchLabelKeys", [])):
        if key in chosen:
            yield ("matchLabelKeys", index), f"{key!r} is in `labelSelector` too: leave it out of one of them"


def _profile(value: Mapping[str, Any]) -> _Problems:
    if value["type"] == "Localhost" and "localhostProfile" not in value:
        yield ("localhostProfile",), "needed with `type: Localhost`"
    if value["type"] != "Localhost" and "localhostProfile" in value:
        yield ("localhostProfile",), f"contradicts `type: {value['type']}`: leave one of them out"


def _app_armor(value: Mapping[str, Any]) -> _Problems:
    yield from _profile(value)
    profile = value.get("localhostProfile")
    if profile is not None and (profile != profile.strip() or not 1 <= len(profile) <= 4095):
        yield ("localhostProfile",), "expected 1 to 4095 characters, without a blank before or after them"


def _mount(value: Mapping[str, Any]) -> _Problems:
    if value.get("subPath") and value.get("subPathExpr"):
        yield ("subPathExpr",), "contradicts `subPath`: leave one of them out"
    recursive = value.get("recursiveReadOnly", "Disabled")
    if recursive != "Disabled":
        if not value.get("readOnly"):
            yield ("recursiveReadOnly",), "needs `readOnly: true`"
        if value.get("mountPropagation", "None") != "None":
            yield ("recursiveReadOnly",), f"contradicts `mountPropagation: {value['mountPropagation']}`"
    options = value.get("bindMountOptions", [])
    if len(set(options)) < len(options):
        yield ("bindMountOptions",), "expected each once"


def _request(value: Mapping[str, Any]) -> _Problems:
    if value.get("protocol") == "HTTP2":
        if value.get("scheme", "HTTP") != "HTTP":
            yield ("protocol",), "'HTTP2' needs `scheme: HTTP`"
        if value.get("host"):
            yield ("host",), "contradicts `protocol: HTTP2`: leave one of them out"


def _names(value: Mapping[str, Any]) -> _Problems:
    if len(value.get("nameservers", [])) > 3:
        yield ("nameservers",), "expected 3 at most"
    searches = value.get("searches", [])
    if len(searches) > 32 or len(" ".join(searches)) > 2048:
        yield ("searches",), "expected 32 at most, and 2048 characters together"


def _container_resources(value: Mapping[str, Any]) -> _Problems:
    limits, requests = value.get("limits", {}), value.get("requests", {})
    for field, amounts in (("limits", limits), ("requests", requests)):
        for name, amount in amounts.items():
            if name.startswith("hugepages-") and not _is_multiple(amount, name.removeprefix("hugepages-")):
                yield (field, name), "expected a multiple of the pages' size"
            elif _is_extended(name) and amount_of(amount) % 1:
                yield (field, name), "expected a whole number"
    for name, requested in requests.items():
        if not name.startswith("hugepages-") and not _is_extended(name):
            continue
        if name not in limits:
            yield ("requests", name), f"needs `limits.{name}`"
        elif amount_of(requested) != amount_of(limits[name]):
            yield ("requests", name), f"expected {limits[name]}, as `limits.{name}`"
    named = {**limits, **requests}
    if any(name.startswith("hugepages-") for name in named) and not {"cpu", "memory"} & named.keys():
        yield (), "expected cpu or memory beside huge pages"


def _is_extended(name: str) -> bool:
    """Whether it is no resource of Kubernetes itself: such can't be promised to more than one."""
    return "/" in name and "kubernetes.io/" not in name


def _is_multiple(amount: str | float, size: str) -> bool:
    try:
        pages = amount_of(size)
    except ValueError:
        return False
    return pages > 0 and pages % 1 == 0 and amount_of(amount) % pages == 0


def _claim(value: Mapping[str, Any]) -> _Problems:
    if "ReadWriteOncePod" in value["accessModes"] and len(set(value["accessModes"])) > 1:
        yield ("accessModes",), "'ReadWriteOncePod' contradicts any other"
    storage = value["resources"].get("requests", {}).get("storage")
    if storage is None or amount_of(storage) == 0:
        yield ("resources", "requests", "storage"), "expected more than 0"


def _sources_of_volume(value: Mapping[str, Any]) -> _Problems:
    taken: set[str] = set()
    for index, source in enumerate(value["sources"]):
        for kind, below in source.items():
            for path in _paths_of(kind, below):
                if path in taken:
                    yield ("sources", index), f"{path!r} is there already"
                taken.add(path)


def _paths_of(kind: str, source: Mapping[str, Any]) -> Iterator[str]:
    """Files that one source makes; a whole Secret's or ConfigMap's are not known."""
    yield from (item["path"] for item in source.get("items", []))
    paths = ("certificateChainPath", "credentialBundlePath", "keyPath", "path")
    # The API server does not compare a token's.
    yield from (source[name] for name in paths if source.get(name) and kind != "serviceAccountToken")


def _certificate(value: Mapping[str, Any]) -> _Problems:
    if not any(value.get(name) for name in ("certificateChainPath", "credentialBundlePath", "keyPath")):
        yield (), "expected `credentialBundlePath`, `keyPath` or `certificateChainPath`"


def _azure_disk(value: Mapping[str, Any]) -> _Problems:
    start = "/subscriptions/" if value.get("kind", "Shared") == "Managed" else "https://"
    if not value["diskURI"].startswith(start):
        yield ("diskURI",), f"expected it to begin with {start} where `kind` is {value.get('kind', 'Shared')}"


def _fibre_channel(value: Mapping[str, Any]) -> _Problems:
    if bool(value.get("targetWWNs")) == bool(value.get("wwids")):
        yield (), "expected either `targetWWNs` or `wwids`"
    elif value.get("targetWWNs") and "lun" not in value:
        yield ("lun",), "needed with `targetWWNs`"


_OF_KIND: dict[str, Callable[[Mapping[str, Any]], _Problems]] = {
    "AppArmorProfile": _app_armor,
    "AzureDiskVolumeSource": _azure_disk,
    "DownwardAPIVolumeFile": _downward_file,
    "EnvVar": _variable,
    "EnvVarSource": _source_of_variable,
    "FCVolumeSource": _fibre_channel,
    "HTTPGetAction": _request,
    "LabelSelectorRequirement": _requirement,
    "NodeSelector": _nodes,
    "NodeSelectorRequirement": _requirement,
    "NodeSelectorTerm": _node_term,
    "PersistentVolumeClaimSpec": _claim,
    "PodAffinityTerm": _pods,
    "PodCertificateProjection": _certificate,
    "PodDNSConfig": _names,
    "ProjectedVolumeSource": _sources_of_volume,
    "ResourceFieldSelector": _measured_resource,
    "ResourceRequirements": _container_resources,
    "SeccompProfile": _profile,
    "Toleration": _toleration,
    "TopologySpreadConstraint": _spread,
    "VolumeMount": _mount,
}

"""Inputs as Kubernetes itself would write them, so that other spellings of the same object are no difference.

The released plugin reads inputs into the types of the API and writes them back. What that does to inputs: nulls and the
zero values of fields that have no null go, quantities become canonical, a Secret's `stringData` becomes `data`.
"""

import base64
import binascii
from fractions import Fraction
from typing import Any

from ..engine.values import has_unknown

# Written by the API server alone.
_READ_ONLY = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)
# Maps from names that somebody chooses: their entries stay, whatever they are.
_MAPS = (
    "labels",
    "annotations",
    "data",
    "binaryData",
    "stringData",
    "nodeSelector",
    "matchLabels",
    "limits",
    "requests",
)
_QUANTITIES = ("limits", "requests")
# Single quantities: an emptyDir's, an autoscaler's, a `resourceFieldRef`'s. An autoscaler's `value` is one in a target.
_SINGLE_QUANTITIES = ("sizeLimit", "averageValue", "tolerance", "divisor")
# Fields that are written though they are empty, zero or false: required ones, and those that know "unset" apart.
_KEPT_AT_ZERO = frozenset(
    {
        "name", "key", "port", "containerPort", "mountPath", "containers", "kind", "apiVersion",
        "replicas", "revisionHistoryLimit", "progressDeadlineSeconds", "terminationGracePeriodSeconds",
        "activeDeadlineSeconds", "tolerationSeconds", "runAsUser", "runAsGroup", "fsGroup", "priority", "defaultMode",
        "mode", "expirationSeconds", "targetPort", "maxUnavailable", "maxSurge", "seconds", "weight", "maxSkew",
        "allowPrivilegeEscalation", "privileged", "readOnlyRootFilesystem", "runAsNonRoot", "optional", "immutable",
        "automountServiceAccountToken", "enableServiceLinks", "shareProcessNamespace", "hostUsers",
        "allocateLoadBalancerNodePorts", "setHostnameAsFQDN", "storageClassName", "loadBalancerClass",
        "minAvailable", "minReplicas", "maxReplicas", "averageUtilization", "stabilizationWindowSeconds", "minDomains",
    }
)  # fmt: skip
_BINARY = {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", start=1)}
_DECIMAL = {"n": Fraction(1, 10**9), "u": Fraction(1, 10**6), "m": Fraction(1, 1000), "": Fraction(1)} | {
    letter: Fraction(1000**power) for power, letter in enumerate("kMGTPE", start=1)
}


def normalized(inputs: dict[str, Any], kind: str) -> dict[str, Any]:
    """Revealed inputs in that form. Where something is unknown, only what the API server alone writes goes."""
    if not has_unknown(inputs):
        if kind == "Secret":
            inputs = _with_data(inputs)
        inputs = _without_zeros(inputs)
    if isinstance(metadata := inputs.get("metadata"), dict):
        inputs = {**inputs, "metadata": {key: value for key, value in metadata.items() if key not in _READ_ONLY}}
    return inputs


def _with_data(secret: dict[str, Any]) -> dict[str, Any]:
    plain = secret.get("stringData")
    data = dict(secret.get("data") or {})
    if plain:
        data |= {key: base64.b64encode(str(value).encode()).decode() for key, value in plain.items()}
        return {**{key: value for key, value in secret.items() if key != "stringData"}, "data": data}
    return {**secret, "data": {key: _encoded_anew(value) for key, value in data.items()}} if data else secret


def _encoded_anew(value: Any) -> Any:
    """Base64 without the white space that the API server drops."""
    try:
        return base64.b64encode(base64.b64decode("".join(str(value).split()), validate=True)).decode()
    except (binascii.Error, ValueError):
        return value  # the API server refuses it


def _without_zeros(fields: dict[str, Any]) -> dict[str, Any]:
    kept = {key: _normalized(key, value) for key, value in fields.items()}
    return {key: value for key, value in kept.items() if not _is_left_out(key, value)}


def _normalized(key: str, value: Any) -> Any:
    if key in _MAPS and isinstance(value, dict):
        return {name: quantity(str(item)) for name, item in value.items()} if key in _QUANTITIES else value
    if key == "selector" and isinstance(value, dict) and all(isinstance(item, str) for item in value.values()):
        return value  # a Service's
    if key in _SINGLE_QUANTITIES and value is not None:
        return quantity(str(value))
    if key == "target" and isinstance(value, dict) and value.get("value") is not None:
        value = {**value, "value": quantity(str(value["value"]))}
    if isinstance(value, dict):
        return _without_zeros(value)
    if isinstance(value, list):
        return [_without_zeros(item) if isinstance(item, dict) else item for item in value]
    return value


def _is_left_out(key: str, value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, dict):
        return not value and key in _MAPS
    if isinstance(value, list):
        return not value and key not in _KEPT_AT_ZERO
    return value in ("", 0, False) and key not in _KEPT_AT_ZERO


def quantity(text: str) -> str:
    """A quantity in its canonical form, e.g. `1` for `1000m`, `1536Mi` for `1.5Gi`; what is none, as it is."""
    number, suffix = _taken_apart(text.strip())
    if suffix in _BINARY:
        factor: Fraction | int = _BINARY[suffix]
    elif suffix in _DECIMAL:
        factor = _DECIMAL[suffix]
    else:
        return text
    try:
        amount = Fraction(number) * factor
    except (ValueError, ZeroDivisionError):
        return text
    if suffix in _BINARY and amount.denominator == 1 and abs(amount) >= 1024:
        return _with_largest(amount, {**{name: Fraction(value) for name, value in _BINARY.items()}, "": Fraction(1)})
    return _with_largest(amount, _DECIMAL)


def _taken_apart(text: str) -> tuple[str, str]:
    digits = text.rstrip("iKMGTPEkmun")
    if text.endswith("e") or ("e" in digits or "E" in digits):
        return text, "no suffix of ours"
    return digits, text[len(digits) :]


def _with_largest(amount: Fraction, suffixes: dict[str, Fraction]) -> str:
    """The amount as a whole number of the largest unit that has it."""
    if amount == 0:
        return "0"
    for name, factor in sorted(suffixes.items(), key=lambda each: each[1], reverse=True):
        count = amount / factor
        if count.denominator == 1:
            return f"{count.numerator}{name}"
    return f"{-(-amount // suffixes['n'])}n"

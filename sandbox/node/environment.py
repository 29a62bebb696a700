"""A container's environment variables, from its `env` and `envFrom`: those, and no others."""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from . import KubernetesObject, volumes
from .resources import resource_value

Read = Callable[[str, str], Awaitable[KubernetesObject | None]]
"""Reads `ConfigMap` or `Secret` of the pod's namespace by name; None where there is none."""

# Since Kubernetes 1.34: any printable ASCII character but the equals sign.
_NAME = re.compile(r"[\x20-\x3c\x3e-\x7e]+")
_REFERENCE = re.compile(r"\$(\$|\(([^()]*)\))")


class ConfigurationError(Exception):
    """The container cannot be created from its configuration; the message is kubelet's."""


@dataclass
class Environment:
    """The variables, and the keys that were left out."""

    variables: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    """One sentence for each source that had keys which are no names of variables."""


async def environment_of(pod: KubernetesObject, container: KubernetesObject, pod_ip: str, read: Read) -> Environment:
    """The environment of a container.

    Raises:
        ConfigurationError: a ConfigMap, a Secret or a key of them is missing.
    """
    environment = Environment()
    for source in container.get("envFrom") or []:
        await _add_all(environment, pod, source, read)
    declared: dict[str, str] = {}
    for variable in container.get("env") or []:
        value = variable.get("value") or ""
        if "valueFrom" in variable:
            found = await _value_from(pod, container, variable["valueFrom"], pod_ip, read)
            if found is None:
                continue
            value = found
        else:
            value = expand(value, {**environment.variables, **declared})
        declared[variable["name"]] = value
    environment.variables.update(declared)
    return environment


def expand(text: str, variables: dict[str, str]) -> str:
    """Replaces `$(NAME)`; a name that is not set stays as it is, and `$$` is a dollar sign."""

    def replacement(match: re.Match[str]) -> str:
        if match[1] == "$":
            return "$"
        return variables.get(match[2], match[0])

    return _REFERENCE.sub(replacement, text)


async def _add_all(environment: Environment, pod: KubernetesObject, source: dict[str, Any], read: Read) -> None:
    kind, reference = ("ConfigMap", source.get("configMapRef")) if "configMapRef" in source else ("Secret", None)
    reference = reference or source.get("secretRef") or {}
    found = await read(kind, reference["name"])
    if found is None:
        if reference.get("optional"):
            return
        raise ConfigurationError(f'{kind.lower()} "{reference["name"]}" not found')
    prefix, invalid = source.get("prefix") or "", []
    for key, value in volumes.texts(found).items():
        if _NAME.fullmatch(prefix + key):
            environment.variables[prefix + key] = value
        else:
            invalid.append(prefix + key)
    if invalid:
        namespace = pod["metadata"]["namespace"]
        environment.skipped.append(
            f"Keys [{', '.join(sorted(invalid))}] from the EnvFrom {kind[0].lower()}{kind[1:]} "
            f"{namespace}/{reference['name']} were skipped since they are considered invalid environment variable names."
        )


async def _value_from(
    pod: KubernetesObject, container: KubernetesObject, source: dict[str, Any], pod_ip: str, read: Read
) -> str | None:
    if "fieldRef" in source:
        return field_value(pod, source["fieldRef"]["fieldPath"], pod_ip)
    if "resourceFieldRef" in source:
        return resource_value(pod, {"containerName": container["name"], **source["resourceFieldRef"]})
    for kind, reference_name in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if reference_name not in source:
            continue
        reference = source[reference_name]
        found = await read(kind, reference["name"])
        if found is None:
            if reference.get("optional"):
                return None
            raise ConfigurationError(f'{kind.lower()} "{reference["name"]}" not found')
        data = volumes.texts(found)
        if reference["key"] not in data:
            if reference.get("optional"):
                return None
            namespace = pod["metadata"]["namespace"]
            raise ConfigurationError(f"couldn't find key {reference['key']} in {kind} {namespace}/{reference['name']}")
        return data[reference["key"]]
    raise ConfigurationError(f"the sandbox's node does not play env values from {', '.join(source)}")


def field_value(pod: KubernetesObject, path: str, pod_ip: str) -> str:
    """A field of the pod, as the downward API gives it.

    Raises:
        ConfigurationError: there is no such field to be given.
    """
    metadata, spec = pod["metadata"], pod["spec"]
    entry = re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path)
    if entry is not None:
        return (metadata.get(entry[1]) or {}).get(entry[2], "")
    if path in ("metadata.labels", "metadata.annotations"):
        entries = metadata.get(path.removeprefix("metadata.")) or {}
        return "\n".join(f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in sorted(entries.items()))
    values = {
        "metadata.name": metadata["name"],
        "metadata.namespace": metadata["namespace"],
        "metadata.uid": metadata["uid"],
        "spec.nodeName": spec["nodeName"],
        "spec.serviceAccountName": spec.get("serviceAccountName") or "default",
        "status.podIP": pod_ip,
        "status.podIPs": pod_ip,
        "status.hostIP": "127.0.0.1",
        "status.hostIPs": "127.0.0.1",
    }
    if path not in values:
        raise ConfigurationError(f"the sandbox's node does not play the field {path}")
    return values[path]

"""The gateway's container."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal

from pulumi_kubernetes.core.v1 import (
    EnvFromSourceArgs,
    EnvVarArgs,
    ProbeArgs,
    ResourceRequirementsArgs,
    SecurityContextArgs,
    VolumeMountArgs,
)
from pydantic import AfterValidator, Field

from components.config.formats.bound import LARGEST
from components.config.kubernetes.value import Kubernetes, origin
from components.config.models.base import Settings

# What the guidance for production lists, and seccomp, which the level `restricted` of pod security asks for.
SECURITY_CONTEXT: dict[str, Any] = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "privileged": False,
    "runAsNonRoot": True,
    "runAsUser": 1001,
    "seccompProfile": {"type": "RuntimeDefault"},
}

_STATUS = {"path": "/status-0123456789abcdef", "port": "http", "scheme": "HTTP"}

# The guide's.
READINESS_PROBE: dict[str, Any] = {"httpGet": _STATUS, "periodSeconds": 5, "failureThreshold": 3, "successThreshold": 1}

# Azure takes up to ten minutes to activate the role assignments: only a pod that has waited for a quarter of an hour is
# restarted. Asked as often as the readiness probe, it delays nothing.
STARTUP_PROBE: dict[str, Any] = {"httpGet": _STATUS, "periodSeconds": 5, "failureThreshold": 180}

# A gateway that has its configuration goes on answering while Azure is away. One that hangs is restarted after a minute.
LIVENESS_PROBE: dict[str, Any] = {"httpGet": _STATUS, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 6}


# Settings of the container that follow from others of the stack's file, and what they follow from.
_DECIDED_BY = {
    r"gateway\.name": "`name`",
    r"config\.service\.endpoint": "`apiManagement.configurationEndpoint`",
    r"config\.service\.auth(\..*)?": "`authentication`",
    r"neighborhood\.host|neighborhood\.heartbeat\.port|policy\.rate-limit\.sync\.port": "`instanceDiscovery`",
}


def _none_of_the_programs_variables(variables: list[dict[str, Any]]) -> list[dict[str, Any]]:
    for variable in variables:
        for names, key in _DECIDED_BY.items():
            if re.fullmatch(names, variable["name"]):
                raise ValueError(f"leave `{variable['name']}` out: {key} decides it")
    return variables


PORTS = ("http", "https", "rate-limit-dc", "dc-heartbeat")
"""Names of the container's ports."""


def _other_handler(probe: Mapping[str, Any]) -> frozenset[str]:
    """The default's request, where the probe asks in another way."""
    return frozenset({"httpGet"}) - probe.keys() if {"exec", "grpc", "tcpSocket"} & probe.keys() else frozenset()


def _unknown_port(probe: Mapping[str, Any], _: Mapping[str, Any]) -> Iterator[str]:
    for handler in ("httpGet", "tcpSocket"):
        port = probe.get(handler, {}).get("port")
        if isinstance(port, str) and port not in PORTS:
            yield f"`{handler}.port` {port!r} is no port of the container: it has {', '.join(PORTS)}"


def _restarts(probe: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown_port(probe, given)
    if probe.get("successThreshold", 1) != 1:
        yield "leave `successThreshold` out: it can only be 1 here"


def _only_routes(probe: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    yield from _unknown_port(probe, given)
    if "terminationGracePeriodSeconds" in probe:
        yield "leave `terminationGracePeriodSeconds` out: this probe ends no container"


def _impossible(context: Mapping[str, Any], given: Mapping[str, Any]) -> Iterator[str]:
    if context.get("readOnlyRootFilesystem"):
        yield "leave `readOnlyRootFilesystem` out: the gateway does not support it, because it writes to its root file system"
    if context.get("allowPrivilegeEscalation") is False:
        denied = f"`allowPrivilegeEscalation: false`{origin(given, 'allowPrivilegeEscalation')}"
        if context.get("privileged"):
            yield f"`privileged: true` and {denied} contradict each other: the API server refuses them"
        if "CAP_SYS_ADMIN" in context.get("capabilities", {}).get("add", []):
            yield f"`capabilities.add: [CAP_SYS_ADMIN]` and {denied} contradict each other: the API server refuses them"
    if context.get("runAsNonRoot") and context.get("runAsUser") == 0:
        yield (
            f"`runAsNonRoot: true`{origin(given, 'runAsNonRoot')} and `runAsUser: 0` contradict each other: the container would "
            "not start"
        )


class ContainerSettings(Settings):
    """The gateway's container. Names and shapes are those of Kubernetes' `Container`, checked at every depth."""

    resources: Annotated[dict[str, Any], Kubernetes(ResourceRequirementsArgs)] | None = Field(
        default=None,
        description="Requests and limits. Microsoft's guidance starts with requests of 2 cores and 2Gi.",
    )
    security_context: (
        Annotated[dict[str, Any], Kubernetes(SecurityContextArgs, SECURITY_CONTEXT, contradictions=_impossible)] | None
    ) = Field(
        default=SECURITY_CONTEXT,
        description="Security context. Fields that you set are added to the default ones. null takes one of them away, or "
        "all, for a cluster that chooses the user itself (OpenShift).",
    )
    env: (
        Annotated[
            list[dict[str, Any]], Kubernetes(Sequence[EnvVarArgs]), AfterValidator(_none_of_the_programs_variables)
        ]
        | None
    ) = Field(
        default=None,
        description="Further environment variables, also from Secrets and ConfigMaps. The program does not restart the pods "
        "when such an object changes.",
    )
    env_from: Annotated[list[dict[str, Any]], Kubernetes(Sequence[EnvFromSourceArgs])] | None = Field(
        default=None, description="Secrets and ConfigMaps whose keys are environment variables. The gateway's own win."
    )
    volume_mounts: Annotated[list[dict[str, Any]], Kubernetes(Sequence[VolumeMountArgs])] | None = Field(
        default=None, description="Where `pod.volumes` are mounted; a backup of the configuration at `/apim/config`."
    )
    readiness_probe: Annotated[dict[str, Any], Kubernetes(ProbeArgs, READINESS_PROBE, _other_handler, _only_routes)] = (
        Field(
            default=READINESS_PROBE,
            description="Whether the pod gets requests. Fields that you set are added to the default ones, and another handler "
            "takes the place of `httpGet`; so it is with the other two.",
        )
    )
    startup_probe: Annotated[dict[str, Any], Kubernetes(ProbeArgs, STARTUP_PROBE, _other_handler, _restarts)] | None = (
        Field(
            default=STARTUP_PROBE,
            description="Whether the container has started. Until then it is not restarted by `livenessProbe`.",
        )
    )
    liveness_probe: (
        Annotated[dict[str, Any], Kubernetes(ProbeArgs, LIVENESS_PROBE, _other_handler, _restarts)] | None
    ) = Field(default=LIVENESS_PROBE, description="Whether the container has to be restarted.")
    pre_stop_seconds: int = Field(
        default=15,
        ge=0,
        le=LARGEST,
        strict=True,
        description="For how many seconds a container that has to end still accepts connections, until the load balancer has "
        "noticed: a `sleep` of Kubernetes' `preStop`. 0 leaves it out, which Kubernetes below 1.30 needs.",
    )
    image_pull_policy: Literal["Always", "IfNotPresent", "Never"] | None = Field(
        default=None,
        description="When the image is pulled; default: Kubernetes' own, `Always` with the tag `latest`, otherwise "
        "`IfNotPresent`.",
    )

    @property
    def startup_seconds(self) -> int:
        """How long the container may take until the startup probe has failed; 0 without one."""
        return 0 if self.startup_probe is None else _seconds_to_fail(self.startup_probe)

    @property
    def seconds_until_restart(self) -> int | None:
        """How long a container that never answers runs until it is restarted; None where nothing restarts it."""
        # A startup probe restarts the container by itself; without one, it is the liveness probe that does.
        probe = self.liveness_probe if self.startup_probe is None else self.startup_probe
        return None if probe is None else _seconds_to_fail(probe)


def _seconds_to_fail(probe: Mapping[str, Any]) -> int:
    # The API server's defaults are 10 s and 3 times.
    return probe.get("initialDelaySeconds", 0) + probe.get("periodSeconds", 10) * probe.get("failureThreshold", 3)

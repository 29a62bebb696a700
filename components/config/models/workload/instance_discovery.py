"""How the pods of a gateway find each other, to share rate limits."""

from typing import Annotated

from pydantic import Field

from components.config.formats.text import LABEL, Pattern
from components.config.models.base import Settings
from components.config.models.workload.service import Port

HEADLESS_SERVICE = "<kubernetesName>-instance-discovery"
"""Stands for the name of the Service that the program declares."""

KNOW_SHORT_NAMES = (None, "ClusterFirst", "ClusterFirstWithHostNet")
"""Values of `pod.dnsPolicy` with which a pod's resolver has the search domains of its namespace."""


class InstanceDiscoverySettings(Settings):
    """How the pods of a gateway find each other, to share rate limits."""

    host: (
        Annotated[
            str, Pattern(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*", "the name of a headless Service of the gateway's pods")
        ]
        | None
    ) = Field(
        default=HEADLESS_SERVICE,
        description="Name of the headless Service. The gateway's `neighborhood.host`, since 2.0. With a `pod.dnsPolicy` that "
        "knows no short names, the full one. With null, each pod counts for itself.",
    )
    heartbeat_port: Port = Field(
        default=4291,
        description="UDP port of the heartbeats, of container and Service too. The gateway's `neighborhood.heartbeat.port`, "
        "since 2.0.",
    )
    synchronization_port: Port = Field(
        default=4290,
        description="UDP port by which counts are shared, of container and Service too. The gateway's "
        "`policy.rate-limit.sync.port`, since 2.0.",
    )

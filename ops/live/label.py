"""A drift made on purpose: another value of a label that the stack's own ConfigMap declares, and nothing else.

An added label would not be healed: an update takes away what is beside the declared only where it has another reason to
write the object. Nothing selects a ConfigMap by its labels, and a pod does not read them.
"""

from dataclasses import dataclass

from ..cluster.connection import Cluster
from ..engine.state import StackResource
from ..errors import OpsError
from ..report.property_path import path_of

MADE = "changed-by-a-live-run"
MANAGER = "self-hosted-gateway-live-run"
"""The field manager of the change, by which the object says who made it."""
_CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


@dataclass(frozen=True)
class Label:
    """A declared label of a ConfigMap."""

    resource: str
    """Logical name of the ConfigMap's resource."""
    namespace: str
    name: str
    """The ConfigMap's name."""
    label: str
    declared: str

    @property
    def path(self) -> str:
        """Its path, as a drift check has it."""
        return path_of(["metadata", "labels", self.label])

    def command(self, value: str) -> str:
        """What a person would type to set it."""
        return (
            f"kubectl label configmap {self.name} -n {self.namespace} {self.label}={value} --overwrite "
            f"--field-manager={MANAGER}"
        )

    def make(self, cluster: Cluster) -> None:
        """Give it another value.

        Raises:
            OpsError: it does not have the declared one, or the API server refuses.
        """
        self._set(cluster, self.declared, MADE)

    def put_back(self, cluster: Cluster) -> bool:
        """Give it the declared value again, if it has the other one.

        Returns:
            Whether that was needed.

        Raises:
            OpsError: the cluster does not answer, or refuses.
        """
        there = cluster.find("v1", "ConfigMap", self.namespace, self.name)
        if there is None or (there["metadata"].get("labels") or {}).get(self.label) != MADE:
            return False
        self._set(cluster, MADE, self.declared)
        return True

    def _set(self, cluster: Cluster, before: str, after: str) -> None:
        cluster.set_label(
            "v1", "ConfigMap", self.namespace, self.name, self.label, before=before, after=after, manager=MANAGER
        )


def label_of(stack: str, resources: list[StackResource]) -> Label:
    """The label to change: of the first ConfigMap by name, its first.

    Raises:
        OpsError: the stack declares none.
    """
    for resource in sorted(resources, key=lambda resource: resource.name):
        if resource.type == _CONFIG_MAP and not resource.goes:
            metadata = resource.inputs["metadata"]
            for label, value in sorted((metadata.get("labels") or {}).items()):
                return Label(resource.name, metadata.get("namespace", "default"), metadata["name"], label, str(value))
    raise OpsError(f"Stack {stack} declares no label of a ConfigMap: there is nothing to change for a try.")

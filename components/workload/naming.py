"""Names and labels of the Kubernetes objects of one gateway."""

from collections.abc import Mapping
from dataclasses import dataclass

from pulumi_kubernetes.meta.v1 import ObjectMetaArgs


@dataclass(frozen=True)
class Naming:
    """What the objects of one gateway are called."""

    app: str
    """Name of the Deployment and its container, value of the `app` label, and prefix of the other objects' names."""

    namespace: str
    """Namespace of all objects."""

    common_labels: Mapping[str, str]
    """Further labels of all objects and of the pods, by which nothing selects."""

    @property
    def selector(self) -> dict[str, str]:
        """The label by which Deployment and Services select the pods. A Deployment's can't change."""
        return {"app": self.app}

    @property
    def labels(self) -> dict[str, str]:
        """Labels of all objects and of the pods."""
        return {**self.common_labels, **self.selector}

    def metadata(self, suffix: str = "", annotations: Mapping[str, str] | None = None) -> ObjectMetaArgs:
        """The metadata of the object whose name ends with the suffix."""
        return ObjectMetaArgs(
            name=f"{self.app}{suffix}", namespace=self.namespace, labels=self.labels, annotations=annotations
        )
